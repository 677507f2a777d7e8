-- What makes ten years of commune-level reports answer at once and yet never stale.
--
-- baocao.fold(), run by a timer, keeps what stands (the highest revisions) and its sums. Whoever stores reports ends the same
-- transaction with baocao.mark_stored(): for each top unit, kind and year (a cell) the range of numbers that the new reports
-- have. A view takes what was folded and sets it right by the marked reports, all in one snapshot: of each key (unit, kind,
-- period) that a mark leads to, what stood by the last fold is taken off and what stands now is put on. So an acknowledged
-- report is in every total, folded or not, and what a view costs grows with what was stored since the last fold, not with what
-- is stored. Marks are added by writers, taken away by fold() alone, and changed by nobody: nobody waits for anybody.
--
-- Why nothing is lost. A report and its mark become visible by one COMMIT. fold() takes the marks that it sees, works out every
-- key that they lead to from the reports themselves, and takes away just these marks: a mark that comes meanwhile stays. Working
-- out a key once more changes nothing, so a mark may lead to more than it was made for.
-- Ten years answer in a tenth of a second; compiling a query would take longer than running it.
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET jit = off', current_database()); END $$;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET random_page_cost = 1.1', current_database()); END $$; -- no spinning disks
CREATE SCHEMA baocao_fold AUTHORIZATION baocao_owner;
SET LOCAL ROLE baocao_owner;
COMMENT ON SCHEMA baocao_fold IS 'What baocao.fold() keeps so that the views of the schema baocao are fast. Read those views.';
GRANT USAGE ON SCHEMA baocao_fold TO baocao_analyst, baocao_admin;

/* marks */

CREATE TABLE baocao_fold.touched (
	top_unit_id integer NOT NULL,
	kind baocao.kind NOT NULL,
	year integer NOT NULL,
	first_report_no bigint NOT NULL,
	last_report_no bigint NOT NULL,
	CONSTRAINT touched_pkey PRIMARY KEY (top_unit_id, first_report_no),
	CONSTRAINT touched_is_a_range CHECK (first_report_no <= last_report_no)
);
COMMENT ON TABLE baocao_fold.touched IS 'Marks: which reports were stored since the last fold. Numbers are never given twice, so two writers never meet at one key.';
COMMENT ON COLUMN baocao_fold.touched.top_unit_id IS 'Top unit of the reports.';
COMMENT ON COLUMN baocao_fold.touched.kind IS 'Their kind.';
COMMENT ON COLUMN baocao_fold.touched.year IS 'Year of their periods'' last days.';
COMMENT ON COLUMN baocao_fold.touched.first_report_no IS 'The lowest of their numbers.';
COMMENT ON COLUMN baocao_fold.touched.last_report_no IS 'The highest; numbers between that others have are no harm.';

CREATE TABLE baocao.publication (
	publication_no integer NOT NULL GENERATED ALWAYS AS IDENTITY,
	title text NOT NULL,
	as_known_at timestamptz NOT NULL,
	published_by text NOT NULL DEFAULT session_user,
	CONSTRAINT publication_pkey PRIMARY KEY (publication_no),
	CONSTRAINT publication_title_is_given CHECK (title <> '')
);
COMMENT ON TABLE baocao.publication IS 'lần công bố (publication). Moments at which figures were published; as_known functions give exactly what was stored then.';
COMMENT ON COLUMN baocao.publication.publication_no IS 'Number of the publication.';
COMMENT ON COLUMN baocao.publication.title IS 'What was published.';
COMMENT ON COLUMN baocao.publication.as_known_at IS 'The moment: everything stored by then counts, nothing stored later.';
COMMENT ON COLUMN baocao.publication.published_by IS 'Who published.';

CREATE POLICY reference ON baocao.publication FOR SELECT USING (true);
COMMENT ON POLICY reference ON baocao.publication IS 'What was published is public.';
ALTER TABLE baocao.publication ENABLE ROW LEVEL SECURITY;

CREATE TABLE baocao.stored_late (
	top_unit_id integer NOT NULL,
	report_no bigint NOT NULL,
	stored_at timestamptz NOT NULL,
	CONSTRAINT stored_late_pkey PRIMARY KEY (top_unit_id, report_no),
	CONSTRAINT stored_late_report_fkey FOREIGN KEY (top_unit_id, report_no) REFERENCES baocao.report
);
COMMENT ON TABLE baocao.stored_late IS 'Reports that were stored notably later than received: after the database was away for a while, or after figures were published in between. Their figures were not known before they were stored.';
COMMENT ON COLUMN baocao.stored_late.top_unit_id IS 'Top unit of the report.';
COMMENT ON COLUMN baocao.stored_late.report_no IS 'The report.';
COMMENT ON COLUMN baocao.stored_late.stored_at IS 'When it was stored.';

