-- A refusal is judged anew when it is asked for, by one daemon, and what came of it is noted.
BEGIN;
\ir data/hand_made.sql
SELECT plan(10);
SELECT is(baocao.request_replay('unit_unknown', 'danh mục đã sửa'), 0, 'nothing was refused for that rule');
SELECT is(baocao.request_replay('required', 'quy tắc đã sửa'), 1, 'one refusal is asked for');
SELECT is(baocao.request_replay('required', 'lần nữa'), 0, 'and once only');
SELECT results_eq($$ SELECT raw FROM baocao.take_replays() $$, ARRAY['\x0a'::bytea], 'a daemon takes its bytes');
SELECT is_empty($$ SELECT * FROM baocao.take_replays() $$, 'and no other does');
SELECT lives_ok($$ SELECT baocao.finish_replay(top_unit_id, replay_no, 'refused', NULL) FROM baocao.replay $$, 'it is refused again');
SELECT throws_ok($$ SELECT baocao.finish_replay(top_unit_id, replay_no, 'stored', 1) FROM baocao.replay $$, 'P0002', NULL, 'an outcome is final');
SELECT is(baocao.request_replay('required', 'lần thứ hai'), 1, 'it may be asked for again');
SELECT baocao.take_replays() \g /dev/null
SELECT lives_ok($$ SELECT baocao.finish_replay(top_unit_id, replay_no, 'stored', 1) FROM baocao.replay WHERE state = 'taken' $$, 'this time it is stored');
SELECT is(baocao.request_replay('required', 'lần thứ ba'), 0, 'and that is the end');
SELECT * FROM finish();
ROLLBACK;
