-- Targets for model wards: what is to be reached by whom and when. Who is meant is fixed by a day, since provinces and
-- districts were redrawn afterwards.
SET LOCAL ROLE baocao_owner;

CREATE FUNCTION baocao.describe(relation regclass, words text, columns jsonb DEFAULT '{}') RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	common constant jsonb := '{
		"year": "Year of the period''s last day.",
		"kind": "Kind of report.",
		"period_type": "Type of the period; rows of different types overlap.",
		"period_first": "First day of the period.",
		"period_last": "Last day of the period.",
		"top_unit_id": "The province or department; NULL for all.",
		"unit_id": "The unit.",
		"unit_code": "Code of the unit then; NULL in the row for all.",
		"unit_name": "Name of the unit then; NULL in the row for all.",
		"top_unit_code": "Code of its province or department.",
		"top_unit_name": "Name of its province or department.",
		"reports": "Reports that were added up.",
		"is_exact": "Whether every report''s figures were counted and none estimated."}';
	column_name name;
BEGIN
	EXECUTE format('COMMENT ON VIEW %s IS %L', relation, words);
	FOR column_name IN SELECT attname FROM pg_attribute WHERE attrelid = relation AND attnum > 0 LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', relation, column_name,
			coalesce(columns ->> column_name, common ->> column_name));
	END LOOP;
	EXECUTE format('GRANT SELECT ON %s TO baocao_analyst', relation);
END
$$;
COMMENT ON FUNCTION baocao.describe(regclass, text, jsonb) IS 'For migrations: comments a view and its columns, common words being known, and opens it to analysts.';

ALTER TABLE baocao.target ALTER COLUMN share DROP NOT NULL,
	ADD COLUMN minimum integer,
	ADD COLUMN cohort_level baocao.unit_level NOT NULL DEFAULT 'province',
	ADD COLUMN cohort_kind baocao.unit_kind NOT NULL DEFAULT 'central_city',
	ADD COLUMN cohort_on date NOT NULL DEFAULT '2022-10-01',
	ADD CONSTRAINT target_is_a_share_or_a_number CHECK (num_nonnulls(share, minimum) = 1),
	ADD CONSTRAINT target_minimum_is_positive CHECK (minimum > 0);
ALTER TABLE baocao.target ALTER COLUMN cohort_level DROP DEFAULT, ALTER COLUMN cohort_kind DROP DEFAULT,
	ALTER COLUMN cohort_on DROP DEFAULT;
COMMENT ON COLUMN baocao.target.measure IS 'What is measured: model_ward_share (model wards to wards), model_ward_count (model wards).';
COMMENT ON COLUMN baocao.target.share IS 'The share to reach, 0.30 for 30 %; NULL when it is a number.';
COMMENT ON COLUMN baocao.target.minimum IS 'The number to reach; NULL when it is a share.';
COMMENT ON COLUMN baocao.target.cohort_level IS 'Level of the units that are to reach it.';
COMMENT ON COLUMN baocao.target.cohort_kind IS 'Kind of these units; urban districts are those of the cities.';
COMMENT ON COLUMN baocao.target.cohort_on IS 'The day that fixes which units are meant, whatever became of them.';

ALTER TABLE baocao.target DROP CONSTRAINT target_once,
	ADD CONSTRAINT target_once UNIQUE (measure, cohort_level, cohort_kind, due);
INSERT INTO baocao.target (measure, minimum, due, cohort_level, cohort_kind, cohort_on, label_vi, label_en) VALUES
	('model_ward_count', 1, '2023-12-31', 'district', 'urban_district', '2022-10-01',
		'mỗi quận của năm thành phố ít nhất một phường', 'at least one ward in each urban district of the five cities'),
	('model_ward_count', 1, '2023-12-31', 'province', 'province', '2022-10-01',
		'mỗi tỉnh ít nhất một phường thí điểm', 'at least one pilot ward in each of the other provinces');

