-- The totals of before, on what stands: same names, same columns, and fast. Rights are those of who asks; who sees a branch
-- only gets no row of the nation.
SET LOCAL ROLE baocao_owner;

DROP VIEW baocao.model_ward_progress, baocao.commendation_total, baocao.social_support_total,
	baocao.festival_day_total_rebased, baocao.festival_day_total, baocao.current_report, baocao.unit_today;
ALTER VIEW baocao.commune_census SET (security_invoker = true);

CREATE VIEW baocao.current_report WITH (security_invoker = true) AS
SELECT report_no, top_unit_id, unit_id, kind, unit_code, period_type, period_first, period_last, revision, precision,
	filed_at, received_at, collector_id, year, level, unit_kind, filings, first_received_at
FROM baocao.standing_report
WHERE body <> 'withdrawal';
COMMENT ON VIEW baocao.current_report IS 'báo cáo hiện hành (current reports). Of each unit, kind and period the highest revision, unless it was withdrawn: what counts.';
DO $$
DECLARE
	column_name name;
	words text;
BEGIN
	FOR column_name, words IN
		SELECT attname, col_description('baocao.standing_report'::regclass, (SELECT s.attnum FROM pg_attribute AS s
			WHERE s.attrelid = 'baocao.standing_report'::regclass AND s.attname = c.attname))
		FROM pg_attribute AS c WHERE attrelid = 'baocao.current_report'::regclass AND attnum > 0
	LOOP
		EXECUTE format('COMMENT ON COLUMN baocao.current_report.%I IS %L', column_name, words);
	END LOOP;
END
$$;

CREATE VIEW baocao.unit_today WITH (security_invoker = true) AS
SELECT top_unit_id AS unit_id, target_id AS today_unit_id FROM baocao.top_unit_as_of(current_date) WHERE target_id IS NOT NULL;
COMMENT ON VIEW baocao.unit_today IS 'đơn vị hiện nay (unit today). For each province or department that ever was, the one of today into which it passed whole.';
COMMENT ON COLUMN baocao.unit_today.unit_id IS 'The unit then.';
COMMENT ON COLUMN baocao.unit_today.today_unit_id IS 'The unit today.';

CREATE VIEW baocao.festival_day_total WITH (security_invoker = true) AS
WITH filed AS NOT MATERIALIZED ( -- so that a condition on the year gets to the index
	SELECT year, period_type, top_unit_id, sum(reports)::bigint AS reports, sum(points_planned) AS planned, sum(points_held) AS held,
		sum(attendees) AS attendees, bool_and(is_exact) AS is_exact, max(period_last) AS period_last
	FROM baocao.festival_day_sum
	GROUP BY year, period_type, top_unit_id
), total AS (
	SELECT f.year, f.period_type, f.top_unit_id, u.code AS unit_code, u.name AS unit_name, f.reports, f.planned, f.held,
		f.attendees, f.is_exact, c.communes::bigint AS communes, c.as_of
	FROM filed AS f
	JOIN baocao.unit AS u ON u.unit_id = f.top_unit_id
	LEFT JOIN baocao.commune_census AS c
		ON c.unit_id = f.top_unit_id AND c.stands @> f.period_last
	UNION ALL
	SELECT n.year, n.period_type, NULL, NULL, NULL, n.reports, n.planned, n.held, n.attendees, n.is_exact, c.communes, c.as_of
	FROM (
		SELECT year, period_type, sum(reports) AS reports, sum(planned) AS planned, sum(held) AS held,
			sum(attendees) AS attendees, bool_and(is_exact) AS is_exact, max(period_last) AS period_last
		FROM filed
		GROUP BY year, period_type
	) AS n
	CROSS JOIN LATERAL ( -- all provinces of the day, whether they filed or not
		SELECT sum(communes) AS communes, min(as_of) AS as_of
		FROM baocao.unit JOIN baocao.commune_census USING (unit_id)
		WHERE level = 'province' AND valid @> n.period_last AND stands @> n.period_last
	) AS c
	WHERE baocao.sees_nation()
)
SELECT year, period_type, top_unit_id, unit_code, unit_name, reports, planned, held, attendees, is_exact, communes,
	as_of AS communes_as_of, round(held / communes, 3) AS share
