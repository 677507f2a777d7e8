-- For tools: a role that only reads, and a dictionary that the database writes about itself.
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'baocao_reader') THEN
		CREATE ROLE baocao_reader NOLOGIN;
	END IF;
END
$$;
COMMENT ON ROLE baocao_reader IS 'What tools such as Metabase, Grafana and DBeaver may: read what analysts read, and mark nothing. Grant it to a login of their own.';
SET LOCAL ROLE baocao_owner;

CREATE FUNCTION baocao.open_to_readers() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	what text;
BEGIN
	GRANT USAGE ON SCHEMA baocao, baocao_fold TO baocao_reader;
	FOR what IN
		SELECT format('SELECT ON %s', oid::regclass) FROM pg_class
		WHERE relnamespace IN ('baocao'::regnamespace, 'baocao_fold'::regnamespace) AND relkind IN ('r', 'v')
			AND has_table_privilege('baocao_analyst', oid, 'SELECT')
		UNION ALL
		SELECT format('SELECT (%s) ON baocao.refusal', string_agg(quote_ident(attname), ', ' ORDER BY attnum)) FROM pg_attribute
		WHERE attrelid = 'baocao.refusal'::regclass AND attnum > 0 AND has_column_privilege('baocao_analyst', attrelid, attnum, 'SELECT')
		UNION ALL
		SELECT format('EXECUTE ON FUNCTION %s', oid::regprocedure) FROM pg_proc
		WHERE pronamespace = 'baocao'::regnamespace AND provolatile <> 'v' AND has_function_privilege('baocao_analyst', oid, 'EXECUTE')
	LOOP
		EXECUTE format('GRANT %s TO baocao_reader', what);
	END LOOP;
END
$$;
COMMENT ON FUNCTION baocao.open_to_readers() IS 'For migrations: opens to tools whatever analysts read. Run it again after new tables, views or functions.';
SELECT baocao.open_to_readers();

CREATE FUNCTION baocao.dictionary() RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH relation AS (
		SELECT c.oid, c.relname::text AS name, c.relkind = 'v' AS is_view, obj_description(c.oid, 'pg_class') AS words
		FROM pg_class AS c WHERE c.relnamespace = 'baocao'::regnamespace AND c.relkind IN ('r', 'v')
	), page AS (
		SELECT 1 AS part, '' AS name, 0 AS place, unnest(ARRAY['# The database', '',
			'Written by the database itself (`schema/dictionary`); everything is in the schema `baocao`. Tables of reports come from the contract and are described field by field in data-dictionary.md.', '',
			'## Keys', '', '```mermaid', 'erDiagram']) AS line
		UNION ALL
		SELECT 2, p.relname || c.relname || f.conname, 0, format('    %s ||--o{ %s : "%s"', p.relname, c.relname,
			(SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = f.conrelid AND attnum = ANY (f.conkey)))
		FROM pg_constraint AS f JOIN pg_class AS c ON c.oid = f.conrelid JOIN pg_class AS p ON p.oid = f.confrelid
		WHERE f.contype = 'f' AND f.connamespace = 'baocao'::regnamespace
		UNION ALL
		SELECT 3, '', 0, unnest(ARRAY['```', ''])
		UNION ALL
		SELECT CASE WHEN is_view THEN 4 ELSE 6 END, '', 0, unnest(ARRAY[CASE WHEN is_view THEN '## Views' ELSE '## Tables' END, ''])
		FROM relation GROUP BY is_view
		UNION ALL
		SELECT CASE WHEN is_view THEN 4 ELSE 6 END, name, 0, unnest(ARRAY['### ' || name, '', words, '', '| column | type | meaning |', '|---|---|---|']) FROM relation
		UNION ALL
		SELECT CASE WHEN is_view THEN 4 ELSE 6 END, r.name, a.attnum, format('| %s | %s | %s |', a.attname, format_type(a.atttypid, a.atttypmod),
			replace(col_description(r.oid, a.attnum), '|', '\|'))
		FROM relation AS r JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
		UNION ALL
		SELECT CASE WHEN is_view THEN 4 ELSE 6 END, name, 1000, '' FROM relation
		UNION ALL
		SELECT 5, '', 0, unnest(ARRAY['## Functions', '', '| function | meaning |', '|---|---|'])
		UNION ALL
		SELECT 5, p.proname || p.oid::regprocedure, 1, format('| `%s(%s)` | %s |', p.proname, pg_get_function_arguments(p.oid),
			replace(obj_description(p.oid, 'pg_proc'), '|', '\|'))
		FROM pg_proc AS p WHERE p.pronamespace = 'baocao'::regnamespace AND p.prorettype <> 'trigger'::regtype
		UNION ALL
		SELECT 5, '~', 2, ''
	)
	SELECT line FROM (SELECT *, row_number() OVER () AS arrival FROM page) AS p ORDER BY part, name COLLATE "C", place, arrival
$$;
COMMENT ON FUNCTION baocao.dictionary() IS 'The lines of docs/database.md: every table, view and function with its comment, and the keys as a picture.';
GRANT EXECUTE ON FUNCTION baocao.dictionary TO baocao_analyst, baocao_admin, baocao_reader;