CREATE FUNCTION baocao.set_target(measure text, due date, cohort_level baocao.unit_level, cohort_kind baocao.unit_kind,
	cohort_on date, share numeric, minimum integer, label_vi text, label_en text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	set_id integer;
BEGIN
	PERFORM baocao_audit.record('set_target', jsonb_build_object('measure', $1, 'due', $2, 'cohort_level', $3,
		'cohort_kind', $4, 'cohort_on', $5, 'share', $6, 'minimum', $7, 'label_vi', $8, 'label_en', $9));
	INSERT INTO baocao.target (measure, share, minimum, due, cohort_level, cohort_kind, cohort_on, label_vi, label_en)
	VALUES ($1, $6, $7, $2, $3, $4, $5, $8, $9)
	ON CONFLICT ON CONSTRAINT target_once DO UPDATE SET share = excluded.share, minimum = excluded.minimum,
		cohort_on = excluded.cohort_on, label_vi = excluded.label_vi, label_en = excluded.label_en
	RETURNING target_id INTO set_id;
	RETURN set_id;
END
$$;
COMMENT ON FUNCTION baocao.set_target(text, date, baocao.unit_level, baocao.unit_kind, date, numeric, integer, text, text) IS 'Sets a target, or corrects the one for the same measure, units and day.';
GRANT EXECUTE ON FUNCTION baocao.set_target TO baocao_admin;

CREATE VIEW baocao.target_member WITH (security_invoker = true) AS
SELECT t.target_id, u.unit_id, u.code AS unit_code, u.name AS unit_name, u.top_unit_id
FROM baocao.target AS t
JOIN baocao.unit AS u ON u.level = t.cohort_level AND u.kind = t.cohort_kind AND u.valid @> t.cohort_on
JOIN baocao.unit AS top ON top.unit_id = u.top_unit_id
WHERE u.kind <> 'urban_district' OR top.kind = 'central_city';
SELECT baocao.describe('baocao.target_member', 'đơn vị phải đạt chỉ tiêu (who is to reach a target). The units that a target means, as they were on its day.', '{
	"target_id": "The target.", "unit_code": "Code on the target''s day.", "unit_name": "Name on the target''s day.", "top_unit_id": "The province."}');

/* model wards on a day */

CREATE VIEW baocao.sole_successor WITH (security_invoker = true) AS
SELECT s.predecessor_id, s.successor_id, s.since
FROM baocao.unit_succession AS s
WHERE s.extent = 'whole' AND NOT EXISTS (SELECT FROM baocao.unit_succession AS other
	WHERE other.successor_id = s.successor_id AND other.predecessor_id <> s.predecessor_id);
SELECT baocao.describe('baocao.sole_successor', 'đơn vị đổi tên (same unit under another name). Successions that neither merged nor split anything: what was said of the one holds for the other.', '{
	"predecessor_id": "The unit then.", "successor_id": "The unit since.", "since": "Since which day."}');

CREATE FUNCTION baocao.model_ward_on(day date DEFAULT current_date)
RETURNS TABLE (unit_id integer, unit_code text, unit_name text, parent_id integer, top_unit_id integer,
	stage baocao.model_ward_stage, stage_date date, is_model boolean, report_no bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE said AS MATERIALIZED (
		SELECT DISTINCT ON (r.unit_id) r.unit_id, m.stage, m.stage_date, r.report_no
		FROM baocao.current_report AS r JOIN baocao.model_ward AS m USING (top_unit_id, report_no)
		WHERE r.kind = 'model_ward' AND m.stage_date <= $1
		ORDER BY r.unit_id, m.stage_date DESC, r.period_last DESC
	), way AS (
		SELECT unit_id AS said_id, unit_id FROM said
		UNION ALL
		SELECT way.said_id, s.successor_id
		FROM way JOIN baocao.sole_successor AS s ON s.predecessor_id = way.unit_id AND s.since <= $1
	)
	SELECT DISTINCT ON (u.unit_id) u.unit_id, u.code, u.name, u.parent_id, u.top_unit_id, said.stage, said.stage_date,
		said.stage IN ('pilot', 'recognised'), said.report_no
	FROM way JOIN said ON said.unit_id = way.said_id
	JOIN baocao.unit AS u ON u.unit_id = way.unit_id AND u.valid @> $1
	ORDER BY u.unit_id, said.stage_date DESC
$$;
COMMENT ON FUNCTION baocao.model_ward_on(date) IS 'Wards on their way to model status on a day: of each ward that existed, the last stage that it had reached by then, whenever it was reported. A ward that was merged or split since begins anew; one that only got another name or province goes on.';

CREATE FUNCTION baocao.target_progress(day date DEFAULT current_date, of_measure text DEFAULT NULL)
RETURNS TABLE (target_id integer, label_vi text, label_en text, due date, unit_code text, unit_name text, counted_on date,
	wards integer, model_wards bigint, needed integer, missing bigint, share numeric, is_reached boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH member AS MATERIALIZED ( -- counted on the day or, when it is over by then, on the last day on which it makes sense
		SELECT t.target_id, t.label_vi, t.label_en, t.due, t.share, t.minimum, t.cohort_level, m.unit_id, m.unit_code, m.unit_name,
			CASE WHEN t.minimum IS NOT NULL THEN least($1, t.due) ELSE $1 END AS counted_on
		FROM baocao.target AS t JOIN baocao.target_member AS m USING (target_id)
		WHERE t.measure IN ('model_ward_share', 'model_ward_count') AND t.measure = coalesce($2, t.measure)
			AND ((SELECT baocao.sees_nation()) OR m.top_unit_id = ANY ((SELECT baocao.branch())::integer[])) -- of others nothing can be said
	), way AS MATERIALIZED ( -- cities go on as what they became
		SELECT d.counted_on, w.top_unit_id AS unit_id, w.target_id AS reached_id
		FROM (SELECT DISTINCT counted_on FROM member) AS d CROSS JOIN LATERAL baocao.top_unit_as_of(d.counted_on) AS w
	), model AS MATERIALIZED (
		SELECT d.counted_on, w.parent_id, w.top_unit_id, count(*) FILTER (WHERE w.is_model) AS model_wards
		FROM (SELECT DISTINCT counted_on FROM member) AS d CROSS JOIN LATERAL baocao.model_ward_on(d.counted_on) AS w
		GROUP BY d.counted_on, w.parent_id, w.top_unit_id
	), census AS MATERIALIZED (
		SELECT * FROM baocao.commune_census
	), counted AS MATERIALIZED (
		SELECT m.*, c.wards, (SELECT coalesce(sum(x.model_wards), 0)::bigint FROM model AS x WHERE x.counted_on = m.counted_on
			AND (m.cohort_level = 'district' AND x.parent_id = m.unit_id
				OR m.cohort_level = 'province' AND x.top_unit_id = coalesce(way.reached_id, m.unit_id))) AS model_wards
		FROM member AS m
		LEFT JOIN way ON m.cohort_level = 'province' AND (way.counted_on, way.unit_id) = (m.counted_on, m.unit_id)
		LEFT JOIN census AS c ON m.share IS NOT NULL
			AND c.unit_id = coalesce(way.reached_id, m.unit_id) AND c.stands @> m.counted_on
	)
	SELECT c.target_id, c.label_vi, c.label_en, c.due, c.unit_code, c.unit_name, c.counted_on, c.wards, c.model_wards,
		n.needed, greatest(n.needed - c.model_wards, 0), round(c.model_wards::numeric / nullif(c.wards, 0), 4),
		c.model_wards >= n.needed
	FROM counted AS c CROSS JOIN LATERAL (SELECT coalesce(c.minimum, ceil(c.wards * c.share)::integer) AS needed) AS n
	ORDER BY c.due, c.target_id, c.unit_code
$$;
COMMENT ON FUNCTION baocao.target_progress(date, text) IS 'Every target (of one measure, when given) and every unit that is to reach it, on a day: model wards, how many are needed and missing. Wards in existence are those of the published census; cities redrawn since go on as the city they became. A number due on a day is not counted after it.';

GRANT EXECUTE ON FUNCTION baocao.model_ward_on, baocao.target_progress TO baocao_analyst;
