-- One look over everything that must hang together: what the database can check by itself.
SET LOCAL ROLE baocao_owner;

CREATE FUNCTION baocao_fold.check_fold(table_name text, query text, in_year integer) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	columns text := (SELECT string_agg(format('s.%I', attname), ', ' ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = format('baocao_fold.%I', table_name)::regclass AND attnum > 0 AND attname NOT IN ('sum_no', 'receipt_no'));
	differing bigint;
BEGIN
	EXECUTE format($query$
		WITH kept AS MATERIALIZED (SELECT %1$s FROM baocao_fold.%2$I AS s WHERE s.year = $1 AND NOT EXISTS (SELECT FROM baocao_fold.touched AS t
			WHERE (t.top_unit_id, t.kind, t.year) = (s.top_unit_id, s.kind, s.year))),
		again AS MATERIALIZED (SELECT * FROM (%3$s) AS s WHERE NOT EXISTS (SELECT FROM baocao_fold.touched AS t
			WHERE (t.top_unit_id, t.kind, t.year) = (s.top_unit_id, s.kind, s.year)))
		SELECT (SELECT count(*) FROM (TABLE kept EXCEPT ALL TABLE again) AS x) + (SELECT count(*) FROM (TABLE again EXCEPT ALL TABLE kept) AS x)
		$query$, columns, table_name, query) INTO differing USING in_year;
	RETURN differing;
END
$$;
COMMENT ON FUNCTION baocao_fold.check_fold(text, text, integer) IS 'How many rows of a folded table differ from what the reports of a year say.';

CREATE FUNCTION baocao.standing_again(in_year integer) RETURNS SETOF baocao_fold.standing
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT DISTINCT ON (f.top_unit_id, f.unit_id, f.kind, f.period_type, f.period_first, f.period_last)
		f.top_unit_id, f.report_no, f.unit_id, f.kind, f.body, f.unit_code, f.period_type, f.period_first, f.period_last,
		f.revision, f.precision, f.filed_at, f.received_at, f.collector_id, $1, u.level, u.kind,
		count(*) OVER key::integer, min(f.received_at) OVER key
	FROM baocao.report AS f JOIN baocao.unit AS u USING (unit_id)
	WHERE extract(year FROM f.period_last)::integer = $1
	WINDOW key AS (PARTITION BY f.top_unit_id, f.unit_id, f.kind, f.period_type, f.period_first, f.period_last)
	ORDER BY f.top_unit_id, f.unit_id, f.kind, f.period_type, f.period_first, f.period_last, f.revision DESC
$$;
COMMENT ON FUNCTION baocao.standing_again(integer) IS 'What stands in a year, reckoned anew from the reports; for checking what was folded.';

CREATE FUNCTION baocao.check_bodies() RETURNS TABLE (check_name text, table_name text, detail text, row_count bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	body record;
BEGIN
	FOR body IN
		SELECT * FROM baocao.body_tables()
	LOOP
		RETURN QUERY EXECUTE format('SELECT ''body of another kind'', %L, min(b.report_no)::text, count(*) FROM %s AS b '
			'JOIN baocao.report AS r USING (top_unit_id, report_no) WHERE r.body <> %L HAVING count(*) > 0', body.table_name, body.relation, body.kind);
		IF body.has_lines THEN
			RETURN QUERY EXECUTE format('SELECT ''lines not counted from 1'', %L, min(x.report_no)::text, count(*) FROM (SELECT b.report_no FROM %s AS b '
				'GROUP BY b.top_unit_id, b.report_no HAVING min(b.line_no) <> 1 OR max(b.line_no) <> count(*)) AS x HAVING count(*) > 0',
				body.table_name, body.relation);
		ELSE
			RETURN QUERY EXECUTE format('SELECT ''report without its body'', %L, min(r.report_no)::text, count(*) FROM baocao.report AS r '
				'WHERE r.body = %L AND NOT EXISTS (SELECT FROM %s AS b WHERE (b.top_unit_id, b.report_no) = (r.top_unit_id, r.report_no)) HAVING count(*) > 0',
				body.table_name, body.kind, body.relation);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION baocao.check_bodies() IS 'Bodies and lines that do not fit the head of their report.';

CREATE FUNCTION baocao.check_everything(in_year integer DEFAULT NULL)
RETURNS TABLE (check_name text, table_name text, detail text, row_count bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	a_year integer;
	summed name;
BEGIN
	RETURN QUERY SELECT 'foreign key ' || k.constraint_name, k.table_name, k.missing_key, k.row_count FROM baocao.check_integrity() AS k;
	RETURN QUERY SELECT * FROM baocao.check_bodies();
	RETURN QUERY SELECT 'unit did not exist on the last day', 'report', min(r.report_no)::text, count(*)
		FROM baocao.report AS r JOIN baocao.unit AS u USING (unit_id) WHERE NOT u.valid @> r.period_last HAVING count(*) > 0;
	RETURN QUERY SELECT 'top unit is not the unit''s', 'report', min(r.report_no)::text, count(*)
		FROM baocao.report AS r JOIN baocao.unit AS u USING (unit_id) WHERE u.top_unit_id <> r.top_unit_id HAVING count(*) > 0;
	RETURN QUERY SELECT 'withdrawal of another kind', 'withdrawal', min(r.report_no)::text, count(*)
		FROM baocao.withdrawal AS w JOIN baocao.report AS r USING (top_unit_id, report_no) WHERE w.withdrawn_kind <> r.kind HAVING count(*) > 0;
	RETURN QUERY SELECT 'report number given twice', 'report', min(x.report_no)::text, count(*)
		FROM (SELECT r.report_no FROM baocao.report AS r GROUP BY r.report_no HAVING count(*) > 1) AS x HAVING count(*) > 0;
	RETURN QUERY SELECT 'unit outlives the one above it', 'unit', min(u.code), count(*)
		FROM baocao.unit AS u JOIN baocao.unit AS p ON p.unit_id = u.parent_id WHERE NOT p.valid @> u.valid HAVING count(*) > 0;
	RETURN QUERY SELECT 'succession between days', 'unit_succession', min(o.code), count(*)
		FROM baocao.unit_succession AS s JOIN baocao.unit AS o ON o.unit_id = s.predecessor_id JOIN baocao.unit AS n ON n.unit_id = s.successor_id
		WHERE upper(o.valid) IS DISTINCT FROM s.since OR NOT n.valid @> s.since HAVING count(*) > 0;

	FOR a_year IN SELECT DISTINCT y.year FROM (SELECT extract(year FROM r.period_last)::integer AS year FROM baocao.report AS r
			UNION ALL SELECT s.year FROM baocao_fold.standing AS s) AS y WHERE y.year = coalesce(in_year, y.year) LOOP
		RETURN QUERY SELECT 'folded otherwise than filed', 'standing', a_year::text, d.differing FROM baocao_fold.check_fold('standing',
			format('SELECT * FROM baocao.standing_again(%s)', a_year), a_year) AS d (differing) WHERE d.differing > 0;
		RETURN QUERY SELECT 'folded otherwise than filed', 'receipt', a_year::text, d.differing FROM baocao_fold.check_fold('receipt',
			baocao_fold.receipt_query(baocao_fold.day_query(format('baocao.standing_again(%s)', a_year), 1)), a_year) AS d (differing) WHERE d.differing > 0;
		FOR summed IN SELECT t.table_name FROM baocao_fold.summed AS t LOOP
			RETURN QUERY SELECT 'folded otherwise than filed', summed::text, a_year::text, d.differing FROM baocao_fold.check_fold(summed,
				baocao_fold.sum_query(summed, format('baocao.standing_again(%s)', a_year), is_looked_up => false), a_year) AS d (differing) WHERE d.differing > 0;
		END LOOP;
	END LOOP;
END
$$;
COMMENT ON FUNCTION baocao.check_everything(integer) IS 'One row for everything that does not hang together, none when all is well: every declared key, heads against bodies, units against days, and what was folded (of one year, or of all) against the reports. The digest and the rows against the raw bytes need the contract and are the daemon''s to check.';
GRANT EXECUTE ON FUNCTION baocao.check_everything TO baocao_admin, baocao_analyst;
GRANT EXECUTE ON FUNCTION baocao.standing_again TO baocao_analyst, baocao_admin;

CREATE FUNCTION baocao.assert_everything(in_year integer DEFAULT NULL) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	wrong text;
BEGIN
	SELECT string_agg(format('%s, %s %s: %s rows', c.check_name, c.table_name, c.detail, c.row_count), E'\n') INTO wrong
	FROM baocao.check_everything($1) AS c;
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION 'not everything hangs together' USING ERRCODE = 'data_corrupted', DETAIL = wrong;
	END IF;
END
$$;
COMMENT ON FUNCTION baocao.assert_everything(integer) IS 'Fails with the list when check_everything() finds anything; for a timer.';
GRANT EXECUTE ON FUNCTION baocao.assert_everything TO baocao_admin;
