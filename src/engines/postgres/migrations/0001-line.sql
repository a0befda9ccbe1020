-- The tables of the line on PostgreSQL: the same tables and the same words as on SQLite, in the same order.
-- Times are milliseconds and keys are ours, both bigint. Texts compare by their bytes, as everywhere in Errand.
-- What belongs to a workspace is found by an index here: a row of PostgreSQL costs its log what it weighs and not a page.

-- The one row that every commit takes: whoever has it may write, so commits have an order, and the log has it too.
-- `tick` counts commits that wrote something: who finds it where it left it, and moved by itself, knows that nobody else has written.
-- `key` is the greatest that was ever given, so that keys grow with commits, whichever process gives them (E5).
CREATE TABLE line (
  one   boolean PRIMARY KEY DEFAULT true CHECK (one),
  tick  bigint NOT NULL,
  seq   bigint NOT NULL,
  key   bigint NOT NULL,
  owner text COLLATE "C" NOT NULL
);
INSERT INTO line (tick, seq, key, owner) VALUES (0, 0, 0, '');

-- The last commit of each process, so that one whose answer was lost with its connection is found again.
CREATE TABLE writer (
  owner text COLLATE "C" PRIMARY KEY,
  mark  bigint NOT NULL,
  at    bigint NOT NULL
);

-- What a process has for a time: that it serves, and the looking after what time does, which one has (E17).
CREATE TABLE term (
  name   text COLLATE "C" PRIMARY KEY,
  owner  text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  until  bigint NOT NULL
);

-- One row per delegation. Written by accept, changed by every command, deleted by the pruner.
CREATE TABLE delegation (
  key           bigint PRIMARY KEY,
  id            text COLLATE "C" NOT NULL,
  foreign_id    text COLLATE "C",
  org           text COLLATE "C" NOT NULL,
  caller        text COLLATE "C" NOT NULL,
  callee        text COLLATE "C" NOT NULL,
  origin        text NOT NULL,
  delivery      text NOT NULL,
  status        text NOT NULL,
  reason        text,
  error         text,
  priority      integer NOT NULL,
  turn          bigint NOT NULL,
  ready         boolean NOT NULL,
  conversation  text COLLATE "C",
  epoch         integer NOT NULL,
  attempt       integer NOT NULL,
  owner         text COLLATE "C",
  lease_until   bigint,
  not_before    bigint,
  deadline_at   bigint NOT NULL,
  valid_until   bigint,
  due_at        bigint,
  parent        bigint,
  root          bigint,
  depth         integer NOT NULL,
  batch         bigint,
  created_at    bigint NOT NULL,
  queued_at     bigint NOT NULL,
  dispatched_at bigint,
  progress_at   bigint,
  settled_at    bigint,
  version       integer NOT NULL,
  result_length bigint,
  result_sha256 text,
  detail        text,
  -- D1: settled or due, never neither. D2: an ending has its moment.
  CHECK (CASE WHEN settled_at IS NULL
    THEN status IN ('pending', 'queued', 'dispatched', 'in_progress', 'input_required')
    ELSE status IN ('completed', 'failed', 'cancelled') END),
  CHECK ((settled_at IS NULL) = (due_at IS NOT NULL)),
  CHECK (status <> 'failed' OR reason IS NOT NULL)
) WITH (fillfactor = 70);

-- D3: a settled delegation never changes.
CREATE FUNCTION settled_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'D3: a settled delegation never changes';
END $$;
CREATE TRIGGER settled_never_changes BEFORE UPDATE ON delegation
  FOR EACH ROW WHEN (OLD.settled_at IS NOT NULL) EXECUTE FUNCTION settled_never_changes();

-- The queue: the head of a band is the first entry.
CREATE INDEX delegation_queue ON delegation (callee, priority, turn, key) WHERE status = 'queued' AND ready;
-- Everything alive, by the next moment at which time alone changes it.
CREATE INDEX delegation_due ON delegation (due_at) WHERE due_at IS NOT NULL;
-- The living, newest first, however many finished ones lie between them.
CREATE INDEX delegation_live ON delegation (key) WHERE settled_at IS NULL;
CREATE INDEX delegation_lane ON delegation (callee, caller, conversation, key)
  WHERE conversation IS NOT NULL AND settled_at IS NULL;
CREATE INDEX delegation_parent ON delegation (parent, key) WHERE parent IS NOT NULL;
CREATE INDEX delegation_root ON delegation (root) WHERE root IS NOT NULL AND settled_at IS NULL;
CREATE INDEX delegation_batch ON delegation (batch, key) WHERE batch IS NOT NULL;
CREATE UNIQUE INDEX delegation_foreign ON delegation (foreign_id) WHERE foreign_id IS NOT NULL;
CREATE INDEX delegation_made ON delegation (caller, key);
CREATE INDEX delegation_taken ON delegation (callee, key);

-- What was asked. Written by accept, read by deliver and by whoever looks, deleted with its row.
-- Bodies stay as they are up to a page: packing them took a fifteenth of every commit.
CREATE TABLE request (
  key  bigint PRIMARY KEY,
  task text STORAGE EXTERNAL NOT NULL,
  rest text
) WITH (toast_tuple_target = 8160);

-- What came back, whole. Written by settle, once (D2, D5); its length and hash are in the row it belongs to.
CREATE TABLE result (
  key   bigint PRIMARY KEY,
  text  text STORAGE EXTERNAL NOT NULL,
  parts text
) WITH (toast_tuple_target = 8160);

