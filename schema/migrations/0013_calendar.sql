-- Which reports are asked for, by when, and who has filed them. A form says what is accepted; the calendar says what is
-- expected. A unit is expected to report for a period when it existed on the period's last day.
SET LOCAL ROLE baocao_owner;

CREATE TABLE baocao.reporting_period (
	period_no integer NOT NULL GENERATED ALWAYS AS IDENTITY,
	kind baocao.kind NOT NULL,
	level baocao.unit_level NOT NULL,
	unit_kind baocao.unit_kind,
	period_type baocao.period_type NOT NULL,
	period_first date NOT NULL,
	period_last date NOT NULL,
	due_on date NOT NULL,
	locks_on date,
	year integer NOT NULL GENERATED ALWAYS AS (extract(year FROM period_last)) STORED,
	CONSTRAINT reporting_period_pkey PRIMARY KEY (period_no),
	CONSTRAINT reporting_period_once UNIQUE NULLS NOT DISTINCT (kind, level, unit_kind, period_type, period_first, period_last),
	CONSTRAINT reporting_period_has_days CHECK (period_first <= period_last),
	CONSTRAINT reporting_period_due_after_end CHECK (due_on >= period_last),
	CONSTRAINT reporting_period_locks_after_due CHECK (locks_on > due_on)
);
CREATE INDEX reporting_period_year ON baocao.reporting_period (year, kind);
COMMENT ON TABLE baocao.reporting_period IS 'lịch báo cáo (reporting calendar). The reports that are asked for: one row for each kind, level and period.';
COMMENT ON COLUMN baocao.reporting_period.period_no IS 'Number of the row.';
COMMENT ON COLUMN baocao.reporting_period.kind IS 'The kind of report.';
COMMENT ON COLUMN baocao.reporting_period.level IS 'The level that is to file it.';
COMMENT ON COLUMN baocao.reporting_period.unit_kind IS 'The kind of unit that is to file it; NULL for all of the level.';
COMMENT ON COLUMN baocao.reporting_period.period_type IS 'Type of the period.';
COMMENT ON COLUMN baocao.reporting_period.period_first IS 'First day of the period.';
COMMENT ON COLUMN baocao.reporting_period.period_last IS 'Last day of the period; units that existed on it are expected.';
COMMENT ON COLUMN baocao.reporting_period.due_on IS 'Last day on which a report is on time.';
COMMENT ON COLUMN baocao.reporting_period.locks_on IS 'First day on which nothing more is accepted without an exception; NULL for never.';
COMMENT ON COLUMN baocao.reporting_period.year IS 'Year of the last day.';

CREATE TABLE baocao.lock_exception (
	period_no integer NOT NULL,
	unit_id integer NOT NULL,
	until date NOT NULL,
	reason text NOT NULL,
	granted_by text NOT NULL DEFAULT session_user,
	granted_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT lock_exception_pkey PRIMARY KEY (period_no, unit_id),
	CONSTRAINT lock_exception_period_fkey FOREIGN KEY (period_no) REFERENCES baocao.reporting_period,
	CONSTRAINT lock_exception_unit_fkey FOREIGN KEY (unit_id) REFERENCES baocao.unit,
	CONSTRAINT lock_exception_reason_is_given CHECK (btrim(reason) <> '')
);
COMMENT ON TABLE baocao.lock_exception IS 'mở khóa (exception to a lock). Who may still file for a locked period, with everything under it, and until when.';
COMMENT ON COLUMN baocao.lock_exception.period_no IS 'The period.';
COMMENT ON COLUMN baocao.lock_exception.unit_id IS 'The unit, or one above it.';
COMMENT ON COLUMN baocao.lock_exception.until IS 'Last day of the exception.';
COMMENT ON COLUMN baocao.lock_exception.reason IS 'Why it was granted.';
COMMENT ON COLUMN baocao.lock_exception.granted_by IS 'Who granted it.';
COMMENT ON COLUMN baocao.lock_exception.granted_at IS 'When it was granted.';
GRANT SELECT ON baocao.reporting_period, baocao.lock_exception TO baocao_ingest, baocao_analyst, baocao_admin;
CREATE POLICY reference ON baocao.reporting_period FOR SELECT USING (true);
COMMENT ON POLICY reference ON baocao.reporting_period IS 'What is asked for concerns everybody.';
ALTER TABLE baocao.reporting_period ENABLE ROW LEVEL SECURITY;
CREATE POLICY nation ON baocao.lock_exception FOR SELECT TO baocao_analyst USING (true);
COMMENT ON POLICY nation ON baocao.lock_exception IS 'Who was granted the table sees every row, but for analysts of a branch.';
CREATE POLICY branch ON baocao.lock_exception FOR SELECT TO baocao_branch_analyst USING (EXISTS (
	SELECT FROM baocao.unit AS u WHERE u.unit_id = lock_exception.unit_id AND u.top_unit_id = ANY ((SELECT baocao.branch())::integer[])));
