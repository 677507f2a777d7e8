-- The past: what was known at a moment, and what changed between revisions.
SET LOCAL ROLE baocao_owner;

CREATE FUNCTION baocao.publish(title text) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	moment timestamptz;
BEGIN
	PERFORM baocao_audit.record('publish', jsonb_build_object('title', $1));
	LOCK TABLE baocao.report IN SHARE MODE; -- batches under way end first, later ones see this publication
	moment := clock_timestamp();
	INSERT INTO baocao.publication (title, as_known_at) VALUES ($1, moment);
	RETURN moment;
END
$$;
COMMENT ON FUNCTION baocao.publish(text) IS 'Notes that figures are being published and returns the moment with which as_known functions give them again. Writers wait until the transaction ends.';

CREATE FUNCTION baocao.reports_as_known(moment timestamptz) RETURNS SETOF baocao.report
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	SELECT latest.*
	FROM (
		SELECT DISTINCT ON (r.top_unit_id, r.unit_id, r.kind, r.period_type, r.period_first, r.period_last) r.*
		FROM baocao.report AS r
		WHERE r.received_at <= $1 AND NOT EXISTS (SELECT FROM baocao.stored_late AS l
			WHERE (l.top_unit_id, l.report_no) = (r.top_unit_id, r.report_no) AND l.stored_at > $1)
		ORDER BY r.top_unit_id, r.unit_id, r.kind, r.period_type, r.period_first, r.period_last, r.revision DESC
	) AS latest
	WHERE latest.body <> 'withdrawal'
$$;
COMMENT ON FUNCTION baocao.reports_as_known(timestamptz) IS 'Current reports as they were at a moment: of what had been stored by then, each unit''s highest revision for each kind and period, unless that was a withdrawal. Exact for moments given by baocao.publish(), to some seconds for others. Join it with the tables of bodies.';

CREATE FUNCTION baocao.total_as_known(table_name text, measure text, moment timestamptz, in_year integer)
RETURNS TABLE (period_type baocao.period_type, unit_code text, unit_name text, reports bigint, total numeric)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(format('baocao.%I', table_name))
			AND attname = measure AND atttypid = 'bigint'::regtype AND measure <> 'report_no') THEN
		RAISE EXCEPTION 'baocao.% has no figure called %', table_name, measure USING ERRCODE = 'undefined_column';
	END IF;
	RETURN QUERY EXECUTE format($query$
		WITH known AS MATERIALIZED (
			SELECT DISTINCT ON (r.top_unit_id, r.unit_id, r.kind, r.period_type, r.period_first, r.period_last)
				r.top_unit_id, r.report_no, r.period_type, r.body
			FROM baocao.report AS r
			WHERE extract(year FROM r.period_last)::integer = $2 AND r.period_last BETWEEN make_date($2, 1, 1) AND make_date($2, 12, 31)
				AND r.received_at <= $1 AND NOT EXISTS (SELECT FROM baocao.stored_late AS l
					WHERE (l.top_unit_id, l.report_no) = (r.top_unit_id, r.report_no) AND l.stored_at > $1)
			ORDER BY r.top_unit_id, r.unit_id, r.kind, r.period_type, r.period_first, r.period_last, r.revision DESC)
		SELECT k.period_type, u.code, u.name, count(DISTINCT k.report_no), sum(b.%2$I)
		FROM known AS k JOIN baocao.%1$I AS b USING (top_unit_id, report_no) JOIN baocao.unit AS u ON u.unit_id = k.top_unit_id
		WHERE k.body <> 'withdrawal'
		GROUP BY GROUPING SETS ((k.period_type, u.code, u.name), (k.period_type))
		HAVING grouping(u.code) = 0 OR baocao.sees_nation()
		ORDER BY k.period_type, u.code NULLS LAST $query$, table_name, measure) USING moment, in_year;
END
$$;
COMMENT ON FUNCTION baocao.total_as_known(text, text, timestamptz, integer) IS 'A figure''s totals of a year as known at a moment: by province and, in the row without a unit, for the nation; who sees a branch only gets its rows.';

CREATE FUNCTION baocao.body_figures(top_unit_id integer, report_no bigint)
RETURNS TABLE (table_name text, line text, field text, value text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	body record;
BEGIN
	FOR body IN
		SELECT t.relation, t.table_name, (SELECT string_agg(format('b.%I::text', attname), ', ' ORDER BY attnum)
			FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid WHERE attrelid = t.relation AND attnum > 0 AND NOT attisdropped
				AND (typtype = 'e' OR attname = 'model_name') AND t.has_lines) AS key
		FROM baocao.body_tables() AS t
	LOOP
		RETURN QUERY EXECUTE format(
			'SELECT %L::text, concat_ws('' '', %s), f.key, f.value FROM %s AS b '
			'CROSS JOIN LATERAL jsonb_each_text(to_jsonb(b) - ''{top_unit_id,report_no,line_no}''::text[]) AS f '
			'WHERE (b.top_unit_id, b.report_no) = ($1, $2)', body.table_name, coalesce(body.key, 'NULL'), body.relation)
		USING top_unit_id, report_no;
	END LOOP;
END
$$;
COMMENT ON FUNCTION baocao.body_figures(integer, bigint) IS 'The figures of one report, one row for each field; lines are named by what they count.';

CREATE FUNCTION baocao.revision_changes(unit_id integer, kind baocao.kind, period_last date)
RETURNS TABLE (period_type baocao.period_type, period_first date, from_revision integer, to_revision integer,
	received_at timestamptz, table_name text, line text, field text, old_value text, new_value text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	WITH filed AS (
		SELECT r.*, lag(r.revision) OVER key AS earlier_revision, lag(r.report_no) OVER key AS earlier_no
		FROM baocao.report AS r
		WHERE r.top_unit_id = (SELECT u.top_unit_id FROM baocao.unit AS u WHERE u.unit_id = $1)
			AND r.unit_id = $1 AND r.kind = $2 AND r.period_last = $3
		WINDOW key AS (PARTITION BY r.period_type, r.period_first ORDER BY r.revision)
	)
	SELECT f.period_type, f.period_first, f.earlier_revision, f.revision, f.received_at, c.*
	FROM filed AS f
	CROSS JOIN LATERAL (
		SELECT table_name, line, field, old.value, new.value
		FROM baocao.body_figures(f.top_unit_id, f.earlier_no) AS old
		FULL JOIN baocao.body_figures(f.top_unit_id, f.report_no) AS new USING (table_name, line, field)
		WHERE old.value IS DISTINCT FROM new.value
	) AS c
	WHERE f.earlier_no IS NOT NULL
	ORDER BY f.period_type, f.period_first, f.revision, c.table_name, c.line, c.field
$$;
COMMENT ON FUNCTION baocao.revision_changes(integer, baocao.kind, date) IS 'What changed from each revision of a unit''s report to the next, field by field and line by line; NULL where there was no such figure.';

GRANT EXECUTE ON FUNCTION baocao.reports_as_known, baocao.total_as_known, baocao.body_figures, baocao.revision_changes
	TO baocao_analyst;
GRANT EXECUTE ON FUNCTION baocao.publish TO baocao_admin;
