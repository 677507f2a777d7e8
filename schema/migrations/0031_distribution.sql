-- Which tables grow with what is reported: what can be spread over several servers, by the top unit that leads their keys.
SET LOCAL ROLE baocao_owner;

CREATE FUNCTION baocao.distributed_tables() RETURNS TABLE (name regclass, depth integer)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE hanging AS (
		SELECT 'baocao.report'::regclass AS name, 0 AS depth
		UNION ALL
		SELECT 'baocao.refusal'::regclass, 0
		UNION
		SELECT c.conrelid::regclass, h.depth + 1
		FROM hanging AS h JOIN pg_constraint AS c ON c.confrelid = h.name AND c.contype = 'f' AND c.conrelid <> c.confrelid
	)
	SELECT name, max(depth) FROM hanging GROUP BY name
$$;
COMMENT ON FUNCTION baocao.distributed_tables() IS 'Reports and refusals with all tables that hang on them, which schema/citus.sql distributes by top unit; depth 0 first.';
GRANT EXECUTE ON FUNCTION baocao.distributed_tables TO baocao_admin, baocao_analyst;
