-- Units through time: what became of a unit and where it came from, and the import of districts, communes and successions.
SET LOCAL ROLE baocao_owner;

-- Codes are corrected and days move within one import: what matters is how the catalogue looks at its end.
ALTER TABLE baocao.unit DROP CONSTRAINT unit_code_means_one_unit_at_a_time;
ALTER TABLE baocao.unit ADD CONSTRAINT unit_code_means_one_unit_at_a_time EXCLUDE USING gist (code WITH =, valid WITH &&)
	DEFERRABLE INITIALLY IMMEDIATE;

/* lineage */

CREATE FUNCTION baocao.unit_successors(unit_id integer, day date DEFAULT current_date)
RETURNS TABLE (successor_id integer, extent baocao.succession_extent, steps integer)
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE step AS (
		SELECT $1 AS unit_id, 'whole'::baocao.succession_extent AS extent, 0 AS steps
		UNION ALL
		SELECT s.successor_id, greatest(step.extent, s.extent), step.steps + 1
		FROM step JOIN baocao.unit_succession AS s ON s.predecessor_id = step.unit_id AND s.since <= $2
	)
	SELECT step.unit_id, max(step.extent), min(step.steps)
	FROM step JOIN baocao.unit AS u USING (unit_id)
	WHERE u.valid @> $2
	GROUP BY step.unit_id
$$;
COMMENT ON FUNCTION baocao.unit_successors(integer, date) IS 'What a unit had become by a day: the units of that day, each with whether all of it passed there (whole) or some of it (part). The unit itself while it exists; nothing when it left no successor or did not exist yet.';

CREATE FUNCTION baocao.unit_predecessors(unit_id integer, day date)
RETURNS TABLE (predecessor_id integer, extent baocao.succession_extent, steps integer)
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE step AS (
		SELECT $1 AS unit_id, 'whole'::baocao.succession_extent AS extent, 0 AS steps
		UNION ALL
		SELECT s.predecessor_id, greatest(step.extent, s.extent), step.steps + 1
		FROM step JOIN baocao.unit_succession AS s ON s.successor_id = step.unit_id AND s.since > $2
	)
	SELECT step.unit_id, max(step.extent), min(step.steps)
	FROM step JOIN baocao.unit AS u USING (unit_id)
	WHERE u.valid @> $2
	GROUP BY step.unit_id
$$;
COMMENT ON FUNCTION baocao.unit_predecessors(integer, date) IS 'What a unit was made of on an earlier day: the units of that day, each with whether all of it came here (whole) or some of it (part).';

CREATE FUNCTION baocao.top_unit_as_of(day date DEFAULT current_date)
RETURNS TABLE (top_unit_id integer, target_id integer)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100 SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE top AS MATERIALIZED ( -- some hundred of many thousand units
		SELECT unit_id, valid FROM baocao.unit WHERE parent_id IS NULL
	), link AS MATERIALIZED (
		SELECT s.predecessor_id, s.successor_id, s.since
		FROM top JOIN baocao.unit_succession AS s ON s.predecessor_id = top.unit_id AND s.extent = 'whole'
	), forward AS (
		SELECT unit_id AS top_unit_id, unit_id AS reached_id FROM top
		UNION ALL
		SELECT f.top_unit_id, l.successor_id
		FROM forward AS f JOIN link AS l ON l.predecessor_id = f.reached_id AND l.since <= $1
	), backward AS ( -- a new name for the same unit leads back as well as on; a merger does not
		SELECT unit_id AS top_unit_id, unit_id AS reached_id FROM top WHERE lower(valid) > $1
		UNION ALL
		SELECT b.top_unit_id, l.predecessor_id
		FROM backward AS b JOIN link AS l ON l.successor_id = b.reached_id AND l.since > $1
		WHERE NOT EXISTS (SELECT FROM baocao.unit_succession AS other
			WHERE other.successor_id = b.reached_id AND other.predecessor_id <> l.predecessor_id)
	)
	SELECT top.unit_id, reached.unit_id
	FROM top
	LEFT JOIN (SELECT * FROM forward UNION SELECT * FROM backward) AS way
		JOIN top AS reached ON reached.unit_id = way.reached_id AND reached.valid @> $1
		ON way.top_unit_id = top.unit_id
$$;
COMMENT ON FUNCTION baocao.top_unit_as_of(date) IS 'For every province and department that ever was, the one of a day on which its figures count: where it had passed whole by then or, for later days than that, what it was under another name. NULL where a figure cannot be given on that day''s provinces: the unit was split since, or merged from several.';

