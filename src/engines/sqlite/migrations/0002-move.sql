-- What the store is part of while it is moved, and afterwards: at most one row, in most stores none.
-- On the side where everything goes it says how far it has come, and is written in the commit of the page it names.
-- A store that is barred by it is not opened to be served (E21).
CREATE TABLE move (
  one     INTEGER PRIMARY KEY CHECK (one = 1),
  id      TEXT NOT NULL,
  side    TEXT NOT NULL CHECK (side IN ('from', 'to')),
  other   TEXT NOT NULL,
  at      INTEGER NOT NULL,
  done_at INTEGER,
  step    INTEGER NOT NULL,
  kind    TEXT,
  cursor  TEXT
) STRICT;
