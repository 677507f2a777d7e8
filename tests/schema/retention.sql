-- Evidence is kept for ever unless an administrator says otherwise; then what is older goes, and nothing else.
BEGIN;
SELECT plan(14);

SELECT lives_ok($$ SELECT baocao.register_collector('t', repeat('k', 40), '01', '2022-08-19') $$, 'a collector is registered');
SET LOCAL session_replication_role = replica;
INSERT INTO baocao.report (top_unit_id, report_no, unit_id, unit_code, kind, body, period_type, period_first, period_last, revision, precision,
	collector_id, received_at, content_digest)
SELECT 1, no, 1, '01', 'festival_day', 'festival_day', 'campaign', '2022-08-01', '2022-08-20', no, 'exact',
	(SELECT collector_id FROM baocao.collector WHERE name = 't'), now() - make_interval(days => no * 50), '\x00'
FROM generate_series(1, 4) AS no;
INSERT INTO baocao.report_raw (top_unit_id, report_no, raw) SELECT 1, no, '\x0a' FROM generate_series(1, 4) AS no;
SET LOCAL session_replication_role = origin;
SELECT baocao.keep_refusal(1, (SELECT collector_id FROM baocao.collector WHERE name = 't'), int4send(no), 'refused', 'festival_day', '01',
	'\x0a', now() - make_interval(days => no * 50), '[{"path": "a", "rule": "max", "vi": "b", "en": "c"}]')
FROM generate_series(1, 4) AS no;

SELECT results_eq($$ SELECT * FROM baocao.expire() $$, $$ VALUES ('report_raw', 0::bigint), ('refusal', 0), ('completeness_snapshot', 0) $$, 'everything is kept for ever');
SELECT throws_ok($$ SELECT baocao.set_retention('report_raw', 91) $$, '23514', NULL, 'nobody can remove what is fresh');
SELECT throws_ok($$ SELECT baocao.set_retention('report', 100) $$, 'P0002', NULL, 'or reports');
SELECT lives_ok($$ SELECT baocao.set_retention('report_raw', 120) $$, 'raw bytes are kept for so many days');
SELECT results_eq($$ SELECT * FROM baocao.expire() $$, $$ VALUES ('report_raw', 2::bigint), ('refusal', 0), ('completeness_snapshot', 0) $$, 'what is older goes');
SELECT results_eq($$ SELECT report_no FROM baocao.report_raw ORDER BY 1 $$, $$ VALUES (1::bigint), (2) $$, 'and nothing else');
SELECT is(count(*), 4::bigint, 'reports stay') FROM baocao.report;
SELECT lives_ok($$ SELECT baocao.set_retention('refusal', 160) $$, 'so are refusals');
SELECT results_eq($$ SELECT * FROM baocao.expire() $$, $$ VALUES ('report_raw', 0::bigint), ('refusal', 1), ('completeness_snapshot', 0) $$, 'they go, too');
SELECT results_eq($$ SELECT (SELECT count(*) FROM baocao.refusal), (SELECT count(*) FROM baocao.refusal_violation) $$,
	$$ VALUES (3::bigint, 3::bigint) $$, 'with their violations');
SELECT results_eq($$ SELECT what, removed, now() - received_before FROM baocao.expiry ORDER BY expiry_no $$,
	$$ VALUES ('report_raw', 2::bigint, interval '120 days'), ('refusal', 1, interval '160 days') $$, 'what went is written down');
SELECT is_empty($$ SELECT * FROM baocao.raw_bytes_lost() $$, 'and as much is gone');
DELETE FROM baocao.expiry WHERE removed = 1;
UPDATE baocao.expiry SET removed = 1;
SELECT results_eq($$ SELECT detail, row_count FROM baocao.raw_bytes_lost() $$,
	$$ VALUES ('retention removed those of 1 reports, gone are those of 2', 1::bigint) $$, 'what is gone beside it is counted');

SELECT * FROM finish();
ROLLBACK;
