-- Who is meant by a target is fixed by a day.
BEGIN;
\ir data/hand_made.sql
SELECT plan(6);
SELECT results_eq($$ SELECT t.cohort_kind::text, t.due, count(*)::integer FROM baocao.target AS t JOIN baocao.target_member USING (target_id) GROUP BY 1, 2 ORDER BY 1, 2 $$,
	$$ VALUES ('central_city', date '2025-12-31', 5), ('central_city', '2030-12-31', 5), ('province', '2023-12-31', 58), ('urban_district', '2023-12-31', 2) $$,
	'five cities, the other 58 provinces, and the urban districts that are imported; Huế and Đồng Nai are no cities here');
SELECT results_eq($$ SELECT sum(needed)::integer, sum(wards)::integer FROM baocao.target_progress('2022-12-31') WHERE due = '2025-12-31' $$,
	$$ VALUES (175, 577) $$, '53 + 20 + 14 + 75 + 13 of 577 wards');
SELECT results_eq($$ SELECT wards FROM baocao.target_progress('2026-06-01') WHERE due = '2030-12-31' ORDER BY unit_code $$,
	$$ VALUES (51), (45), (23), (113), (31) $$, 'after the reform the cities go on with the wards that they have then');
SELECT results_eq($$ SELECT model_wards::integer, counted_on FROM baocao.target_progress('2026-06-01') WHERE unit_name = 'Quận Một' $$,
	$$ VALUES (2, date '2023-12-31') $$, 'a number that was due in 2023 is counted then');
SELECT results_eq($$ SELECT model_wards::integer FROM baocao.target_progress('2026-06-01') WHERE due = '2030-12-31' AND unit_code = '01' $$,
	$$ VALUES (0) $$, 'wards that ended with the reform are no model wards after it');
SELECT throws_ok($$ SELECT baocao.set_target('x', '2030-01-01', 'province', 'province', '2022-10-01', 0.5, 1, 'a', 'b') $$, '23514', NULL,
	'a target is a share or a number');
SELECT * FROM finish();
ROLLBACK;