CREATE FUNCTION baocao.mark_stored(marks baocao_fold.touched[], first_received_at timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	late_before timestamptz;
BEGIN
	INSERT INTO baocao_fold.touched SELECT * FROM unnest($1);
	late_before := greatest(clock_timestamp() - interval '5 seconds', (SELECT max(as_known_at) FROM baocao.publication));
	IF first_received_at <= late_before THEN
		INSERT INTO baocao.stored_late (top_unit_id, report_no, stored_at)
		SELECT m.top_unit_id, r.report_no, clock_timestamp()
		FROM unnest($1) AS m
		CROSS JOIN LATERAL (
			SELECT f.report_no FROM baocao.report AS f
			WHERE f.top_unit_id = m.top_unit_id AND f.report_no BETWEEN m.first_report_no AND m.last_report_no
				AND f.kind = m.kind AND extract(year FROM f.period_last) = m.year
				AND f.received_at <= late_before
			OFFSET 0
		) AS r
		ON CONFLICT DO NOTHING;
	END IF;
END
$$;
COMMENT ON FUNCTION baocao.mark_stored(baocao_fold.touched[], timestamptz) IS 'For whoever stores reports, as the last statement of the same transaction: marks their cells for the views and for fold(). With the moment at which the first of them was received it also notes those that were received before a moment whose figures are out already. Between the numbers of a mark lie none of the same cell that others stored.';

/* what stands */

CREATE FUNCTION baocao.body_tables() RETURNS TABLE (relation regclass, table_name name, kind baocao.kind, has_lines boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT c.oid, c.relname, k.kind, EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'line_no')
	FROM pg_class AS c
	JOIN pg_constraint AS f ON f.conrelid = c.oid AND f.confrelid = 'baocao.report'::regclass AND f.contype = 'f'
	CROSS JOIN LATERAL (SELECT x AS kind FROM unnest(enum_range(NULL::baocao.kind)) AS x
		WHERE c.relname = x::text OR starts_with(c.relname, x::text || '_') ORDER BY length(x::text) DESC LIMIT 1) AS k
	WHERE c.relnamespace = 'baocao'::regnamespace
$$;
COMMENT ON FUNCTION baocao.body_tables() IS 'The tables of bodies and lines, and the kind that each belongs to.';

CREATE TABLE baocao_fold.standing (
	top_unit_id integer NOT NULL,
	report_no bigint NOT NULL,
	unit_id integer NOT NULL,
	kind baocao.kind NOT NULL,
	body baocao.kind NOT NULL,
	unit_code text NOT NULL,
	period_type baocao.period_type NOT NULL,
	period_first date NOT NULL,
	period_last date NOT NULL,
	revision integer NOT NULL,
	precision baocao.precision NOT NULL,
	filed_at timestamptz,
	received_at timestamptz NOT NULL,
	collector_id integer NOT NULL,
	year integer NOT NULL,
	level baocao.unit_level NOT NULL,
	unit_kind baocao.unit_kind NOT NULL,
	filings integer NOT NULL,
	first_received_at timestamptz NOT NULL,
	CONSTRAINT standing_pkey PRIMARY KEY (top_unit_id, report_no)
);
CREATE INDEX standing_cell ON baocao_fold.standing (kind, year, top_unit_id, period_last);
CREATE INDEX standing_unit ON baocao_fold.standing (unit_id, kind, period_last);
-- For analysts of a branch: the comparison of enums is not leakproof, so for them no index gives a kind.
CREATE INDEX standing_branch ON baocao_fold.standing (top_unit_id, year);
COMMENT ON TABLE baocao_fold.standing IS 'Of each unit, kind and period the highest revision, as of the last fold.';

CREATE VIEW baocao_fold.touched_cell WITH (security_invoker = true) AS
SELECT DISTINCT top_unit_id, kind, year FROM baocao_fold.touched;
COMMENT ON VIEW baocao_fold.touched_cell IS 'Cells with a mark.';

-- OFFSET 0, here and below: mark by mark and key by key through an index, whatever the planner believes of the number of marks. The
-- year is not cast to integer as the index report_period has it: all reports of a year would be gone through for each mark.
CREATE VIEW baocao_fold.touched_key WITH (security_invoker = true) AS
SELECT DISTINCT t.top_unit_id, r.unit_id, t.kind, r.period_type, r.period_first, r.period_last, t.year
FROM baocao_fold.touched AS t
CROSS JOIN LATERAL (
	SELECT f.unit_id, f.period_type, f.period_first, f.period_last FROM baocao.report AS f
	WHERE f.top_unit_id = t.top_unit_id AND f.report_no BETWEEN t.first_report_no AND t.last_report_no
		AND f.kind = t.kind AND extract(year FROM f.period_last) = t.year
	OFFSET 0
) AS r;
COMMENT ON VIEW baocao_fold.touched_key IS 'Units, kinds and periods of which something was stored since the last fold.';

-- Period by period, since the index of the natural key begins so: that bounds what many keys cost, and what few cost an
-- analyst of a branch, for whom no index gives a kind. The period's marked units come along as an array: joined to the keys once
-- more, which the planner believes to be one, each would be compared with each.
CREATE VIEW baocao_fold.live WITH (security_invoker = true) AS
SELECT c.top_unit_id, r.report_no, r.unit_id, c.kind, r.body, r.unit_code, c.period_type, c.period_first, c.period_last,
	r.revision, r.precision, r.filed_at, r.received_at, r.collector_id, c.year, u.level, u.kind AS unit_kind, r.filings, r.first_received_at
FROM (
	SELECT top_unit_id, kind, year, period_type, period_first, period_last, array_agg(unit_id) AS unit_ids
	FROM baocao_fold.touched_key GROUP BY top_unit_id, kind, year, period_type, period_first, period_last
) AS c
CROSS JOIN LATERAL (
	SELECT DISTINCT ON (f.unit_id) f.*, count(*) OVER key::integer AS filings, min(f.received_at) OVER key AS first_received_at
	FROM baocao.report AS f
	WHERE (f.top_unit_id, f.kind, f.period_last, f.period_first, f.period_type)
		= (c.top_unit_id, c.kind, c.period_last, c.period_first, c.period_type)
		AND array_position(c.unit_ids, f.unit_id) IS NOT NULL -- not = ANY, for which the index would be gone through unit by unit
	WINDOW key AS (PARTITION BY f.unit_id)
	ORDER BY f.unit_id, f.revision DESC OFFSET 0
) AS r
JOIN baocao.unit AS u ON u.unit_id = r.unit_id;
COMMENT ON VIEW baocao_fold.live IS 'What stands of the marked keys, from the reports themselves.';

CREATE VIEW baocao_fold.replaced WITH (security_invoker = true) AS
SELECT k.top_unit_id, s.report_no, k.unit_id, k.kind, s.body, s.unit_code, k.period_type, k.period_first, k.period_last,
	s.revision, s.precision, s.filed_at, s.received_at, s.collector_id, k.year, s.level, s.unit_kind, s.filings, s.first_received_at
FROM baocao_fold.touched_key AS k
CROSS JOIN LATERAL (
	SELECT f.* FROM baocao_fold.standing AS f
	WHERE (f.unit_id, f.kind, f.period_last, f.period_type, f.period_first)
		= (k.unit_id, k.kind, k.period_last, k.period_type, k.period_first)
	OFFSET 0
) AS s;
COMMENT ON VIEW baocao_fold.replaced IS 'What stood of the marked keys by the last fold.';

CREATE VIEW baocao.standing_report WITH (security_invoker = true) AS
SELECT * FROM baocao_fold.standing AS s
WHERE (s.top_unit_id, s.kind, s.year) NOT IN (SELECT t.top_unit_id, t.kind, t.year FROM baocao_fold.touched AS t) -- one look, hashed
	OR (s.unit_id, s.kind, s.period_type, s.period_first, s.period_last) NOT IN (
		SELECT k.unit_id, k.kind, k.period_type, k.period_first, k.period_last FROM baocao_fold.touched_key AS k)
UNION ALL
SELECT * FROM baocao_fold.live;
COMMENT ON VIEW baocao.standing_report IS 'báo cáo cuối cùng (standing reports). Of each unit, kind and period the highest revision, withdrawals included.';

DO $$
DECLARE
	relation regclass;
	column_name name;
BEGIN
	FOREACH relation IN ARRAY '{baocao_fold.touched_cell,baocao_fold.touched_key,baocao_fold.standing,baocao_fold.live,baocao_fold.replaced,
			baocao.standing_report}'::regclass[] LOOP
		FOR column_name IN SELECT attname FROM pg_attribute WHERE attrelid = relation AND attnum > 0 LOOP
			EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', relation, column_name, coalesce(
				(SELECT col_description(attrelid, attnum) FROM pg_attribute
					WHERE attrelid = 'baocao.report'::regclass AND attname = column_name),
				CASE column_name
					WHEN 'year' THEN 'Year of the period''s last day.'
					WHEN 'level' THEN 'Level of the unit.'
					WHEN 'unit_kind' THEN 'Kind of the unit.'
					WHEN 'filings' THEN 'How many revisions were filed.'
					WHEN 'first_received_at' THEN 'When the first of them was received.'
				END));
		END LOOP;
	END LOOP;