CREATE FUNCTION baocao.province_on(code text, code_on date, day date DEFAULT current_date) RETURNS integer
LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	SELECT target_id FROM baocao.top_unit_as_of($3)
	WHERE top_unit_id = (SELECT top_unit_id FROM baocao.unit WHERE unit_id = baocao.unit_on($1, $2))
$$;
COMMENT ON FUNCTION baocao.province_on(text, date, date) IS 'The province of a day (today''s, when none is given) under which a unit falls that is named by its code on another day.';

CREATE VIEW baocao.unit_lineage WITH (security_invoker = true) AS
SELECT old.unit_id AS predecessor_id, old.level, old.code AS old_code, old.name AS old_name, old_top.name AS old_province,
	s.since, s.extent, new.unit_id AS successor_id, new.code AS new_code, new.name AS new_name, new_top.name AS new_province,
	count(*) OVER (PARTITION BY s.predecessor_id) > 1 AS is_split, count(*) OVER (PARTITION BY s.successor_id) > 1 AS is_merger
FROM baocao.unit_succession AS s
JOIN baocao.unit AS old ON old.unit_id = s.predecessor_id
JOIN baocao.unit AS new ON new.unit_id = s.successor_id
JOIN baocao.unit AS old_top ON old_top.unit_id = old.top_unit_id
JOIN baocao.unit AS new_top ON new_top.unit_id = new.top_unit_id;
COMMENT ON VIEW baocao.unit_lineage IS 'kế thừa bằng lời (lineage in words). Which unit became which, one row for each step.';
COMMENT ON COLUMN baocao.unit_lineage.predecessor_id IS 'The unit that ended.';
COMMENT ON COLUMN baocao.unit_lineage.level IS 'Its level.';
COMMENT ON COLUMN baocao.unit_lineage.old_code IS 'Its code.';
COMMENT ON COLUMN baocao.unit_lineage.old_name IS 'Its name.';
COMMENT ON COLUMN baocao.unit_lineage.old_province IS 'Its province.';
COMMENT ON COLUMN baocao.unit_lineage.since IS 'First day of the successor''s office.';
COMMENT ON COLUMN baocao.unit_lineage.extent IS 'Whether all of it passed there, or a part.';
COMMENT ON COLUMN baocao.unit_lineage.successor_id IS 'The unit that took its place.';
COMMENT ON COLUMN baocao.unit_lineage.new_code IS 'The successor''s code.';
COMMENT ON COLUMN baocao.unit_lineage.new_name IS 'The successor''s name.';
COMMENT ON COLUMN baocao.unit_lineage.new_province IS 'The successor''s province.';
COMMENT ON COLUMN baocao.unit_lineage.is_split IS 'Whether the predecessor went to several: its figures cannot be given below the province.';
COMMENT ON COLUMN baocao.unit_lineage.is_merger IS 'Whether the successor came from several.';

GRANT SELECT ON baocao.unit_lineage TO baocao_analyst, baocao_admin;
GRANT EXECUTE ON FUNCTION baocao.unit_successors, baocao.unit_predecessors, baocao.top_unit_as_of, baocao.province_on
	TO baocao_analyst, baocao_admin;

/* import */

CREATE TABLE baocao.unit_import (
	import_no integer NOT NULL GENERATED ALWAYS AS IDENTITY,
	imported_at timestamptz NOT NULL DEFAULT now(),
	imported_by text NOT NULL DEFAULT session_user,
	units_added integer NOT NULL,
	units_changed integer NOT NULL,
	units_removed integer NOT NULL,
	successions_added integer NOT NULL,
	successions_removed integer NOT NULL,
	CONSTRAINT unit_import_pkey PRIMARY KEY (import_no)
);
COMMENT ON TABLE baocao.unit_import IS 'lần nạp danh mục (import of units). One row for each import that changed something.';
COMMENT ON COLUMN baocao.unit_import.import_no IS 'Number of the import.';
COMMENT ON COLUMN baocao.unit_import.imported_at IS 'When it was done.';
COMMENT ON COLUMN baocao.unit_import.imported_by IS 'Who did it.';
COMMENT ON COLUMN baocao.unit_import.units_added IS 'Versions of units that were added.';
COMMENT ON COLUMN baocao.unit_import.units_changed IS 'Versions that were corrected.';
COMMENT ON COLUMN baocao.unit_import.units_removed IS 'Versions that no longer stand; only such as nothing refers to.';
COMMENT ON COLUMN baocao.unit_import.successions_added IS 'Successions that were added or corrected.';
COMMENT ON COLUMN baocao.unit_import.successions_removed IS 'Successions that no longer stand.';
GRANT SELECT ON baocao.unit_import TO baocao_analyst, baocao_admin;
CREATE POLICY reference ON baocao.unit_import FOR SELECT USING (true);
COMMENT ON POLICY reference ON baocao.unit_import IS 'When units changed is public, as they are.';
ALTER TABLE baocao.unit_import ENABLE ROW LEVEL SECURITY;

