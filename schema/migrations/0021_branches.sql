-- Who sees which rows. Analysts of the ministry see all; those of a province or department what belongs to it. Views ask with the
-- rights of who reads them, so that the tables' policies hold there too.

-- COPY into a table with row security is refused to all whom the policies bind. They are not what limits the daemon: it may read
-- the catalogue and report, and insert. Attributes are not inherited, so it takes this role on (SET ROLE) when it connects.
ALTER ROLE baocao_ingest BYPASSRLS;

SET LOCAL ROLE baocao_owner;

CREATE FUNCTION baocao.limit_to_branches() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	relation record;
	what text;
BEGIN
	-- Tables whose rows belong to a top unit and that nobody has decided about.
	FOR relation IN
		SELECT c.oid::regclass AS name FROM pg_class AS c
		JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'top_unit_id' AND NOT a.attisdropped
		WHERE c.relowner = 'baocao_owner'::regrole AND c.relkind IN ('r', 'p') AND NOT c.relispartition
			AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid)
	LOOP
		EXECUTE format('CREATE POLICY nation ON %s FOR SELECT TO baocao_analyst USING (true)', relation.name);
		EXECUTE format('COMMENT ON POLICY nation ON %s IS %L', relation.name,
			'Who was granted the table sees every row, but for analysts of a branch.');
		EXECUTE format('CREATE POLICY branch ON %s FOR SELECT TO baocao_branch_analyst '
			'USING (top_unit_id = ANY ((SELECT baocao.branch())::integer[]))', relation.name);
		EXECUTE format('COMMENT ON POLICY branch ON %s IS %L', relation.name, 'A branch analyst sees the rows of its branch.');
		EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation.name);
	END LOOP;
	-- Policies by role, not by a condition: one that is simply true takes no index from a query.
	FOR relation IN
		SELECT p.polrelid::regclass AS name, string_agg(DISTINCT quote_ident(r.rolname), ', ') AS roles
		FROM pg_policy AS p
		JOIN pg_class AS c ON c.oid = p.polrelid
		JOIN pg_attribute AS a ON a.attrelid = p.polrelid
		CROSS JOIN LATERAL (SELECT * FROM aclexplode(c.relacl) UNION ALL SELECT * FROM aclexplode(a.attacl)) AS acl
		JOIN pg_roles AS r ON r.oid = acl.grantee
		WHERE p.polname = 'nation' AND acl.privilege_type = 'SELECT' AND r.oid <> c.relowner AND r.rolname <> 'baocao_branch_analyst'
		GROUP BY p.polrelid
	LOOP
		EXECUTE format('ALTER POLICY nation ON %s TO %s', relation.name, relation.roles);
	END LOOP;
	FOR relation IN
		SELECT oid::regclass AS name FROM pg_class WHERE relowner = 'baocao_owner'::regrole AND relkind = 'v'
	LOOP
		EXECUTE format('ALTER VIEW %s SET (security_invoker = true)', relation.name);
	END LOOP;
	-- What the ministry's analysts read, those of a branch read too: tables with policies, views, and what these call.
	FOR what IN
		SELECT format('USAGE ON SCHEMA %I', nspname) FROM pg_namespace
		WHERE nspowner = 'baocao_owner'::regrole AND has_schema_privilege('baocao_analyst', oid, 'USAGE')
		UNION ALL
		SELECT format('SELECT %s ON %s', CASE WHEN NOT has_table_privilege('baocao_analyst', c.oid, 'SELECT')
			THEN format('(%s)', string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)) END, c.oid::regclass)
		FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relowner = 'baocao_owner'::regrole AND (c.relkind = 'v' OR c.relrowsecurity)
			AND has_column_privilege('baocao_analyst', c.oid, a.attnum, 'SELECT')
		GROUP BY c.oid
		UNION ALL
		SELECT format('EXECUTE ON FUNCTION %s', oid::regprocedure) FROM pg_proc
		WHERE proowner = 'baocao_owner'::regrole AND provolatile <> 'v' AND NOT prosecdef
			AND has_function_privilege('baocao_analyst', oid, 'EXECUTE')
	LOOP
		EXECUTE format('GRANT %s TO baocao_branch_analyst', what);
	END LOOP;
END
$$;
COMMENT ON FUNCTION baocao.limit_to_branches() IS 'Gives policies to tables of reports that have none, and lets branch analysts read what analysts read. schema/migrate calls it at the end of each run.';

-- Public facts, the same for everybody.
CREATE POLICY reference ON baocao.unit FOR SELECT USING (true);
CREATE POLICY reference ON baocao.unit_succession FOR SELECT USING (true);
CREATE POLICY reference ON baocao.unit_census FOR SELECT USING (true);
CREATE POLICY reference ON baocao.target FOR SELECT USING (true);
CREATE POLICY reference ON baocao.form FOR SELECT USING (true);
COMMENT ON POLICY reference ON baocao.unit IS 'Units are public.';
COMMENT ON POLICY reference ON baocao.unit_succession IS 'What became of units is public.';
COMMENT ON POLICY reference ON baocao.unit_census IS 'Published figures.';
COMMENT ON POLICY reference ON baocao.target IS 'Targets are published.';
COMMENT ON POLICY reference ON baocao.form IS 'What is to be filed concerns everybody.';
ALTER TABLE baocao.unit ENABLE ROW LEVEL SECURITY;
ALTER TABLE baocao.unit_succession ENABLE ROW LEVEL SECURITY;
ALTER TABLE baocao.unit_census ENABLE ROW LEVEL SECURITY;
ALTER TABLE baocao.target ENABLE ROW LEVEL SECURITY;
ALTER TABLE baocao.form ENABLE ROW LEVEL SECURITY;

CREATE POLICY nation ON baocao.collector FOR SELECT TO baocao_analyst USING (true);
COMMENT ON POLICY nation ON baocao.collector IS 'Who was granted the table sees every row, but for analysts of a branch.';
CREATE POLICY branch ON baocao.collector FOR SELECT TO baocao_branch_analyst USING (EXISTS (
	SELECT FROM baocao.unit WHERE unit_id = scope_unit_id AND top_unit_id = ANY ((SELECT baocao.branch())::integer[])));
COMMENT ON POLICY branch ON baocao.collector IS 'A branch analyst sees the senders of its branch.';
ALTER TABLE baocao.collector ENABLE ROW LEVEL SECURITY;

CREATE POLICY administration ON baocao.collector_key FOR SELECT TO baocao_admin USING (true);
COMMENT ON POLICY administration ON baocao.collector_key IS 'Keys are the administrators'' business.';
ALTER TABLE baocao.collector_key ENABLE ROW LEVEL SECURITY;

CREATE POLICY administration ON baocao.branch_analyst FOR SELECT TO baocao_admin USING (true);
COMMENT ON POLICY administration ON baocao.branch_analyst IS 'Administrators see who sees what.';
CREATE POLICY oneself ON baocao.branch_analyst FOR SELECT TO baocao_branch_analyst USING (role_name = current_user);
COMMENT ON POLICY oneself ON baocao.branch_analyst IS 'An analyst sees what it was given.';
ALTER TABLE baocao.branch_analyst ENABLE ROW LEVEL SECURITY;

ALTER TABLE baocao.migration ENABLE ROW LEVEL SECURITY; -- nobody's but the owner's
