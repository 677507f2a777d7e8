-- Administrators register, limit, revoke and list through functions, and every call is written down.
BEGIN;
SELECT plan(35);

CREATE FUNCTION pg_temp.states(wanted text) RETURNS text[] LANGUAGE sql AS
	$$ SELECT array_agg(state ORDER BY public_key) FROM baocao.list_collectors() WHERE name = wanted $$;

/* collectors */

SELECT lives_ok($$ SELECT baocao.register_collector('t', repeat('k', 40), '01', '2022-08-19') $$, 'a collector is registered');
SELECT throws_ok($$ SELECT baocao.register_collector('t', repeat('j', 40), '01', '2022-08-19') $$, '23505', NULL,
	'a name means one collector');
SELECT throws_ok($$ SELECT baocao.register_collector('u', repeat('k', 40), '01', '2022-08-19') $$, '23505', NULL,
	'a key belongs to one collector');
SELECT throws_ok($$ SELECT baocao.register_collector('u', 'short', '01', '2022-08-19') $$, '23514', NULL,
	'a key has 40 characters');
SELECT throws_ok($$ SELECT baocao.register_collector('u', repeat('n', 40), '10', '2026-01-01') $$, 'P0002', NULL,
	'a scope must exist on its day');
SELECT lives_ok($$ SELECT baocao.limit_collector('t', '15', '2025-08-01') $$, 'its scope is limited');
SELECT results_eq($$ SELECT scope_code, scope_name FROM baocao.list_collectors() WHERE name = 't' $$,
	$$ VALUES ('15', 'Tỉnh Lào Cai') $$, 'and counts');
SELECT throws_ok($$ SELECT baocao.limit_collector('t', '99', '2025-08-01') $$, 'P0002', NULL, 'to a unit that there is');
SELECT throws_ok($$ SELECT baocao.limit_collector('nobody', '15', '2025-08-01') $$, 'P0002', NULL, 'of a collector that there is');

/* keys */

SELECT lives_ok($$ SELECT baocao.add_collector_key('t', repeat('l', 40)) $$, 'a second key is added');
SELECT throws_ok($$ SELECT baocao.add_collector_key('t', repeat('m', 40)) $$, '21000', NULL, 'a third valid key is refused');
SELECT throws_ok($$ SELECT baocao.add_collector_key('t', repeat('m', 40), now() + '1 year') $$, '21000', NULL,
	'one that will be valid too');
SELECT lives_ok($$ SELECT baocao.limit_key(repeat('k', 40), '2020-01-01', '2021-01-01') $$, 'a key is limited in time');
SELECT lives_ok($$ SELECT baocao.add_collector_key('t', repeat('m', 40), now() + '1 year') $$, 'then there is room for another');
SELECT is(pg_temp.states('t'), '{no longer valid,valid,not valid yet}', 'the list tells what is accepted now');
SELECT throws_ok($$ SELECT baocao.limit_key(repeat('k', 40), '2020-01-01', NULL) $$, '21000', NULL,
	'a third key does not come in by a longer life either');
SELECT throws_ok($$ SELECT baocao.limit_key(repeat('k', 40), '2020-01-01', '2019-01-01') $$, '23514', NULL,
	'a key ends after it starts');
SELECT lives_ok($$ SELECT baocao.revoke_key(repeat('l', 40)) $$, 'a key is revoked');
SELECT throws_ok($$ SELECT baocao.limit_key(repeat('l', 40), now(), NULL) $$, '55000', NULL, 'and stays revoked');
SELECT throws_ok($$ SELECT baocao.revoke_key(repeat('z', 40)) $$, 'P0002', NULL, 'a key that there is not cannot be revoked');
SELECT lives_ok($$ SELECT baocao.revoke_collector('t') $$, 'a collector is revoked');
SELECT is(pg_temp.states('t'), '{revoked,revoked,revoked}', 'with all its keys');
SELECT lives_ok($$ SELECT baocao.add_collector_key('t', repeat('o', 40)) $$, 'and can be given a new one');
SELECT lives_ok($$ SELECT baocao.add_unit('00001', 'commune', 'ward', 'Phường Phúc Xá', '01', '2020-01-01', '2025-07-01') $$,
	'a unit is added');

/* analysts of a branch */

CREATE ROLE tap_branch IN ROLE baocao_branch_analyst;
CREATE ROLE tap_nation IN ROLE baocao_branch_analyst, baocao_analyst;
SELECT lives_ok($$ SELECT baocao.limit_analyst('tap_branch', '01', '2022-08-19') $$, 'an analyst is given a branch');
SELECT throws_ok($$ SELECT baocao.limit_analyst('tap_nation', '01', '2022-08-19') $$, '42704', NULL,
	'one that sees everything cannot be limited');
SELECT throws_ok($$ SELECT baocao.limit_analyst('tap_branch', '00001', '2022-08-19') $$, '42809', NULL,
	'a branch is a province or a department');
SELECT lives_ok($$ SELECT baocao.release_analyst('tap_branch') $$, 'it is taken away');
SELECT is_empty($$ SELECT FROM baocao.branch_analyst WHERE role_name = 'tap_branch' $$, 'and is gone');

/* the audit trail */

-- What a function writes down, as its text says: its name, and under which names its arguments.
CREATE TEMPORARY TABLE administration AS
SELECT p.oid, p.proname, p.proargnames[:p.pronargs] AS argument_names,
	substring(prosrc FROM '(?:\mBEGIN\s+PERFORM|^\s*SELECT) baocao_audit\.record\(''(\w+)''') AS written_name,
	ARRAY(SELECT m[1] FROM regexp_matches(substring(prosrc FROM 'baocao_audit\.record\((.*?)\);'), '''(\w+)'', \$\d', 'g') AS m)
		AS written_arguments
FROM pg_proc AS p
WHERE pronamespace = 'baocao'::regnamespace AND has_function_privilege('baocao_admin', p.oid, 'EXECUTE')
	AND provolatile = 'v';

SELECT is_empty($$ SELECT oid::regprocedure FROM administration WHERE written_name IS DISTINCT FROM proname $$,
	'every function with which an administrator changes something begins by writing it down');
SELECT is_empty($$ SELECT oid::regprocedure, written_arguments FROM administration WHERE written_arguments <> argument_names $$,
	'with all its arguments by their names');
SELECT set_has($$ SELECT function_name FROM baocao_audit.entry $$, $$ VALUES ('register_collector'), ('add_collector_key'),
	('limit_collector'), ('limit_key'), ('revoke_key'), ('revoke_collector'), ('add_unit'), ('limit_analyst'), ('release_analyst') $$,
	'what was called here is in the trail');
SELECT results_eq($$ SELECT function_name, arguments ->> 'name', arguments ->> 'scope_code' FROM baocao_audit.entry
	WHERE function_name IN ('register_collector', 'limit_collector') ORDER BY entry_no $$,
	$$ VALUES ('register_collector', 't', '01'), ('limit_collector', 't', '15') $$, 'calls that failed are not in it');
SELECT is_empty($$ SELECT FROM baocao_audit.entry WHERE done_by <> session_user OR done_at NOT BETWEEN now() AND clock_timestamp() $$,
	'who and when are the session''s and the clock''s');
SELECT is_empty($$ SELECT r.rolname FROM pg_auth_members JOIN pg_roles AS r ON r.oid = member
	WHERE roleid = 'baocao_auditor'::regrole $$, 'nobody is a member of the role that writes it');

SELECT * FROM finish();
ROLLBACK;
