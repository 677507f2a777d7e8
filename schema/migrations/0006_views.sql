-- What analysts ask. Totals are as filed, by the units as they were; names ending in _rebased count on today's provinces.
-- A unit reports its own activity, which no other report counts, so sums over units never count twice; different types of
-- period overlap and are therefore never added together. Whoever sees a branch only gets its rows and none of the nation: a
-- total over what one happens to see would be taken for the nation's.
SET LOCAL ROLE baocao_owner;

CREATE VIEW baocao.current_report AS
SELECT *
FROM baocao.report AS r
WHERE body <> 'withdrawal' AND NOT EXISTS (
	SELECT FROM baocao.report AS later
	WHERE (later.top_unit_id, later.unit_id, later.kind, later.period_type, later.period_first, later.period_last)
		= (r.top_unit_id, r.unit_id, r.kind, r.period_type, r.period_first, r.period_last)
		AND later.revision > r.revision);
COMMENT ON VIEW baocao.current_report IS 'báo cáo hiện hành (current reports). Of each unit, kind and period the highest revision, unless it was withdrawn: what counts.';

CREATE VIEW baocao.unit_today AS
WITH RECURSIVE step AS (
	SELECT unit_id, unit_id AS today_unit_id FROM baocao.unit WHERE parent_id IS NULL
	UNION ALL
	SELECT step.unit_id, s.successor_id
	FROM step JOIN baocao.unit_succession AS s ON s.predecessor_id = step.today_unit_id AND s.extent = 'whole'
	WHERE s.since <= current_date
)
SELECT step.unit_id, step.today_unit_id
FROM step JOIN baocao.unit AS u ON u.unit_id = step.today_unit_id
WHERE u.valid @> current_date;
COMMENT ON VIEW baocao.unit_today IS 'đơn vị hiện nay (unit today). For each province or department that ever was, the one of today into which it passed whole.';
COMMENT ON COLUMN baocao.unit_today.unit_id IS 'The unit then.';
COMMENT ON COLUMN baocao.unit_today.today_unit_id IS 'The unit today.';

CREATE VIEW baocao.commune_census AS
WITH counted AS (
	SELECT unit_id, as_of, sum(units)::integer AS communes,
		coalesce(sum(units) FILTER (WHERE kind = 'ward'), 0)::integer AS wards,
		lag(as_of) OVER census AS earlier, lead(as_of) OVER census AS later
	FROM baocao.unit_census
	GROUP BY unit_id, as_of
	WINDOW census AS (PARTITION BY unit_id ORDER BY as_of)
)
SELECT c.unit_id, c.as_of, c.communes, c.wards,
	daterange(CASE WHEN c.earlier IS NULL THEN (c.as_of - interval '1 year')::date ELSE c.as_of END, c.later) * u.valid AS stands
FROM counted AS c JOIN baocao.unit AS u USING (unit_id);
COMMENT ON VIEW baocao.commune_census IS 'số đơn vị cấp xã theo thời gian (census over time). How many commune-level units a province had, and how many of them wards.';
COMMENT ON COLUMN baocao.commune_census.unit_id IS 'The province.';
COMMENT ON COLUMN baocao.commune_census.as_of IS 'The day for which the figures were published.';
COMMENT ON COLUMN baocao.commune_census.communes IS 'Communes, wards, townships and special zones.';
COMMENT ON COLUMN baocao.commune_census.wards IS 'Wards among them.';
COMMENT ON COLUMN baocao.commune_census.stands IS 'Days for which it is used: until the next census, as long as the unit exists; the first one also for the year before it.';

/* festival days */

