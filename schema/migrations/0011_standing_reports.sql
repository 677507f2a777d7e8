-- What makes ten years of commune-level reports answer at once and yet never stale.
--
-- A cell is a kind, a year and a top unit. Whatever is stored leaves a mark on its cell (baocao_fold.touched) in the same
-- transaction. baocao.fold(), run by a timer, keeps for every cell what stands (the highest revisions and their sums) and
-- takes the marks away. A view reads what was folded for cells without a mark and the reports themselves for cells with one,
-- both in one snapshot: an acknowledged report is in every total, folded or not, and a late fold costs time, never truth.
-- Ten years answer in a tenth of a second; compiling a query would take longer than running it.
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET jit = off', current_database()); END $$;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET random_page_cost = 1.1', current_database()); END $$; -- no spinning disks
CREATE SCHEMA baocao_fold AUTHORIZATION baocao_owner;
SET LOCAL ROLE baocao_owner;
COMMENT ON SCHEMA baocao_fold IS 'What baocao.fold() keeps so that the views of the schema baocao are fast. Read those views.';
GRANT USAGE ON SCHEMA baocao_fold TO baocao_analyst, baocao_admin;

CREATE TABLE baocao_fold.touched (
	touch_no bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
	kind baocao.kind NOT NULL,
	year integer NOT NULL,
	top_unit_id integer NOT NULL,
	CONSTRAINT touched_pkey PRIMARY KEY (top_unit_id, touch_no)
);
CREATE INDEX touched_cell ON baocao_fold.touched (kind, year, top_unit_id);
COMMENT ON TABLE baocao_fold.touched IS 'Cells in which something was stored since they were folded; nothing is unique here, so writers never wait for each other.';
COMMENT ON COLUMN baocao_fold.touched.touch_no IS 'Number of the mark.';
COMMENT ON COLUMN baocao_fold.touched.kind IS 'Kind of the cell.';
COMMENT ON COLUMN baocao_fold.touched.year IS 'Year of the cell: that of the periods'' last days.';
COMMENT ON COLUMN baocao_fold.touched.top_unit_id IS 'Top unit of the cell.';

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

CREATE TABLE baocao.stored_late (
	top_unit_id integer NOT NULL,
	report_no bigint NOT NULL,
	stored_at timestamptz NOT NULL,
	CONSTRAINT stored_late_pkey PRIMARY KEY (top_unit_id, report_no)
);
COMMENT ON TABLE baocao.stored_late IS 'Reports that were stored notably later than received: after the database was away for a while, or after figures were published in between. Their figures were not known before they were stored.';
COMMENT ON COLUMN baocao.stored_late.top_unit_id IS 'Top unit of the report.';
COMMENT ON COLUMN baocao.stored_late.report_no IS 'The report.';
COMMENT ON COLUMN baocao.stored_late.stored_at IS 'When it was stored.';

CREATE FUNCTION baocao_fold.touch() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	late_before constant timestamptz := greatest(clock_timestamp() - interval '5 seconds',
		(SELECT max(as_known_at) FROM baocao.publication));
BEGIN
	INSERT INTO baocao_fold.touched (kind, year, top_unit_id)
	SELECT DISTINCT n.kind, extract(year FROM n.period_last), n.top_unit_id FROM new_reports AS n;
	INSERT INTO baocao.stored_late (top_unit_id, report_no, stored_at)
	SELECT n.top_unit_id, n.report_no, clock_timestamp() FROM new_reports AS n WHERE n.received_at <= late_before;
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION baocao_fold.touch() IS 'Trigger: marks the cells of new reports, and notes reports that were received before a moment whose figures are out already.';
CREATE TRIGGER touch AFTER INSERT ON baocao.report REFERENCING NEW TABLE AS new_reports
	FOR EACH STATEMENT EXECUTE FUNCTION baocao_fold.touch();
-- The daemon writes as a replica, without key checks; this one fires all the same.
ALTER TABLE baocao.report ENABLE ALWAYS TRIGGER touch;

