-- What persons and agents say to each other. Written by say and post, once; deleted by the pruner with its task.
-- The key of what a person wrote is that of the delegation it is.
CREATE TABLE message (
  key         INTEGER PRIMARY KEY,
  id          TEXT NOT NULL,
  org         TEXT NOT NULL,
  workspace   TEXT NOT NULL,
  sender      TEXT NOT NULL CHECK (sender IN ('agent', 'person')),
  text        TEXT NOT NULL,
  attachments TEXT,
  delegation  INTEGER,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX message_workspace ON message (workspace);
CREATE INDEX message_age ON message (created_at);

-- An attached file. E32: without its hash it is not finished, or about to go, and nobody reads it.
CREATE TABLE file (
  id         TEXT PRIMARY KEY,
  org        TEXT NOT NULL,
  workspace  TEXT NOT NULL,
  name       TEXT NOT NULL,
  mime_type  TEXT NOT NULL,
  size       INTEGER NOT NULL,
  sha256     TEXT,
  -- The newest message that names it.
  used_by    INTEGER,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX file_weight ON file (org, size);
CREATE INDEX file_used ON file (used_by) WHERE used_by IS NOT NULL;
CREATE INDEX file_loose ON file (created_at) WHERE used_by IS NULL OR sha256 IS NULL;

-- Its bytes, so many at a time that no write is long.
CREATE TABLE file_part (
  file  TEXT NOT NULL,
  org   TEXT NOT NULL,
  place INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (file, place)
) STRICT;
