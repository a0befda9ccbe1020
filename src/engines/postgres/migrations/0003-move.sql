-- What the store is part of while it is moved, and afterwards: at most one row, in most stores none.
-- On the side where everything goes it says how far it has come, and is written in the commit of the page it names.
-- A store that is barred by it is not opened to be served (E21).
CREATE TABLE move (
  one     integer PRIMARY KEY CHECK (one = 1),
  id      text NOT NULL,
  side    text NOT NULL CHECK (side IN ('from', 'to')),
  other   text NOT NULL,
  at      bigint NOT NULL,
  done_at bigint,
  step    bigint NOT NULL,
  kind    text,
  cursor  text
);

-- E21: stands on the one row of every commit for as long as the store is barred, so that a process that had it open
-- before writes nothing either. It is put there and taken away by the move and costs other commits nothing.
CREATE FUNCTION barred_takes_no_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'E21: this store is being moved, or was moved, and takes no commit';
END $$;
