-- What retention has removed is written down, so that raw bytes that are gone for another reason can be told from it; and snapshots
-- of completeness have a retention, too.
SET LOCAL ROLE baocao_owner;

CREATE TABLE baocao.expiry (
	expiry_no bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
	what text NOT NULL,
	expired_at timestamptz NOT NULL DEFAULT now(),
	received_before timestamptz NOT NULL,
	removed bigint NOT NULL,
	CONSTRAINT expiry_pkey PRIMARY KEY (expiry_no),
	CONSTRAINT expiry_what_fkey FOREIGN KEY (what) REFERENCES baocao.retention,
	CONSTRAINT expiry_removed_something CHECK (removed > 0)
);
COMMENT ON TABLE baocao.expiry IS 'đã hết hạn lưu giữ (what retention removed). One row for each time that baocao.expire() removed something; baocao-verify holds what is missing against it.';
COMMENT ON COLUMN baocao.expiry.expiry_no IS 'Number of the row.';
COMMENT ON COLUMN baocao.expiry.what IS 'What was removed, as in baocao.retention.';
COMMENT ON COLUMN baocao.expiry.expired_at IS 'When.';
COMMENT ON COLUMN baocao.expiry.received_before IS 'Only what was received before this moment was removed.';
COMMENT ON COLUMN baocao.expiry.removed IS 'How many rows.';
GRANT SELECT ON baocao.expiry TO baocao_admin, baocao_verifier;
CREATE POLICY administration ON baocao.expiry FOR SELECT TO baocao_admin, baocao_verifier USING (true);
COMMENT ON POLICY administration ON baocao.expiry IS 'How long evidence is kept is the administrators'' business; who verifies must know, too.';
ALTER TABLE baocao.expiry ENABLE ROW LEVEL SECURITY;

ALTER TABLE baocao.retention DROP CONSTRAINT retention_what_is_known;
ALTER TABLE baocao.retention ADD CONSTRAINT retention_what_is_known CHECK (what IN ('report_raw', 'refusal', 'completeness_snapshot'));
COMMENT ON COLUMN baocao.retention.what IS 'report_raw: the bytes of stored reports as received; refusal: what was not accepted, with its reasons; completeness_snapshot: what baocao.completeness_on() answers from.';
INSERT INTO baocao.retention (what) VALUES ('completeness_snapshot');

CREATE FUNCTION baocao.set_retention(what text, keep_days integer DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM baocao_audit.record('set_retention', jsonb_build_object('what', $1, 'keep_days', $2));
	UPDATE baocao.retention SET keep_days = $2 WHERE what = $1;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no retention of %: report_raw, refusal or completeness_snapshot', $1 USING ERRCODE = 'no_data_found';
	END IF;
END
$$;
COMMENT ON FUNCTION baocao.set_retention(text, integer) IS 'Sets for how many days report_raw, refusal or completeness_snapshot is kept; NULL for ever.';

CREATE FUNCTION baocao.forget_completeness(day date) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	first_day CONSTANT date := (SELECT max(d.taken_on) FROM baocao.completeness_day AS d WHERE d.taken_on <= $1);
	forgotten bigint;
BEGIN
	DELETE FROM baocao_fold.completeness_snapshot AS s
	WHERE s.taken_on < first_day AND (s.expected = 0 OR EXISTS (SELECT FROM baocao_fold.completeness_snapshot AS later
		WHERE later.period_no = s.period_no AND later.top_unit_id IS NOT DISTINCT FROM s.top_unit_id
			AND later.taken_on > s.taken_on AND later.taken_on <= first_day));
	GET DIAGNOSTICS forgotten = ROW_COUNT;
	-- What had not changed since is so on the first day that stays.
	UPDATE baocao_fold.completeness_snapshot AS s SET taken_on = first_day WHERE s.taken_on < first_day;
	DELETE FROM baocao.completeness_day AS d WHERE d.taken_on < first_day;
	RETURN forgotten;
END
$$;
COMMENT ON FUNCTION baocao.forget_completeness(date) IS 'Forgets completeness of the days before the one that is shown for a day; gives how many rows went. For baocao.expire().';

CREATE FUNCTION baocao.expire() RETURNS TABLE (what text, removed bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	retained record;
BEGIN
	PERFORM baocao_audit.record('expire', '{}');
	LOCK TABLE baocao.expiry IN SHARE ROW EXCLUSIVE MODE; -- two runs at a time would each count the other's
	FOR retained IN
		SELECT t.what, now() - make_interval(days => t.keep_days) AS received_before
		FROM baocao.retention AS t ORDER BY array_position('{report_raw,refusal,completeness_snapshot}', t.what)
	LOOP
		what := retained.what;
		IF what = 'report_raw' THEN
			DELETE FROM baocao.report_raw AS w
			USING baocao.report AS r
			WHERE r.top_unit_id = w.top_unit_id AND r.report_no = w.report_no AND r.received_at < retained.received_before;
			GET DIAGNOSTICS removed = ROW_COUNT;
		ELSIF what = 'refusal' THEN
			DELETE FROM baocao.refusal AS f
			WHERE f.last_received_at < retained.received_before
				AND NOT EXISTS (SELECT FROM baocao.replay AS r WHERE (r.top_unit_id, r.refusal_no) = (f.top_unit_id, f.refusal_no));
			GET DIAGNOSTICS removed = ROW_COUNT;
		ELSIF what = 'completeness_snapshot' THEN
			removed := baocao.forget_completeness((retained.received_before AT TIME ZONE 'Asia/Ho_Chi_Minh')::date);
		END IF;
		IF removed > 0 THEN
			INSERT INTO baocao.expiry (what, received_before, removed) VALUES (what, retained.received_before, removed);
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION baocao.expire() IS 'Removes what is older than baocao.retention says, and writes down in baocao.expiry what it removed; refusals go with their violations, those that were judged anew stay. Runs by timer.';

CREATE FUNCTION baocao.raw_bytes_lost() RETURNS TABLE (check_name text, table_name text, detail text, row_count bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH removed AS (
		SELECT max(e.received_before) AS received_before, sum(e.removed)::bigint AS removed FROM baocao.expiry AS e WHERE e.what = 'report_raw'
	), gone AS (
		SELECT count(*) AS reports
		FROM baocao.report AS r CROSS JOIN removed AS m
		WHERE r.received_at < m.received_before
			AND NOT EXISTS (SELECT FROM baocao.report_raw AS w WHERE (w.top_unit_id, w.report_no) = (r.top_unit_id, r.report_no))
	)
	SELECT 'raw bytes gone that no retention removed', 'report_raw',
		format('retention removed those of %s reports, gone are those of %s', m.removed, g.reports), g.reports - m.removed
	FROM gone AS g CROSS JOIN removed AS m WHERE g.reports <> m.removed
$$;
COMMENT ON FUNCTION baocao.raw_bytes_lost() IS 'Whether of the reports so old that retention may have removed their raw bytes as many are without them as baocao.expiry says; no row when it is so. Younger ones baocao-verify finds one by one.';
GRANT EXECUTE ON FUNCTION baocao.raw_bytes_lost TO baocao_verifier, baocao_admin;
GRANT EXECUTE ON FUNCTION baocao.set_retention, baocao.expire TO baocao_admin;