FROM total;
COMMENT ON VIEW baocao.festival_day_total IS 'Ngày hội: tổng theo tỉnh và cả nước, như đã báo cáo (festival days by province and nation, as filed). The nation is the row without a unit.';
COMMENT ON COLUMN baocao.festival_day_total.year IS 'Year of the period''s last day.';
COMMENT ON COLUMN baocao.festival_day_total.period_type IS 'Type of the period; rows of different types overlap.';
COMMENT ON COLUMN baocao.festival_day_total.top_unit_id IS 'The province; NULL for the nation.';
COMMENT ON COLUMN baocao.festival_day_total.unit_code IS 'Its code then; NULL for the nation.';
COMMENT ON COLUMN baocao.festival_day_total.unit_name IS 'Its name then; NULL for the nation.';
COMMENT ON COLUMN baocao.festival_day_total.reports IS 'Reports that were added up.';
COMMENT ON COLUMN baocao.festival_day_total.planned IS 'Commune-level points planned.';
COMMENT ON COLUMN baocao.festival_day_total.held IS 'Commune-level points that held the day.';
COMMENT ON COLUMN baocao.festival_day_total.attendees IS 'People who came; NULL when no report says.';
COMMENT ON COLUMN baocao.festival_day_total.is_exact IS 'Whether every report''s figures were counted and none estimated.';
COMMENT ON COLUMN baocao.festival_day_total.communes IS 'Commune-level units by the census standing at the end of the period; NULL when there is none.';
COMMENT ON COLUMN baocao.festival_day_total.communes_as_of IS 'The day for which that census was published; for the nation the oldest among the provinces.';
COMMENT ON COLUMN baocao.festival_day_total.share IS 'Points held to commune-level units.';

CREATE VIEW baocao.festival_day_total_rebased WITH (security_invoker = true) AS
SELECT t.year, t.period_type, u.code AS unit_code, u.name AS unit_name, sum(t.reports) AS reports, sum(t.planned) AS planned,
	sum(t.held) AS held, sum(t.attendees) AS attendees, bool_and(t.is_exact) AS is_exact
FROM baocao.festival_day_total AS t
JOIN baocao.unit_today AS today ON today.unit_id = t.top_unit_id
JOIN baocao.unit AS u ON u.unit_id = today.today_unit_id
GROUP BY t.year, t.period_type, u.code, u.name;
COMMENT ON VIEW baocao.festival_day_total_rebased IS 'Ngày hội: tổng theo tỉnh hiện nay (festival days on today''s provinces). Exact, since every province passed whole into one of today.';
COMMENT ON COLUMN baocao.festival_day_total_rebased.year IS 'Year of the period''s last day.';
COMMENT ON COLUMN baocao.festival_day_total_rebased.period_type IS 'Type of the period.';
COMMENT ON COLUMN baocao.festival_day_total_rebased.unit_code IS 'Code of the province today.';
COMMENT ON COLUMN baocao.festival_day_total_rebased.unit_name IS 'Name of the province today.';
COMMENT ON COLUMN baocao.festival_day_total_rebased.reports IS 'Reports that were added up.';
COMMENT ON COLUMN baocao.festival_day_total_rebased.planned IS 'Commune-level points planned.';
COMMENT ON COLUMN baocao.festival_day_total_rebased.held IS 'Commune-level points that held the day.';
COMMENT ON COLUMN baocao.festival_day_total_rebased.attendees IS 'People who came.';
COMMENT ON COLUMN baocao.festival_day_total_rebased.is_exact IS 'Whether every report''s figures were counted.';

