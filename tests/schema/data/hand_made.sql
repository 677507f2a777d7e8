-- A few reports whose every total can be reckoned by hand: see tests/schema/questions.sql and docs/analysts.md. Names and
-- figures below the provinces are made up.
SELECT baocao.register_collector('hand', repeat('h', 40), 'V05', '2022-01-01') AS collector \gset

SELECT count(*) AS problems FROM baocao.import_units(ARRAY[
	'code,level,kind,name,parent_code,valid_from,valid_to',
	'001,district,urban_district,Quận Một,01,2008-08-01,2025-07-01',
	'002,district,urban_district,Quận Hai,01,2008-08-01,2025-07-01',
	'954,district,rural_district,Huyện Ba,95,2008-08-01,2025-07-01',
	'00001,commune,ward,Phường An,001,2008-08-01,2025-07-01',
	'00004,commune,ward,Phường Bình,001,2008-08-01,2025-07-01',
	'00006,commune,ward,Phường Cường,001,2008-08-01,2025-07-01',
	'00037,commune,ward,Phường Dũng,002,2008-08-01,2025-07-01',
	'31801,commune,commune,Xã Đông,954,2008-08-01,2025-07-01',
	'31802,commune,commune,Xã Tây,954,2008-08-01,2025-07-01',
	'31804,commune,ward,Phường Nam,954,2008-08-01,2025-07-01']) \gset

