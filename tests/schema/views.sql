-- What counts and what does not: corrections, withdrawals, types of period, units that changed.
BEGIN;
SELECT plan(10);

SELECT baocao.register_collector('views', repeat('v', 40), 'V05', '2022-01-01') AS collector \gset
CREATE FUNCTION pg_temp.file(no bigint, code text, kind baocao.kind, body baocao.kind, period baocao.period_type, last date,
	revision integer, collector integer) RETURNS void LANGUAGE sql AS $$
	INSERT INTO baocao.report (report_no, top_unit_id, unit_id, kind, body, unit_code, period_type, period_first, period_last,
		revision, precision, received_at, collector_id, content_digest)
	SELECT no, top_unit_id, unit_id, $3, $4, $2, period, last - 10, last, $7, 'exact', now(), collector, '\x00'
	FROM baocao.unit WHERE unit_id = baocao.unit_on($2, last);
	SELECT baocao.mark_stored(ARRAY[(top_unit_id, kind, extract(year FROM period_last)::integer, no, no)::baocao_fold.touched])
	FROM baocao.report WHERE report_no = no $$;
CREATE FUNCTION pg_temp.festival(no bigint, code text, period baocao.period_type, last date, revision integer, held bigint,
	collector integer) RETURNS void LANGUAGE sql AS $$
	SELECT pg_temp.file(no, code, 'festival_day', 'festival_day', period, last, revision, collector);
	INSERT INTO baocao.festival_day (top_unit_id, report_no, points_planned, points_held)
	SELECT top_unit_id, report_no, held, held FROM baocao.report WHERE report_no = no $$;

SELECT pg_temp.festival(-1, '15', 'campaign', '2022-08-19', 1, 50, :collector);   -- Yên Bái
SELECT pg_temp.festival(-2, '15', 'campaign', '2022-08-19', 2, 60, :collector);   -- corrected
SELECT pg_temp.festival(-3, '10', 'campaign', '2022-08-19', 1, 7, :collector);    -- Lào Cai
SELECT pg_temp.festival(-4, '01', 'campaign', '2022-08-19', 1, 99, :collector);   -- Hà Nội, withdrawn
SELECT pg_temp.file(-5, '01', 'festival_day', 'withdrawal', 'campaign', '2022-08-19', 2, :collector);
SELECT pg_temp.festival(-6, '15', 'year', '2022-12-14', 1, 61, :collector);       -- the same once more, for the year

SELECT set_eq($$ SELECT report_no FROM baocao.current_report WHERE report_no < 0 $$, ARRAY[-2, -3, -6]::bigint[],
	'the highest revision counts, a withdrawn report does not');
SELECT results_eq($$ SELECT unit_code, held::bigint, communes FROM baocao.festival_day_total
	WHERE year = 2022 AND period_type = 'campaign' ORDER BY unit_code $$,
	$$ VALUES ('10', 7::bigint, 152::bigint), ('15', 60, 173), (NULL, 67, 10599) $$,
	'totals of the campaign, with the census of the day');
SELECT results_eq($$ SELECT held::bigint FROM baocao.festival_day_total
	WHERE year = 2022 AND period_type = 'year' AND unit_code IS NULL $$, $$ VALUES (61::bigint) $$,
	'types of period are not added together');
SELECT results_eq($$ SELECT unit_code, unit_name, held::bigint FROM baocao.festival_day_total_rebased
	WHERE year = 2022 AND period_type = 'campaign' $$, $$ VALUES ('15', 'Tỉnh Lào Cai', 67::bigint) $$,
	'Yên Bái and Lào Cai are the Lào Cai of today');

SELECT pg_temp.file(-10, 'V05', 'social_support', 'social_support', 'year', '2022-12-14', 1, :collector);
INSERT INTO baocao.social_support_activity (top_unit_id, report_no, line_no, activity_kind, quantity, value_vnd, beneficiary_kind)
SELECT top_unit_id, -10, line, 'gift_visit', 100, 5000, l.kind::baocao.beneficiary_kind
FROM baocao.unit, (VALUES (1, 'orphan'), (2, 'poor_household')) AS l (line, kind)
WHERE unit_id = baocao.unit_on('V05', '2022-12-14');
SELECT results_eq($$ SELECT unit_code, reports, quantity::bigint, value_vnd::bigint FROM baocao.social_support_total
	WHERE year = 2022 AND activity_kind = 'gift_visit' ORDER BY unit_code $$,
	$$ VALUES ('V05', 1::bigint, 200::bigint, 10000::bigint), (NULL, 1, 200, 10000) $$, 'social support by kind of activity');

SELECT pg_temp.file(-11, 'V05', 'commendation', 'commendation', 'year', '2022-12-14', 1, :collector);
INSERT INTO baocao.commendation_award (top_unit_id, report_no, line_no, award_level, recipient_kind, awards)
SELECT top_unit_id, -11, 1, 'ministry_commendation', 'collective', 27 FROM baocao.unit
WHERE unit_id = baocao.unit_on('V05', '2022-12-14');
SELECT results_eq($$ SELECT awards::bigint FROM baocao.commendation_total
	WHERE award_level = 'ministry_commendation' AND unit_code IS NULL AND year = 2022 $$, $$ VALUES (27::bigint) $$, 'commendations');

-- A ward of Hà Nội goes from pilot to recognised and counts once.
SELECT baocao.add_unit('00001', 'commune', 'ward', 'Phường Phúc Xá', '01', '2020-01-01', '2025-07-01') AS ward \gset
SELECT pg_temp.file(-20, '00001', 'model_ward', 'model_ward', 'year', '2021-12-14', 1, :collector);
SELECT pg_temp.file(-21, '00001', 'model_ward', 'model_ward', 'year', '2022-12-14', 1, :collector);
INSERT INTO baocao.model_ward (top_unit_id, report_no, stage, stage_date, crimes_less_serious, crimes_serious,
	crimes_very_serious, crimes_especially_serious)
SELECT top_unit_id, report_no, (CASE report_no WHEN -20 THEN 'pilot' ELSE 'recognised' END)::baocao.model_ward_stage,
	period_last, 0, 0, 0, 0
FROM baocao.report WHERE report_no IN (-20, -21);
SELECT results_eq($$ SELECT pilot, recognised, model_wards FROM baocao.model_ward_progress WHERE unit_code = '01' AND stands @> '2022-12-14'::date $$,
	$$ VALUES (0::bigint, 1::bigint, 1::bigint) $$, 'a ward counts once, at its last stage');
SELECT results_eq($$ SELECT unit_code, wards, needed_2025, needed_2030 FROM baocao.model_ward_progress
	WHERE stands @> '2022-10-01'::date ORDER BY unit_code $$,
	$$ VALUES ('01', 175, 53, 175), ('31', 66, 20, 66), ('48', 45, 14, 45), ('79', 249, 75, 249), ('92', 42, 13, 42) $$,
	'wards needed, by the census of the day');
SELECT results_eq($$ SELECT unit_code, model_wards, wards FROM baocao.model_ward_progress
	WHERE stands @> '2026-05-01'::date AND unit_code IN ('01', '75') ORDER BY unit_code $$,
	$$ VALUES ('01', 0::bigint, 51), ('75', 0, 33) $$, 'wards that have ended no longer count');
SELECT is_empty($$ SELECT * FROM baocao.check_integrity() $$, 'nothing is left orphaned');

SELECT * FROM finish();
ROLLBACK;
