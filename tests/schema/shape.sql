-- Every object explains itself, every table has a key, and large tables can be distributed by top unit.
BEGIN;
SELECT plan(10);

SELECT is_empty($$
	SELECT c.oid::regclass FROM pg_class AS c
	WHERE relnamespace IN ('baocao'::regnamespace, 'baocao_audit'::regnamespace) AND relkind IN ('r', 'v')
		AND coalesce(obj_description(c.oid, 'pg_class'), '') = ''
$$, 'every table and view has a comment');

SELECT is_empty($$
	SELECT c.oid::regclass, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
	WHERE relnamespace IN ('baocao'::regnamespace, 'baocao_audit'::regnamespace) AND relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
		AND coalesce(col_description(c.oid, a.attnum), '') = ''
$$, 'every column has a comment');

SELECT is_empty($$
	SELECT t.oid::regtype FROM pg_type AS t
	WHERE typnamespace = 'baocao'::regnamespace AND typtype IN ('e', 'd') AND coalesce(obj_description(t.oid, 'pg_type'), '') = ''
$$, 'every type has a comment');

SELECT is_empty($$
	SELECT p.oid::regprocedure FROM pg_proc AS p
	WHERE pronamespace IN ('baocao'::regnamespace, 'baocao_audit'::regnamespace) AND coalesce(obj_description(p.oid, 'pg_proc'), '') = ''
$$, 'every function has a comment');

SELECT is_empty($$
	SELECT c.oid::regclass FROM pg_class AS c
	WHERE relnamespace IN ('baocao'::regnamespace, 'baocao_audit'::regnamespace) AND relkind = 'r'
		AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p')
$$, 'every table has a primary key');

SELECT is_empty($$
	SELECT i.indexrelid::regclass FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid
	JOIN pg_attribute AS top ON top.attrelid = c.oid AND top.attname = 'top_unit_id'
	WHERE c.relnamespace IN ('baocao'::regnamespace, 'baocao_audit'::regnamespace) AND c.relkind = 'r' AND c.relname <> 'unit' AND i.indisunique
		AND top.attnum <> ALL (i.indkey::smallint[])
$$, 'every unique key of a large table contains the top unit');

SELECT is_empty($$
	SELECT c.oid::regclass FROM pg_class AS c
	WHERE relnamespace = 'baocao'::regnamespace AND pg_get_userbyid(relowner) <> 'baocao_owner'
	UNION ALL
	SELECT c.oid::regclass FROM pg_class AS c JOIN pg_roles AS r ON r.oid = relowner
	WHERE relnamespace = 'baocao_audit'::regnamespace AND NOT rolsuper
	UNION ALL
	SELECT NULL FROM pg_namespace JOIN pg_roles AS r ON r.oid = nspowner WHERE nspname = 'baocao_audit' AND NOT rolsuper
	UNION ALL
	SELECT NULL FROM pg_proc AS p
	WHERE pronamespace = 'baocao'::regnamespace AND pg_get_userbyid(proowner) <> 'baocao_owner'
$$, 'the owner owns everything but the audit trail, which is a superuser''s');

SELECT is_empty($$
	SELECT p.oid::regprocedure FROM pg_proc AS p
	WHERE pronamespace IN ('baocao'::regnamespace, 'baocao_audit'::regnamespace) AND prosecdef
		AND (NOT EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE setting LIKE 'search_path=%')
			OR proowner IN (SELECT oid FROM pg_roles WHERE rolsuper))
$$, 'functions with other rights than the caller''s have a search path of their own, and none has a superuser''s');

SELECT is_empty($$
	SELECT c.oid::regclass FROM pg_class AS c
	WHERE relowner = 'baocao_owner'::regrole AND (relkind IN ('r', 'p') AND NOT relrowsecurity
		OR relkind = 'v' AND 'security_invoker=true' <> ALL (coalesce(reloptions, '{}')) OR relkind = 'm')
$$, 'every table says who sees which rows, and every view asks with the rights of its reader');

SELECT is_empty($$
	SELECT polname, polrelid::regclass FROM pg_policy WHERE coalesce(obj_description(oid, 'pg_policy'), '') = ''
$$, 'every policy has a comment');

SELECT * FROM finish();
ROLLBACK;