COMMENT ON POLICY branch ON baocao.lock_exception IS 'A branch analyst sees the exceptions of its branch.';
ALTER TABLE baocao.lock_exception ENABLE ROW LEVEL SECURITY;
CREATE TRIGGER notify_catalogue AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON baocao.reporting_period
	FOR EACH STATEMENT EXECUTE FUNCTION baocao.notify_catalogue();
CREATE TRIGGER notify_catalogue AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON baocao.lock_exception
	FOR EACH STATEMENT EXECUTE FUNCTION baocao.notify_catalogue();

CREATE FUNCTION baocao.periods_of(period_type baocao.period_type, year integer, cut_day integer DEFAULT 14)
RETURNS TABLE (period_first date, period_last date)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT CASE WHEN $3 IS NULL THEN (make_date($2, last_month, 1) - (months - 1) * interval '1 month')::date
			ELSE (make_date($2, last_month, $3 + 1) - months * interval '1 month')::date END,
		CASE WHEN $3 IS NULL THEN (make_date($2, last_month, 1) + interval '1 month')::date - 1
			ELSE make_date($2, last_month, $3) END
	FROM (VALUES ('month', 1), ('quarter', 3), ('half_year', 6), ('year', 12)) AS length (name, months)
	CROSS JOIN LATERAL generate_series(months, 12, months) AS last_month
	WHERE name = $1::text
$$;
COMMENT ON FUNCTION baocao.periods_of(baocao.period_type, integer, integer) IS 'The months, quarters, half years or year of a reporting year. They end on the cut day: with 14, the rule of the state, a year is 15 December to 14 December; with NULL they are those of the calendar.';

