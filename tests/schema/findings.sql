-- What is hard to believe is found, marked, found again when it changes, and gone when it is corrected.
BEGIN;
\ir data/hand_made.sql
SELECT plan(11);
CREATE FUNCTION pg_temp.found(of_rule text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', u.code, f.year, round(f.figure), round(f.reference), f.state) FROM baocao.finding AS f JOIN baocao.unit AS u USING (unit_id)
	WHERE rule = $1::baocao.finding_rule ORDER BY 1 $$;

SELECT is(baocao.look_for_findings(2022) + baocao.look_for_findings(2023), 2, 'two things are hard to believe');
SELECT results_eq($$ SELECT * FROM pg_temp.found('gift_value') $$, ARRAY['96 2022 30000000 open'], 'a gift of thirty million');
SELECT results_eq($$ SELECT * FROM pg_temp.found('level_without_contents') $$, ARRAY['31802 2023 7 8 open'], 'an advanced commune with seven contents');
SELECT lives_ok($$ SELECT baocao.mark_finding(top_unit_id, finding_no, 'confirmed', 'xe lăn') FROM baocao.finding WHERE rule = 'gift_value' $$, 'it is confirmed');
SELECT is(baocao.look_for_findings(2022), 0, 'and stays so');

-- Communes file points of their own, and the province's figure is not below their sum; a year later there are ten times as many.
SELECT pg_temp.festival('31801', 2022, '2022-09-01', 1, 9, '{"commune": 9}'), pg_temp.festival('31802', 2022, '2022-09-01', 1, 8, '{"commune": 8}') \g /dev/null
SELECT pg_temp.festival('96', 2023, '2023-09-01', 100, 130, '{"commune": 130}') \g /dev/null
SELECT is(baocao.look_for_findings(2022) + baocao.look_for_findings(2023), 3, 'three more are found');
SELECT results_eq($$ SELECT * FROM pg_temp.found('counted_twice') $$, ARRAY['95 2022 20 17 open'], 'Bạc Liêu''s 20 against 17 of its communes');
SELECT results_eq($$ SELECT * FROM pg_temp.found('tenfold') $$, ARRAY['96 2023 130 12 open'], 'Cà Mau from 12 to 130');
SELECT results_eq($$ SELECT * FROM pg_temp.found('more_points_than_communes') $$, ARRAY['96 2023 130 101 open'], 'with 101 communes');
SELECT pg_temp.festival('96', 2023, '2023-09-02', 10, 13, '{"commune": 13}', 2) \g /dev/null
SELECT is(baocao.look_for_findings(2023), 0, 'after the correction nothing new is found');
SELECT results_eq($$ SELECT * FROM pg_temp.found('tenfold') $$, ARRAY['96 2023 130 12 gone'], 'and the finding is gone');
SELECT * FROM finish();
ROLLBACK;