CREATE SEQUENCE pg_temp.report_no;
-- Files the head of a report and makes its number known to what follows.
CREATE FUNCTION pg_temp.file(code text, kind text, period text, first date, last date, received timestamptz, revision integer DEFAULT 1,
	body text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
	INSERT INTO baocao.report (report_no, top_unit_id, unit_id, kind, body, unit_code, period_type, period_first, period_last,
		revision, precision, received_at, collector_id, content_digest)
	SELECT nextval('pg_temp.report_no'), top_unit_id, unit_id, $2::baocao.kind, coalesce($8, $2)::baocao.kind, $1,
		$3::baocao.period_type, $4, $5, $7, 'exact', $6, (SELECT collector_id FROM baocao.collector WHERE name = 'hand'), '\x00'
	FROM baocao.unit WHERE unit_id = baocao.unit_on($1, $5);
	SELECT baocao.mark_stored(ARRAY[(top_unit_id, kind, extract(year FROM period_last)::integer, report_no, report_no)::baocao_fold.touched], received_at)
	FROM baocao.report WHERE report_no = currval('pg_temp.report_no')
$$;
CREATE VIEW pg_temp.filed AS SELECT top_unit_id, report_no FROM baocao.report WHERE report_no = currval('pg_temp.report_no');

CREATE FUNCTION pg_temp.festival(code text, year integer, received timestamptz, planned bigint, held bigint, venues jsonb, revision integer DEFAULT 1)
RETURNS void LANGUAGE sql AS $$
	SELECT pg_temp.file($1, 'festival_day', 'campaign', make_date($2, 8, 1), make_date($2, 8, 20), $3, $7);
	INSERT INTO baocao.festival_day (top_unit_id, report_no, points_planned, points_held) SELECT top_unit_id, report_no, $4, $5 FROM pg_temp.filed;
	INSERT INTO baocao.festival_day_venue (top_unit_id, report_no, line_no, venue_kind, held)
	SELECT top_unit_id, report_no, row_number() OVER (ORDER BY key), key::baocao.venue_kind, value::bigint FROM pg_temp.filed, jsonb_each_text($6)
$$;
CREATE FUNCTION pg_temp.support(code text, activity text, activities bigint, quantity bigint, value_vnd bigint, beneficiaries bigint)
RETURNS void LANGUAGE sql AS $$
	SELECT pg_temp.file($1, 'social_support', 'year', '2021-12-15', '2022-12-14', '2022-12-20');
	INSERT INTO baocao.social_support_activity (top_unit_id, report_no, line_no, activity_kind, activities, quantity, value_vnd, beneficiary_kind, beneficiaries)
	SELECT top_unit_id, report_no, 1, $2::baocao.activity_kind, $3, $4, $5, 'general', $6 FROM pg_temp.filed
$$;
CREATE FUNCTION pg_temp.ward(code text, year integer, stage text, stage_date date, serious bigint, gang bigint, encroachment bigint)
RETURNS void LANGUAGE sql AS $$
	SELECT pg_temp.file($1, 'model_ward', 'year', make_date($2 - 1, 12, 15), make_date($2, 12, 14), make_date($2, 12, 20));
	INSERT INTO baocao.model_ward (top_unit_id, report_no, stage, stage_date, crimes_less_serious, crimes_serious, crimes_very_serious,
		crimes_especially_serious, gang_style_crimes, encroachment_points)
	SELECT top_unit_id, report_no, $3::baocao.model_ward_stage, $4, 5, $5, 0, 0, $6, $7 FROM pg_temp.filed
$$;
CREATE FUNCTION pg_temp.rural(code text, year integer, level text, contents bigint, registrations bigint[]) RETURNS void LANGUAGE sql AS $$
	SELECT pg_temp.file($1, 'rural_security', 'year', make_date($2 - 1, 12, 15), make_date($2, 12, 14), make_date($2, 12, 20));
	INSERT INTO baocao.rural_security (top_unit_id, report_no, level_reached, contents_met) SELECT top_unit_id, report_no, $3::baocao.rural_level, $4 FROM pg_temp.filed;
	INSERT INTO baocao.rural_security_registration (top_unit_id, report_no, line_no, subject_kind, total, registered, recognised)
	SELECT top_unit_id, report_no, line, (ARRAY['residential_area', 'school'])[line]::baocao.subject_kind, $5[line][1], $5[line][2], $5[line][3]
	FROM pg_temp.filed, generate_subscripts($5, 1) AS line
$$;

\o /dev/null
-- Festival days: five provinces in 2022, one of them corrected, one withdrawn; Hà Nội in 2023; the merged Lâm Đồng in 2025.
SELECT baocao.open_campaign('festival_day', 'province', '2022-08-01', '2022-08-20', '2022-09-04', '2022-10-01');
SELECT baocao.open_campaign('festival_day', 'province', '2025-08-01', '2025-08-20', '2025-09-04');
SELECT pg_temp.festival('01', 2022, '2022-09-01 09:00+07', 90, 100, '{"ward": 60, "commune": 40, "residential_area": 300}');
SELECT pg_temp.festival('95', 2022, '2022-09-07 09:00+07', 20, 20, '{"commune": 20, "school": 7}');
SELECT pg_temp.festival('96', 2022, '2022-09-01 09:00+07', 10, 11, '{"commune": 11}');
SELECT pg_temp.festival('96', 2022, '2022-09-03 09:00+07', 10, 12, '{"commune": 12}', 2);
SELECT pg_temp.festival('68', 2022, '2022-09-04 23:30+07', 30, 40, '{"commune": 40}');
SELECT pg_temp.festival('67', 2022, '2022-09-01 09:00+07', 20, 25, '{"commune": 25}');
SELECT pg_temp.festival('40', 2022, '2022-09-01 09:00+07', 50, 60, '{"commune": 60}');
SELECT pg_temp.file('40', 'festival_day', 'campaign', '2022-08-01', '2022-08-20', '2022-09-02 09:00+07', 2, 'withdrawal');
INSERT INTO baocao.withdrawal (top_unit_id, report_no, withdrawn_kind, reason) SELECT top_unit_id, report_no, 'festival_day', 'nhầm đơn vị' FROM pg_temp.filed;
SELECT pg_temp.festival('01', 2023, '2023-09-01 09:00+07', 100, 110, '{"ward": 65, "commune": 45}');
SELECT pg_temp.festival('68', 2025, '2025-09-01 09:00+07', 45, 50, '{"commune": 50}');

-- Social support of 2022.
SELECT pg_temp.support('01', 'gift_visit', 10, 1000, 1000000000, 1000);
SELECT pg_temp.support('96', 'gift_visit', 1, 10, 300000000, 10);
SELECT pg_temp.support('C10', 'civic_outreach', 60, NULL, NULL, NULL);
SELECT pg_temp.support('C03', 'orphan_care', 1, NULL, NULL, 150);
SELECT pg_temp.support('95', 'bridge_building', NULL, 2, NULL, NULL);
SELECT pg_temp.support('94', 'house_building', NULL, 129, NULL, NULL);
SELECT pg_temp.support('40', 'poor_support', NULL, NULL, 3500000000, NULL);

-- Model wards: An is the pilot of 2021, recognised 2023-12-20; Bình registered 2022-06-01; Cường recognised 2023-06-01; Nam the
-- pilot of a province.
SELECT pg_temp.ward('00001', 2021, 'pilot', '2021-12-01', 0, 0, 0);
SELECT pg_temp.ward('00001', 2023, 'pilot', '2021-12-01', 0, NULL, 0);
SELECT pg_temp.ward('00001', 2024, 'recognised', '2023-12-20', 0, 0, 0);
SELECT pg_temp.ward('00004', 2021, 'registered', '2022-06-01', 3, 0, 4);
SELECT pg_temp.ward('00004', 2023, 'registered', '2022-06-01', 1, 0, 0);
SELECT pg_temp.ward('00006', 2023, 'recognised', '2023-06-01', 0, 0, 0);
SELECT pg_temp.ward('31804', 2023, 'pilot', '2023-03-01', 0, 0, 0);

-- Criterion 19.2 and Circular 124: Đông fell back in 2023, Tây came up with a content missing.
SELECT pg_temp.rural('31801', 2022, 'model', 8, '{{10,10,7},{2,2,2}}');
SELECT pg_temp.rural('31802', 2022, 'none', 5, '{{10,9,8}}');
SELECT pg_temp.rural('31801', 2023, 'standard', 8, '{{10,10,6},{2,2,2}}');
SELECT pg_temp.rural('31802', 2023, 'advanced', 7, '{{10,9,6}}');

-- Commendations of 2022.
SELECT pg_temp.file('V05', 'commendation', 'year', '2021-12-15', '2022-12-14', '2022-12-20');
INSERT INTO baocao.commendation_award (top_unit_id, report_no, line_no, award_level, recipient_kind, awards)
SELECT top_unit_id, report_no, line, 'ministry_commendation', kind::baocao.recipient_kind, awards
FROM pg_temp.filed, (VALUES (1, 'collective', 27), (2, 'individual', 22)) AS award (line, kind, awards);

-- Refused once and sent three times.
SELECT baocao.keep_refusal((SELECT unit_id FROM baocao.unit WHERE unit_id = baocao.unit_on('01', '2022-08-20')), collector_id, '\x01', 'refused',
	'festival_day', '01', '\x0a', '2022-08-25 09:00+07', '[{"path": "festival_day.points_held", "rule": "required", "vi": "thiếu", "en": "is missing"}]')
FROM baocao.collector, generate_series(1, 3) WHERE name = 'hand';

-- As if everything had been stored when it was received.
DELETE FROM baocao.stored_late;
\o