CREATE FUNCTION baocao.publish(title text) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	moment timestamptz;
BEGIN
	LOCK TABLE baocao.report IN SHARE MODE; -- batches under way end first, later ones see this publication
	moment := clock_timestamp();
	INSERT INTO baocao.publication (title, as_known_at) VALUES ($1, moment);
	RETURN moment;
END
$$;
COMMENT ON FUNCTION baocao.publish(text) IS 'Notes that figures are being published and returns the moment with which as_known functions give them again. Writers wait until the transaction ends.';

/* what stands */

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
COMMENT ON TABLE baocao_fold.standing IS 'Of each unit, kind and period the highest revision, as of the last fold.';

CREATE VIEW baocao_fold.live WITH (security_invoker = true) AS
SELECT cell.top_unit_id, r.report_no, r.unit_id, cell.kind, r.body, r.unit_code, r.period_type, r.period_first, r.period_last,
	r.revision, r.precision, r.filed_at, r.received_at, r.collector_id, cell.year, r.level, r.unit_kind, r.filings, r.first_received_at
FROM (SELECT DISTINCT kind, year, top_unit_id FROM baocao_fold.touched) AS cell
CROSS JOIN LATERAL (
	SELECT f.top_unit_id, f.report_no, f.unit_id, f.kind, f.body, f.unit_code, f.period_type, f.period_first, f.period_last,
		f.revision, f.precision, f.filed_at, f.received_at, f.collector_id, cell.year, u.level, u.kind AS unit_kind,
		count(*) OVER key::integer AS filings, min(f.received_at) OVER key AS first_received_at,
		row_number() OVER (PARTITION BY f.unit_id, f.period_type, f.period_first, f.period_last ORDER BY f.revision DESC) AS place
	FROM baocao.report AS f JOIN baocao.unit AS u USING (unit_id)
	WHERE f.top_unit_id = cell.top_unit_id AND f.kind = cell.kind
		AND f.period_last BETWEEN make_date(cell.year, 1, 1) AND make_date(cell.year, 12, 31)
	WINDOW key AS (PARTITION BY f.unit_id, f.period_type, f.period_first, f.period_last)
) AS r
WHERE r.place = 1;
COMMENT ON VIEW baocao_fold.live IS 'What stands in the cells that are marked, from the reports themselves.';

CREATE VIEW baocao.standing_report WITH (security_invoker = true) AS
SELECT * FROM baocao_fold.standing AS s
WHERE (s.kind, s.year, s.top_unit_id) NOT IN (SELECT kind, year, top_unit_id FROM baocao_fold.touched) -- one look, hashed
UNION ALL
SELECT * FROM baocao_fold.live;
COMMENT ON VIEW baocao.standing_report IS 'báo cáo cuối cùng (standing reports). Of each unit, kind and period the highest revision, withdrawals included.';

DO $$
DECLARE
	relation regclass;
	column_name name;
BEGIN
	FOREACH relation IN ARRAY '{baocao_fold.standing,baocao_fold.live,baocao.standing_report}'::regclass[] LOOP
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

/* sums */

CREATE TABLE baocao_fold.summed (
	table_name name NOT NULL,
	CONSTRAINT summed_pkey PRIMARY KEY (table_name)
);
COMMENT ON TABLE baocao_fold.summed IS 'Tables of bodies and lines of which sums are kept.';
COMMENT ON COLUMN baocao_fold.summed.table_name IS 'The table, in the schema baocao.';

