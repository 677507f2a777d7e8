-- What the ministry asks, a view or function each; docs/analysts.md shows them at work. Years are those of the periods'
-- last days; sums are as filed, by the units as they were.
SET LOCAL ROLE baocao_owner;

/* festival days */

CREATE VIEW baocao.festival_plan WITH (security_invoker = true) AS
SELECT year, period_type, unit_code, unit_name, planned, held, held - planned AS over_plan,
	round(100 * held / nullif(planned, 0), 1) AS percent_of_plan, held > planned AS exceeded, is_exact
FROM baocao.festival_day_total;
SELECT baocao.describe('baocao.festival_plan', '1. Ngày hội so với kế hoạch (festival days against the plan), by province and, in the row without a unit, for the nation.', '{
	"planned": "Commune-level points planned.", "held": "Commune-level points that held the day.", "over_plan": "Points above the plan.",
	"percent_of_plan": "Held to planned.", "exceeded": "Whether more were held than planned."}');

CREATE VIEW baocao.festival_share WITH (security_invoker = true) AS
SELECT t.year, t.period_type, t.unit_code, t.unit_name, t.held, t.communes, t.communes_as_of,
	round(100 * t.held / nullif(t.communes, 0), 1) AS percent,
	CASE WHEN t.unit_code IS NOT NULL THEN rank() OVER (PARTITION BY t.year, t.period_type, t.unit_code IS NULL
		ORDER BY t.held / nullif(t.communes, 0) DESC NULLS LAST) END AS rank,
	round(100 * b.held / nullif(b.communes, 0), 1) AS percent_before,
	round(100 * t.held / nullif(t.communes, 0) - 100 * b.held / nullif(b.communes, 0), 1) AS change
FROM baocao.festival_day_total AS t
LEFT JOIN baocao.festival_day_total AS b ON b.year = t.year - 1 AND b.period_type = t.period_type
	AND b.top_unit_id IS NOT DISTINCT FROM t.top_unit_id;
SELECT baocao.describe('baocao.festival_share', '2. Tỷ lệ điểm tổ chức Ngày hội (points held as a share of commune-level units at that date), the rank of provinces and the change on the year before; a province that was redrawn in between has none.', '{
	"held": "Commune-level points that held the day.", "communes": "Commune-level units by the census standing at the end of the period.",
	"communes_as_of": "The day for which that census was published.", "percent": "Held to commune-level units.", "rank": "Rank among the provinces, 1 the highest; NULL for the nation.",
	"percent_before": "The same a year before.", "change": "Percentage points more than the year before."}');

CREATE VIEW baocao.festival_venue_total WITH (security_invoker = true) AS
WITH filed AS NOT MATERIALIZED (
	SELECT year, period_type, top_unit_id, venue_kind, sum(planned) AS planned, sum(held) AS held, sum(attendees) AS attendees,
		bool_and(is_exact) AS is_exact
	FROM baocao.festival_day_venue_sum
	GROUP BY year, period_type, top_unit_id, venue_kind
)
SELECT f.year, f.period_type, n.code AS unit_code, n.name AS unit_name,
	CASE WHEN f.venue_kind IN ('commune', 'ward', 'township', 'special_zone') THEN 'commune_level'
		WHEN f.venue_kind = 'residential_area' THEN 'residential_area' ELSE 'institution' END AS venue_level,
	k.kind AS venue_kind, sum(f.planned) AS planned, sum(f.held) AS held, sum(f.attendees) AS attendees, bool_and(f.is_exact) AS is_exact
FROM filed AS f JOIN baocao.unit AS u ON u.unit_id = f.top_unit_id
-- Each figure in its own row, in that of its level, and in those of all: so a condition on the year gets to the index.
JOIN LATERAL (VALUES (u.code, u.name), (NULL, NULL)) AS n (code, name) ON n.code IS NOT NULL OR (SELECT baocao.sees_nation())
CROSS JOIN LATERAL (VALUES (f.venue_kind), (NULL)) AS k (kind)
GROUP BY 1, 2, 3, 4, 5, 6;
SELECT baocao.describe('baocao.festival_venue_total', '3. Điểm tổ chức theo loại (venues by kind). Rows without a kind are the totals of a level; levels are never added together, since a hamlet''s day is part of no commune''s.', '{
	"venue_level": "commune_level, residential_area or institution (agency, enterprise, school).", "venue_kind": "Kind of venue; NULL for all of the level.",
	"planned": "Venues planned.", "held": "Venues that held the day.", "attendees": "People who came."}');

