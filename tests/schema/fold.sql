-- What was stored since the last fold is put on what was folded, and taken off what it replaces: to the last NULL.
BEGIN;
\ir data/hand_made.sql
SELECT plan(33);

-- A year of Hà Nội's social support, as views give it.
CREATE FUNCTION pg_temp.sums() RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', activity_kind, 'reports', reports, 'activities', coalesce(activities::text, 'NULL'), 'value', coalesce(value_vnd::text, 'NULL'),
		CASE WHEN is_exact THEN 'exact' ELSE 'inexact' END)
	FROM baocao.social_support_activity_sum WHERE year = 2022 AND top_unit_id = baocao.unit_on('01', '2022-12-14') ORDER BY activity_kind $$;
CREATE FUNCTION pg_temp.correct(revision integer, how baocao.precision, lines jsonb) RETURNS void LANGUAGE sql AS $$
	SELECT pg_temp.file('01', 'social_support', 'year', '2021-12-15', '2022-12-14', '2022-12-20', $1);
	UPDATE baocao.report SET precision = $2 WHERE report_no = currval('pg_temp.report_no');
	INSERT INTO baocao.social_support_activity (top_unit_id, report_no, line_no, activity_kind, activities, value_vnd, beneficiary_kind)
	SELECT top_unit_id, report_no, row_number() OVER (ORDER BY key), key::baocao.activity_kind, (value ->> 0)::bigint, (value ->> 1)::bigint, 'general'
	FROM pg_temp.filed, jsonb_each($3) $$;
-- Asked before the fold and after it; and nothing that is folded differs from what is filed.
CREATE FUNCTION pg_temp.both(query text, wanted text[], words text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN NEXT results_eq(query, wanted, words);
	PERFORM baocao.fold();
	RETURN NEXT results_eq(query, wanted, words || ' (folded)');
	RETURN NEXT is_empty('SELECT * FROM baocao.check_everything()', 'and it hangs together');
END
$$;

SELECT * FROM pg_temp.both('SELECT pg_temp.sums()', ARRAY['gift_visit reports 1 activities 10 value 1000000000 exact'], 'what hand_made.sql files');
SELECT pg_temp.correct(2, 'estimate', '{"gift_visit": [7, 5], "scholarship": [null, 3]}') \g /dev/null
SELECT * FROM pg_temp.both('SELECT pg_temp.sums()', ARRAY['gift_visit reports 1 activities 7 value 5 inexact',
	'scholarship reports 1 activities NULL value 3 inexact'], 'a correction replaces what it corrects');
SELECT pg_temp.correct(3, 'exact', '{"gift_visit": [null, 0]}') \g /dev/null
SELECT * FROM pg_temp.both('SELECT pg_temp.sums()', ARRAY['gift_visit reports 1 activities NULL value 0 exact'],
	'a figure taken away leaves nothing and not zero, and a kind that nobody names any more no row');
SELECT pg_temp.file('01', 'social_support', 'year', '2021-12-15', '2022-12-14', '2022-12-21', 4, 'withdrawal');
INSERT INTO baocao.withdrawal (top_unit_id, report_no, withdrawn_kind, reason) SELECT top_unit_id, report_no, 'social_support', 'nhầm' FROM pg_temp.filed;
SELECT * FROM pg_temp.both('SELECT pg_temp.sums()', ARRAY[]::text[], 'a withdrawal takes off everything');
SELECT * FROM pg_temp.both($$ SELECT concat_ws(' ', reports, revised, withdrawn, received_on, received) FROM baocao.receipt_count
	WHERE kind = 'social_support' AND year = 2022 AND top_unit_id = baocao.unit_on('01', '2022-12-14') $$, ARRAY['0 0 1 {} {}'], 'and counts as withdrawn');
SELECT pg_temp.correct(5, 'exact', '{"gift_visit": [1, 2]}') \g /dev/null
SELECT * FROM pg_temp.both($$ SELECT concat_ws(' ', reports, revised, withdrawn, received_on, received) FROM baocao.receipt_count
	WHERE kind = 'social_support' AND year = 2022 AND top_unit_id = baocao.unit_on('01', '2022-12-14') $$, ARRAY['1 1 0 {2022-12-20} {1}'],
	'filed once more it counts from the day of the first filing');

-- What comes late and lower is history, and changes no sum.
SELECT pg_temp.correct(0, 'exact', '{"gift_visit": [1000, 1000]}') \g /dev/null
SELECT * FROM pg_temp.both('SELECT pg_temp.sums()', ARRAY['gift_visit reports 1 activities 1 value 2 exact'], 'a lower revision that comes later does not count');

-- A mark may lead to more than was stored.
INSERT INTO baocao_fold.touched SELECT top_unit_id, kind, extract(year FROM period_last), 0, 1000000
FROM baocao.report WHERE report_no = (SELECT min(report_no) FROM baocao.report WHERE kind = 'festival_day');
SELECT * FROM pg_temp.both($$ SELECT held::text FROM baocao.festival_plan WHERE year = 2022 AND unit_code IS NULL $$, ARRAY['197'],
	'what was folded once is not counted twice');

-- The kind of a unit is corrected after it has filed.
SELECT pg_temp.festival('31801', 2022, '2022-09-01', 1, 3, '{"commune": 3}') \g /dev/null
SELECT baocao.fold() \g /dev/null
SELECT is_empty($$ SELECT * FROM baocao.import_units('{"code,level,kind,name,parent_code,valid_from,valid_to",
	"31801,commune,township,Thị trấn Đông,954,2008-08-01,2025-07-01"}') $$, 'a commune was a township');
SELECT * FROM pg_temp.both($$ SELECT unit_kind || ' ' || points_held FROM baocao.festival_day_sum WHERE year = 2022 AND level = 'commune' $$,
	ARRAY['township 3'], 'and its figures are a township''s');

-- By hand.
UPDATE baocao.festival_day SET points_held = 1000 WHERE report_no = (SELECT report_no FROM baocao.report
	WHERE kind = 'festival_day' AND unit_code = '01' AND period_last = '2022-08-20');
SELECT isnt_empty('SELECT * FROM baocao.check_everything()', 'a figure that is changed by hand is seen');
SELECT baocao.refold('festival_day');
SELECT is_empty('SELECT * FROM baocao.check_everything()', 'until its kind is folded anew');
SELECT baocao.refold();
SELECT is_empty('SELECT * FROM baocao.check_everything()', 'or everything is');
SELECT results_eq($$ SELECT held::integer FROM baocao.festival_plan WHERE year = 2022 AND unit_code = '01' $$, ARRAY[1000], 'the figure counts then');

SELECT results_eq($$ SELECT function_name FROM baocao_audit.entry WHERE function_name = 'refold' $$, ARRAY['refold', 'refold'], 'and it is written down');
SELECT * FROM finish();
ROLLBACK;
