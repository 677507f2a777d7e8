-- Completeness as of past days: what the view baocao.completeness said each day. It cannot be reckoned afterwards, because calendar,
-- catalogue and refusals change. Only what has changed since the day before is stored.
SET LOCAL ROLE baocao_owner;

CREATE TABLE baocao.completeness_day (
	taken_on date NOT NULL,
	taken_at timestamptz NOT NULL,
	CONSTRAINT completeness_day_pkey PRIMARY KEY (taken_on)
);
COMMENT ON TABLE baocao.completeness_day IS 'ngày chụp tiến độ (days of which completeness is known). One row for each day on which baocao.take_completeness_snapshot() ran.';
COMMENT ON COLUMN baocao.completeness_day.taken_on IS 'The day in Viet Nam.';
COMMENT ON COLUMN baocao.completeness_day.taken_at IS 'The moment that is shown for that day: of the last run on it.';
CREATE POLICY reference ON baocao.completeness_day FOR SELECT USING (true);
COMMENT ON POLICY reference ON baocao.completeness_day IS 'When snapshots were taken says nothing about a branch.';
ALTER TABLE baocao.completeness_day ENABLE ROW LEVEL SECURITY;

-- Not in the schema baocao: the nation's rows have no top unit, so that no key can begin with it, and it stays on one server.
CREATE TABLE baocao_fold.completeness_snapshot (
	snapshot_no bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
	taken_on date NOT NULL,
	period_no integer NOT NULL,
	top_unit_id integer,
	due_on date NOT NULL,
	expected bigint NOT NULL,
	received bigint NOT NULL,
	on_time bigint NOT NULL,
	late bigint NOT NULL,
	missing bigint NOT NULL,
	revised bigint NOT NULL,
	withdrawn bigint NOT NULL,
	after_lock bigint NOT NULL,
	refused bigint NOT NULL,
	complete_percent numeric,
	on_time_percent numeric,
	mean_days_late numeric,
	most_days_late integer,
	CONSTRAINT completeness_snapshot_pkey PRIMARY KEY (snapshot_no),
	CONSTRAINT completeness_snapshot_once UNIQUE NULLS NOT DISTINCT (period_no, top_unit_id, taken_on),
	CONSTRAINT completeness_snapshot_day_fkey FOREIGN KEY (taken_on) REFERENCES baocao.completeness_day,
	CONSTRAINT completeness_snapshot_period_fkey FOREIGN KEY (period_no) REFERENCES baocao.reporting_period,
	CONSTRAINT completeness_snapshot_top_unit_fkey FOREIGN KEY (top_unit_id) REFERENCES baocao.unit
);
COMMENT ON TABLE baocao_fold.completeness_snapshot IS 'ảnh chụp tiến độ (completeness on past days). A row of baocao.completeness as it was from that day on, until the next row of the same period and unit. Ask baocao.completeness_on().';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.snapshot_no IS 'Number of the row.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.taken_on IS 'The first day on which it was so.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.period_no IS 'The period of the calendar.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.top_unit_id IS 'The province or department; NULL for all.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.due_on IS 'Last day on which a report was on time, by the calendar of then.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.expected IS 'Units that were to file, by the catalogue of then; 0 when none was any more.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.received IS 'Units whose report stood.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.on_time IS 'How many of them had filed first by the due day.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.late IS 'How many of them had filed first after it.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.missing IS 'Units that had not filed, or had withdrawn.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.revised IS 'Units that had corrected their report.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.withdrawn IS 'Units that had withdrawn theirs; they are among the missing.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.after_lock IS 'Units that had filed first after the lock, by an exception.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.refused IS 'Refusals of the kind from senders of the province, as baocao.completeness counts them.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.complete_percent IS 'Received to expected.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.on_time_percent IS 'On time to expected.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.mean_days_late IS 'Mean days after the due day of those that were late.';
COMMENT ON COLUMN baocao_fold.completeness_snapshot.most_days_late IS 'Days after the due day of the latest.';

