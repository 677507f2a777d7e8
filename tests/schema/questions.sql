-- The fifteen questions, asked of a few reports whose answers are reckoned by hand; before and after they are folded.
BEGIN;
\ir data/hand_made.sql
SELECT plan(62);
SELECT is(:problems, 0, 'the catalogue is imported');

CREATE FUNCTION pg_temp.questions(when_asked text) RETURNS SETOF text LANGUAGE plpgsql AS $test$
BEGIN
	RETURN NEXT results_eq($$ SELECT unit_code, planned::integer, held::integer, exceeded FROM baocao.festival_plan WHERE year = 2022 AND period_type = 'campaign' ORDER BY unit_code $$,
		$$ VALUES ('01', 90, 100, true), ('67', 20, 25, true), ('68', 30, 40, true), ('95', 20, 20, false), ('96', 10, 12, true), (NULL, 170, 197, true) $$,
		'1. Bạc Liêu alone did not exceed its plan' || when_asked);
	RETURN NEXT results_eq($$ SELECT unit_code, percent, rank FROM baocao.festival_share WHERE year = 2022 ORDER BY rank $$,
		$$ VALUES ('67', 35.2, 1::bigint), ('95', 31.3, 2), ('68', 28.2, 3), ('01', 17.3, 4), ('96', 11.9, 5), (NULL, 1.9, NULL) $$,
		'2. shares of the 71, 64, 142, 579, 101 and 10,599 units of 2022' || when_asked);
	RETURN NEXT results_eq($$ SELECT percent, percent_before, change FROM baocao.festival_share WHERE year = 2023 AND unit_code = '01' $$,
		$$ VALUES (19.0, 17.3, 1.7) $$, '2. and the change on the year before' || when_asked);
	RETURN NEXT results_eq($$ SELECT venue_level, venue_kind::text, held::integer FROM baocao.festival_venue_total WHERE year = 2022 AND unit_code IS NULL ORDER BY 1, 2 $$,
		$$ VALUES ('commune_level', 'commune', 137), ('commune_level', 'ward', 60), ('commune_level', NULL, 197), ('institution', 'school', 7),
			('institution', NULL, 7), ('residential_area', 'residential_area', 300), ('residential_area', NULL, 300) $$,
		'3. venues by kind, the 300 hamlets apart from the 197 communes' || when_asked);
	RETURN NEXT results_eq($$ SELECT unit_code, gifts::integer, value_per_gift_vnd::integer, is_implausible FROM baocao.gift_total WHERE year = 2022 ORDER BY 1 $$,
		$$ VALUES ('01', 1000, 1000000, false), ('96', 10, 30000000, true), (NULL, 1010, 1287129, false) $$,
		'4. gifts: one million each in Hà Nội, thirty in Cà Mau' || when_asked);
	RETURN NEXT results_eq($$ SELECT unit_code, coalesce(activities, beneficiaries, quantity, value_vnd)::bigint FROM baocao.social_support_total
		WHERE year = 2022 AND unit_code IS NOT NULL AND activity_kind NOT IN ('gift_visit', 'orphan_care') ORDER BY 1 $$,
		$$ VALUES ('40', 3500000000), ('94', 129), ('95', 2), ('C10', 60) $$, '5. support of provinces and departments' || when_asked);
	RETURN NEXT results_eq($$ SELECT unit_code, beneficiaries::integer FROM baocao.social_support_total WHERE year = 2022 AND activity_kind = 'orphan_care' ORDER BY 1 $$,
		$$ VALUES ('C03', 150), (NULL, 150) $$, '5. orphans, of one unit and of all' || when_asked);
	RETURN NEXT results_eq($$ SELECT wards, model_wards::integer, percent, needed_30, missing_30::integer, missing_100::integer
		FROM baocao.model_ward_share('2022-12-31') WHERE unit_code = '01' $$, $$ VALUES (175, 1, 0.6, 53, 52, 174) $$,
		'6. one of 175 wards at the end of 2022, 53 needed' || when_asked);
	RETURN NEXT results_eq($$ SELECT model_wards::integer FROM baocao.model_ward_share('2023-12-31') WHERE unit_code = '01' $$, $$ VALUES (2) $$,
		'6. two at the end of 2023, though An''s recognition was reported a year later' || when_asked);
	RETURN NEXT results_eq($$ SELECT unit_name FROM baocao.without_model_ward('urban_district') $$, $$ VALUES ('Quận Hai') $$,
		'7. Quận Hai had none' || when_asked);
	RETURN NEXT results_eq($$ SELECT count(*)::integer, bool_or(unit_code = '95') FROM baocao.without_model_ward('province') $$,
		$$ VALUES (57, false) $$, '8. of the 58 provinces all but Bạc Liêu had none' || when_asked);
	RETURN NEXT results_eq($$ SELECT count(*)::integer FROM baocao.without_model_ward('province', '2026-06-01') $$,
		$$ VALUES (57) $$, '8. and that stays so, whatever became of them' || when_asked);
	RETURN NEXT results_eq($$ SELECT years_left, needed_a_year, round(last_two_years_a_year, 1), forecast_2030, forecast_percent
		FROM baocao.model_ward_pace('2023-12-31') WHERE unit_code = '01' $$, $$ VALUES (7.00, 24.7, 0.5, 5, 2.9) $$,
		'9. 173 wards in 7 years are 24.7 a year; at half a ward a year 5 are reached' || when_asked);
	RETURN NEXT results_eq($$ SELECT unit_code, crimes_serious_or_above::integer, puts_status_at_risk FROM baocao.model_ward_incident WHERE year = 2023 ORDER BY 1 $$,
		$$ VALUES ('00001', 0, NULL), ('00004', 1, true), ('00006', 0, false), ('31804', 0, false) $$,
		'10. Bình has a crime; An did not say whether there were gangs' || when_asked);
	RETURN NEXT results_eq($$ SELECT registered_on, periods_before::integer, serious_crimes_before, periods_after::integer, serious_crimes_after, change
		FROM baocao.model_ward_before_after() WHERE unit_code = '00004' $$, $$ VALUES (date '2022-06-01', 1, 3.00, 1, 1.00, -2.00) $$,
		'10. three serious crimes before registration, one after' || when_asked);
	RETURN NEXT results_eq($$ SELECT year, communes::integer, reported::integer, standard::integer, advanced::integer, model::integer, percent_of_communes
		FROM baocao.rural_security_total WHERE unit_code = '95' ORDER BY 1 $$,
		$$ VALUES (2022, 2, 2, 1, 1, 1, 50.0), (2023, 2, 2, 2, 1, 0, 100.0) $$, '11. nested levels of criterion 19.2' || when_asked);
	RETURN NEXT results_eq($$ SELECT unit_name, level_before::text, level_reached::text FROM baocao.rural_security_fallen_back(2023) $$,
		$$ VALUES ('Xã Đông', 'model', 'standard') $$, '11. Xã Đông fell back' || when_asked);
	RETURN NEXT results_eq($$ SELECT total::integer, registered::integer, recognised::integer, registered_percent, recognised_percent, all_registered, enough_recognised
		FROM baocao.circular_124_total WHERE year = 2022 AND unit_code = '95' AND subject_kind IS NULL $$,
		$$ VALUES (22, 21, 17, 95.5, 77.3, false, true) $$, '12. 21 of 22 registered, 17 recognised' || when_asked);
	RETURN NEXT results_eq($$ SELECT year, unit_name, fails FROM baocao.circular_124_unit ORDER BY year, unit_code $$,
		$$ VALUES (2022, 'Xã Đông', 'none'), (2022, 'Xã Tây', 'registered'), (2023, 'Xã Đông', 'recognised'), (2023, 'Xã Tây', 'both') $$,
		'12. which condition each place fails' || when_asked);
	RETURN NEXT results_eq($$ SELECT recipient_kind::text, awards::integer, awards_per_100_points FROM baocao.commendation_rate
		WHERE year = 2022 AND unit_code IS NULL AND award_level = 'ministry_commendation' ORDER BY 1 $$,
		$$ VALUES ('collective', 27, 13.71), ('individual', 22, 11.17) $$, '13. 27 and 22 on 197 points' || when_asked);
	RETURN NEXT results_eq($$ SELECT expected::integer, received::integer, on_time::integer, late::integer, missing::integer, revised::integer, withdrawn::integer,
		refused::integer, complete_percent, on_time_percent, mean_days_late, most_days_late FROM baocao.completeness WHERE year = 2022 AND unit_code IS NULL $$,
		$$ VALUES (63, 5, 4, 1, 58, 1, 1, 1, 7.9, 6.3, 3.0, 3) $$, '14. 5 of 63, Bạc Liêu three days late' || when_asked);
	RETURN NEXT results_eq($$ SELECT expected::integer, received::integer FROM baocao.completeness WHERE year = 2025 AND unit_code IS NULL $$,
		$$ VALUES (34, 1) $$, '14. provinces that have ended are not expected' || when_asked);
	RETURN NEXT results_eq($$ SELECT unit_code, status, days_late FROM baocao.report_status WHERE kind = 'festival_day' AND year = 2022 AND status <> 'missing' ORDER BY 1 $$,
		$$ VALUES ('01', 'on_time', 0), ('40', 'withdrawn', NULL), ('67', 'on_time', 0), ('68', 'on_time', 0), ('95', 'late', 3), ('96', 'on_time', 0) $$,
		'14. half an hour before midnight in Viet Nam is on time' || when_asked);
	RETURN NEXT results_eq($$ SELECT table_name, line, field, old_value, new_value FROM baocao.revision_changes(baocao.unit_on('96', '2022-08-20'), 'festival_day', '2022-08-20') $$,
		$$ VALUES ('festival_day', '', 'points_held', '11', '12'), ('festival_day_venue', 'commune', 'held', '11', '12') $$, '14. what Cà Mau corrected' || when_asked);
	RETURN NEXT results_eq($$ SELECT path, rule, refusals::integer, deliveries::integer FROM baocao.refusal_reason WHERE collector = 'hand' $$,
		$$ VALUES ('festival_day.points_held', 'required', 1, 3) $$, '14. what was refused and why' || when_asked);
	RETURN NEXT results_eq($$ SELECT year, total::integer, predecessors_present::integer, predecessors::integer, is_complete
		FROM baocao.rebased_total('festival_day', 'points_held', '2026-01-01') WHERE unit_code = '68' ORDER BY 1 $$,
		$$ VALUES (2022, 65, 2, 3, false), (2025, 50, 1, 1, true) $$, '15. Lâm Đồng of today: two of three predecessors in 2022' || when_asked);
	RETURN NEXT results_eq($$ SELECT year, unit_code, total::integer FROM baocao.rebased_total('festival_day', 'points_held', '2022-10-01') WHERE year = 2025 $$,
		$$ VALUES (2025, NULL, 50) $$, '15. and its figure of 2025 cannot be given on the 63' || when_asked);
END
$test$;
SELECT * FROM pg_temp.questions('');
SELECT ok(baocao.fold() > 10, 'cells are folded');
SELECT is((SELECT count(*) FROM baocao_fold.touched)::integer, 0, 'and no mark is left');
SELECT * FROM pg_temp.questions(' (folded)');
SELECT pg_temp.festival('95', 2022, '2022-09-08 09:00+07', 20, 21, '{"commune": 21}', 2);
SELECT results_eq($$ SELECT held::integer FROM baocao.festival_plan WHERE year = 2022 AND unit_code IS NULL $$, $$ VALUES (198) $$,
	'what is stored after folding is in the total at once');
SELECT is(baocao.fold(), 1, 'one cell is folded again');
SELECT results_eq($$ SELECT held::integer FROM baocao.festival_plan WHERE year = 2022 AND unit_code IS NULL $$, $$ VALUES (198) $$,
	'and says the same');
SELECT is((SELECT count(*)::integer FROM baocao_fold.standing WHERE unit_code = '95' AND kind = 'festival_day'), 1, 'one revision stands');
SELECT is((SELECT count(*)::integer FROM baocao.stored_late), 1, 'it was stored long after it had been received');

SELECT * FROM finish();
ROLLBACK;