CREATE FUNCTION baocao.csv_fields(line text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN line !~ '^(("([^"]|"")*"|[^",]*)(,|$))*$' THEN NULL ELSE (
		SELECT array_agg(normalize(btrim(CASE WHEN field[1] LIKE '"%'
			THEN replace(substr(field[1], 2, length(field[1]) - 2), '""', '"') ELSE field[1] END)) ORDER BY place)
		FROM regexp_matches(line || ',', '("(?:[^"]|"")*"|[^",]*),', 'g') WITH ORDINALITY AS found (field, place)) END
$$;
COMMENT ON FUNCTION baocao.csv_fields(text) IS 'The fields of one line of CSV, trimmed and in normal form C; NULL when its quotes do not match.';

CREATE FUNCTION baocao.date_or_null(words text) RETURNS date
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF words ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN
		RETURN make_date(substr(words, 1, 4)::integer, substr(words, 6, 2)::integer, substr(words, 9, 2)::integer);
	END IF;
	RETURN NULL;
EXCEPTION WHEN datetime_field_overflow THEN
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION baocao.date_or_null(text) IS 'A day written as 2025-07-01; NULL when it is none.';

CREATE FUNCTION baocao.parse_unit_line(line text)
RETURNS TABLE (code text, level baocao.unit_level, kind baocao.unit_kind, name text, parent_code text, days daterange,
	was_code text, problem text)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	f text[] := baocao.csv_fields(line);
	first date;
	until date;
BEGIN
	IF f IS NULL OR cardinality(f) NOT IN (7, 8) THEN
		problem := 'a line has seven or eight fields: code,level,kind,name,parent_code,valid_from,valid_to,was_code';
		RETURN NEXT;
		RETURN;
	END IF;
	f := array_replace(f, '', NULL);
	first := baocao.date_or_null(f[6]);
	until := baocao.date_or_null(f[7]);
	code := f[1];
	name := f[4];
	parent_code := f[5];
	was_code := coalesce(f[8], f[1]);
	problem := CASE
		WHEN f[2] IS NULL OR f[2] NOT IN ('district', 'commune') THEN format('level must be district or commune, not %s', f[2])
		WHEN code IS NULL OR code !~ CASE f[2] WHEN 'district' THEN '^[0-9]{3}$' ELSE '^[0-9]{5}$' END
			THEN format('code of a %s must have %s digits, not %s', f[2], CASE f[2] WHEN 'district' THEN 3 ELSE 5 END, code)
		WHEN f[3] IS NULL OR f[3] <> ALL (CASE f[2] WHEN 'district' THEN '{urban_district,rural_district,town,city}'
			ELSE '{ward,commune,township,special_zone}' END::text[]) THEN format('kind %s is none of a %s', f[3], f[2])
		WHEN name IS NULL THEN 'name is missing'
		WHEN parent_code IS NULL THEN 'parent_code is missing'
		WHEN first IS NULL THEN format('valid_from is no day: %s', f[6])
		WHEN f[7] IS NOT NULL AND until IS NULL THEN format('valid_to is no day: %s', f[7])
		WHEN until <= first THEN 'valid_to is not after valid_from'
	END;
	IF problem IS NULL THEN
		level := f[2];
		kind := f[3];
		days := daterange(first, until);
	END IF;
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION baocao.parse_unit_line(text) IS 'Reads one line of a file of units, or says what is wrong with it.';

CREATE FUNCTION baocao.parse_succession_line(line text)
RETURNS TABLE (old_code text, new_code text, since date, extent baocao.succession_extent, problem text)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	f text[] := baocao.csv_fields(line);
BEGIN
	IF f IS NULL OR cardinality(f) <> 4 THEN
		problem := 'a line has four fields: old_code,new_code,since,extent';
		RETURN NEXT;
		RETURN;
	END IF;
	old_code := f[1];
	new_code := f[2];
	since := baocao.date_or_null(f[3]);
	problem := CASE
		WHEN old_code !~ '^([0-9]{3}|[0-9]{5})$' THEN format('old_code is no code of a district or commune: %s', f[1])
		WHEN new_code !~ '^([0-9]{3}|[0-9]{5})$' THEN format('new_code is no code of a district or commune: %s', f[2])
		WHEN since IS NULL THEN format('since is no day: %s', f[3])
		WHEN f[4] NOT IN ('whole', 'part') THEN format('extent must be whole or part, not %s', f[4])
	END;
	IF problem IS NULL THEN
		extent := f[4];
	END IF;
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION baocao.parse_succession_line(text) IS 'Reads one line of a file of successions, or says what is wrong with it.';

-- The import works in temporary tables of its own session: unit_line and succession_line hold the files, unit_match which
-- version of the catalogue each line speaks of, unit_doomed what no longer stands.
CREATE FUNCTION baocao.import_read(units text[], successions text[]) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	problems jsonb;
BEGIN
	CREATE TEMP TABLE unit_line ON COMMIT DROP AS
	SELECT line_no::integer, parsed.* FROM unnest(units) WITH ORDINALITY AS file (line, line_no)
	CROSS JOIN LATERAL baocao.parse_unit_line(line) AS parsed WHERE line_no > 1 AND line <> '';
	CREATE TEMP TABLE succession_line ON COMMIT DROP AS
	SELECT line_no::integer, parsed.* FROM unnest(successions) WITH ORDINALITY AS file (line, line_no)
	CROSS JOIN LATERAL baocao.parse_succession_line(line) AS parsed WHERE line_no > 1 AND line <> '';
	CREATE TEMP TABLE unit_match (line_no integer, level baocao.unit_level, code text, was_code text, kind baocao.unit_kind,
		name text, parent_id integer, days daterange, unit_id integer) ON COMMIT DROP;
	CREATE TEMP TABLE unit_doomed (unit_id integer PRIMARY KEY, top_unit_id integer, level baocao.unit_level, line_no integer)
		ON COMMIT DROP;
	CREATE TEMP TABLE unit_before ON COMMIT DROP AS SELECT * FROM baocao.unit;
	CREATE TEMP TABLE succession_before ON COMMIT DROP AS SELECT * FROM baocao.unit_succession;
	ANALYZE unit_line, succession_line, unit_before, succession_before;

	SELECT jsonb_agg(row_to_json(wrong)) INTO problems FROM (
		SELECT 'units' AS file, 1 AS line_no, 'the first line must be code,level,kind,name,parent_code,valid_from,valid_to[,was_code]' AS problem
		WHERE units[1] IS DISTINCT FROM 'code,level,kind,name,parent_code,valid_from,valid_to'
			AND units[1] IS DISTINCT FROM 'code,level,kind,name,parent_code,valid_from,valid_to,was_code'
		UNION ALL
		SELECT 'succession', 1, 'the first line must be old_code,new_code,since,extent'
		WHERE cardinality(successions) > 0 AND successions[1] IS DISTINCT FROM 'old_code,new_code,since,extent'
		UNION ALL
		SELECT 'units', l.line_no, l.problem FROM unit_line AS l WHERE l.problem IS NOT NULL
		UNION ALL
		SELECT 'succession', l.line_no, l.problem FROM succession_line AS l WHERE l.problem IS NOT NULL
		UNION ALL
		SELECT 'units', b.line_no, format('code %s has these days in line %s already', b.code, a.line_no)
		FROM unit_line AS a JOIN unit_line AS b ON b.code = a.code AND b.line_no > a.line_no AND b.days && a.days
		UNION ALL
		SELECT 'succession', b.line_no, format('the same as line %s', a.line_no)
		FROM succession_line AS a
		JOIN succession_line AS b USING (old_code, new_code, since) WHERE b.line_no > a.line_no
		UNION ALL
		SELECT 'succession', min(l.line_no), CASE WHEN bool_or(l.extent = 'whole')
			THEN format('%s passed whole to one successor on %s, so it has no other', l.old_code, l.since)
			ELSE format('%s passed in part on %s, so it has a second successor', l.old_code, l.since) END
		FROM succession_line AS l WHERE l.problem IS NULL
		GROUP BY l.old_code, l.since
		HAVING bool_or(l.extent = 'whole') AND count(*) > 1 OR bool_or(l.extent = 'part') AND count(*) = 1
	) AS wrong;
	RETURN coalesce(problems, '[]');
END
$$;
COMMENT ON FUNCTION baocao.import_read(text[], text[]) IS 'Part of import_units: reads both files and says what is wrong with them by themselves.';

CREATE FUNCTION baocao.import_level(level baocao.unit_level) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	problems jsonb;
BEGIN
	-- A line is one version for each version of its parent.
	INSERT INTO unit_match (line_no, level, code, was_code, kind, name, parent_id, days)
	SELECT l.line_no, l.level, l.code, l.was_code, l.kind, l.name, p.unit_id, l.days * p.valid
	FROM unit_line AS l
	JOIN baocao.unit AS p ON p.code = l.parent_code AND p.valid && l.days AND p.level < l.level AND p.level <> 'department'
	WHERE l.level = $1 AND NOT EXISTS (SELECT FROM unit_doomed AS d WHERE d.unit_id = p.unit_id);

	-- The version of the catalogue that it speaks of: the one that begins on the same day, or else the one it overlaps most.
	UPDATE unit_match AS m SET unit_id = u.unit_id
	FROM baocao.unit AS u
	WHERE m.level = $1 AND u.level = $1 AND lower(u.valid) = lower(m.days) AND u.code = (
		SELECT x.code FROM baocao.unit AS x WHERE x.code IN (m.code, m.was_code) AND x.level = $1
			AND lower(x.valid) = lower(m.days) ORDER BY x.code <> m.code LIMIT 1);
	WITH free AS (
		SELECT m.ctid AS place, u.unit_id, u.code <> m.code AS was,
			least(upper(u.valid), upper(m.days), '9999-12-31') - lower(u.valid * m.days) AS days
		FROM unit_match AS m JOIN baocao.unit AS u ON u.code IN (m.code, m.was_code) AND u.valid && m.days
		WHERE m.level = $1 AND u.level = $1 AND m.unit_id IS NULL
			AND NOT EXISTS (SELECT FROM unit_match AS taken WHERE taken.unit_id = u.unit_id)
	), best AS (
		SELECT DISTINCT ON (unit_id) unit_id, place, was, days FROM free ORDER BY unit_id, was, days DESC, place
	), chosen AS (
		SELECT DISTINCT ON (place) place, unit_id FROM best ORDER BY place, was, days DESC, unit_id
	)
	UPDATE unit_match AS m SET unit_id = chosen.unit_id FROM chosen WHERE m.ctid = chosen.place;

	INSERT INTO unit_doomed (unit_id, top_unit_id, level, line_no)
	SELECT u.unit_id, u.top_unit_id, u.level, min(l.line_no)
	FROM baocao.unit AS u JOIN unit_line AS l ON l.level = u.level AND l.code = u.code
	WHERE u.level = $1 AND NOT EXISTS (SELECT FROM unit_match AS m WHERE m.unit_id = u.unit_id)
	GROUP BY u.unit_id;

	UPDATE baocao.unit AS u SET code = m.code, kind = m.kind, name = m.name, parent_id = m.parent_id, valid = m.days
	FROM unit_match AS m JOIN baocao.unit AS p ON p.unit_id = m.parent_id
	WHERE m.unit_id = u.unit_id AND m.level = $1 AND (u.code, u.kind, u.name, u.parent_id, u.valid, u.top_unit_id)
		IS DISTINCT FROM (m.code, m.kind, m.name, m.parent_id, m.days, p.top_unit_id);
	UPDATE unit_match AS m SET unit_id = nextval(pg_get_serial_sequence('baocao.unit', 'unit_id'))
	WHERE m.level = $1 AND m.unit_id IS NULL;
	INSERT INTO baocao.unit (unit_id, code, level, kind, name, parent_id, valid)
	SELECT m.unit_id, m.code, m.level, m.kind, m.name, m.parent_id, m.days FROM unit_match AS m
	WHERE m.level = $1 AND NOT EXISTS (SELECT FROM baocao.unit AS u WHERE u.unit_id = m.unit_id);

	SELECT jsonb_agg(row_to_json(wrong)) INTO problems FROM (
		SELECT 'units' AS file, l.line_no, CASE WHEN count(m.days) = 0 THEN format('there is no unit %s above it on its days', l.parent_code)
			ELSE format('unit %s above it does not exist on all of its days', l.parent_code) END AS problem
		FROM unit_line AS l LEFT JOIN unit_match AS m USING (line_no)
		WHERE l.level = $1
		GROUP BY l.line_no, l.parent_code, l.days
		HAVING coalesce(range_agg(m.days), '{}') <> datemultirange(l.days)
	) AS wrong;
	RETURN coalesce(problems, '[]');
END
$$;
COMMENT ON FUNCTION baocao.import_level(baocao.unit_level) IS 'Part of import_units: brings one level of the catalogue to what the file says and returns problems.';

CREATE FUNCTION baocao.import_succession() RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	problems jsonb;
BEGIN
	DELETE FROM baocao.unit_succession AS s USING unit_doomed AS d WHERE d.unit_id IN (s.predecessor_id, s.successor_id);
	CREATE TEMP TABLE succession_wanted ON COMMIT DROP AS
	SELECT l.line_no, l.old_code, l.new_code, l.since, l.extent, old.unit_id AS predecessor_id, new.unit_id AS successor_id,
		old.valid AS old_days
	FROM succession_line AS l
	LEFT JOIN baocao.unit AS old ON old.code = l.old_code AND old.valid @> l.since - 1
		AND NOT EXISTS (SELECT FROM unit_doomed AS d WHERE d.unit_id = old.unit_id)
	LEFT JOIN baocao.unit AS new ON new.code = l.new_code AND new.valid @> l.since
		AND NOT EXISTS (SELECT FROM unit_doomed AS d WHERE d.unit_id = new.unit_id);

	SELECT jsonb_agg(row_to_json(wrong)) INTO problems FROM (
		SELECT 'succession' AS file, w.line_no, CASE
			WHEN w.predecessor_id IS NULL THEN format('no unit has the code %s on %s', w.old_code, w.since - 1)
			WHEN w.successor_id IS NULL THEN format('no unit has the code %s on %s', w.new_code, w.since)
			ELSE format('unit %s goes on after %s', w.old_code, w.since - 1) END AS problem
		FROM succession_wanted AS w
		WHERE w.predecessor_id IS NULL OR w.successor_id IS NULL OR upper(w.old_days) IS DISTINCT FROM w.since
	) AS wrong;
	IF problems IS NOT NULL THEN
		RETURN problems;
	END IF;

	-- One line over several versions of its parent is one unit.
	INSERT INTO succession_wanted (since, extent, predecessor_id, successor_id)
	SELECT lower(b.days), 'whole', a.unit_id, b.unit_id
	FROM unit_match AS a JOIN unit_match AS b ON b.line_no = a.line_no AND lower(b.days) = upper(a.days)
	WHERE NOT EXISTS (SELECT FROM succession_wanted AS w WHERE w.predecessor_id = a.unit_id);
	DELETE FROM baocao.unit_succession AS s
	WHERE EXISTS (SELECT FROM succession_wanted AS w WHERE w.predecessor_id = s.predecessor_id)
		AND NOT EXISTS (SELECT FROM succession_wanted AS w WHERE (w.predecessor_id, w.successor_id) = (s.predecessor_id, s.successor_id));
	INSERT INTO baocao.unit_succession AS s (predecessor_id, successor_id, extent, since)
	SELECT w.predecessor_id, w.successor_id, w.extent, w.since FROM succession_wanted AS w
	ON CONFLICT ON CONSTRAINT unit_succession_pkey DO UPDATE SET extent = excluded.extent, since = excluded.since
		WHERE (s.extent, s.since) IS DISTINCT FROM (excluded.extent, excluded.since);
	RETURN '[]';
END
$$;
COMMENT ON FUNCTION baocao.import_succession() IS 'Part of import_units: brings successions to what the file says and returns problems.';

CREATE FUNCTION baocao.import_aftermath() RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	RETURN (WITH filed AS ( -- units that reports were filed for, and that are not what they were
		SELECT b.unit_id, b.code, m.line_no, r.reports, r.misplaced, u.top_unit_id <> b.top_unit_id AS moved, d.unit_id IS NOT NULL AS doomed
		FROM unit_before AS b
		LEFT JOIN baocao.unit AS u USING (unit_id)
		LEFT JOIN unit_doomed AS d USING (unit_id)
		LEFT JOIN (SELECT unit_id, min(line_no) AS line_no FROM unit_match GROUP BY unit_id) AS m USING (unit_id)
		CROSS JOIN LATERAL (SELECT count(*) AS reports, count(*) FILTER (WHERE NOT u.valid @> r.period_last) AS misplaced
			FROM baocao.report AS r WHERE (r.top_unit_id, r.unit_id) = (b.top_unit_id, b.unit_id)) AS r
		WHERE d.unit_id IS NOT NULL OR (u.valid, u.top_unit_id) IS DISTINCT FROM (b.valid, b.top_unit_id)
	)
	SELECT coalesce(jsonb_agg(row_to_json(wrong)), '[]') FROM (
		SELECT 'units' AS file, f.line_no, format('%s reports of unit %s stand for days that it would lose', f.misplaced, f.code) AS problem
		FROM filed AS f WHERE f.misplaced > 0 AND NOT f.doomed
		UNION ALL
		SELECT 'units', f.line_no, format('%s reports of unit %s are stored under another province', f.reports, f.code)
		FROM filed AS f WHERE f.moved AND f.reports > 0 AND NOT f.doomed
		UNION ALL
		SELECT 'units', d.line_no, format('unit %s from %s is not in the file, but %s refer to it', u.code, lower(u.valid), w.who)
		FROM unit_doomed AS d JOIN baocao.unit AS u USING (unit_id)
		CROSS JOIN LATERAL (SELECT concat_ws(', ',
			(SELECT f.reports || ' reports' FROM filed AS f WHERE f.unit_id = d.unit_id AND f.reports > 0),
			(SELECT count(*) || ' collectors' FROM baocao.collector AS c WHERE c.scope_unit_id = d.unit_id HAVING count(*) > 0),
			(SELECT count(*) || ' units under it' FROM baocao.unit AS c WHERE c.parent_id = d.unit_id
				AND NOT EXISTS (SELECT FROM unit_doomed AS cd WHERE cd.unit_id = c.unit_id) HAVING count(*) > 0)) AS who) AS w
		WHERE w.who <> ''
		UNION ALL
		SELECT 'units', m.line_no, format('unit %s from %s would outlive unit %s above it', u.code, lower(u.valid), p.code)
		FROM baocao.unit AS u JOIN baocao.unit AS p ON p.unit_id = u.parent_id
		LEFT JOIN unit_match AS m ON m.unit_id = u.unit_id
		WHERE NOT p.valid @> u.valid AND NOT EXISTS (SELECT FROM unit_doomed AS d WHERE d.unit_id = u.unit_id)
		UNION ALL
		SELECT 'units', NULL, format('unit %s is not in the file, but unit %s above it moved to another province', u.code, p.code)
		FROM baocao.unit AS u JOIN baocao.unit AS p ON p.unit_id = u.parent_id
		WHERE u.top_unit_id <> p.top_unit_id AND NOT EXISTS (SELECT FROM unit_doomed AS d WHERE d.unit_id = u.unit_id)
		UNION ALL
		SELECT 'units', coalesce(m.line_no, n.line_no), format('code %s would mean two units on %s', a.code, lower(a.valid * b.valid))
		FROM baocao.unit AS a JOIN baocao.unit AS b ON b.code = a.code AND b.valid && a.valid AND b.unit_id > a.unit_id
		LEFT JOIN unit_match AS m ON m.unit_id = b.unit_id LEFT JOIN unit_match AS n ON n.unit_id = a.unit_id
		WHERE NOT EXISTS (SELECT FROM unit_doomed AS d WHERE d.unit_id IN (a.unit_id, b.unit_id))
		UNION ALL
		SELECT 'units', m.line_no, format('unit %s would no longer end on %s, when %s followed it', u.code, s.since, n.code)
		FROM baocao.unit_succession AS s JOIN baocao.unit AS u ON u.unit_id = s.predecessor_id
		JOIN baocao.unit AS n ON n.unit_id = s.successor_id LEFT JOIN unit_match AS m ON m.unit_id = u.unit_id
		WHERE upper(u.valid) IS DISTINCT FROM s.since OR NOT n.valid @> s.since
	) AS wrong);
END
$$;
COMMENT ON FUNCTION baocao.import_aftermath() IS 'Part of import_units: what in the catalogue, or between it and what was filed, would no longer hang together.';

CREATE FUNCTION baocao.import_units(units text[], successions text[] DEFAULT '{}', dry_run boolean DEFAULT false)
RETURNS TABLE (file text, line_no integer, problem text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	problems jsonb := '[]';
BEGIN
	PERFORM baocao_audit.record('import_units', jsonb_build_object('units', $1, 'successions', $2, 'dry_run', $3));
	PERFORM pg_advisory_xact_lock(hashtext('baocao.import_units'));
	BEGIN
		problems := baocao.import_read(units, successions);
		IF problems = '[]' THEN
			SET CONSTRAINTS baocao.unit_code_means_one_unit_at_a_time DEFERRED;
			problems := baocao.import_level('district') || baocao.import_level('commune');
			problems := problems || baocao.import_succession();
			problems := problems || baocao.import_aftermath();
		END IF;
		IF problems <> '[]' OR dry_run THEN
			RAISE EXCEPTION USING ERRCODE = 'BC001', MESSAGE = 'taken back';
		END IF;
		DELETE FROM baocao.unit WHERE unit_id IN (SELECT d.unit_id FROM unit_doomed AS d WHERE d.level = 'commune');
		DELETE FROM baocao.unit WHERE unit_id IN (SELECT d.unit_id FROM unit_doomed AS d);
		SET CONSTRAINTS baocao.unit_code_means_one_unit_at_a_time IMMEDIATE;
		PERFORM baocao.import_note();
		PERFORM baocao.import_mark();
		DROP TABLE unit_line, succession_line, unit_match, unit_doomed, unit_before, succession_before, succession_wanted;
	EXCEPTION WHEN SQLSTATE 'BC001' THEN
		NULL;
	END;
	RETURN QUERY SELECT f.file, f.line_no, f.problem
	FROM jsonb_to_recordset(problems) AS f (file text, line_no integer, problem text) ORDER BY f.file DESC, f.line_no, f.problem;
END
$$;
COMMENT ON FUNCTION baocao.import_units(text[], text[], boolean) IS 'Brings districts, communes and successions to what two files say, given as arrays of lines with the header first; each file is the whole truth about every code that it names, and codes it does not name stay. Returns every problem with its line; with any problem, or as a dry run, nothing is changed. schema/import-units calls it.';

CREATE FUNCTION baocao.import_note() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	WITH change AS (
		SELECT (SELECT count(*) FROM unit_match AS m WHERE NOT EXISTS (SELECT FROM unit_before AS b WHERE b.unit_id = m.unit_id)) AS added,
			(SELECT count(*) FROM unit_before AS b JOIN baocao.unit AS u USING (unit_id)
				WHERE (b.code, b.kind, b.name, b.parent_id, b.valid) IS DISTINCT FROM (u.code, u.kind, u.name, u.parent_id, u.valid)) AS changed,
			(SELECT count(*) FROM unit_doomed) AS removed,
			(SELECT count(*) FROM (TABLE baocao.unit_succession EXCEPT TABLE succession_before) AS s) AS linked,
			(SELECT count(*) FROM succession_before AS b WHERE NOT EXISTS (SELECT FROM baocao.unit_succession AS s
				WHERE (s.predecessor_id, s.successor_id) = (b.predecessor_id, b.successor_id))) AS unlinked
	)
	INSERT INTO baocao.unit_import (units_added, units_changed, units_removed, successions_added, successions_removed)
	SELECT added, changed, removed, linked, unlinked FROM change WHERE added + changed + removed + linked + unlinked > 0;
END
$$;
COMMENT ON FUNCTION baocao.import_note() IS 'Part of import_units: notes what was changed, when anything was.';

-- Sums are kept by kind of unit. The lock lets a fold that is under way end: it works with the kinds of before.
CREATE FUNCTION baocao.import_mark() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF EXISTS (SELECT FROM unit_before AS b JOIN baocao.unit AS u USING (unit_id) WHERE b.kind <> u.kind) THEN
		PERFORM pg_advisory_xact_lock(hashtext('baocao.fold'));
		INSERT INTO baocao_fold.touched (top_unit_id, kind, year, first_report_no, last_report_no)
		SELECT r.top_unit_id, r.kind, extract(year FROM r.period_last), r.report_no, r.report_no
		FROM unit_before AS b
		JOIN baocao.unit AS u USING (unit_id)
		JOIN baocao.report AS r ON (r.top_unit_id, r.unit_id) = (u.top_unit_id, u.unit_id)
		WHERE b.kind <> u.kind
		ON CONFLICT DO NOTHING;
	END IF;
END
$$;
COMMENT ON FUNCTION baocao.import_mark() IS 'Part of import_units: marks the reports of units whose kind was corrected, so that views count them under the right one.';

GRANT EXECUTE ON FUNCTION baocao.import_units TO baocao_admin;
