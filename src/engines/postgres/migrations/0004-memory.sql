-- beside: an older program neither reads nor writes these.
-- What agents keep. Written once, never changed, deleted when its author forgets it; the key grows with time, so newest
-- first is from the right edge back. `terms` is what it is found by (E22): made by the core, so that every engine finds
-- the same, and taken as they are.
CREATE TABLE memory (
  key        bigint PRIMARY KEY,
  id         text COLLATE "C" NOT NULL,
  org        text COLLATE "C" NOT NULL,
  workspace  text COLLATE "C" NOT NULL,
  scope      text NOT NULL CHECK (scope IN ('LOCAL', 'TEAM', 'GLOBAL')),
  namespace  text COLLATE "C" NOT NULL,
  content    text NOT NULL,
  length     integer NOT NULL,
  sha256     text NOT NULL,
  created_at bigint NOT NULL,
  terms      tsvector NOT NULL
);

-- A workspace's own, to be counted, listed and forgotten.
CREATE INDEX memory_own ON memory (workspace, scope, key);
-- What others read, newest first; and who has written for a team, one look-up each.
CREATE INDEX memory_others ON memory (org, scope, key) WHERE scope <> 'LOCAL';
CREATE INDEX memory_author ON memory (org, workspace) WHERE scope = 'TEAM';
CREATE INDEX memory_terms ON memory USING gin (terms);

CREATE TYPE given_memory AS (
  key bigint, id text, org text, workspace text, scope text, namespace text, content text, length integer, sha256 text,
  created_at bigint, terms text
);

GRANT SELECT ON memory TO errand_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON memory TO errand_writer;
ALTER TABLE memory ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON memory FOR SELECT TO errand_reader USING (is_within(org));
CREATE POLICY line ON memory TO errand_writer USING (true) WITH CHECK (true);

-- Keys of what is sought, newest first. Behind a policy the index of terms is not used: a match is an operator that might
-- tell what it was shown, so it would only be asked of rows that the policy has let through, and those would be all of
-- them. Here the wall is a question before the search and a condition in it, with the same answer.
-- First the newest of all are looked through: what is common is found there. Only where that is not enough the index is
-- asked, for everything: what is not common is not much. (Left to choose, the planner took one of the two for both, and
-- read 100,000 rows for a word that is in none.)
CREATE FUNCTION memories_with(
  which text, sought tsquery, own text, team text[], everybody boolean, shelf text, below bigint, most bigint
) RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER AS
$$
DECLARE
  found_keys bigint[];
BEGIN
  IF NOT is_within(which) THEN
    RETURN;
  END IF;
  found_keys := ARRAY(
    SELECT n.key FROM (SELECT * FROM memory m WHERE m.key < below ORDER BY m.key DESC LIMIT 2000) AS n
      WHERE n.org = which AND (shelf IS NULL OR n.namespace = shelf)
      AND CASE n.scope WHEN 'LOCAL' THEN n.workspace = own WHEN 'TEAM' THEN n.workspace = ANY (team) ELSE everybody END
      AND n.terms @@ sought ORDER BY n.key DESC LIMIT most);
  IF cardinality(found_keys) < most THEN
    found_keys := ARRAY(
      WITH matching AS MATERIALIZED (SELECT m.key FROM memory m WHERE m.terms @@ sought AND m.org = which
        AND m.key < below AND (shelf IS NULL OR m.namespace = shelf) AND
        CASE m.scope WHEN 'LOCAL' THEN m.workspace = own WHEN 'TEAM' THEN m.workspace = ANY (team) ELSE everybody END)
      SELECT key FROM matching ORDER BY key DESC LIMIT most);
  END IF;
  RETURN QUERY SELECT unnest(found_keys);
END
$$;
DO $$
BEGIN
  -- Whoever runs it may have set another path: it looks only where it was made.
  EXECUTE format('ALTER FUNCTION memories_with SET search_path = %I', current_schema());
  ALTER FUNCTION memories_with SET plan_cache_mode = force_custom_plan;
END $$;