CREATE FUNCTION baocao.take_completeness_snapshot() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	today CONSTANT date := (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date;
	changed bigint;
BEGIN
	PERFORM baocao_audit.record('take_completeness_snapshot', '{}');
	LOCK TABLE baocao.completeness_day IN SHARE ROW EXCLUSIVE MODE; -- two runs at a time would store the same rows
	INSERT INTO baocao.completeness_day AS d (taken_on, taken_at) VALUES (today, now())
	ON CONFLICT ON CONSTRAINT completeness_day_pkey DO UPDATE SET taken_at = excluded.taken_at;
	DELETE FROM baocao_fold.completeness_snapshot AS s WHERE s.taken_on = today; -- the day shows what its last run saw
	WITH kept AS (
		SELECT DISTINCT ON (s.period_no, s.top_unit_id) s.*
		FROM baocao_fold.completeness_snapshot AS s ORDER BY s.period_no, s.top_unit_id, s.taken_on DESC
	)
	INSERT INTO baocao_fold.completeness_snapshot (taken_on, period_no, top_unit_id, due_on, expected, received, on_time, late, missing, revised,
		withdrawn, after_lock, refused, complete_percent, on_time_percent, mean_days_late, most_days_late)
	SELECT today, c.period_no, c.top_unit_id, c.due_on, c.expected, c.received, c.on_time, c.late, c.missing, c.revised, c.withdrawn,
		c.after_lock, c.refused, c.complete_percent, c.on_time_percent, c.mean_days_late, c.most_days_late
	FROM baocao.completeness AS c
	LEFT JOIN kept AS k ON k.period_no = c.period_no AND k.top_unit_id IS NOT DISTINCT FROM c.top_unit_id
	WHERE (c.due_on, c.expected, c.received, c.on_time, c.late, c.missing, c.revised, c.withdrawn, c.after_lock, c.refused, c.most_days_late,
			c.mean_days_late)
		IS DISTINCT FROM (k.due_on, k.expected, k.received, k.on_time, k.late, k.missing, k.revised, k.withdrawn, k.after_lock, k.refused,
			k.most_days_late, k.mean_days_late)
	UNION ALL
	SELECT today, k.period_no, k.top_unit_id, k.due_on, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL
	FROM kept AS k
	WHERE k.expected > 0 AND NOT EXISTS (SELECT FROM baocao.completeness AS c
		WHERE c.period_no = k.period_no AND c.top_unit_id IS NOT DISTINCT FROM k.top_unit_id);
	GET DIAGNOSTICS changed = ROW_COUNT;
	RETURN changed;
END
$$;
COMMENT ON FUNCTION baocao.take_completeness_snapshot() IS 'Keeps what baocao.completeness says now as this day''s; gives how many rows differ from the day before. Runs by timer at the end of each day.';

CREATE FUNCTION baocao.completeness_on(day date)
RETURNS TABLE (taken_at timestamptz, year integer, kind baocao.kind, level baocao.unit_level, unit_kind baocao.unit_kind,
	period_type baocao.period_type, period_first date, period_last date, due_on date, period_no integer, top_unit_id integer,
	unit_code text, unit_name text, expected bigint, received bigint, on_time bigint, late bigint, missing bigint, revised bigint,
	withdrawn bigint, after_lock bigint, refused bigint, complete_percent numeric, on_time_percent numeric, mean_days_late numeric,
	most_days_late integer)
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	SELECT d.taken_at, p.year, p.kind, p.level, p.unit_kind, p.period_type, p.period_first, p.period_last, s.due_on, s.period_no,
		s.top_unit_id, u.code, u.name, s.expected, s.received, s.on_time, s.late, s.missing, s.revised, s.withdrawn, s.after_lock, s.refused,
		s.complete_percent, s.on_time_percent, s.mean_days_late, s.most_days_late
	FROM (SELECT max(e.taken_at) AS taken_at FROM baocao.completeness_day AS e WHERE e.taken_on <= $1) AS d
	CROSS JOIN (
		SELECT DISTINCT ON (e.period_no, e.top_unit_id) e.*
		FROM baocao_fold.completeness_snapshot AS e WHERE e.taken_on <= $1 ORDER BY e.period_no, e.top_unit_id, e.taken_on DESC
	) AS s
	JOIN baocao.reporting_period AS p ON p.period_no = s.period_no
	LEFT JOIN baocao.unit AS u ON u.unit_id = s.top_unit_id
	WHERE s.expected > 0
$$;
COMMENT ON FUNCTION baocao.completeness_on(date) IS 'Completeness as it was on a past day: the columns of baocao.completeness, and taken_at, the moment that is shown: of the last snapshot on that day or before. No rows for days before the first one, or that are no longer kept (baocao.retention).';

COMMENT ON SCHEMA baocao_fold IS 'What baocao.fold() keeps so that the views of the schema baocao are fast, and how complete reporting was on past days. Read those views, and baocao.completeness_on().';
GRANT SELECT ON baocao.completeness_day, baocao_fold.completeness_snapshot TO baocao_analyst;
GRANT EXECUTE ON FUNCTION baocao.completeness_on TO baocao_analyst, baocao_admin;
GRANT EXECUTE ON FUNCTION baocao.take_completeness_snapshot TO baocao_admin;
