-- beside: new tables that an older program does not know and does not touch.
-- What persons and agents say to each other. Written by say and post, once; deleted by the pruner with its task.
-- The key of what a person wrote is that of the delegation it is.
CREATE TABLE message (
  key         bigint PRIMARY KEY,
  id          text COLLATE "C" NOT NULL,
  org         text COLLATE "C" NOT NULL,
  workspace   text COLLATE "C" NOT NULL,
  sender      text NOT NULL CHECK (sender IN ('agent', 'person')),
  text        text NOT NULL,
  attachments text,
  delegation  bigint,
  created_at  bigint NOT NULL
);
CREATE INDEX message_workspace ON message (workspace, key);
CREATE INDEX message_age ON message (created_at);

-- An attached file. E32: without its hash it is not finished, or about to go, and nobody reads it.
CREATE TABLE file (
  id         text COLLATE "C" PRIMARY KEY,
  org        text COLLATE "C" NOT NULL,
  workspace  text COLLATE "C" NOT NULL,
  name       text NOT NULL,
  mime_type  text NOT NULL,
  size       bigint NOT NULL,
  sha256     text,
  -- The newest message that names it.
  used_by    bigint,
  created_at bigint NOT NULL
);
CREATE INDEX file_weight ON file (org, size);
CREATE INDEX file_used ON file (used_by) WHERE used_by IS NOT NULL;
CREATE INDEX file_loose ON file (created_at) WHERE used_by IS NULL OR sha256 IS NULL;

-- Its bytes, so many at a time that no write is long. Most files are packed already.
CREATE TABLE file_part (
  file  text COLLATE "C" NOT NULL,
  org   text COLLATE "C" NOT NULL,
  place integer NOT NULL,
  bytes bytea STORAGE EXTERNAL NOT NULL,
  PRIMARY KEY (file, place)
);

-- The forms in which rows come in. Bytes come as text here, from a store that is moved.
CREATE TYPE given_message AS (
  key bigint, id text, org text, workspace text, sender text, text text, attachments text, delegation bigint,
  created_at bigint
);
CREATE TYPE given_file_use AS (id text, used_by bigint);
CREATE TYPE given_file AS (
  id text, org text, workspace text, name text, mime_type text, size bigint, sha256 text, used_by bigint,
  created_at bigint
);
CREATE TYPE given_file_part AS (file text, org text, place integer, bytes text);

-- E20: the wall between organisations.
GRANT SELECT ON message, file, file_part TO errand_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON message, file, file_part TO errand_writer;
ALTER TABLE message ENABLE ROW LEVEL SECURITY;
ALTER TABLE file ENABLE ROW LEVEL SECURITY;
ALTER TABLE file_part ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON message FOR SELECT TO errand_reader USING (is_within(org));
CREATE POLICY own ON file FOR SELECT TO errand_reader USING (is_within(org));
CREATE POLICY own ON file_part FOR SELECT TO errand_reader USING (is_within(org));
CREATE POLICY line ON message TO errand_writer USING (true) WITH CHECK (true);
CREATE POLICY line ON file TO errand_writer USING (true) WITH CHECK (true);
CREATE POLICY line ON file_part TO errand_writer USING (true) WITH CHECK (true);
