-- The calendar of the state's reporting year, and locks with exceptions.
BEGIN;
\ir data/hand_made.sql
SELECT plan(19);

SELECT results_eq($$ SELECT * FROM baocao.periods_of('year', 2022) $$, $$ VALUES (date '2021-12-15', date '2022-12-14') $$,
	'a year is 15 December to 14 December');
SELECT results_eq($$ SELECT period_first, period_last FROM baocao.periods_of('month', 2024) ORDER BY 1 LIMIT 3 $$,
	$$ VALUES (date '2023-12-15', date '2024-01-14'), ('2024-01-15', '2024-02-14'), ('2024-02-15', '2024-03-14') $$, 'months end on the 14th');
SELECT results_eq($$ SELECT period_first, period_last FROM baocao.periods_of('quarter', 2024, NULL) ORDER BY 1 $$,
	$$ VALUES (date '2024-01-01', date '2024-03-31'), ('2024-04-01', '2024-06-30'), ('2024-07-01', '2024-09-30'), ('2024-10-01', '2024-12-31') $$,
	'or are those of the calendar');
SELECT is(baocao.open_periods('communication', 'province', 'quarter', 2022, lock_days => 30), 4, 'four quarters are opened');
SELECT results_eq($$ SELECT due_on, locks_on FROM baocao.reporting_period WHERE kind = 'communication' ORDER BY period_last LIMIT 1 $$,
	$$ VALUES (date '2022-03-29', date '2022-04-28') $$, 'due 15 days after their end as the form says, locked 30 days later');
SELECT is(baocao.open_periods('communication', 'province', 'quarter', 2022), 4, 'opened again they are corrected');
SELECT is((SELECT count(locks_on)::integer FROM baocao.reporting_period WHERE kind = 'communication'), 0, 'and have no lock any more');
SELECT throws_ok($$ SELECT baocao.open_periods('model_ward', 'province', 'year', 2022) $$, 'P0002', NULL, 'what no form allows is not asked for');

CREATE FUNCTION pg_temp.locked(code text, on_day date) RETURNS boolean LANGUAGE sql AS
	$$ SELECT baocao.is_locked('festival_day', baocao.unit_on($1, '2022-08-20'), 'campaign', '2022-08-01', '2022-08-20', $2) $$;
SELECT ok(NOT pg_temp.locked('01', '2022-09-30'), 'late is not locked');
SELECT ok(pg_temp.locked('01', '2022-10-01'), 'from the lock on nothing is accepted');
SELECT lives_ok($$ SELECT baocao.grant_lock_exception(period_no, baocao.unit_on('95', '2022-08-20'), '2022-10-20', 'lũ lụt')
	FROM baocao.reporting_period WHERE kind = 'festival_day' AND year = 2022 $$, 'an exception is granted');
SELECT ok(NOT pg_temp.locked('95', '2022-10-20'), 'it holds until its last day');
SELECT ok(pg_temp.locked('95', '2022-10-21'), 'and no longer');
SELECT ok(pg_temp.locked('01', '2022-10-20'), 'and for nobody else');
SELECT pg_temp.festival('31', 2022, '2022-10-05 09:00+07', 1, 2, '{"ward": 2}') \g /dev/null
SELECT results_eq($$ SELECT after_lock::integer, late::integer FROM baocao.completeness WHERE year = 2022 AND kind = 'festival_day' AND unit_code IS NULL $$,
	$$ VALUES (1, 2) $$, 'what came after the lock is marked');
SELECT pg_temp.festival('92', 2022, '2022-09-01 09:00+07', 0, 0, '{}') \g /dev/null
SELECT results_eq($$ SELECT c.received::integer, c.missing::integer, t.held::integer FROM baocao.completeness AS c
	JOIN baocao.festival_day_total AS t USING (year, unit_code) WHERE year = 2022 AND c.kind = 'festival_day' AND unit_code = '92' $$,
	$$ VALUES (1, 0, 0) $$, 'a reported zero is a report, and no missing figure');
SELECT is_empty($$ SELECT * FROM baocao.completeness WHERE received > expected OR complete_percent > 100 OR on_time + late <> received
	OR received + missing <> expected $$, 'the counts hang together');
-- Two periods with the same days, one for every unit and one for some, are two expectations.
SELECT is(baocao.open_periods('communication', 'province', 'quarter', 2022, unit_kind => 'central_city'), 4, 'central cities are asked once more');
SELECT results_eq($$ SELECT unit_code, count(*)::integer FROM baocao.report_status WHERE year = 2022 AND kind = 'communication'
	AND period_last = '2022-03-14' AND unit_code IN ('01', '31', '92', '95') GROUP BY 1 ORDER BY 1 $$,
	$$ SELECT u.code, CASE u.kind WHEN 'central_city' THEN 2 ELSE 1 END FROM baocao.unit AS u
	WHERE u.code IN ('01', '31', '92', '95') AND u.level = 'province' AND u.valid @> date '2022-03-14' ORDER BY 1 $$, 'each is shown');
SELECT * FROM finish();
ROLLBACK;
