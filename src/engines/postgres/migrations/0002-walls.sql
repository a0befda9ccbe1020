-- Between organisations stands a second wall, behind the filters of the application: row-level security, under roles
-- that are neither owner nor superuser. Whoever reads for an organisation says which (`errand.org`) and sees only its
-- rows; '*' is the platform itself; where nothing was said, nothing is seen. Commits hold commands of many
-- organisations at once and are decided by the law: the role that writes sees all.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['errand_reader', 'errand_writer'] LOOP
    -- Another database of this server may have them already, or an administrator has made them.
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN', name);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
      END;
    END IF;
    IF NOT pg_has_role(CURRENT_USER, name, 'SET') THEN
      EXECUTE format('GRANT %I TO CURRENT_USER', name);
    END IF;
  END LOOP;
END $$;

DO $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO errand_reader, errand_writer', current_schema());
END $$;
GRANT SELECT ON line, delegation, request, result, late_result, event, notice, batch, workspace, slot, organisation,
  turn, remembered, api_key TO errand_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON line, writer, term, delegation, request, result, late_result, event, notice,
  batch, workspace, slot, organisation, turn, remembered, api_key, secret TO errand_writer;

CREATE FUNCTION is_within(org text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT current_setting('errand.org', true) IN ('*', org) $$;

ALTER TABLE delegation ENABLE ROW LEVEL SECURITY;
ALTER TABLE event ENABLE ROW LEVEL SECURITY;
ALTER TABLE batch ENABLE ROW LEVEL SECURITY;
ALTER TABLE workspace ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE organisation ENABLE ROW LEVEL SECURITY;
ALTER TABLE request ENABLE ROW LEVEL SECURITY;
ALTER TABLE result ENABLE ROW LEVEL SECURITY;
ALTER TABLE late_result ENABLE ROW LEVEL SECURITY;
ALTER TABLE notice ENABLE ROW LEVEL SECURITY;
ALTER TABLE slot ENABLE ROW LEVEL SECURITY;
ALTER TABLE turn ENABLE ROW LEVEL SECURITY;
ALTER TABLE remembered ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON delegation FOR SELECT TO errand_reader USING (is_within(org));
CREATE POLICY own ON event FOR SELECT TO errand_reader USING (is_within(org));
CREATE POLICY own ON batch FOR SELECT TO errand_reader USING (is_within(org));
CREATE POLICY own ON workspace FOR SELECT TO errand_reader USING (is_within(org));
CREATE POLICY own ON api_key FOR SELECT TO errand_reader USING (is_within(org));
CREATE POLICY own ON organisation FOR SELECT TO errand_reader USING (is_within(id));
-- What says nothing of its organisation itself belongs to that of what it hangs on. Asked row by row, by a function
-- with a plan of its own: as a subquery it would be planned anew with every read, or read the whole of the other table.
CREATE FUNCTION org_of_delegation(which bigint) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER AS
  $$ BEGIN RETURN (SELECT org FROM delegation WHERE key = which); END $$;
CREATE FUNCTION org_of_workspace(which text) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER AS
  $$ BEGIN RETURN (SELECT org FROM workspace WHERE id = which); END $$;
DO $$
BEGIN
  -- Whoever runs them may have set another path: they look only where they were made.
  EXECUTE format('ALTER FUNCTION org_of_delegation(bigint) SET search_path = %I', current_schema());
  EXECUTE format('ALTER FUNCTION org_of_workspace(text) SET search_path = %I', current_schema());
END $$;
CREATE POLICY own ON request FOR SELECT TO errand_reader
  USING (is_within('*') OR is_within(org_of_delegation(request.key)));
CREATE POLICY own ON result FOR SELECT TO errand_reader
  USING (is_within('*') OR is_within(org_of_delegation(result.key)));
CREATE POLICY own ON late_result FOR SELECT TO errand_reader
  USING (is_within('*') OR is_within(org_of_delegation(late_result.delegation)));
CREATE POLICY own ON notice FOR SELECT TO errand_reader
  USING (is_within('*') OR is_within(org_of_workspace(notice.workspace)));
CREATE POLICY own ON slot FOR SELECT TO errand_reader
  USING (is_within('*') OR is_within(org_of_workspace(slot.id)));
CREATE POLICY own ON turn FOR SELECT TO errand_reader
  USING (is_within('*') OR is_within(org_of_workspace(turn.callee)));
CREATE POLICY own ON remembered FOR SELECT TO errand_reader
  USING (is_within('*') OR is_within(org_of_workspace(remembered.caller)));

DO $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relrowsecurity LOOP
    EXECUTE format('CREATE POLICY line ON %I TO errand_writer USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;