/* social support */

CREATE VIEW baocao.gift_total WITH (security_invoker = true) AS
SELECT year, period_type, unit_code, unit_name, quantity AS gifts, value_vnd, round(value_vnd / nullif(quantity, 0)) AS value_per_gift_vnd,
	value_vnd / nullif(quantity, 0) NOT BETWEEN 50000 AND 20000000 AS is_implausible, is_exact
FROM baocao.social_support_total
WHERE activity_kind = 'gift_visit';
SELECT baocao.describe('baocao.gift_total', '4. Quà tặng (gifts): how many, worth how much, and how much each, by province or department and for all.', '{
	"gifts": "Gifts.", "value_vnd": "What they were worth, in VND.", "value_per_gift_vnd": "What one was worth, in VND.",
	"is_implausible": "Whether that lies outside 50,000 to 20,000,000 VND."}');

/* model wards */

CREATE FUNCTION baocao.model_ward_share(day date DEFAULT current_date)
RETURNS TABLE (unit_code text, unit_name text, wards integer, model_wards bigint, percent numeric, needed_30 integer,
	missing_30 bigint, needed_100 integer, missing_100 bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT p.unit_code, p.unit_name, p.wards, p.model_wards, round(100 * p.share, 1),
		max(p.needed) FILTER (WHERE p.due = '2025-12-31'), max(p.missing) FILTER (WHERE p.due = '2025-12-31'),
		max(p.needed) FILTER (WHERE p.due = '2030-12-31'), max(p.missing) FILTER (WHERE p.due = '2030-12-31')
	FROM baocao.target_progress($1, 'model_ward_share') AS p
	GROUP BY p.unit_code, p.unit_name, p.wards, p.model_wards, p.share
	ORDER BY p.unit_code
$$;
COMMENT ON FUNCTION baocao.model_ward_share(date) IS '6. Model wards to wards in existence in the five cities on a day, against 30 % (2025) and 100 % (2030), and how many are missing, rounded up.';

CREATE FUNCTION baocao.without_model_ward(cohort_kind baocao.unit_kind, day date DEFAULT '2023-12-31')
RETURNS TABLE (unit_code text, unit_name text, province_name text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT p.unit_code, p.unit_name, top.name
	FROM baocao.target_progress($2, 'model_ward_count') AS p
	JOIN baocao.target AS t USING (target_id)
	JOIN baocao.target_member AS m ON m.target_id = p.target_id AND m.unit_code = p.unit_code
	JOIN baocao.unit AS top ON top.unit_id = m.top_unit_id
	WHERE t.cohort_kind = $1 AND NOT p.is_reached
	ORDER BY p.unit_code
$$;
COMMENT ON FUNCTION baocao.without_model_ward(baocao.unit_kind, date) IS '7 and 8. Which of the 46 urban districts of the five cities (urban_district) or of the other 58 provinces (province) had no model ward on a day; who is meant is fixed on 2022-10-01.';

CREATE FUNCTION baocao.model_ward_pace(day date DEFAULT current_date)
RETURNS TABLE (unit_code text, unit_name text, wards integer, model_wards bigint, percent numeric, years_left numeric,
	needed_a_year numeric, last_two_years_a_year numeric, forecast_2030 integer, forecast_percent numeric)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT now.unit_code, now.unit_name, now.wards, now.model_wards, now.percent, round(y.years_left, 2),
		round((now.wards - now.model_wards) / nullif(y.years_left, 0), 1), round((now.model_wards - before.model_wards) / 2.0, 1),
		f.forecast, round(100.0 * f.forecast / nullif(now.wards, 0), 1)
	FROM baocao.model_ward_share($1) AS now
	JOIN baocao.model_ward_share(($1 - interval '2 years')::date) AS before USING (unit_code)
	CROSS JOIN LATERAL (SELECT greatest(date '2030-12-31' - $1, 0) / 365.25 AS years_left) AS y
	CROSS JOIN LATERAL (SELECT least(now.wards, floor(now.model_wards
		+ greatest(now.model_wards - before.model_wards, 0) / 2.0 * y.years_left))::integer AS forecast) AS f
	ORDER BY now.unit_code
$$;
COMMENT ON FUNCTION baocao.model_ward_pace(date) IS '9. Wards a year that each of the five cities needs from a day on to have all by the end of 2030, what the last two years brought, and where that would lead. Across a redrawing of wards the last two years are no measure.';

CREATE VIEW baocao.model_ward_incident WITH (security_invoker = true) AS
SELECT r.year, r.period_type, r.period_first, r.period_last, r.top_unit_id, top.code AS top_unit_code, top.name AS top_unit_name,
	r.unit_id, u.code AS unit_code, u.name AS unit_name, m.stage, m.stage_date,
	m.crimes_serious + m.crimes_very_serious + m.crimes_especially_serious AS crimes_serious_or_above, m.gang_style_crimes,
	m.encroachment_points, CASE WHEN m.crimes_serious + m.crimes_very_serious + m.crimes_especially_serious > 0
		OR m.gang_style_crimes > 0 OR m.encroachment_points > 0 THEN true
		WHEN m.gang_style_crimes IS NULL OR m.encroachment_points IS NULL THEN NULL ELSE false END AS puts_status_at_risk
FROM baocao.current_report AS r
JOIN baocao.model_ward AS m USING (top_unit_id, report_no)
JOIN baocao.unit AS u ON u.unit_id = r.unit_id
JOIN baocao.unit AS top ON top.unit_id = r.top_unit_id
WHERE r.kind = 'model_ward';
SELECT baocao.describe('baocao.model_ward_incident', '10. Vụ việc tại phường kiểu mẫu (incidents in model wards). What each ward reported for each period of what a model ward must not have.', '{
	"unit_code": "Code of the ward.", "unit_name": "Name of the ward.", "stage": "How far the ward had come.", "stage_date": "Since when.",
	"crimes_serious_or_above": "Crimes that are serious, very serious or especially serious.", "gang_style_crimes": "Crimes in the manner of gangs; NULL when not reported.",
	"encroachment_points": "Places where road or pavement is encroached upon; NULL when not reported.",
	"puts_status_at_risk": "Whether there is any of these; NULL when none was reported and something was left out."}');

CREATE FUNCTION baocao.model_ward_before_after(period_type baocao.period_type DEFAULT 'year')
RETURNS TABLE (unit_code text, unit_name text, registered_on date, periods_before bigint, serious_crimes_before numeric,
	periods_after bigint, serious_crimes_after numeric, change numeric)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH start AS (
		SELECT unit_id, min(stage_date) AS registered_on
		FROM baocao.model_ward_incident WHERE stage <> 'revoked' GROUP BY unit_id
	), compared AS (
		SELECT i.unit_code, i.unit_name, s.registered_on,
			count(*) FILTER (WHERE i.period_last < s.registered_on) AS periods_before,
			avg(i.crimes_serious_or_above) FILTER (WHERE i.period_last < s.registered_on) AS before,
			count(*) FILTER (WHERE i.period_first >= s.registered_on) AS periods_after,
			avg(i.crimes_serious_or_above) FILTER (WHERE i.period_first >= s.registered_on) AS after
		FROM baocao.model_ward_incident AS i JOIN start AS s USING (unit_id)
		WHERE i.period_type = $1
		GROUP BY i.unit_id, i.unit_code, i.unit_name, s.registered_on
	)
	SELECT c.unit_code, c.unit_name, c.registered_on, c.periods_before, round(c.before, 2), c.periods_after, round(c.after, 2),
		round(c.after - c.before, 2)
	FROM compared AS c ORDER BY c.unit_code, c.registered_on
$$;
COMMENT ON FUNCTION baocao.model_ward_before_after(baocao.period_type) IS '10. Crimes of class serious or above per period, in periods that ended before a ward was first registered or chosen and in periods that began since.';

/* rural security */

CREATE VIEW baocao.rural_security_total WITH (security_invoker = true) AS
WITH filed AS NOT MATERIALIZED (
	SELECT year, period_type, period_last, top_unit_id, sum(reports) AS reports,
		sum(reports) FILTER (WHERE level_reached >= 'standard') AS standard,
		sum(reports) FILTER (WHERE level_reached >= 'advanced') AS advanced,
		sum(reports) FILTER (WHERE level_reached >= 'model') AS model
	FROM baocao.rural_security_sum
	WHERE level = 'commune'
	GROUP BY year, period_type, period_last, top_unit_id
)
SELECT f.year, f.period_type, f.period_last, n.code AS unit_code, n.name AS unit_name,
	sum(c.units)::bigint AS communes, sum(f.reports)::bigint AS reported,
	coalesce(sum(f.standard), 0)::bigint AS standard, coalesce(sum(f.advanced), 0)::bigint AS advanced,
	coalesce(sum(f.model), 0)::bigint AS model,
	round(100 * coalesce(sum(f.standard), 0) / sum(f.reports), 1) AS percent_of_reported,
	round(100 * coalesce(sum(f.standard), 0) / nullif(sum(c.units), 0), 1) AS percent_of_communes
FROM filed AS f
JOIN baocao.unit AS u ON u.unit_id = f.top_unit_id
LEFT JOIN LATERAL (
	SELECT k.units FROM baocao_fold.unit_count AS k
	WHERE k.top_unit_id = f.top_unit_id AND k.level = 'commune' AND k.kind = 'commune' AND k.days @> f.period_last
) AS c ON true
JOIN LATERAL (VALUES (u.code, u.name), (NULL, NULL)) AS n (code, name) ON n.code IS NOT NULL OR (SELECT baocao.sees_nation())
GROUP BY 1, 2, 3, 4, 5;
SELECT baocao.describe('baocao.rural_security_total', '11. Xã đạt tiêu chí 19.2 (communes that meet criterion 19.2), by province and for all. Levels are nested: a model commune counts as advanced and as standard.', '{
	"communes": "Communes (xã) in existence by the catalogue; NULL while communes are not imported. Published denominators differ from it.", "reported": "Communes whose report stands.",
	"standard": "Communes at standard or above.", "advanced": "Communes at advanced or above.", "model": "Communes at model.",
	"percent_of_reported": "Standard or above to those reported.", "percent_of_communes": "Standard or above to communes in existence."}');

CREATE FUNCTION baocao.rural_security_fallen_back(in_year integer, period_type baocao.period_type DEFAULT 'year')
RETURNS TABLE (unit_code text, unit_name text, top_unit_name text, level_before baocao.rural_level, level_reached baocao.rural_level)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH filed AS MATERIALIZED (
		SELECT DISTINCT ON (r.unit_id, r.year) r.unit_id, r.year, r.top_unit_id, r.report_no
		FROM baocao.current_report AS r
		WHERE r.kind = 'rural_security' AND r.period_type = $2 AND r.year IN ($1, $1 - 1) AND r.level = 'commune'
		ORDER BY r.unit_id, r.year, r.period_last DESC
	), latest AS MATERIALIZED (
		SELECT f.unit_id, f.year, s.level_reached FROM filed AS f JOIN baocao.rural_security AS s USING (top_unit_id, report_no)
	)
	SELECT u.code, u.name, top.name, c.level_before, c.level_reached
	FROM (
		SELECT unit_id, year, level_reached, lag(level_reached) OVER (PARTITION BY unit_id ORDER BY year) AS level_before
		FROM (
			SELECT unit_id, year, level_reached FROM latest
			UNION ALL -- what was said of the unit under its earlier name
			SELECT s.successor_id, l.year, l.level_reached
			FROM latest AS l JOIN baocao.sole_successor AS s ON s.predecessor_id = l.unit_id WHERE l.year = $1 - 1
		) AS said
	) AS c
	JOIN baocao.unit AS u ON u.unit_id = c.unit_id
	JOIN baocao.unit AS top ON top.unit_id = u.top_unit_id
	WHERE c.year = $1 AND c.level_reached < c.level_before
	ORDER BY top.code, u.code
$$;
COMMENT ON FUNCTION baocao.rural_security_fallen_back(integer, baocao.period_type) IS '11. Communes that reached less than in the year before, through changes of name but not across mergers and splits.';

CREATE VIEW baocao.circular_124_total WITH (security_invoker = true) AS
WITH filed AS NOT MATERIALIZED (
	SELECT year, period_type, period_last, level, top_unit_id, subject_kind, sum(total) AS total, sum(registered) AS registered,
		sum(recognised) AS recognised
	FROM baocao.rural_security_registration_sum
	GROUP BY year, period_type, period_last, level, top_unit_id, subject_kind
)
SELECT f.year, f.period_type, f.period_last, f.level, n.code AS unit_code, n.name AS unit_name, k.kind AS subject_kind, sum(f.total) AS total,
	sum(f.registered) AS registered, sum(f.recognised) AS recognised,
	round(100 * sum(f.registered) / nullif(sum(f.total), 0), 1) AS registered_percent,
	round(100 * sum(f.recognised) / nullif(sum(f.total), 0), 1) AS recognised_percent,
	sum(f.registered) = sum(f.total) AS all_registered, 10 * sum(f.recognised) >= 7 * sum(f.total) AS enough_recognised
FROM filed AS f JOIN baocao.unit AS u ON u.unit_id = f.top_unit_id
JOIN LATERAL (VALUES (u.code, u.name), (NULL, NULL)) AS n (code, name) ON n.code IS NOT NULL OR (SELECT baocao.sees_nation())
CROSS JOIN LATERAL (VALUES (f.subject_kind), (NULL)) AS k (kind)
GROUP BY 1, 2, 3, 4, 5, 6, 7;
SELECT baocao.describe('baocao.circular_124_total', '12. Thông tư 124: đăng ký và công nhận (Circular 124: registered and recognised), by province, level of the filing units and kind of subject. Rows without a kind are for all kinds.', '{
	"level": "Level of the units that filed; levels are not added together.", "subject_kind": "Kind of subject; NULL for all.", "total": "How many there are.", "registered": "How many have registered.",
	"recognised": "How many were recognised.", "registered_percent": "Registered to all.", "recognised_percent": "Recognised to all.",
	"all_registered": "Whether all have registered, as the circular asks.", "enough_recognised": "Whether at least 70 % were recognised."}');

CREATE VIEW baocao.circular_124_unit WITH (security_invoker = true) AS
SELECT r.year, r.period_type, r.period_last, r.level, r.unit_id, u.code AS unit_code, u.name AS unit_name, r.top_unit_id,
	top.code AS top_unit_code, top.name AS top_unit_name, f.total, f.registered, f.recognised,
	CASE WHEN f.registered = f.total AND 10 * f.recognised >= 7 * f.total THEN 'none'
		WHEN f.registered = f.total THEN 'recognised'
		WHEN 10 * f.recognised >= 7 * f.total THEN 'registered' ELSE 'both' END AS fails
FROM baocao.current_report AS r
CROSS JOIN LATERAL ( -- looked up report by report, never the whole table
	SELECT sum(g.total) AS total, sum(g.registered) AS registered, sum(g.recognised) AS recognised
	FROM baocao.rural_security_registration AS g WHERE (g.top_unit_id, g.report_no) = (r.top_unit_id, r.report_no)
) AS f
JOIN baocao.unit AS u ON u.unit_id = r.unit_id
JOIN baocao.unit AS top ON top.unit_id = r.top_unit_id
WHERE r.kind = 'rural_security' AND f.total IS NOT NULL;
SELECT baocao.describe('baocao.circular_124_unit', '12. Thông tư 124 theo từng đơn vị (Circular 124 unit by unit): which of the two conditions each fails. Ask for one year and one period.', '{
	"level": "Level of the unit.", "total": "Areas, agencies, enterprises and schools.", "registered": "How many have registered.", "recognised": "How many were recognised.",
	"fails": "none, registered (not all have), recognised (fewer than 70 %) or both."}');

/* commendations */

CREATE VIEW baocao.commendation_rate WITH (security_invoker = true) AS
SELECT c.year, c.period_type, c.unit_code, c.unit_name, c.award_level, c.recipient_kind, c.awards, f.held AS festival_points_held,
	round(100 * c.awards / nullif(f.held, 0), 2) AS awards_per_100_points
FROM baocao.commendation_total AS c
LEFT JOIN baocao.festival_day_total AS f ON f.year = c.year AND f.period_type = 'campaign'
	AND f.unit_code IS NOT DISTINCT FROM c.unit_code AND f.unit_name IS NOT DISTINCT FROM c.unit_name;
SELECT baocao.describe('baocao.commendation_rate', '13. Khen thưởng trên 100 điểm Ngày hội (commendations by level and recipient, and per 100 points that held the festival day in the campaign of the year).', '{
	"award_level": "Who gave the award.", "recipient_kind": "Who received it.", "awards": "How many were given.",
	"festival_points_held": "Commune-level points of the year''s campaign; NULL when none were reported.", "awards_per_100_points": "Awards per 100 of them."}');

GRANT EXECUTE ON FUNCTION baocao.model_ward_share, baocao.without_model_ward, baocao.model_ward_pace,
	baocao.model_ward_before_after, baocao.rural_security_fallen_back TO baocao_analyst;