CREATE FUNCTION baocao.open_periods(kind baocao.kind, level baocao.unit_level, period_type baocao.period_type, year integer,
	unit_kind baocao.unit_kind DEFAULT NULL, cut_day integer DEFAULT 14, lock_days integer DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	opened integer;
	asked integer;
BEGIN
	PERFORM baocao_audit.record('open_periods', jsonb_build_object('kind', $1, 'level', $2, 'period_type', $3,
		'year', $4, 'unit_kind', $5, 'cut_day', $6, 'lock_days', $7));
	SELECT count(*) INTO asked FROM baocao.periods_of($3, $4, $6);
	INSERT INTO baocao.reporting_period (kind, level, unit_kind, period_type, period_first, period_last, due_on, locks_on)
	SELECT $1, $2, $5, $3, p.period_first, p.period_last, p.period_last + f.due_days, p.period_last + f.due_days + $7
	FROM baocao.periods_of($3, $4, $6) AS p
	JOIN baocao.form AS f ON f.kind = $1 AND f.level = $2 AND f.period_type = $3 AND f.valid @> p.period_last
	ON CONFLICT ON CONSTRAINT reporting_period_once DO UPDATE SET due_on = excluded.due_on, locks_on = excluded.locks_on;
	GET DIAGNOSTICS opened = ROW_COUNT;
	IF opened < asked OR asked = 0 THEN
		RAISE EXCEPTION 'no form lets a % file % by % through all of %', $2, $1, $3, $4 USING ERRCODE = 'no_data_found';
	END IF;
	RETURN opened;
END
$$;
COMMENT ON FUNCTION baocao.open_periods(baocao.kind, baocao.unit_level, baocao.period_type, integer, baocao.unit_kind, integer, integer) IS 'Puts the periods of a year into the calendar, due as the form says and locked so many days after that, and returns how many. Again with other days it corrects them.';

CREATE FUNCTION baocao.open_campaign(kind baocao.kind, level baocao.unit_level, period_first date, period_last date,
	due_on date, locks_on date DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	opened_no integer;
BEGIN
	PERFORM baocao_audit.record('open_campaign', jsonb_build_object('kind', $1, 'level', $2, 'period_first', $3,
		'period_last', $4, 'due_on', $5, 'locks_on', $6));
	INSERT INTO baocao.reporting_period AS p (kind, level, period_type, period_first, period_last, due_on, locks_on)
	VALUES ($1, $2, 'campaign', $3, $4, $5, $6)
	ON CONFLICT ON CONSTRAINT reporting_period_once DO UPDATE SET due_on = excluded.due_on, locks_on = excluded.locks_on
	RETURNING p.period_no INTO opened_no;
	RETURN opened_no;
END
$$;
COMMENT ON FUNCTION baocao.open_campaign(baocao.kind, baocao.unit_level, date, date, date, date) IS 'Puts a campaign, such as a season of festival days, into the calendar and returns its number; again with other days it corrects them.';

CREATE FUNCTION baocao.grant_lock_exception(period_no integer, unit_id integer, until date, reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM baocao_audit.record('grant_lock_exception', jsonb_build_object('period_no', $1, 'unit_id', $2, 'until', $3,
		'reason', $4));
	INSERT INTO baocao.lock_exception (period_no, unit_id, until, reason) VALUES ($1, $2, $3, $4)
	ON CONFLICT ON CONSTRAINT lock_exception_pkey DO UPDATE
		SET until = excluded.until, reason = excluded.reason, granted_by = excluded.granted_by, granted_at = excluded.granted_at;
END
$$;
COMMENT ON FUNCTION baocao.grant_lock_exception(integer, integer, date, text) IS 'Lets a unit, with everything under it, file for a locked period until a day.';

CREATE FUNCTION baocao.is_locked(kind baocao.kind, unit_id integer, period_type baocao.period_type, period_first date,
	period_last date, on_day date DEFAULT (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT EXISTS (
		SELECT FROM baocao.reporting_period AS p JOIN baocao.unit AS u ON u.unit_id = $2
		WHERE p.kind = $1 AND p.level = u.level AND (p.unit_kind IS NULL OR p.unit_kind = u.kind)
			AND (p.period_type, p.period_first, p.period_last) = ($3, $4, $5) AND p.locks_on <= $6
			AND NOT EXISTS (SELECT FROM baocao.lock_exception AS e
				WHERE e.period_no = p.period_no AND e.until >= $6 AND e.unit_id IN (u.unit_id, u.parent_id, u.top_unit_id)))
$$;
COMMENT ON FUNCTION baocao.is_locked(baocao.kind, integer, baocao.period_type, date, date, date) IS 'Whether a report would come too late: its period is locked and no exception holds for the unit or one above it.';

GRANT EXECUTE ON FUNCTION baocao.open_periods, baocao.open_campaign, baocao.grant_lock_exception TO baocao_admin;
GRANT EXECUTE ON FUNCTION baocao.periods_of, baocao.is_locked TO baocao_analyst, baocao_admin, baocao_ingest;

/* how many units there were */

CREATE TABLE baocao_fold.unit_count (
	top_unit_id integer NOT NULL,
	level baocao.unit_level NOT NULL,
	kind baocao.unit_kind NOT NULL,
	days daterange NOT NULL,
	units integer NOT NULL,
	CONSTRAINT unit_count_pkey PRIMARY KEY (top_unit_id, level, kind, days)
);
COMMENT ON TABLE baocao_fold.unit_count IS 'How many units of each level and kind a province or department had on which days, by the catalogue.';
COMMENT ON COLUMN baocao_fold.unit_count.top_unit_id IS 'The province or department.';
COMMENT ON COLUMN baocao_fold.unit_count.level IS 'Level of the units.';
COMMENT ON COLUMN baocao_fold.unit_count.kind IS 'Kind of the units.';
COMMENT ON COLUMN baocao_fold.unit_count.days IS 'The days.';
COMMENT ON COLUMN baocao_fold.unit_count.units IS 'How many there were.';
GRANT SELECT ON baocao_fold.unit_count TO baocao_analyst, baocao_admin;

CREATE FUNCTION baocao_fold.count_units() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	DELETE FROM baocao_fold.unit_count;
	INSERT INTO baocao_fold.unit_count (top_unit_id, level, kind, days, units)
	SELECT top_unit_id, level, kind, daterange(since, lead(since) OVER branch), units
	FROM (
		SELECT top_unit_id, level, kind, since, sum(sum(change)) OVER (PARTITION BY top_unit_id, level, kind ORDER BY since) AS units
		FROM (
			SELECT top_unit_id, level, kind, coalesce(lower(valid), '-infinity') AS since, 1 AS change FROM baocao.unit
			UNION ALL
			SELECT top_unit_id, level, kind, upper(valid), -1 FROM baocao.unit WHERE NOT upper_inf(valid)
		) AS event
		GROUP BY top_unit_id, level, kind, since
	) AS counted
	WINDOW branch AS (PARTITION BY top_unit_id, level, kind ORDER BY since);
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION baocao_fold.count_units() IS 'Trigger: counts the units anew after the catalogue changed.';
CREATE TRIGGER count_units AFTER INSERT OR UPDATE OR DELETE ON baocao.unit
	FOR EACH STATEMENT EXECUTE FUNCTION baocao_fold.count_units();
UPDATE baocao.unit SET name = name WHERE unit_id = 1;

CREATE VIEW baocao.unit_count WITH (security_invoker = true) AS
SELECT u.code AS unit_code, u.name AS unit_name, c.top_unit_id, c.level, c.kind, c.days, c.units
FROM baocao_fold.unit_count AS c JOIN baocao.unit AS u ON u.unit_id = c.top_unit_id
WHERE c.units > 0;
COMMENT ON VIEW baocao.unit_count IS 'số đơn vị (number of units). How many units of each level and kind a province or department had by the catalogue. Ask for a day with: WHERE days @> date.';
COMMENT ON COLUMN baocao.unit_count.unit_code IS 'Code of the province or department.';
COMMENT ON COLUMN baocao.unit_count.unit_name IS 'Its name.';
COMMENT ON COLUMN baocao.unit_count.top_unit_id IS 'The province or department.';
COMMENT ON COLUMN baocao.unit_count.level IS 'Level of the units.';
COMMENT ON COLUMN baocao.unit_count.kind IS 'Kind of the units.';
COMMENT ON COLUMN baocao.unit_count.days IS 'The days.';
COMMENT ON COLUMN baocao.unit_count.units IS 'How many there were.';

/* completeness and timeliness */

CREATE INDEX refusal_kind ON baocao.refusal (top_unit_id, kind, first_received_at);

CREATE VIEW baocao.completeness WITH (security_invoker = true) AS
WITH expected AS NOT MATERIALIZED (
	SELECT p.period_no, p.year, c.top_unit_id, sum(c.units)::bigint AS expected
	FROM baocao.reporting_period AS p
	JOIN baocao_fold.unit_count AS c ON c.level = p.level AND c.units > 0
		-- Not days @> period_last, of which the planner believes that hardly any row satisfies it.
		AND lower(c.days) <= p.period_last AND (upper(c.days) > p.period_last OR upper_inf(c.days))
		AND (p.unit_kind IS NULL OR c.kind = p.unit_kind)
	GROUP BY p.period_no, p.year, c.top_unit_id -- the year, so that a condition on it gets here
), received AS NOT MATERIALIZED (
	SELECT p.period_no, p.year, r.top_unit_id, sum(r.reports)::bigint AS received, sum(d.on_time)::bigint AS on_time,
		sum(d.after_lock)::bigint AS after_lock, sum(d.days_late)::bigint AS days_late, max(d.most_days_late) AS most_days_late,
		sum(r.revised)::bigint AS revised, sum(r.withdrawn)::bigint AS withdrawn
	FROM baocao.reporting_period AS p
	JOIN baocao.receipt_count AS r ON r.year = p.year AND r.kind = p.kind AND r.level = p.level
		AND r.period_type = p.period_type AND r.period_first = p.period_first AND r.period_last = p.period_last
		AND (p.unit_kind IS NULL OR r.unit_kind = p.unit_kind)
	CROSS JOIN LATERAL (
		SELECT coalesce(sum(came) FILTER (WHERE day <= p.due_on), 0) AS on_time, coalesce(sum(came) FILTER (WHERE day >= p.locks_on), 0) AS after_lock,
			sum(came * greatest(day - p.due_on, 0)) AS days_late, max(day - p.due_on) FILTER (WHERE came > 0) AS most_days_late
		FROM unnest(r.received_on, r.received) AS received (day, came)
	) AS d
	GROUP BY p.period_no, p.year, r.top_unit_id
)
SELECT p.year, p.kind, p.level, p.unit_kind, p.period_type, p.period_first, p.period_last, p.due_on, p.period_no,
	n.top_unit_id, n.code AS unit_code, n.name AS unit_name, sum(e.expected)::bigint AS expected,
	sum(coalesce(r.received, 0))::bigint AS received, sum(coalesce(r.on_time, 0))::bigint AS on_time,
	sum(coalesce(r.received - r.on_time, 0))::bigint AS late,
	sum(e.expected - coalesce(r.received, 0))::bigint AS missing, sum(coalesce(r.revised, 0))::bigint AS revised,
	sum(coalesce(r.withdrawn, 0))::bigint AS withdrawn, sum(coalesce(r.after_lock, 0))::bigint AS after_lock,
	sum(f.refused)::bigint AS refused,
	round(100.0 * sum(coalesce(r.received, 0)) / sum(e.expected), 1) AS complete_percent,
	round(100.0 * sum(coalesce(r.on_time, 0)) / sum(e.expected), 1) AS on_time_percent,
	round(sum(r.days_late)::numeric / nullif(sum(r.received - r.on_time), 0), 1) AS mean_days_late,
	greatest(max(r.most_days_late), 0) AS most_days_late
FROM baocao.reporting_period AS p
JOIN expected AS e ON e.period_no = p.period_no AND e.year = p.year
JOIN baocao.unit AS u ON u.unit_id = e.top_unit_id
LEFT JOIN received AS r ON r.period_no = p.period_no AND r.year = p.year AND r.top_unit_id = e.top_unit_id
CROSS JOIN LATERAL (
	SELECT count(*) AS refused FROM baocao.refusal AS x
	WHERE x.top_unit_id = e.top_unit_id AND x.kind = p.kind AND x.first_received_at > p.period_last
		AND x.first_received_at <= p.period_last + (p.period_last - p.period_first + 1)
) AS f
JOIN LATERAL (VALUES (u.unit_id, u.code, u.name), (NULL, NULL, NULL)) AS n (top_unit_id, code, name)
	ON n.top_unit_id IS NOT NULL OR (SELECT baocao.sees_nation())
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12;
COMMENT ON VIEW baocao.completeness IS 'đủ và đúng hạn (completeness and timeliness). For each period of the calendar and each province or department, and in the rows without a unit for all: how many reports are expected, received, on time, late, missing, revised, withdrawn. Units count as expected while they exist; a reported zero is a report.';
COMMENT ON COLUMN baocao.completeness.year IS 'Year of the period''s last day.';
COMMENT ON COLUMN baocao.completeness.kind IS 'The kind of report.';
COMMENT ON COLUMN baocao.completeness.level IS 'The level that is to file it.';
COMMENT ON COLUMN baocao.completeness.unit_kind IS 'The kind of unit that is to file it; NULL for all.';
COMMENT ON COLUMN baocao.completeness.period_type IS 'Type of the period.';
COMMENT ON COLUMN baocao.completeness.period_first IS 'First day of the period.';
COMMENT ON COLUMN baocao.completeness.period_last IS 'Last day of the period.';
COMMENT ON COLUMN baocao.completeness.due_on IS 'Last day on which a report is on time.';
COMMENT ON COLUMN baocao.completeness.period_no IS 'The period of the calendar.';
COMMENT ON COLUMN baocao.completeness.top_unit_id IS 'The province or department; NULL for all.';
COMMENT ON COLUMN baocao.completeness.unit_code IS 'Its code then; NULL for all.';
COMMENT ON COLUMN baocao.completeness.unit_name IS 'Its name then; NULL for all.';
COMMENT ON COLUMN baocao.completeness.expected IS 'Units that existed on the period''s last day and are to file.';
COMMENT ON COLUMN baocao.completeness.received IS 'Units whose report stands.';
COMMENT ON COLUMN baocao.completeness.on_time IS 'How many of them filed first by the due day.';
COMMENT ON COLUMN baocao.completeness.late IS 'How many of them filed first after it.';
COMMENT ON COLUMN baocao.completeness.missing IS 'Units that have not filed, or have withdrawn.';
COMMENT ON COLUMN baocao.completeness.revised IS 'Units that have corrected their report.';
COMMENT ON COLUMN baocao.completeness.withdrawn IS 'Units that have withdrawn theirs; they are among the missing.';
COMMENT ON COLUMN baocao.completeness.after_lock IS 'Units that filed first after the lock, by an exception.';
COMMENT ON COLUMN baocao.completeness.refused IS 'Refusals of the kind from senders of the province, first received within one period''s length after its last day; a refusal that could not be read names no period.';
COMMENT ON COLUMN baocao.completeness.complete_percent IS 'Received to expected, never above 100.';
COMMENT ON COLUMN baocao.completeness.on_time_percent IS 'On time to expected.';
COMMENT ON COLUMN baocao.completeness.mean_days_late IS 'Mean days after the due day of those that were late.';
COMMENT ON COLUMN baocao.completeness.most_days_late IS 'Days after the due day of the latest.';

-- Who is to file and who has filed are put together by grouping, not by an outer join: for that the planner, which believes that
-- there is hardly any of either, would compare each with each. For the same reason no valid @> period_last.
CREATE VIEW baocao.report_status WITH (security_invoker = true) AS
SELECT s.year, s.kind, s.period_type, s.period_first, s.period_last, s.due_on, s.level, s.unit_id, u.code AS unit_code,
	u.name AS unit_name, u.top_unit_id, top.code AS top_unit_code, top.name AS top_unit_name, s.status, s.days_late,
	s.report_no, s.first_received_at, s.filings, s.precision
FROM (
	SELECT e.*, CASE WHEN e.report_no IS NULL THEN 'missing' WHEN e.body = 'withdrawal' THEN 'withdrawn'
			WHEN d.day <= e.due_on THEN 'on_time' ELSE 'late' END AS status,
		CASE WHEN e.body <> 'withdrawal' THEN greatest(d.day - e.due_on, 0) END AS days_late
	FROM (
		SELECT period_no, year, kind, period_type, period_first, period_last, due_on, level, unit_id, max(report_no) AS report_no, max(body) AS body,
			max(first_received_at) AS first_received_at, max(filings) AS filings, max(precision) AS precision
		FROM (
			SELECT p.period_no, p.year, p.kind, p.period_type, p.period_first, p.period_last, p.due_on, p.level, x.unit_id, true AS is_expected,
				NULL::bigint AS report_no, NULL::baocao.kind AS body, NULL::timestamptz AS first_received_at, NULL::integer AS filings,
				NULL::baocao.precision AS precision
			FROM baocao.reporting_period AS p
			JOIN baocao.unit AS x ON x.level = p.level AND lower(x.valid) <= p.period_last AND (upper(x.valid) > p.period_last OR upper_inf(x.valid))
				AND (p.unit_kind IS NULL OR x.kind = p.unit_kind)
			-- Of another branch's units nothing can be said.
			WHERE (SELECT baocao.sees_nation()) OR x.top_unit_id = ANY ((SELECT baocao.branch())::integer[])
			UNION ALL
			SELECT p.period_no, p.year, p.kind, p.period_type, p.period_first, p.period_last, p.due_on, p.level, r.unit_id, false,
				r.report_no, r.body, r.first_received_at, r.filings, r.precision
			FROM baocao.reporting_period AS p
			CROSS JOIN LATERAL ( -- period by period (OFFSET 0): only so does its kind lead through the index
				SELECT * FROM baocao.standing_report AS f
				WHERE f.kind = p.kind AND f.year = p.year
					AND (f.period_type, f.period_first, f.period_last) = (p.period_type, p.period_first, p.period_last)
				OFFSET 0
			) AS r
		) AS either
		GROUP BY period_no, year, kind, period_type, period_first, period_last, due_on, level, unit_id
		HAVING bool_or(is_expected)
	) AS e
	CROSS JOIN LATERAL (SELECT (e.first_received_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day) AS d
) AS s
JOIN baocao.unit AS u ON u.unit_id = s.unit_id
JOIN baocao.unit AS top ON top.unit_id = u.top_unit_id;
COMMENT ON VIEW baocao.report_status IS 'tình trạng từng báo cáo (status of each expected report). One row for each unit and period of the calendar: on_time, late, missing or withdrawn. Ask for one kind and one period.';
COMMENT ON COLUMN baocao.report_status.year IS 'Year of the period''s last day.';
COMMENT ON COLUMN baocao.report_status.kind IS 'The kind of report.';
COMMENT ON COLUMN baocao.report_status.period_type IS 'Type of the period.';
COMMENT ON COLUMN baocao.report_status.period_first IS 'First day of the period.';
COMMENT ON COLUMN baocao.report_status.period_last IS 'Last day of the period.';
COMMENT ON COLUMN baocao.report_status.due_on IS 'Last day on which a report is on time.';
COMMENT ON COLUMN baocao.report_status.level IS 'Level of the unit.';
COMMENT ON COLUMN baocao.report_status.unit_id IS 'The unit.';
COMMENT ON COLUMN baocao.report_status.unit_code IS 'Its code then.';
COMMENT ON COLUMN baocao.report_status.unit_name IS 'Its name then.';
COMMENT ON COLUMN baocao.report_status.top_unit_id IS 'Its province or department.';
COMMENT ON COLUMN baocao.report_status.top_unit_code IS 'Code of the province or department.';
COMMENT ON COLUMN baocao.report_status.top_unit_name IS 'Name of the province or department.';
COMMENT ON COLUMN baocao.report_status.status IS 'on_time, late, missing or withdrawn.';
COMMENT ON COLUMN baocao.report_status.days_late IS 'Days from the due day to the first filing; 0 when it was on time.';
COMMENT ON COLUMN baocao.report_status.report_no IS 'The report that stands; NULL when it is missing.';
COMMENT ON COLUMN baocao.report_status.first_received_at IS 'When the first filing was received.';
COMMENT ON COLUMN baocao.report_status.filings IS 'How many revisions were filed.';
COMMENT ON COLUMN baocao.report_status.precision IS 'How sure the figures are.';

CREATE VIEW baocao.refusal_reason WITH (security_invoker = true) AS
SELECT c.name AS collector, u.code AS scope_code, u.name AS scope_name, r.kind, r.outcome, v.path, v.rule, count(*) AS refusals,
	sum(r.times)::bigint AS deliveries, min(r.first_received_at) AS first_received_at, max(r.last_received_at) AS last_received_at,
	min(v.vi) AS example_vi, min(v.en) AS example_en
FROM baocao.refusal AS r
LEFT JOIN baocao.refusal_violation AS v USING (top_unit_id, refusal_no)
JOIN baocao.collector AS c USING (collector_id)
JOIN baocao.unit AS u ON u.unit_id = c.scope_unit_id
GROUP BY c.name, u.code, u.name, r.kind, r.outcome, v.path, v.rule;
COMMENT ON VIEW baocao.refusal_reason IS 'lý do không được nhận (reasons of refusals). What was refused and why: one row for each sender, field and rule.';
COMMENT ON COLUMN baocao.refusal_reason.collector IS 'The sender.';
COMMENT ON COLUMN baocao.refusal_reason.scope_code IS 'Code of the unit that it speaks for.';
COMMENT ON COLUMN baocao.refusal_reason.scope_name IS 'Name of that unit.';
COMMENT ON COLUMN baocao.refusal_reason.kind IS 'The kind of report, when it could be read.';
COMMENT ON COLUMN baocao.refusal_reason.outcome IS 'conflict, refused or protocol.';
COMMENT ON COLUMN baocao.refusal_reason.path IS 'The field.';
COMMENT ON COLUMN baocao.refusal_reason.rule IS 'The rule that it breaks.';
COMMENT ON COLUMN baocao.refusal_reason.refusals IS 'How many reports were refused for it.';
COMMENT ON COLUMN baocao.refusal_reason.deliveries IS 'How often they were sent.';
COMMENT ON COLUMN baocao.refusal_reason.first_received_at IS 'When the first came.';
COMMENT ON COLUMN baocao.refusal_reason.last_received_at IS 'When the last came.';
COMMENT ON COLUMN baocao.refusal_reason.example_vi IS 'One of the texts in Vietnamese.';
COMMENT ON COLUMN baocao.refusal_reason.example_en IS 'One of the texts in English.';

GRANT SELECT ON baocao.unit_count, baocao.completeness, baocao.report_status, baocao.refusal_reason TO baocao_analyst;
