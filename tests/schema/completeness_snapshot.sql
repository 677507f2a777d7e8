-- Completeness of past days stays as it was, whatever is filed, corrected or redrawn since.
BEGIN;
\ir data/hand_made.sql
SELECT plan(17);

CREATE FUNCTION pg_temp.today() RETURNS date LANGUAGE sql STABLE AS $$ SELECT (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date $$;
-- As if so many days had passed since all that was taken.
CREATE FUNCTION pg_temp.days_pass(days integer) RETURNS void LANGUAGE sql AS $$
	INSERT INTO baocao.completeness_day (taken_on, taken_at) SELECT taken_on - $1, taken_at - make_interval(days => $1) FROM baocao.completeness_day;
	UPDATE baocao_fold.completeness_snapshot SET taken_on = taken_on - $1;
	DELETE FROM baocao.completeness_day WHERE taken_at > now() - make_interval(days => $1);
$$;
-- What the snapshot of a day and the view disagree about.
CREATE FUNCTION pg_temp.differing(day date) RETURNS bigint LANGUAGE sql STABLE AS $$
	WITH shown AS (SELECT year, kind, level, unit_kind, period_type, period_first, period_last, due_on, period_no, top_unit_id, unit_code,
			unit_name, expected, received, on_time, late, missing, revised, withdrawn, after_lock, refused, complete_percent, on_time_percent,
			mean_days_late, most_days_late FROM baocao.completeness_on($1))
	SELECT (SELECT count(*) FROM (TABLE shown EXCEPT ALL TABLE baocao.completeness) AS x)
		+ (SELECT count(*) FROM (TABLE baocao.completeness EXCEPT ALL TABLE shown) AS x)
$$;
CREATE FUNCTION pg_temp.received(day date, code text) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT received FROM baocao.completeness_on($1) WHERE kind = 'festival_day' AND year = 2022 AND unit_code IS NOT DISTINCT FROM $2 $$;

SELECT is_empty($$ SELECT * FROM baocao.completeness_on(pg_temp.today()) $$, 'before the first snapshot nothing is known');
SELECT is(baocao.take_completeness_snapshot(), (SELECT count(*) FROM baocao.completeness), 'the first one keeps everything');
SELECT ok((SELECT count(*) FROM baocao.completeness) > 2, 'and there is something');
SELECT is(pg_temp.differing(pg_temp.today()), 0::bigint, 'just as the view says it');
SELECT is(baocao.take_completeness_snapshot(), (SELECT count(*) FROM baocao_fold.completeness_snapshot), 'another one of the same day takes its place');

SELECT pg_temp.days_pass(10) \g /dev/null
SELECT is(baocao.take_completeness_snapshot(), 0::bigint, 'what has not changed is not stored again');
SELECT pg_temp.festival('31', 2022, '2022-10-05 09:00+07', 1, 2, '{"ward": 2}') \g /dev/null
SELECT is(baocao.take_completeness_snapshot(), 2::bigint, 'one report changes two rows: its province''s and the nation''s');
SELECT is(pg_temp.differing(pg_temp.today()), 0::bigint, 'today is as the view says');
SELECT results_eq($$ SELECT pg_temp.received(pg_temp.today(), code) - pg_temp.received(pg_temp.today() - 1, code)
	FROM unnest('{31,NULL}'::text[]) AS code $$, $$ VALUES (1::bigint), (1) $$, 'yesterday is as it was');
SELECT results_eq($$ SELECT DISTINCT taken_at FROM baocao.completeness_on(pg_temp.today() - 1) $$, $$ SELECT now() - interval '10 days' $$,
	'and says of which moment it speaks');
SELECT is_empty($$ SELECT * FROM baocao.completeness_on(pg_temp.today() - 11) $$, 'of the days before nothing is known');

UPDATE baocao_fold.unit_count SET units = 0 WHERE top_unit_id = baocao.unit_on('31', '2022-08-20');
SELECT baocao.take_completeness_snapshot() \g /dev/null
SELECT is(pg_temp.differing(pg_temp.today()), 0::bigint, 'who is not expected any more is not shown');
SELECT is(pg_temp.received(pg_temp.today() - 1, '31'), 0::bigint, 'but on the days before');

SELECT baocao.set_retention('completeness_snapshot', 92) \g /dev/null
SELECT pg_temp.days_pass(100) \g /dev/null
SELECT baocao.take_completeness_snapshot() \g /dev/null
CREATE TEMPORARY TABLE before AS SELECT * FROM baocao.completeness_on(pg_temp.today() - 95);
SELECT ok((SELECT removed FROM baocao.expire() WHERE what = 'completeness_snapshot') > 0, 'what is older than it is to be kept goes');
SELECT is_empty($$ SELECT * FROM baocao.completeness_on(pg_temp.today() - 101) $$, 'its days are not known any more');
SELECT set_eq($$ SELECT * FROM baocao.completeness_on(pg_temp.today() - 95) $$, $$ SELECT * FROM before $$, 'what stays is as it was');
SELECT is((SELECT count(*)::integer FROM before WHERE unit_code IS NULL) > 0, true, 'and it is something');

SELECT * FROM finish();
ROLLBACK;