CREATE VIEW baocao.social_support_total WITH (security_invoker = true) AS
WITH filed AS NOT MATERIALIZED (
	SELECT year, period_type, top_unit_id, activity_kind, sum(activities) AS activities, sum(quantity) AS quantity, sum(value_vnd) AS value_vnd, sum(beneficiaries) AS beneficiaries, bool_and(is_exact) AS is_exact
	FROM baocao.social_support_activity_sum
	GROUP BY year, period_type, top_unit_id, activity_kind
), filing AS NOT MATERIALIZED (
	SELECT year, period_type, top_unit_id, sum(reports)::bigint AS reports
	FROM baocao.receipt_count WHERE kind = 'social_support'
	GROUP BY year, period_type, top_unit_id
)
SELECT f.year, f.period_type, n.code AS unit_code, n.name AS unit_name, f.activity_kind, sum(r.reports)::bigint AS reports,
	sum(f.activities) AS activities, sum(f.quantity) AS quantity, sum(f.value_vnd) AS value_vnd,
	sum(f.beneficiaries) AS beneficiaries, bool_and(f.is_exact) AS is_exact
FROM filed AS f
JOIN filing AS r USING (year, period_type, top_unit_id)
JOIN baocao.unit AS u ON u.unit_id = f.top_unit_id
JOIN LATERAL (VALUES (u.code, u.name), (NULL, NULL)) AS n (code, name) ON n.code IS NOT NULL OR (SELECT baocao.sees_nation()) -- each figure in its own row and in that of all
GROUP BY 1, 2, 3, 4, 5;
COMMENT ON VIEW baocao.social_support_total IS 'dân vận, xã hội tình nghĩa: tổng theo loại hoạt động (social support by kind of activity), of each province or department and, in the rows without a unit, of all.';
COMMENT ON COLUMN baocao.social_support_total.year IS 'Year of the period''s last day.';
COMMENT ON COLUMN baocao.social_support_total.period_type IS 'Type of the period; rows of different types overlap.';
COMMENT ON COLUMN baocao.social_support_total.unit_code IS 'Code of the province or department; NULL for all.';
COMMENT ON COLUMN baocao.social_support_total.unit_name IS 'Its name then; NULL for all.';
COMMENT ON COLUMN baocao.social_support_total.activity_kind IS 'What was done.';
COMMENT ON COLUMN baocao.social_support_total.reports IS 'Reports that stand, of the units that name this kind of activity.';
COMMENT ON COLUMN baocao.social_support_total.activities IS 'How many activities.';
COMMENT ON COLUMN baocao.social_support_total.quantity IS 'How many things were given or built.';
COMMENT ON COLUMN baocao.social_support_total.value_vnd IS 'What it was worth, in VND.';
COMMENT ON COLUMN baocao.social_support_total.beneficiaries IS 'How many received it.';
COMMENT ON COLUMN baocao.social_support_total.is_exact IS 'Whether every report''s figures were counted.';

CREATE VIEW baocao.commendation_total WITH (security_invoker = true) AS
WITH filed AS NOT MATERIALIZED (
	SELECT year, period_type, top_unit_id, award_level, recipient_kind, sum(awards) AS awards, bool_and(is_exact) AS is_exact
	FROM baocao.commendation_award_sum
	GROUP BY year, period_type, top_unit_id, award_level, recipient_kind
), filing AS NOT MATERIALIZED (
	SELECT year, period_type, top_unit_id, sum(reports)::bigint AS reports
	FROM baocao.receipt_count WHERE kind = 'commendation'
	GROUP BY year, period_type, top_unit_id
)
SELECT f.year, f.period_type, n.code AS unit_code, n.name AS unit_name, f.award_level, f.recipient_kind,
	sum(r.reports)::bigint AS reports, sum(f.awards) AS awards
FROM filed AS f
JOIN filing AS r USING (year, period_type, top_unit_id)
JOIN baocao.unit AS u ON u.unit_id = f.top_unit_id
JOIN LATERAL (VALUES (u.code, u.name), (NULL, NULL)) AS n (code, name) ON n.code IS NOT NULL OR (SELECT baocao.sees_nation())
GROUP BY 1, 2, 3, 4, 5, 6;
COMMENT ON VIEW baocao.commendation_total IS 'khen thưởng: tổng theo hình thức và đối tượng (commendations by level and recipient), of each province or department and, in the rows without a unit, of all.';
COMMENT ON COLUMN baocao.commendation_total.year IS 'Year of the period''s last day.';
COMMENT ON COLUMN baocao.commendation_total.period_type IS 'Type of the period; rows of different types overlap.';
COMMENT ON COLUMN baocao.commendation_total.unit_code IS 'Code of the province or department; NULL for all.';
COMMENT ON COLUMN baocao.commendation_total.unit_name IS 'Its name then; NULL for all.';
COMMENT ON COLUMN baocao.commendation_total.award_level IS 'Who gave the award.';
COMMENT ON COLUMN baocao.commendation_total.recipient_kind IS 'Who received it.';
COMMENT ON COLUMN baocao.commendation_total.reports IS 'Reports that stand, of the units that name this award.';
COMMENT ON COLUMN baocao.commendation_total.awards IS 'How many were given.';