CREATE FUNCTION baocao_fold.sum_query(table_name name, source text, condition text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('SELECT r.top_unit_id, r.year, r.kind, r.level, r.unit_kind, r.period_type, r.period_first, r.period_last%s, '
		'count(DISTINCT r.report_no) AS reports, bool_and(r.precision = ''exact'') AS is_exact%s '
		'FROM %s AS r JOIN baocao.%I AS b USING (top_unit_id, report_no) WHERE r.body <> ''withdrawal'' AND %s '
		'GROUP BY r.top_unit_id, r.year, r.kind, r.level, r.unit_kind, r.period_type, r.period_first, r.period_last%1$s',
		string_agg(format(', b.%I', attname), '' ORDER BY attnum) FILTER (WHERE typtype = 'e'),
		string_agg(format(', sum(b.%I) AS %1$I', attname), '' ORDER BY attnum) FILTER (WHERE atttypid = 'bigint'::regtype),
		source, table_name, condition)
	FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid
	WHERE attrelid = format('baocao.%I', table_name)::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'report_no'
$$;
COMMENT ON FUNCTION baocao_fold.sum_query(name, text, text) IS 'The query that sums a table''s figures over reports of a source: one row for each top unit, level, kind of unit, period and set of its enums.';

CREATE FUNCTION baocao.keep_sums(table_name text, words_vi text, words_en text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	folded constant text := format('baocao_fold.%I', table_name);
	shown constant text := format('baocao.%I', table_name || '_sum');
	relation regclass;
	-- The kind whose body the table belongs to: marks of other kinds are none of its business.
	of_kind constant text := (SELECT x::text FROM unnest(enum_range(NULL::baocao.kind)) AS x
		WHERE x::text = table_name OR starts_with(table_name, x::text || '_') ORDER BY length(x::text) DESC LIMIT 1);
	column_name name;
BEGIN
	INSERT INTO baocao_fold.summed VALUES (table_name);
	EXECUTE format('CREATE TABLE %s AS %s', folded, baocao_fold.sum_query(table_name, 'baocao.standing_report', 'false'));
	EXECUTE format('ALTER TABLE %s ADD COLUMN sum_no bigint GENERATED ALWAYS AS IDENTITY, '
		'ADD CONSTRAINT %I PRIMARY KEY (top_unit_id, sum_no)', folded, table_name || '_pkey');
	EXECUTE format('CREATE INDEX %I ON %s (year, kind, top_unit_id)', table_name || '_cell', folded);
	EXECUTE format('CREATE VIEW %s WITH (security_invoker = true) AS SELECT %s FROM %s AS s '
		'WHERE (s.kind, s.year, s.top_unit_id) NOT IN (SELECT kind, year, top_unit_id FROM baocao_fold.touched) UNION ALL %s',
		shown, (SELECT string_agg(format('s.%I', attname), ', ' ORDER BY attnum) FROM pg_attribute
			WHERE attrelid = folded::regclass AND attnum > 0 AND attname <> 'sum_no'),
		folded, baocao_fold.sum_query(table_name, 'baocao_fold.live', format('r.kind = %L', of_kind)));
	EXECUTE format('COMMENT ON TABLE %s IS %L', folded, format('Sums of baocao.%s as of the last fold.', table_name));
	EXECUTE format('COMMENT ON VIEW %s IS %L', shown, format('%s: tổng theo tỉnh, cấp và kỳ (%s: sums by top unit, level and period). What stands, as filed; rows of different types of period overlap.', words_vi, words_en));
	FOR relation, column_name IN SELECT attrelid, attname FROM pg_attribute
			WHERE attrelid IN (folded::regclass, shown::regclass) AND attnum > 0 LOOP
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', relation, column_name, coalesce(
			(SELECT col_description(attrelid, attnum) FROM pg_attribute
				WHERE attrelid = format('baocao.%I', table_name)::regclass AND attname = column_name),
			(SELECT col_description(attrelid, attnum) FROM pg_attribute
				WHERE attrelid = 'baocao_fold.standing'::regclass AND attname = column_name),
			CASE column_name
				WHEN 'reports' THEN 'Reports that were added up.'
				WHEN 'is_exact' THEN 'Whether every report''s figures were counted and none estimated.'
				WHEN 'sum_no' THEN 'Number of the row.'
			END));
	END LOOP;
	EXECUTE format('GRANT SELECT ON %s, %s TO baocao_analyst', folded, shown);
END
$$;
COMMENT ON FUNCTION baocao.keep_sums(text, text, text) IS 'For the migration of a new form: keeps sums of a table of bodies or lines and makes the view NAME_sum.';