END
$$;

/* sums: each is kept with how many reports gave it, so that a figure taken off leaves NULL and not zero where nobody gave one */

CREATE TABLE baocao_fold.summed (
	table_name name NOT NULL,
	kind baocao.kind NOT NULL,
	CONSTRAINT summed_pkey PRIMARY KEY (table_name)
);
COMMENT ON TABLE baocao_fold.summed IS 'Tables of bodies and lines of which sums are kept.';
COMMENT ON COLUMN baocao_fold.summed.table_name IS 'The table, in the schema baocao, and that of its sums in baocao_fold.';
COMMENT ON COLUMN baocao_fold.summed.kind IS 'The kind whose figures it holds.';
ALTER TABLE baocao_fold.summed ENABLE ROW LEVEL SECURITY; -- nobody's but the owner's

CREATE TYPE baocao_fold.sum_words AS (
	keys text,
	same text,
	figures text,
	figures_shown text,
	figures_of_body text,
	figures_off_body text,
	figures_merged text
);
COMMENT ON TYPE baocao_fold.sum_words IS 'Lists of columns of a table of sums, for queries: what it is grouped by, the comparison of that between s and d, its figures, and how these come about.';

CREATE FUNCTION baocao_fold.sum_words(table_name name) RETURNS baocao_fold.sum_words
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH listed AS (
		SELECT attname AS name, attnum AS place, typtype = 'e' AS is_key, NOT attnotnull AS may_be_missing
		FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
		WHERE attrelid = format('baocao.%I', table_name)::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'report_no'
			AND (typtype = 'e' OR atttypid = 'bigint'::regtype)
	)
	SELECT string_agg(format(', %I', name), '' ORDER BY place) FILTER (WHERE is_key),
		string_agg(format(' AND s.%1$I IS NOT DISTINCT FROM d.%1$I', name), '' ORDER BY place) FILTER (WHERE is_key),
		string_agg(format(', %I', name) || CASE WHEN may_be_missing THEN format(', %I', name || '_given') ELSE '' END, '' ORDER BY place)
			FILTER (WHERE NOT is_key),
		string_agg(format(', %I', name), '' ORDER BY place) FILTER (WHERE NOT is_key),
		string_agg(format(', sum(b.%1$I) AS %1$I', name) || CASE WHEN may_be_missing
			THEN format(', count(b.%I) AS %I', name, name || '_given') ELSE '' END, '' ORDER BY place) FILTER (WHERE NOT is_key),
		string_agg(format(', -sum(b.%1$I) AS %1$I', name) || CASE WHEN may_be_missing
			THEN format(', -count(b.%I) AS %I', name, name || '_given') ELSE '' END, '' ORDER BY place) FILTER (WHERE NOT is_key),
		string_agg(CASE WHEN may_be_missing
			THEN format(', CASE WHEN sum(%2$I) > 0 THEN sum(%1$I) END AS %1$I, sum(%2$I)::bigint AS %2$I', name, name || '_given')
			ELSE format(', sum(%1$I) AS %1$I', name) END, '' ORDER BY place) FILTER (WHERE NOT is_key)
	FROM listed