CREATE VIEW baocao.model_ward_progress WITH (security_invoker = true) AS
WITH city AS (
	SELECT u.unit_id, u.code, u.name, c.as_of, c.wards, c.stands
	FROM baocao.unit AS u JOIN baocao.commune_census AS c USING (unit_id)
	WHERE u.kind = 'central_city' AND ((SELECT baocao.sees_nation()) OR u.unit_id = ANY ((SELECT baocao.branch())::integer[]))
), latest AS ( -- of each ward that existed in those days, the last word
	SELECT DISTINCT ON (city.unit_id, city.as_of, r.unit_id) city.unit_id, city.as_of, m.stage
	FROM city
	JOIN baocao.current_report AS r ON r.kind = 'model_ward' AND r.top_unit_id = city.unit_id
		AND (upper_inf(city.stands) OR r.period_last < upper(city.stands))
	CROSS JOIN LATERAL ( -- report by report (OFFSET 0): else each would be compared with each
		SELECT * FROM baocao.model_ward AS f WHERE (f.top_unit_id, f.report_no) = (r.top_unit_id, r.report_no) OFFSET 0
	) AS m
	JOIN baocao.unit AS ward ON ward.unit_id = r.unit_id AND ward.valid && city.stands
	ORDER BY city.unit_id, city.as_of, r.unit_id, r.period_last DESC, m.stage_date DESC
), staged AS (
	SELECT unit_id, as_of, count(*) FILTER (WHERE stage = 'pilot') AS pilot,
		count(*) FILTER (WHERE stage = 'registered') AS registered,
		count(*) FILTER (WHERE stage = 'inspected') AS inspected,
		count(*) FILTER (WHERE stage = 'recognised') AS recognised
	FROM latest GROUP BY unit_id, as_of
)
SELECT city.unit_id AS top_unit_id, city.code AS unit_code, city.name AS unit_name, city.stands,
	coalesce(s.pilot, 0) AS pilot, coalesce(s.registered, 0) AS registered, coalesce(s.inspected, 0) AS inspected,
	coalesce(s.recognised, 0) AS recognised, coalesce(s.pilot + s.recognised, 0) AS model_wards, city.wards,
	round(coalesce(s.pilot + s.recognised, 0)::numeric / nullif(city.wards, 0), 4) AS share,
	ceil(city.wards * first.share)::integer AS needed_2025, ceil(city.wards * last.share)::integer AS needed_2030
FROM city
LEFT JOIN staged AS s USING (unit_id, as_of)
LEFT JOIN baocao.target AS first ON first.measure = 'model_ward_share' AND first.due = '2025-12-31'
LEFT JOIN baocao.target AS last ON last.measure = 'model_ward_share' AND last.due = '2030-12-31';
COMMENT ON VIEW baocao.model_ward_progress IS 'Công an phường kiểu mẫu: tiến độ của các thành phố trực thuộc trung ương (model wards of the central cities), as filed: one row for each city and census, since wards were redrawn. A ward counts at the stage that its last report says. Ask for a day with: WHERE stands @> date.';
COMMENT ON COLUMN baocao.model_ward_progress.top_unit_id IS 'The city.';
COMMENT ON COLUMN baocao.model_ward_progress.unit_code IS 'Its code.';
COMMENT ON COLUMN baocao.model_ward_progress.unit_name IS 'Its name.';
COMMENT ON COLUMN baocao.model_ward_progress.stands IS 'Days on which this version of the city and this census of its wards stand.';
COMMENT ON COLUMN baocao.model_ward_progress.pilot IS 'Wards chosen as pilots.';
COMMENT ON COLUMN baocao.model_ward_progress.registered IS 'Wards registered.';
COMMENT ON COLUMN baocao.model_ward_progress.inspected IS 'Wards inspected.';
COMMENT ON COLUMN baocao.model_ward_progress.recognised IS 'Wards recognised by decision.';
COMMENT ON COLUMN baocao.model_ward_progress.model_wards IS 'Pilots and recognised wards together.';
COMMENT ON COLUMN baocao.model_ward_progress.wards IS 'Wards in existence by the census.';
COMMENT ON COLUMN baocao.model_ward_progress.share IS 'Model wards to wards.';
COMMENT ON COLUMN baocao.model_ward_progress.needed_2025 IS 'Wards that make up the share due at the end of 2025, rounded up.';
COMMENT ON COLUMN baocao.model_ward_progress.needed_2030 IS 'Wards that make up the share due at the end of 2030.';

