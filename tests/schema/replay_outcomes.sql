-- What a replay came to is kept with its reasons, and a daemon takes no more than it has room for.
BEGIN;
\ir data/hand_made.sql
SELECT plan(9);
SELECT baocao.keep_refusal(1, (SELECT min(collector_id) FROM baocao.collector), set_byte('\x00', 0, 10 + n), 'refused', 'festival_day', '01',
	('\x' || repeat('0a', 600))::bytea, now(), '[{"path": "a", "rule": "unit_unknown", "vi": "b", "en": "c"}]')
FROM generate_series(1, 5) AS n \g /dev/null
SELECT is(baocao.request_replay('unit_unknown', 'danh mục đã sửa'), 5, 'five are asked for');
SELECT is((SELECT count(*) FROM baocao.take_replays(2, 10000)), 2::bigint, 'two at most');
SELECT is((SELECT count(*) FROM baocao.take_replays(10, 601)), 2::bigint, 'as many as begin within the bytes');
SELECT is((SELECT count(*) FROM baocao.take_replays(10, 1)), 1::bigint, 'one however long');
SELECT lives_ok($$ SELECT baocao.finish_replay(top_unit_id, replay_no, 'refused', NULL,
	'[{"path": "x", "rule": "max", "vi": "v", "en": "w"}, {"path": "", "rule": "sender_revoked", "vi": "v", "en": "w"}]')
	FROM baocao.replay ORDER BY replay_no LIMIT 1 $$, 'it is refused again');
SELECT results_eq($$ SELECT state::text, outcome, violations FROM baocao.replay_result WHERE outcome IS NOT NULL $$,
	$$ VALUES ('done', 'refused', 'x: max, sender_revoked') $$, 'with all that is still wrong');
SELECT is((SELECT rule FROM baocao.refusal_violation WHERE path = 'a' LIMIT 1), 'unit_unknown', 'what was wrong at first stays');
SELECT throws_ok($$ SELECT baocao.finish_replay(top_unit_id, replay_no, 'stored', 1) FROM baocao.replay WHERE state = 'done' $$, 'P0002', NULL,
	'an outcome is final');
SELECT is_empty($$ SELECT * FROM baocao.check_integrity() WHERE table_name ~ 'replay' $$, 'every key is there');
SELECT * FROM finish();
ROLLBACK;