CREATE VIEW baocao.festival_day_total AS
WITH filed AS NOT MATERIALIZED ( -- so that a condition on the year gets to the index
	SELECT extract(year FROM r.period_last)::integer AS year, r.period_type, r.top_unit_id, count(*) AS reports,
		sum(f.points_planned) AS planned, sum(f.points_held) AS held, sum(f.attendees) AS attendees,
		bool_and(r.precision = 'exact') AS is_exact, max(r.period_last) AS period_last
	FROM baocao.current_report AS r JOIN baocao.festival_day AS f USING (top_unit_id, report_no)
	WHERE r.kind = 'festival_day'
	GROUP BY 1, 2, 3
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

CREATE VIEW baocao.festival_day_total_rebased AS
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

/* social support, commendations */

CREATE VIEW baocao.social_support_total AS
SELECT extract(year FROM r.period_last)::integer AS year, r.period_type, u.code AS unit_code, u.name AS unit_name,
	a.activity_kind, count(DISTINCT r.report_no) AS reports, sum(a.activities) AS activities, sum(a.quantity) AS quantity,
	sum(a.value_vnd) AS value_vnd, sum(a.beneficiaries) AS beneficiaries, bool_and(r.precision = 'exact') AS is_exact
FROM baocao.current_report AS r
JOIN baocao.social_support_activity AS a USING (top_unit_id, report_no)
JOIN baocao.unit AS u ON u.unit_id = r.top_unit_id
GROUP BY GROUPING SETS ((1, 2, 3, 4, 5), (1, 2, 5))
HAVING grouping(u.code) = 0 OR baocao.sees_nation();
COMMENT ON VIEW baocao.social_support_total IS 'dân vận, xã hội tình nghĩa: tổng theo loại hoạt động (social support by kind of activity), of each province or department and, in the rows without a unit, of all.';
COMMENT ON COLUMN baocao.social_support_total.year IS 'Year of the period''s last day.';
COMMENT ON COLUMN baocao.social_support_total.period_type IS 'Type of the period; rows of different types overlap.';
COMMENT ON COLUMN baocao.social_support_total.unit_code IS 'Code of the province or department; NULL for all.';
COMMENT ON COLUMN baocao.social_support_total.unit_name IS 'Its name then; NULL for all.';
COMMENT ON COLUMN baocao.social_support_total.activity_kind IS 'What was done.';
COMMENT ON COLUMN baocao.social_support_total.reports IS 'Reports that were added up.';
COMMENT ON COLUMN baocao.social_support_total.activities IS 'How many activities.';
COMMENT ON COLUMN baocao.social_support_total.quantity IS 'How many things were given or built.';
COMMENT ON COLUMN baocao.social_support_total.value_vnd IS 'What it was worth, in VND.';
COMMENT ON COLUMN baocao.social_support_total.beneficiaries IS 'How many received it.';
COMMENT ON COLUMN baocao.social_support_total.is_exact IS 'Whether every report''s figures were counted.';

CREATE VIEW baocao.commendation_total AS
SELECT extract(year FROM r.period_last)::integer AS year, r.period_type, u.code AS unit_code, u.name AS unit_name,
	a.award_level, a.recipient_kind, count(DISTINCT r.report_no) AS reports, sum(a.awards) AS awards
FROM baocao.current_report AS r
JOIN baocao.commendation_award AS a USING (top_unit_id, report_no)
JOIN baocao.unit AS u ON u.unit_id = r.top_unit_id
GROUP BY GROUPING SETS ((1, 2, 3, 4, 5, 6), (1, 2, 5, 6))
HAVING grouping(u.code) = 0 OR baocao.sees_nation();
COMMENT ON VIEW baocao.commendation_total IS 'khen thưởng: tổng theo hình thức và đối tượng (commendations by level and recipient), of each province or department and, in the rows without a unit, of all.';
COMMENT ON COLUMN baocao.commendation_total.year IS 'Year of the period''s last day.';
COMMENT ON COLUMN baocao.commendation_total.period_type IS 'Type of the period; rows of different types overlap.';
COMMENT ON COLUMN baocao.commendation_total.unit_code IS 'Code of the province or department; NULL for all.';
COMMENT ON COLUMN baocao.commendation_total.unit_name IS 'Its name then; NULL for all.';
COMMENT ON COLUMN baocao.commendation_total.award_level IS 'Who gave the award.';
COMMENT ON COLUMN baocao.commendation_total.recipient_kind IS 'Who received it.';
COMMENT ON COLUMN baocao.commendation_total.reports IS 'Reports that were added up.';
COMMENT ON COLUMN baocao.commendation_total.awards IS 'How many were given.';

/* model wards */

CREATE VIEW baocao.model_ward_progress AS
WITH city AS (
	SELECT u.unit_id, u.code, u.name, c.as_of, c.wards, c.stands
	FROM baocao.unit AS u JOIN baocao.commune_census AS c USING (unit_id)
	WHERE u.kind = 'central_city' AND (baocao.sees_nation() OR u.unit_id = ANY ((SELECT baocao.branch())::integer[]))
), latest AS ( -- of each ward that existed in those days, the last word
	SELECT DISTINCT ON (city.unit_id, city.as_of, r.unit_id) city.unit_id, city.as_of, m.stage
	FROM city
	JOIN baocao.current_report AS r ON r.top_unit_id = city.unit_id
		AND (upper_inf(city.stands) OR r.period_last < upper(city.stands))
	JOIN baocao.model_ward AS m USING (top_unit_id, report_no)
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

GRANT SELECT ON baocao.current_report, baocao.unit_today, baocao.commune_census, baocao.festival_day_total,
	baocao.festival_day_total_rebased, baocao.social_support_total, baocao.commendation_total, baocao.model_ward_progress
	TO baocao_analyst;

-- current_report has the columns of report and their comments.
DO $$
DECLARE
	column_name name;
	words text;
BEGIN
	FOR column_name, words IN
		SELECT attname, col_description(attrelid, attnum) FROM pg_attribute
		WHERE attrelid = 'baocao.report'::regclass AND attnum > 0
	LOOP
		EXECUTE format('COMMENT ON COLUMN baocao.current_report.%I IS %L', column_name, words);
	END LOOP;
END
$$;