$$;
COMMENT ON FUNCTION baocao_fold.sum_words(name) IS 'Lists of columns of a table''s sums.';

CREATE FUNCTION baocao_fold.cell_columns() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS
	$$ SELECT 'top_unit_id, year, kind, level, unit_kind, period_type, period_first, period_last' $$;
COMMENT ON FUNCTION baocao_fold.cell_columns() IS 'What all sums are grouped by.';

CREATE FUNCTION baocao_fold.sum_query(table_name name, source text, is_off boolean DEFAULT false, is_looked_up boolean DEFAULT true)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('SELECT %1$s%2$s, %3$scount(DISTINCT report_no) AS reports, '
			'%3$scount(DISTINCT report_no) FILTER (WHERE precision <> ''exact'') AS inexact%4$s FROM (SELECT * FROM %5$s AS r '
			'WHERE r.body <> ''withdrawal'' AND r.kind = %6$L) AS r %7$s GROUP BY %1$s%2$s',
		baocao_fold.cell_columns(), w.keys, CASE WHEN is_off THEN '-' END,
		CASE WHEN is_off THEN w.figures_off_body ELSE w.figures_of_body END, source,
		(SELECT b.kind FROM baocao.body_tables() AS b WHERE b.table_name = sum_query.table_name),
		format(CASE WHEN is_looked_up
			THEN 'CROSS JOIN LATERAL (SELECT NULL%2$s%3$s FROM baocao.%1$I AS f WHERE (f.top_unit_id, f.report_no) = (r.top_unit_id, r.report_no) OFFSET 0) AS b'
			ELSE 'JOIN (SELECT top_unit_id, report_no%2$s%3$s FROM baocao.%1$I) AS b USING (top_unit_id, report_no)' END,
			table_name, w.keys, w.figures_shown))
	FROM baocao_fold.sum_words(table_name) AS w
$$;
COMMENT ON FUNCTION baocao_fold.sum_query(name, text, boolean, boolean) IS 'The query that sums a table''s figures over reports of a source, or takes them off: one row for each top unit, level, kind of unit, period and set of its enums. Few reports are looked up one by one, all are better joined.';

