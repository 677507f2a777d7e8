-- How long what is kept for evidence is kept: the raw bytes of stored reports, and refusals. For ever, unless an administrator says
-- otherwise. Reports themselves are never removed.
SET LOCAL ROLE baocao_owner;

CREATE TABLE baocao.retention (
	what text NOT NULL,
	keep_days integer,
	CONSTRAINT retention_pkey PRIMARY KEY (what),
	CONSTRAINT retention_what_is_known CHECK (what IN ('report_raw', 'refusal')),
	CONSTRAINT retention_keep_days_is_a_quarter_at_least CHECK (keep_days >= 92)
);
COMMENT ON TABLE baocao.retention IS 'thời hạn lưu giữ (retention). How long evidence is kept; changed through baocao.set_retention() only.';
COMMENT ON COLUMN baocao.retention.what IS 'report_raw: the bytes of stored reports as received; refusal: what was not accepted, with its reasons.';
COMMENT ON COLUMN baocao.retention.keep_days IS 'Days after which it is removed; NULL for never. A quarter at least: senders may still ask.';
INSERT INTO baocao.retention (what) VALUES ('report_raw'), ('refusal');
GRANT SELECT ON baocao.retention TO baocao_admin;
ALTER TABLE baocao.retention ENABLE ROW LEVEL SECURITY;
CREATE POLICY administration ON baocao.retention FOR SELECT TO baocao_admin USING (true);
COMMENT ON POLICY administration ON baocao.retention IS 'How long evidence is kept is the administrators'' business.';

CREATE FUNCTION baocao.set_retention(what text, keep_days integer DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM baocao_audit.record('set_retention', jsonb_build_object('what', $1, 'keep_days', $2));
	UPDATE baocao.retention SET keep_days = $2 WHERE what = $1;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no retention of %: report_raw or refusal', $1 USING ERRCODE = 'no_data_found';
	END IF;
END
$$;
COMMENT ON FUNCTION baocao.set_retention(text, integer) IS 'Sets for how many days report_raw or refusal is kept; NULL for ever.';

CREATE FUNCTION baocao.expire() RETURNS TABLE (what text, removed bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM baocao_audit.record('expire', '{}');
	what := 'report_raw';
	DELETE FROM baocao.report_raw AS w
	USING baocao.report AS r, baocao.retention AS t
	WHERE t.what = 'report_raw' AND r.top_unit_id = w.top_unit_id AND r.report_no = w.report_no
		AND r.received_at < now() - make_interval(days => t.keep_days);
	GET DIAGNOSTICS removed = ROW_COUNT;
	RETURN NEXT;
	what := 'refusal';
	DELETE FROM baocao.refusal AS f
	USING baocao.retention AS t
	WHERE t.what = 'refusal' AND f.last_received_at < now() - make_interval(days => t.keep_days);
	GET DIAGNOSTICS removed = ROW_COUNT;
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION baocao.expire() IS 'Removes what is older than baocao.retention says; refusals go with their violations. Runs by timer.';

GRANT EXECUTE ON FUNCTION baocao.set_retention, baocao.expire TO baocao_admin;
