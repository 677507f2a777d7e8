-- What was known at a moment, exactly where figures were published.
BEGIN;
\ir data/hand_made.sql
SELECT plan(10);
CREATE FUNCTION pg_temp.known(moment timestamptz, code text) RETURNS integer LANGUAGE sql AS $$
	SELECT total::integer FROM baocao.total_as_known('festival_day', 'points_held', $1, 2022) WHERE unit_code IS NOT DISTINCT FROM $2 $$;

SELECT is(pg_temp.known('2022-09-01 12:00+07', NULL), 196, 'on 1 September: Hà Nội 100, Cà Mau 11, Đắk Nông 25, Nghệ An 60');
SELECT is(pg_temp.known('2022-09-02 12:00+07', NULL), 136, 'a day later Nghệ An has withdrawn');
SELECT is(pg_temp.known('2022-09-03 12:00+07', '96'), 12, 'then Cà Mau has corrected');
SELECT is(pg_temp.known('2022-12-31 12:00+07', NULL), 197, 'and in the end it is what it is today');
SELECT results_eq($$ SELECT sum(points_held)::integer FROM baocao.reports_as_known('2022-09-02 12:00+07') JOIN baocao.festival_day USING (top_unit_id, report_no) $$,
	$$ VALUES (136) $$, 'the same, by joining');

SELECT baocao.publish('Tổng kết năm 2022') AS moment \gset
SELECT is(pg_temp.known(:'moment', NULL), 197, 'figures are published');
-- A report was received a minute before, and its batch is stored only now: the database had been away.
SELECT pg_temp.festival('31', 2022, :'moment'::timestamptz - interval '1 minute', 5, 6, '{"ward": 6}') \g /dev/null
SELECT is(pg_temp.known(:'moment', NULL), 197, 'what was received before and stored after them does not change them');
SELECT is(pg_temp.known(clock_timestamp() + interval '1 second', NULL), 203, 'and counts since');
SELECT pg_temp.festival('96', 2022, clock_timestamp(), 10, 13, '{"commune": 13}', 3) \g /dev/null
SELECT is(pg_temp.known(:'moment', NULL), 197, 'nor does a correction');
SELECT throws_ok($$ SELECT * FROM baocao.total_as_known('festival_day', 'x; DROP', now(), 2022) $$, '42703', NULL, 'a figure must exist');
SELECT * FROM finish();
ROLLBACK;