/* re-basing */

CREATE FUNCTION baocao.rebased_total(sums text, measure text, day date DEFAULT current_date, only_if jsonb DEFAULT '{}')
RETURNS TABLE (year integer, period_type baocao.period_type, unit_code text, unit_name text, total numeric, is_exact boolean,
	predecessors_present bigint, predecessors bigint, is_complete boolean)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(format('baocao.%I', sums || '_sum'))
			AND attname = measure AND atttypid = 'numeric'::regtype) THEN
		RAISE EXCEPTION 'baocao.%_sum has no figure called %', sums, measure USING ERRCODE = 'undefined_column';
	END IF;
	RETURN QUERY EXECUTE format($query$
		WITH way AS MATERIALIZED (SELECT w.top_unit_id, w.target_id, u.valid, u.level
			FROM baocao.top_unit_as_of($1) AS w JOIN baocao.unit AS u ON u.unit_id = w.top_unit_id),
		filed AS MATERIALIZED (
			SELECT s.year, s.period_type, s.top_unit_id, max(s.period_last) AS period_last, sum(s.%1$I) AS total,
				bool_and(s.is_exact) AS is_exact
			FROM baocao.%2$I AS s WHERE to_jsonb(s) @> $2 GROUP BY s.year, s.period_type, s.top_unit_id),
		based AS (
			SELECT f.year, f.period_type, w.target_id, sum(f.total) AS total, bool_and(f.is_exact) AS is_exact, count(*) AS present,
				max(f.period_last) AS period_last, array_agg(f.top_unit_id) AS filers
			FROM filed AS f JOIN way AS w USING (top_unit_id) GROUP BY f.year, f.period_type, w.target_id)
		SELECT b.year, b.period_type, u.code, coalesce(u.name, '(không quy đổi được)'), b.total, b.is_exact,
			CASE WHEN u.unit_id IS NOT NULL THEN b.present END, p.existed,
			CASE WHEN u.unit_id IS NOT NULL THEN b.present >= p.existed ELSE false END
		FROM based AS b LEFT JOIN baocao.unit AS u ON u.unit_id = b.target_id
		LEFT JOIN LATERAL (SELECT count(*) AS existed FROM way AS w
			WHERE w.target_id = b.target_id AND (w.valid @> b.period_last OR w.top_unit_id = ANY (b.filers))) AS p ON u.unit_id IS NOT NULL
		ORDER BY b.year, b.period_type, u.code $query$, measure, sums || '_sum') USING day, only_if;
END
$$;
COMMENT ON FUNCTION baocao.rebased_total(text, text, date, jsonb) IS 'A figure of one of the ..._sum views by year on the provinces of any day, with how many of the predecessors that existed then have reported. The row without a code holds what cannot be given on those provinces (the unit was split since, or merged from several), so that the rows add up to what was filed. only_if narrows it: {"activity_kind": "gift_visit"}.';

GRANT SELECT ON baocao.current_report, baocao.unit_today, baocao.festival_day_total, baocao.festival_day_total_rebased,
	baocao.social_support_total, baocao.commendation_total, baocao.model_ward_progress TO baocao_analyst;
GRANT EXECUTE ON FUNCTION baocao.rebased_total TO baocao_analyst;
