-- The tables of the line. Small rows that change, bodies that are only ever appended, and indexes over what is alive.
-- Keys grow with time, so every insert goes to the right edge of its tree; finished rows are never touched again.
-- What belongs to a workspace (its delegations, its log) is a chain: each row names the one before it, and the seat's
-- slot names the last. An index per workspace would touch a page per callee in every commit (measured: a third of it).

-- One row per delegation. Written by accept, changed by every command, deleted by the pruner.
CREATE TABLE delegation (
  key           INTEGER PRIMARY KEY,
  id            TEXT NOT NULL,
  foreign_id    TEXT,
  org           TEXT NOT NULL,
  caller        TEXT NOT NULL,
  callee        TEXT NOT NULL,
  origin        TEXT NOT NULL,
  delivery      TEXT NOT NULL,
  status        TEXT NOT NULL,
  reason        TEXT,
  error         TEXT,
  priority      INTEGER NOT NULL,
  turn          INTEGER NOT NULL,
  ready         INTEGER NOT NULL,
  conversation  TEXT,
  epoch         INTEGER NOT NULL,
  attempt       INTEGER NOT NULL,
  owner         TEXT,
  lease_until   INTEGER,
  not_before    INTEGER,
  deadline_at   INTEGER NOT NULL,
  valid_until   INTEGER,
  due_at        INTEGER,
  parent        INTEGER,
  root          INTEGER,
  depth         INTEGER NOT NULL,
  batch         INTEGER,
  created_at    INTEGER NOT NULL,
  queued_at     INTEGER NOT NULL,
  dispatched_at INTEGER,
  progress_at   INTEGER,
  settled_at    INTEGER,
  version       INTEGER NOT NULL,
  result_length INTEGER,
  result_sha256 TEXT,
  detail        TEXT,
  -- The one before it of the same caller, and of the same callee: lists are walked along these.
  before_made   INTEGER,
  before_taken  INTEGER,
  -- D1: settled or due, never neither. D2: an ending has its moment. (As one list of eight it costs 3.5 µs a write.)
  CHECK (CASE WHEN settled_at IS NULL
    THEN status IN ('pending', 'queued', 'dispatched', 'in_progress', 'input_required')
    ELSE status IN ('completed', 'failed', 'cancelled') END),
  CHECK ((settled_at IS NULL) = (due_at IS NOT NULL)),
  CHECK (status <> 'failed' OR reason IS NOT NULL)
) STRICT;

-- D3: a settled delegation never changes.
CREATE TRIGGER settled_never_changes BEFORE UPDATE ON delegation WHEN OLD.settled_at IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'D3: a settled delegation never changes');
END;

