-- The roles can do their work and nothing else.
BEGIN;
SELECT plan(17);

SELECT lives_ok($$ SELECT baocao.register_collector('t', repeat('k', 40), '01', '2022-08-19') $$, 'a collector is registered');

-- pgTAP counts in tables of the caller: rights are asked of the catalogue rather than tried as another role.
SELECT ok(has_table_privilege('baocao_ingest', 'baocao.report', 'INSERT, SELECT'), 'ingest writes reports and looks them up');
SELECT is_empty($$
	SELECT c.oid::regclass FROM pg_class AS c WHERE relnamespace = 'baocao'::regnamespace AND relkind IN ('r', 'v')
		AND has_table_privilege('baocao_ingest', c.oid, 'UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
$$, 'ingest can change or remove nothing');
SELECT ok(NOT has_any_column_privilege('baocao_ingest', 'baocao.refusal', 'SELECT, INSERT, UPDATE'),
	'ingest touches refusals through the function only');
SELECT ok(has_function_privilege('baocao_ingest', 'baocao.keep_refusal(integer, integer, bytea, text, text, text, bytea, timestamptz, jsonb)', 'EXECUTE'),
	'ingest keeps refusals');
SELECT ok(has_sequence_privilege('baocao_ingest', 'baocao.report_block', 'USAGE'), 'ingest draws numbers');
SELECT ok(rolbypassrls AND NOT rolsuper AND NOT rolcanlogin, 'no policy binds ingest, for COPY is refused to those it binds')
FROM pg_roles WHERE rolname = 'baocao_ingest';
SELECT ok(has_parameter_privilege('baocao_ingest', 'session_replication_role', 'SET'), 'ingest may write without key checks');
SELECT is_empty($$
	SELECT c.oid::regclass FROM pg_class AS c WHERE relnamespace = 'baocao'::regnamespace AND relkind IN ('r', 'v')
		AND EXISTS (SELECT FROM unnest('{baocao_analyst,baocao_branch_analyst,baocao_admin}'::text[]) AS role_name
			WHERE has_table_privilege(role_name, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'))
$$, 'analysts and administrators write no table');
SELECT is_empty($$
	SELECT c.oid::regclass, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
	WHERE relnamespace = 'baocao'::regnamespace AND relkind IN ('r', 'v') AND NOT a.attisdropped
		AND c.oid <> 'baocao.branch_analyst'::regclass -- a branch analyst's own rows
		AND has_column_privilege('baocao_analyst', c.oid, a.attnum, 'SELECT')
			<> has_column_privilege('baocao_branch_analyst', c.oid, a.attnum, 'SELECT')
$$, 'analysts of a branch read the columns that those of the ministry read');
SELECT ok(NOT has_any_column_privilege('baocao_admin', 'baocao.report', 'SELECT')
	AND NOT has_any_column_privilege('baocao_admin', 'baocao.report_raw', 'SELECT'), 'administrators read no report');
SELECT is_empty($$
	SELECT c.oid::regclass, role_name
	FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid,
		unnest('{baocao_analyst,baocao_branch_analyst,baocao_admin}'::text[]) AS role_name
	WHERE relnamespace = 'baocao'::regnamespace AND attname = 'raw' AND has_column_privilege(role_name, c.oid, attnum, 'SELECT')
$$, 'nobody but the owner sees raw bytes');
SELECT is_empty($$
	SELECT p.oid::regprocedure FROM pg_proc AS p
	WHERE pronamespace IN ('baocao'::regnamespace, 'baocao_audit'::regnamespace) AND (proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0))
$$, 'no function is open to everybody');

SELECT lives_ok($$ SELECT baocao.keep_refusal(1, (SELECT collector_id FROM baocao.collector WHERE name = 't'), '\x01', 'refused', 'festival_day', '01', '\x0a', now(),
	'[{"path": "a", "rule": "required", "vi": "b", "en": "c"}, {"path": "d", "rule": "max", "vi": "e", "en": "f"}]')
	FROM generate_series(1, 3) $$, 'a refusal is kept');
SELECT results_eq($$ SELECT times, (SELECT count(*) FROM baocao.refusal_violation AS v WHERE v.refusal_no = r.refusal_no)
	FROM baocao.refusal AS r WHERE raw_digest = '\x01' $$, $$ VALUES (3, 2::bigint) $$, 'and counted when it comes again');

SET LOCAL session_replication_role = replica;
INSERT INTO baocao.commendation_award (top_unit_id, report_no, line_no, award_level, recipient_kind, awards)
VALUES (1, 7, 1, 'state_medal', 'collective', 1);
SET LOCAL session_replication_role = origin;
SELECT isnt_empty($$ SELECT * FROM baocao.check_integrity() WHERE constraint_name = 'commendation_award_report_fkey' $$,
	'an orphan line is found');
SELECT is_empty($$ SELECT * FROM baocao.check_integrity()
	WHERE constraint_name <> 'commendation_award_report_fkey' $$, 'and nothing else');

SELECT * FROM finish();
ROLLBACK;