CREATE FUNCTION baocao_fold.merge_query(table_name name, parts text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('SELECT %1$s%2$s, sum(reports)::bigint AS reports, sum(inexact)::bigint AS inexact%3$s FROM (%4$s) AS part '
		'GROUP BY %1$s%2$s HAVING sum(reports) > 0', baocao_fold.cell_columns(), w.keys, w.figures_merged, parts)
	FROM baocao_fold.sum_words(table_name) AS w
$$;
COMMENT ON FUNCTION baocao_fold.merge_query(name, text) IS 'The query that adds up rows of sums of a table, some of them taken off.';

CREATE FUNCTION baocao_fold.of_touched_cells(table_name name, columns text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('SELECT %s FROM baocao_fold.touched_cell AS c CROSS JOIN LATERAL (SELECT * FROM baocao_fold.%I AS f '
		'WHERE (f.year, f.kind, f.top_unit_id) = (c.year, c.kind, c.top_unit_id) OFFSET 0) AS s', columns, table_name)
$$;
COMMENT ON FUNCTION baocao_fold.of_touched_cells(name, text) IS 'The query for what a folded table holds of cells with a mark.';

CREATE FUNCTION baocao_fold.of_other_cells(table_name name, columns text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('SELECT %s FROM baocao_fold.%I AS s WHERE (s.top_unit_id, s.kind, s.year) NOT IN '
		'(SELECT t.top_unit_id, t.kind, t.year FROM baocao_fold.touched AS t)', columns, table_name)
$$;
COMMENT ON FUNCTION baocao_fold.of_other_cells(name, text) IS 'The query for what a folded table holds of cells without a mark.';

-- The year and kind of a cell are given by its marks; so a condition on them gets to the marks.
CREATE FUNCTION baocao_fold.cell_columns_of_marks() RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS
	$$ SELECT 'c.top_unit_id, c.year, c.kind, s.level, s.unit_kind, s.period_type, s.period_first, s.period_last' $$;
COMMENT ON FUNCTION baocao_fold.cell_columns_of_marks() IS 'cell_columns() where they are joined with the marks.';

CREATE FUNCTION baocao.keep_sums(table_name text, words_vi text, words_en text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	folded constant text := format('baocao_fold.%I', table_name);
	shown constant text := format('baocao.%I', table_name || '_sum');
	words constant baocao_fold.sum_words := baocao_fold.sum_words(table_name);
	columns_shown constant text := format('%s%s, reports, inexact = 0 AS is_exact%s', baocao_fold.cell_columns(), words.keys, words.figures_shown);
	of_kind constant baocao.kind := (SELECT b.kind FROM baocao.body_tables() AS b WHERE b.table_name = keep_sums.table_name);
	relation regclass;
	column_name name;
BEGIN
	INSERT INTO baocao_fold.summed VALUES (table_name, of_kind);
	EXECUTE format('CREATE TABLE %s AS %s WITH NO DATA', folded, baocao_fold.sum_query(table_name, 'baocao_fold.standing'));
	EXECUTE format('ALTER TABLE %s ADD COLUMN sum_no bigint GENERATED ALWAYS AS IDENTITY, '
		'ADD CONSTRAINT %I PRIMARY KEY (top_unit_id, sum_no)', folded, table_name || '_pkey');
	EXECUTE format('CREATE INDEX %I ON %s (year, kind, top_unit_id, period_last)', table_name || '_cell', folded);
	EXECUTE format('CREATE VIEW %s WITH (security_invoker = true) AS %s UNION ALL SELECT %s FROM (%s) AS s', shown,
		baocao_fold.of_other_cells(table_name, columns_shown), columns_shown,
		baocao_fold.merge_query(table_name, concat_ws(' UNION ALL ',
			baocao_fold.of_touched_cells(table_name, format('%s%s, s.reports, s.inexact%s', baocao_fold.cell_columns_of_marks(), words.keys, words.figures))
				|| format(' WHERE c.kind = %L', of_kind),
			baocao_fold.sum_query(table_name, 'baocao_fold.live'),
			baocao_fold.sum_query(table_name, 'baocao_fold.replaced', is_off => true))));
	EXECUTE format('COMMENT ON TABLE %s IS %L', folded, format('Sums of baocao.%s as of the last fold.', table_name));
	EXECUTE format('COMMENT ON VIEW %s IS %L', shown, format('%s: tổng theo tỉnh, cấp và kỳ (%s: sums by top unit, level and period). What stands, as filed; rows of different types of period overlap.', words_vi, words_en));
	FOR relation, column_name IN SELECT attrelid, attname FROM pg_attribute
			WHERE attrelid IN (folded::regclass, shown::regclass) AND attnum > 0 LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', relation, column_name, coalesce(
			(SELECT col_description(attrelid, attnum) FROM pg_attribute
				WHERE attrelid = format('baocao.%I', table_name)::regclass AND attname = column_name),
			(SELECT col_description(attrelid, attnum) FROM pg_attribute
				WHERE attrelid = 'baocao_fold.standing'::regclass AND attname = column_name),
			CASE
				WHEN column_name = 'reports' THEN 'Reports that were added up.'
				WHEN column_name = 'is_exact' THEN 'Whether every report''s figures were counted and none estimated.'
				WHEN column_name = 'inexact' THEN 'How many of them are not exact.'
				WHEN column_name = 'sum_no' THEN 'Number of the row.'
				WHEN column_name LIKE '%\_given' THEN format('How many bodies or lines give %s.', left(column_name, -6))
			END));
	END LOOP;
	EXECUTE format('GRANT SELECT ON %s, %s TO baocao_analyst', folded, shown);
END
$$;
COMMENT ON FUNCTION baocao.keep_sums(text, text, text) IS 'For the migration of a new form: keeps sums of a table of bodies or lines and makes the view NAME_sum. Then call baocao.refold() for the kind.';

SELECT baocao.keep_sums('festival_day', 'Ngày hội', 'festival days');
SELECT baocao.keep_sums('festival_day_venue', 'Ngày hội theo loại điểm', 'festival days by kind of venue');
SELECT baocao.keep_sums('social_support_activity', 'dân vận, xã hội tình nghĩa', 'social support');
SELECT baocao.keep_sums('security_model_model', 'mô hình phong trào', 'security models');
SELECT baocao.keep_sums('model_ward', 'Công an phường kiểu mẫu', 'model wards');
SELECT baocao.keep_sums('rural_security', 'tiêu chí 19.2', 'rural security criterion');
SELECT baocao.keep_sums('rural_security_registration', 'đăng ký an toàn về an ninh, trật tự', 'registrations for Circular 124');
SELECT baocao.keep_sums('commendation_award', 'khen thưởng', 'commendations');
SELECT baocao.keep_sums('communication_output', 'tuyên truyền', 'communication');

/* receipts, for completeness: how many first filings came on which day */

CREATE FUNCTION baocao_fold.day_query(source text, sign integer) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('SELECT %1$s, (first_received_at AT TIME ZONE ''Asia/Ho_Chi_Minh'')::date AS day, '
		'%2$s * count(*) FILTER (WHERE body <> ''withdrawal'') AS reports, '
		'%2$s * count(*) FILTER (WHERE body <> ''withdrawal'' AND filings > 1) AS revised, '
		'%2$s * count(*) FILTER (WHERE body = ''withdrawal'') AS withdrawn FROM %3$s AS r GROUP BY %1$s, day',
		baocao_fold.cell_columns(), sign, source)
$$;
COMMENT ON FUNCTION baocao_fold.day_query(text, integer) IS 'The query that counts reports of a source by the day on which their first filing came, or takes them off.';

CREATE FUNCTION baocao_fold.receipt_query(parts text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('SELECT %1$s, sum(reports)::bigint AS reports, sum(revised)::bigint AS revised, sum(withdrawn)::bigint AS withdrawn, '
		'coalesce(array_agg(day ORDER BY day) FILTER (WHERE reports <> 0), ''{}'') AS received_on, '
		'coalesce(array_agg(reports ORDER BY day) FILTER (WHERE reports <> 0), ''{}'') AS received '
		'FROM (SELECT %1$s, day, sum(reports)::bigint AS reports, sum(revised) AS revised, sum(withdrawn) AS withdrawn '
		'FROM (%2$s) AS part GROUP BY %1$s, day) AS days GROUP BY %1$s HAVING sum(reports) + sum(withdrawn) > 0',
		baocao_fold.cell_columns(), parts)
$$;
COMMENT ON FUNCTION baocao_fold.receipt_query(text) IS 'The query that adds up counts by day to one row for each top unit, level, kind of unit and period.';

CREATE FUNCTION baocao_fold.receipt_days(source text, columns text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('SELECT %1$s, d.day, d.reports, d.revised, d.withdrawn FROM %2$s CROSS JOIN LATERAL ('
		'SELECT NULL::date AS day, 0::bigint AS reports, s.revised, s.withdrawn '
		'UNION ALL SELECT came.day, came.reports, 0, 0 FROM unnest(s.received_on, s.received) AS came (day, reports)) AS d', columns, source)
$$;
COMMENT ON FUNCTION baocao_fold.receipt_days(text, text) IS 'The query that gives back the counts by day of rows s that receipt_query() made.';

DO $$
DECLARE
	columns constant text := baocao_fold.cell_columns() || ', reports, revised, withdrawn, received_on, received';
BEGIN
	EXECUTE format('CREATE TABLE baocao_fold.receipt AS %s WITH NO DATA', baocao_fold.receipt_query(baocao_fold.day_query('baocao_fold.standing', 1)));
	ALTER TABLE baocao_fold.receipt ADD COLUMN receipt_no bigint GENERATED ALWAYS AS IDENTITY,
		ADD CONSTRAINT receipt_pkey PRIMARY KEY (top_unit_id, receipt_no);
	CREATE INDEX receipt_cell ON baocao_fold.receipt (year, kind, top_unit_id, period_last);
	EXECUTE format('CREATE VIEW baocao.receipt_count WITH (security_invoker = true) AS %s UNION ALL %s',
		baocao_fold.of_other_cells('receipt', columns), baocao_fold.receipt_query(concat_ws(' UNION ALL ',
			baocao_fold.receipt_days(format('(%s) AS s', baocao_fold.of_touched_cells('receipt', baocao_fold.cell_columns_of_marks()
				|| ', s.reports, s.revised, s.withdrawn, s.received_on, s.received')), baocao_fold.cell_columns()),
			baocao_fold.day_query('baocao_fold.live', 1), baocao_fold.day_query('baocao_fold.replaced', -1))));
END
$$;
COMMENT ON TABLE baocao_fold.receipt IS 'Numbers of reports and the days on which first filings came, as of the last fold.';
COMMENT ON VIEW baocao.receipt_count IS 'số báo cáo đã nhận (reports received). How many reports of each top unit, level, kind and period stand, and on which days they came first.';
DO $$
DECLARE
	relation regclass;
	column_name name;
BEGIN
	FOR relation, column_name IN SELECT attrelid, attname FROM pg_attribute
			WHERE attrelid IN ('baocao_fold.receipt'::regclass, 'baocao.receipt_count'::regclass) AND attnum > 0 LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', relation, column_name, coalesce(
			(SELECT col_description(attrelid, attnum) FROM pg_attribute
				WHERE attrelid = 'baocao_fold.standing'::regclass AND attname = column_name),
			CASE column_name
				WHEN 'received_on' THEN 'Days in Viet Nam on which first filings were received.'
				WHEN 'received' THEN 'How many of those that stand came first on each of these days.'
				WHEN 'reports' THEN 'Reports that stand.'
				WHEN 'revised' THEN 'How many of them were corrected at least once.'
				WHEN 'withdrawn' THEN 'Reports that were withdrawn and do not count.'
				WHEN 'receipt_no' THEN 'Number of the row.'
			END));
	END LOOP;
END
$$;

/* folding */

CREATE FUNCTION baocao_fold.fold_sums(table_name name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	words constant baocao_fold.sum_words := baocao_fold.sum_words(table_name);
	keys constant text := baocao_fold.cell_columns() || coalesce(words.keys, '');
	columns constant text := keys || ', reports, inexact' || words.figures;
BEGIN
	EXECUTE format('WITH delta AS MATERIALIZED (%s UNION ALL %s), old AS ('
		'DELETE FROM baocao_fold.%I AS s USING (SELECT DISTINCT %s FROM delta) AS d '
		'WHERE (s.year, s.kind, s.top_unit_id, s.period_last, s.period_type, s.period_first, s.level, s.unit_kind) '
		'= (d.year, d.kind, d.top_unit_id, d.period_last, d.period_type, d.period_first, d.level, d.unit_kind)%s RETURNING s.*) '
		'INSERT INTO baocao_fold.%3$I (%6$s) %7$s',
		baocao_fold.sum_query(table_name, 'folding_live'), baocao_fold.sum_query(table_name, 'folding_replaced', is_off => true),
		table_name, keys, words.same, columns,
		baocao_fold.merge_query(table_name, format('SELECT %1$s FROM old UNION ALL SELECT %1$s FROM delta', columns)));
END
$$;
COMMENT ON FUNCTION baocao_fold.fold_sums(name) IS 'Part of fold_marked: brings a table''s sums from what stood to what stands.';

CREATE FUNCTION baocao_fold.fold_receipts() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	EXECUTE format('WITH delta AS MATERIALIZED (%s UNION ALL %s), old AS ('
		'DELETE FROM baocao_fold.receipt AS s USING (SELECT DISTINCT %s FROM delta) AS d '
		'WHERE (s.year, s.kind, s.top_unit_id, s.period_last, s.period_type, s.period_first, s.level, s.unit_kind) '
		'= (d.year, d.kind, d.top_unit_id, d.period_last, d.period_type, d.period_first, d.level, d.unit_kind) RETURNING s.*) '
		'INSERT INTO baocao_fold.receipt (%3$s, reports, revised, withdrawn, received_on, received) %s',
		baocao_fold.day_query('folding_live', 1), baocao_fold.day_query('folding_replaced', -1), baocao_fold.cell_columns(),
		baocao_fold.receipt_query(baocao_fold.receipt_days('old AS s', baocao_fold.cell_columns()) || ' UNION ALL SELECT * FROM delta'));
END
$$;
COMMENT ON FUNCTION baocao_fold.fold_receipts() IS 'Part of fold_marked: brings the counts of receipts from what stood to what stands.';

CREATE FUNCTION baocao_fold.fold_marked() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	cells integer;
	summed name;
BEGIN
	IF NOT pg_try_advisory_xact_lock(hashtext('baocao.fold')) THEN
		RETURN 0;
	END IF;
	-- The marks that are there now; those that come while this runs stay.
	CREATE TEMP TABLE folding ON COMMIT DROP AS SELECT * FROM baocao_fold.touched;
	SELECT count(DISTINCT (top_unit_id, kind, year)) INTO cells FROM folding;
	IF cells > 0 THEN
		CREATE TEMP TABLE folding_live ON COMMIT DROP AS SELECT * FROM baocao_fold.standing WHERE false;
		CREATE TEMP TABLE folding_replaced ON COMMIT DROP AS SELECT * FROM baocao_fold.standing WHERE false;
		ANALYZE folding;
		-- As the view live, of these marks, key by key.
		INSERT INTO folding_live
		SELECT k.top_unit_id, r.report_no, k.unit_id, k.kind, r.body, r.unit_code, k.period_type, k.period_first, k.period_last,
			r.revision, r.precision, r.filed_at, r.received_at, r.collector_id, extract(year FROM k.period_last)::integer, u.level, u.kind,
			r.filings, r.first_received_at
		FROM (
			SELECT DISTINCT t.top_unit_id, r.unit_id, t.kind, r.period_type, r.period_first, r.period_last
			FROM folding AS t
			CROSS JOIN LATERAL (
				SELECT f.unit_id, f.period_type, f.period_first, f.period_last FROM baocao.report AS f
				WHERE f.top_unit_id = t.top_unit_id AND f.report_no BETWEEN t.first_report_no AND t.last_report_no
					AND f.kind = t.kind AND extract(year FROM f.period_last) = t.year
				OFFSET 0
			) AS r
		) AS k
		CROSS JOIN LATERAL (
			SELECT f.*, count(*) OVER ()::integer AS filings, min(f.received_at) OVER () AS first_received_at
			FROM baocao.report AS f
			WHERE (f.top_unit_id, f.unit_id, f.kind, f.period_type, f.period_first, f.period_last)
				= (k.top_unit_id, k.unit_id, k.kind, k.period_type, k.period_first, k.period_last)
			ORDER BY f.revision DESC LIMIT 1
		) AS r
		JOIN baocao.unit AS u ON u.unit_id = k.unit_id;
		ANALYZE folding_live;
		WITH gone AS (
			DELETE FROM baocao_fold.standing AS s USING folding_live AS l
			WHERE (s.unit_id, s.kind, s.period_last, s.period_type, s.period_first)
				= (l.unit_id, l.kind, l.period_last, l.period_type, l.period_first)
			RETURNING s.*
		)
		INSERT INTO folding_replaced SELECT * FROM gone;
		ANALYZE folding_replaced;
		INSERT INTO baocao_fold.standing SELECT * FROM folding_live AS l ORDER BY l.kind, l.year, l.top_unit_id; -- as it is read
		FOR summed IN SELECT s.table_name FROM baocao_fold.summed AS s WHERE EXISTS (SELECT FROM folding AS f WHERE f.kind = s.kind) LOOP
			PERFORM baocao_fold.fold_sums(summed);
		END LOOP;
		PERFORM baocao_fold.fold_receipts();
		DELETE FROM baocao_fold.touched AS t USING folding AS f
		WHERE (t.top_unit_id, t.first_report_no) = (f.top_unit_id, f.first_report_no);
		DROP TABLE folding_live, folding_replaced;
	END IF;
	DROP TABLE folding;
	RETURN cells;
END
$$;
COMMENT ON FUNCTION baocao_fold.fold_marked() IS 'Folds what is marked and returns the number of cells; 0 while another fold runs. The timer calls it every few seconds; views are right without it, and slower.';

CREATE FUNCTION baocao.fold() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM baocao_audit.record('fold', jsonb_build_object());
	RETURN baocao_fold.fold_marked();
END
$$;
COMMENT ON FUNCTION baocao.fold() IS 'Folds what is marked now, as the timer does, and returns the number of cells.';

CREATE FUNCTION baocao_fold.fold_anew(kind baocao.kind) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	of_kind constant baocao.kind := $1;
	summed name;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('baocao.fold'));
	CREATE TEMP TABLE folding ON COMMIT DROP AS SELECT * FROM baocao_fold.touched AS t WHERE of_kind IS NULL OR t.kind = of_kind;
	-- One pass over the reports, which the planner takes for dearer than it is.
	PERFORM set_config('enable_nestloop', 'off', true);
	DELETE FROM baocao_fold.standing AS s WHERE of_kind IS NULL OR s.kind = of_kind;
	INSERT INTO baocao_fold.standing
	SELECT l.* FROM (
		SELECT DISTINCT ON (f.kind, f.top_unit_id, f.unit_id, f.period_type, f.period_first, f.period_last)
			f.top_unit_id, f.report_no, f.unit_id, f.kind, f.body, f.unit_code, f.period_type, f.period_first, f.period_last,
			f.revision, f.precision, f.filed_at, f.received_at, f.collector_id, extract(year FROM f.period_last)::integer AS year, u.level,
			u.kind AS unit_kind, count(*) OVER key::integer AS filings, min(f.received_at) OVER key
		FROM baocao.report AS f JOIN baocao.unit AS u USING (unit_id)
		WHERE of_kind IS NULL OR f.kind = of_kind
		WINDOW key AS (PARTITION BY f.kind, f.top_unit_id, f.unit_id, f.period_type, f.period_first, f.period_last)
		ORDER BY f.kind, f.top_unit_id, f.unit_id, f.period_type, f.period_first, f.period_last, f.revision DESC
	) AS l ORDER BY l.kind, l.year, l.top_unit_id;
	FOR summed IN SELECT s.table_name FROM baocao_fold.summed AS s WHERE of_kind IS NULL OR s.kind = of_kind LOOP
		EXECUTE format('DELETE FROM baocao_fold.%I', summed);
		EXECUTE format('INSERT INTO baocao_fold.%I %s', summed,
			baocao_fold.sum_query(summed, 'baocao_fold.standing', is_looked_up => false));
	END LOOP;
	DELETE FROM baocao_fold.receipt AS s WHERE of_kind IS NULL OR s.kind = of_kind;
	EXECUTE format('INSERT INTO baocao_fold.receipt %s', baocao_fold.receipt_query(baocao_fold.day_query(
		format('(SELECT * FROM baocao_fold.standing AS s WHERE %L IS NULL OR s.kind = %1$L::baocao.kind)', of_kind), 1)));
	PERFORM set_config('enable_nestloop', 'on', true);
	DELETE FROM baocao_fold.touched AS t USING folding AS f WHERE (t.top_unit_id, t.first_report_no) = (f.top_unit_id, f.first_report_no);
	DROP TABLE folding;
END
$$;
COMMENT ON FUNCTION baocao_fold.fold_anew(baocao.kind) IS 'What baocao.refold() does.';

CREATE FUNCTION baocao.refold(kind baocao.kind DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM baocao_audit.record('refold', jsonb_build_object('kind', $1));
	PERFORM baocao_fold.fold_anew($1);
END
$$;
COMMENT ON FUNCTION baocao.refold(baocao.kind) IS 'Reckons everything that is folded anew from the reports, of one kind or of all: after figures of stored reports were touched by hand, or reports were stored by somebody who did not mark them.';

SELECT baocao_fold.fold_anew(NULL);

GRANT SELECT ON baocao_fold.touched, baocao_fold.touched_cell, baocao_fold.touched_key, baocao_fold.standing, baocao_fold.live,
	baocao_fold.replaced, baocao_fold.receipt, baocao.standing_report, baocao.receipt_count, baocao.publication, baocao.stored_late
	TO baocao_analyst;
GRANT EXECUTE ON FUNCTION baocao.body_tables TO baocao_analyst, baocao_admin;
GRANT EXECUTE ON FUNCTION baocao.mark_stored TO baocao_ingest;
GRANT EXECUTE ON FUNCTION baocao.fold, baocao.refold, baocao_fold.fold_marked TO baocao_admin;