-- The queue: the head of a band is the first entry. Key (the row id) is its last column by itself.
CREATE INDEX delegation_queue ON delegation (callee, priority, turn) WHERE status = 'queued' AND ready = 1;
-- Everything alive, by the next moment at which time alone changes it.
CREATE INDEX delegation_due ON delegation (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX delegation_lane ON delegation (callee, caller, conversation)
  WHERE conversation IS NOT NULL AND settled_at IS NULL;
CREATE INDEX delegation_parent ON delegation (parent) WHERE parent IS NOT NULL;
CREATE INDEX delegation_root ON delegation (root) WHERE root IS NOT NULL AND settled_at IS NULL;
CREATE INDEX delegation_batch ON delegation (batch) WHERE batch IS NOT NULL;
CREATE UNIQUE INDEX delegation_foreign ON delegation (foreign_id) WHERE foreign_id IS NOT NULL;

-- What was asked. Written by accept, read by deliver and by whoever looks, deleted with its row.
CREATE TABLE request (
  key  INTEGER PRIMARY KEY,
  task TEXT NOT NULL,
  rest TEXT
) STRICT;

-- What came back, whole. Written by settle, once (D2, D5); its length and hash are in the row it belongs to.
CREATE TABLE result (
  key   INTEGER PRIMARY KEY,
  text  TEXT NOT NULL,
  parts TEXT
) STRICT;

-- What came too late to count. Written beside the ending, bounded per delegation.
CREATE TABLE late_result (
  delegation INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  epoch      INTEGER NOT NULL,
  what       TEXT NOT NULL,
  excerpt    TEXT NOT NULL,
  sha256     TEXT
) STRICT;
CREATE INDEX late_result_delegation ON late_result (delegation);

-- The log, which is the audit as well: one line per transition, chained per organisation (D12).
CREATE TABLE event (
  seq           INTEGER PRIMARY KEY,
  type          TEXT NOT NULL,
  at            INTEGER NOT NULL,
  org           TEXT NOT NULL,
  workspace     TEXT NOT NULL,
  peer          TEXT,
  actor         TEXT NOT NULL,
  delegation    INTEGER,
  delegation_id TEXT,
  n             INTEGER,
  data          TEXT NOT NULL,
  hash          TEXT NOT NULL,
  -- The line before it in the log of either side.
  before_own    INTEGER,
  before_peer   INTEGER
) STRICT;
CREATE UNIQUE INDEX event_delegation ON event (delegation, n) WHERE delegation IS NOT NULL;

-- The inbox. The notice of an ending has the key of its delegation, or of its batch. Written by settle and ask, leased and acknowledged by the caller, deleted by the pruner (D7).
CREATE TABLE notice (
  key             INTEGER PRIMARY KEY,
  id              TEXT NOT NULL,
  workspace       TEXT NOT NULL,
  kind            TEXT NOT NULL CHECK (kind IN ('settled', 'asked', 'batch')),
  delegation      INTEGER,
  batch           INTEGER,
  created_at      INTEGER NOT NULL,
  leased_until    INTEGER,
  deliveries      INTEGER NOT NULL,
  acknowledged_at INTEGER
) STRICT;
CREATE INDEX notice_inbox ON notice (workspace) WHERE acknowledged_at IS NULL;

CREATE TABLE batch (
  key        INTEGER PRIMARY KEY,
  id         TEXT NOT NULL,
  org        TEXT NOT NULL,
  caller     TEXT NOT NULL,
  join_rule  TEXT NOT NULL,
  size       INTEGER NOT NULL,
  completed  INTEGER NOT NULL,
  failed     INTEGER NOT NULL,
  cancelled  INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  settled_at INTEGER
) STRICT;

-- A seat: who it is and how it is reached. Written when it is enrolled, changed, or shows a sign of life.
CREATE TABLE workspace (
  id         TEXT PRIMARY KEY,
  org        TEXT NOT NULL,
  parent     TEXT,
  state      TEXT NOT NULL,
  presence   TEXT NOT NULL,
  seen_at    INTEGER,
  activity   TEXT NOT NULL,
  profile    TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  version    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX workspace_parent ON workspace (org, parent);

-- What delegations change at a seat, apart from it because it changes with every commit and is small.
-- D9: running never exceeds capacity; the counters change in the commit that changes a delegation.
CREATE TABLE slot (
  id         TEXT PRIMARY KEY,
  running    INTEGER NOT NULL CHECK (running >= 0),
  queued     INTEGER NOT NULL CHECK (queued >= 0),
  strikes    INTEGER NOT NULL,
  hold_until INTEGER,
  due_at     INTEGER,
  served     TEXT NOT NULL,
  durations  TEXT NOT NULL,
  -- The last delegation it made, the last it was given, and the last line of its log.
  made       INTEGER,
  taken      INTEGER,
  logged     INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX slot_due ON slot (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE organisation (
  id     TEXT PRIMARY KEY,
  queued INTEGER NOT NULL,
  head   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE turn (
  callee   TEXT NOT NULL,
  caller   TEXT NOT NULL,
  priority INTEGER NOT NULL,
  given    INTEGER NOT NULL,
  PRIMARY KEY (callee, caller, priority)
) STRICT, WITHOUT ROWID;

CREATE TABLE remembered (
  caller     TEXT NOT NULL,
  key        TEXT NOT NULL,
  hash       TEXT NOT NULL,
  delegation INTEGER,
  batch      INTEGER,
  PRIMARY KEY (caller, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX remembered_delegation ON remembered (delegation) WHERE delegation IS NOT NULL;

CREATE TABLE api_key (
  id         TEXT PRIMARY KEY,
  org        TEXT NOT NULL,
  workspace  TEXT,
  name       TEXT NOT NULL,
  hash       TEXT NOT NULL UNIQUE,
  prefix     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_workspace ON api_key (org, workspace);

CREATE TABLE secret (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