-- What came too late to count. Written beside the ending, bounded per delegation.
CREATE TABLE late_result (
  number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  delegation bigint NOT NULL,
  at         bigint NOT NULL,
  epoch      integer NOT NULL,
  what       text NOT NULL,
  excerpt    text NOT NULL,
  sha256     text
);
CREATE INDEX late_result_delegation ON late_result (delegation);

-- The log, which is the audit as well: one line per transition, chained per organisation (D12).
CREATE TABLE event (
  seq           bigint PRIMARY KEY,
  type          text NOT NULL,
  at            bigint NOT NULL,
  org           text COLLATE "C" NOT NULL,
  workspace     text COLLATE "C" NOT NULL,
  peer          text COLLATE "C",
  actor         text NOT NULL,
  delegation    bigint,
  delegation_id text,
  n             integer,
  data          text NOT NULL,
  hash          text NOT NULL
);
CREATE UNIQUE INDEX event_delegation ON event (delegation, n) WHERE delegation IS NOT NULL;
CREATE INDEX event_own ON event (workspace, seq);
CREATE INDEX event_peer ON event (peer, seq) WHERE peer IS NOT NULL;

-- The inbox. The notice of an ending has the key of its delegation, or of its batch (D7).
CREATE TABLE notice (
  key             bigint PRIMARY KEY,
  id              text NOT NULL,
  workspace       text COLLATE "C" NOT NULL,
  kind            text NOT NULL CHECK (kind IN ('settled', 'asked', 'batch')),
  delegation      bigint,
  batch           bigint,
  created_at      bigint NOT NULL,
  leased_until    bigint,
  deliveries      integer NOT NULL,
  acknowledged_at bigint
);
CREATE INDEX notice_inbox ON notice (workspace, key) WHERE acknowledged_at IS NULL;

CREATE TABLE batch (
  key        bigint PRIMARY KEY,
  id         text NOT NULL,
  org        text COLLATE "C" NOT NULL,
  caller     text COLLATE "C" NOT NULL,
  join_rule  text NOT NULL,
  size       integer NOT NULL,
  completed  integer NOT NULL,
  failed     integer NOT NULL,
  cancelled  integer NOT NULL,
  created_at bigint NOT NULL,
  settled_at bigint
);

-- A seat: who it is and how it is reached. Written when it is enrolled, changed, or shows a sign of life.
CREATE TABLE workspace (
  id         text COLLATE "C" PRIMARY KEY,
  org        text COLLATE "C" NOT NULL,
  parent     text COLLATE "C",
  state      text NOT NULL,
  presence   text NOT NULL,
  seen_at    bigint,
  activity   text NOT NULL,
  profile    text NOT NULL,
  created_at bigint NOT NULL,
  version    integer NOT NULL
);
CREATE INDEX workspace_parent ON workspace (org, parent);

-- What delegations change at a seat, apart from it because it changes with every commit and is small.
-- D9: running never exceeds capacity; the counters change in the commit that changes a delegation.
CREATE TABLE slot (
  id         text COLLATE "C" PRIMARY KEY,
  running    integer NOT NULL CHECK (running >= 0),
  queued     integer NOT NULL CHECK (queued >= 0),
  strikes    integer NOT NULL,
  hold_until bigint,
  due_at     bigint,
  served     text NOT NULL,
  durations  text NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX slot_due ON slot (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE organisation (
  id     text COLLATE "C" PRIMARY KEY,
  queued bigint NOT NULL,
  head   text NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE turn (
  callee   text COLLATE "C" NOT NULL,
  caller   text COLLATE "C" NOT NULL,
  priority integer NOT NULL,
  given    bigint NOT NULL,
  PRIMARY KEY (callee, caller, priority)
);

CREATE TABLE remembered (
  caller     text COLLATE "C" NOT NULL,
  key        text COLLATE "C" NOT NULL,
  hash       text NOT NULL,
  delegation bigint,
  batch      bigint,
  PRIMARY KEY (caller, key)
);
CREATE INDEX remembered_delegation ON remembered (delegation) WHERE delegation IS NOT NULL;

CREATE TABLE api_key (
  id         text COLLATE "C" PRIMARY KEY,
  org        text COLLATE "C" NOT NULL,
  workspace  text COLLATE "C",
  name       text NOT NULL,
  hash       text NOT NULL UNIQUE,
  prefix     text NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint,
  revoked_at bigint
);
CREATE INDEX api_key_workspace ON api_key (org, workspace);

CREATE TABLE secret (
  name  text PRIMARY KEY,
  value text NOT NULL
);

-- The form in which rows come in, all rows of a table in one parameter. Not the tables' own types: those change when a
-- newer program adds a column beside an older one, and a binary row has to have exactly its columns.
CREATE TYPE given_change AS (
  key bigint, origin text, status text, reason text, error text, priority integer, turn bigint, ready boolean,
  epoch integer, attempt integer, owner text, lease_until bigint, not_before bigint, due_at bigint, queued_at bigint,
  dispatched_at bigint, progress_at bigint, settled_at bigint, version integer, result_length bigint,
  result_sha256 text, detail text
);
DO $$
DECLARE
  name text;
  columns text;
BEGIN
  FOREACH name IN ARRAY ARRAY['delegation', 'request', 'result', 'late_result', 'event', 'notice', 'batch', 'workspace',
    'slot', 'organisation', 'turn', 'remembered', 'api_key', 'secret'] LOOP
    SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum) INTO columns
      FROM pg_attribute WHERE attrelid = name::regclass AND attnum > 0 AND attidentity = '';
    EXECUTE format('CREATE TYPE given_%s AS (%s)', name, columns);
  END LOOP;
END $$;