SELECT baocao.keep_sums('festival_day', 'Ngày hội', 'festival days');
SELECT baocao.keep_sums('festival_day_venue', 'Ngày hội theo loại điểm', 'festival days by kind of venue');
SELECT baocao.keep_sums('social_support_activity', 'dân vận, xã hội tình nghĩa', 'social support');
SELECT baocao.keep_sums('security_model_model', 'mô hình phong trào', 'security models');
SELECT baocao.keep_sums('model_ward', 'Công an phường kiểu mẫu', 'model wards');
SELECT baocao.keep_sums('rural_security', 'tiêu chí 19.2', 'rural security criterion');
SELECT baocao.keep_sums('rural_security_registration', 'đăng ký an toàn về an ninh, trật tự', 'registrations for Circular 124');
SELECT baocao.keep_sums('commendation_award', 'khen thưởng', 'commendations');
SELECT baocao.keep_sums('communication_output', 'tuyên truyền', 'communication');

/* receipts, for completeness */

CREATE FUNCTION baocao_fold.receipt_query(source text, condition text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT format('SELECT top_unit_id, year, kind, level, unit_kind, period_type, period_first, period_last, '
		'sum(reports)::bigint AS reports, sum(revised)::bigint AS revised, sum(withdrawn)::bigint AS withdrawn, '
		'array_agg(received_on ORDER BY received_on) AS received_on, array_agg(reports ORDER BY received_on) AS received '
		'FROM (SELECT r.top_unit_id, r.year, r.kind, r.level, r.unit_kind, r.period_type, r.period_first, r.period_last, '
		'(r.first_received_at AT TIME ZONE ''Asia/Ho_Chi_Minh'')::date AS received_on, '
		'count(*) FILTER (WHERE r.body <> ''withdrawal'') AS reports, '
		'count(*) FILTER (WHERE r.body <> ''withdrawal'' AND r.filings > 1) AS revised, '
		'count(*) FILTER (WHERE r.body = ''withdrawal'') AS withdrawn FROM %s AS r WHERE %s '
		'GROUP BY r.top_unit_id, r.year, r.kind, r.level, r.unit_kind, r.period_type, r.period_first, r.period_last, received_on) AS d '
		'GROUP BY top_unit_id, year, kind, level, unit_kind, period_type, period_first, period_last', source, condition)
$$;
COMMENT ON FUNCTION baocao_fold.receipt_query(text, text) IS 'The query that counts reports of a source by the day on which their first filing came.';

DO $$
BEGIN
	EXECUTE format('CREATE TABLE baocao_fold.receipt AS %s', baocao_fold.receipt_query('baocao.standing_report', 'false'));
	ALTER TABLE baocao_fold.receipt ADD COLUMN receipt_no bigint GENERATED ALWAYS AS IDENTITY,
		ADD CONSTRAINT receipt_pkey PRIMARY KEY (top_unit_id, receipt_no);
	CREATE INDEX receipt_cell ON baocao_fold.receipt (year, kind, top_unit_id);
	EXECUTE format('CREATE VIEW baocao.receipt_count WITH (security_invoker = true) AS SELECT s.top_unit_id, s.year, s.kind, '
		's.level, s.unit_kind, s.period_type, s.period_first, s.period_last, s.reports, s.revised, s.withdrawn, s.received_on, s.received '
		'FROM baocao_fold.receipt AS s WHERE (s.kind, s.year, s.top_unit_id) NOT IN '
		'(SELECT kind, year, top_unit_id FROM baocao_fold.touched) UNION ALL %s',
		baocao_fold.receipt_query('baocao_fold.live', 'true'));
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

CREATE FUNCTION baocao.fold() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	cells integer;
	summed name;
BEGIN
	IF NOT pg_try_advisory_xact_lock(hashtext('baocao.fold')) THEN
		RETURN 0;
	END IF;
	-- The marks that are there now. Marks of what is stored while this runs stay, so their cells are read from the reports.
	CREATE TEMP TABLE folding (touch_no bigint, kind baocao.kind, year integer, top_unit_id integer) ON COMMIT DROP;
	INSERT INTO folding SELECT t.touch_no, t.kind, t.year, t.top_unit_id FROM baocao_fold.touched AS t;
	CREATE TEMP TABLE folding_cell ON COMMIT DROP AS SELECT DISTINCT f.kind, f.year, f.top_unit_id FROM folding AS f;
	SELECT count(*) INTO cells FROM folding_cell;
	ANALYZE folding, folding_cell;

	-- As the view live. Many cells are one pass over the reports, which the planner takes for dearer than it is.
	PERFORM set_config('enable_nestloop', CASE WHEN cells > 200 THEN 'off' ELSE 'on' END, true);
	CREATE TEMP TABLE folding_live ON COMMIT DROP AS
	SELECT l.* FROM (
		SELECT f.top_unit_id, f.report_no, f.unit_id, f.kind, f.body, f.unit_code, f.period_type, f.period_first, f.period_last,
			f.revision, f.precision, f.filed_at, f.received_at, f.collector_id, c.year, u.level, u.kind AS unit_kind,
			count(*) OVER key::integer AS filings, min(f.received_at) OVER key AS first_received_at,
			row_number() OVER (PARTITION BY f.top_unit_id, f.kind, f.unit_id, f.period_type, f.period_first, f.period_last
				ORDER BY f.revision DESC) AS place
		FROM folding_cell AS c
		JOIN baocao.report AS f ON f.top_unit_id = c.top_unit_id AND f.kind = c.kind
			AND extract(year FROM f.period_last)::integer = c.year
		JOIN baocao.unit AS u USING (unit_id)
		WINDOW key AS (PARTITION BY f.top_unit_id, f.kind, f.unit_id, f.period_type, f.period_first, f.period_last)
	) AS l WHERE l.place = 1;
	PERFORM set_config('enable_nestloop', 'on', true);
	ALTER TABLE folding_live DROP COLUMN place;
	ANALYZE folding_live;
	DELETE FROM baocao_fold.standing AS s USING folding_cell AS c
	WHERE (s.kind, s.year, s.top_unit_id) = (c.kind, c.year, c.top_unit_id);
	INSERT INTO baocao_fold.standing SELECT * FROM folding_live AS l ORDER BY l.kind, l.year, l.top_unit_id; -- as it is read
	FOR summed IN SELECT table_name FROM baocao_fold.summed LOOP
		EXECUTE format('DELETE FROM baocao_fold.%I AS s USING folding_cell AS c '
			'WHERE (s.kind, s.year, s.top_unit_id) = (c.kind, c.year, c.top_unit_id)', summed);
		EXECUTE format('INSERT INTO baocao_fold.%I %s', summed, baocao_fold.sum_query(summed, 'folding_live', 'true'));
	END LOOP;
	DELETE FROM baocao_fold.receipt AS s USING folding_cell AS c
	WHERE (s.kind, s.year, s.top_unit_id) = (c.kind, c.year, c.top_unit_id);
	EXECUTE 'INSERT INTO baocao_fold.receipt ' || baocao_fold.receipt_query('folding_live', 'true');

	DELETE FROM baocao_fold.touched AS t USING folding AS f WHERE (t.top_unit_id, t.touch_no) = (f.top_unit_id, f.touch_no);
	DROP TABLE folding, folding_cell, folding_live;
	RETURN cells;
END
$$;
COMMENT ON FUNCTION baocao.fold() IS 'Folds every cell that is marked and returns how many; 0 while another fold runs. A timer calls it, say every minute; views are right without it, and slower.';

CREATE FUNCTION baocao.unfold(kind baocao.kind DEFAULT NULL) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	INSERT INTO baocao_fold.touched (kind, year, top_unit_id)
	SELECT DISTINCT r.kind, extract(year FROM r.period_last)::integer, r.top_unit_id FROM baocao.report AS r
	WHERE r.kind = coalesce($1, r.kind)
$$;
COMMENT ON FUNCTION baocao.unfold(baocao.kind) IS 'Marks every cell, of one kind or of all: after the figures of stored reports were touched by hand, or the kind of a unit was corrected.';

SELECT baocao.unfold();

GRANT SELECT ON baocao_fold.touched, baocao_fold.standing, baocao_fold.live, baocao_fold.receipt, baocao.standing_report,
	baocao.receipt_count, baocao.publication, baocao.stored_late TO baocao_analyst;
GRANT EXECUTE ON FUNCTION baocao.publish, baocao.fold, baocao.unfold TO baocao_admin;
