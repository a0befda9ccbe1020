-- What agents keep. Written once, never changed, deleted when its author forgets it; the key grows with time, so newest
-- first is from the right edge back.
CREATE TABLE memory (
  key        INTEGER PRIMARY KEY,
  id         TEXT NOT NULL,
  org        TEXT NOT NULL,
  workspace  TEXT NOT NULL,
  scope      TEXT NOT NULL CHECK (scope IN ('LOCAL', 'TEAM', 'GLOBAL')),
  namespace  TEXT NOT NULL,
  content    TEXT NOT NULL,
  length     INTEGER NOT NULL,
  sha256     TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- A workspace's own, to be counted, listed and forgotten. The key (the row id) is its last column by itself.
CREATE INDEX memory_own ON memory (workspace, scope);
-- What others read, newest first; and who has written for a team, one look-up each.
CREATE INDEX memory_others ON memory (org, scope) WHERE scope <> 'LOCAL';
CREATE INDEX memory_author ON memory (org, workspace) WHERE scope = 'TEAM';

-- What it is found by (E22): terms that the core has made, so that every engine finds the same, and not the text a second
-- time. Nothing here is cut or folded again: every character beyond ASCII is part of a term, and a space
-- ends it.
CREATE VIRTUAL TABLE memory_terms USING fts5 (
  terms, content = '', contentless_delete = 1, detail = 'none', tokenize = 'ascii'
);
