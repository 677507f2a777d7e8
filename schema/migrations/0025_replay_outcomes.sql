-- Replays as the daemon does them: what is taken is stored and finished in one transaction, so that the lock on its row is all
-- that keeps two daemons apart and all that a crash leaves behind. And what came of them, with reasons.
SET LOCAL ROLE baocao_owner;

CREATE TABLE baocao.replay_violation (
	top_unit_id integer NOT NULL,
	replay_no bigint NOT NULL,
	violation_no integer NOT NULL,
	path text NOT NULL,
	rule text NOT NULL,
	vi text NOT NULL,
	en text NOT NULL,
	CONSTRAINT replay_violation_pkey PRIMARY KEY (top_unit_id, replay_no, violation_no),
	CONSTRAINT replay_violation_replay_fkey FOREIGN KEY (top_unit_id, replay_no) REFERENCES baocao.replay ON DELETE CASCADE
);
COMMENT ON TABLE baocao.replay_violation IS 'lỗi còn lại khi xét lại (violation of a replay). Everything that was wrong with a refused report when it was judged anew; what was wrong at first stays in refusal_violation.';
COMMENT ON COLUMN baocao.replay_violation.top_unit_id IS 'As of the replay.';
COMMENT ON COLUMN baocao.replay_violation.replay_no IS 'The replay.';
COMMENT ON COLUMN baocao.replay_violation.violation_no IS 'From 1.';
COMMENT ON COLUMN baocao.replay_violation.path IS 'The field.';
COMMENT ON COLUMN baocao.replay_violation.rule IS 'The rule''s stable identifier.';
COMMENT ON COLUMN baocao.replay_violation.vi IS 'The reason in Vietnamese.';
COMMENT ON COLUMN baocao.replay_violation.en IS 'The reason in English.';
GRANT SELECT ON baocao.replay_violation TO baocao_analyst, baocao_admin;

DROP FUNCTION baocao.take_replays(integer);
CREATE FUNCTION baocao.take_replays(at_most integer DEFAULT 100, at_most_bytes bigint DEFAULT 1048576)
RETURNS TABLE (top_unit_id integer, replay_no bigint, collector_id integer, raw bytea)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH due AS MATERIALIZED (
		SELECT p.top_unit_id, p.replay_no, p.refusal_no FROM baocao.replay AS p
		WHERE p.state = 'waiting' OR p.state = 'taken' AND p.taken_at < now() - interval '10 minutes'
		ORDER BY p.replay_no LIMIT $1 FOR UPDATE SKIP LOCKED
	), few AS MATERIALIZED (
		SELECT due.top_unit_id, due.replay_no, r.collector_id, r.raw,
			sum(octet_length(r.raw)) OVER (ORDER BY due.replay_no) - octet_length(r.raw) AS bytes_before
		FROM due JOIN baocao.refusal AS r ON (r.top_unit_id, r.refusal_no) = (due.top_unit_id, due.refusal_no)
	)
	UPDATE baocao.replay AS p SET state = 'taken', taken_at = now()
	FROM few
	WHERE (p.top_unit_id, p.replay_no) = (few.top_unit_id, few.replay_no) AND few.bytes_before < $2
	RETURNING p.top_unit_id, p.replay_no, few.collector_id, few.raw
$$;
COMMENT ON FUNCTION baocao.take_replays(integer, bigint) IS 'Gives waiting replays to a daemon, each to one only, until they reach so many bytes. The daemon finishes them in the same transaction, so that a crash gives them back at once; what a tool took and did not finish within ten minutes is given again.';

DROP FUNCTION baocao.finish_replay(integer, bigint, text, bigint);
CREATE FUNCTION baocao.finish_replay(top_unit_id integer, replay_no bigint, outcome text, report_no bigint,
	violations jsonb DEFAULT '[]') RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	UPDATE baocao.replay SET state = 'done', taken_at = coalesce(taken_at, now()), outcome = $3, report_no = $4, done_at = now()
	WHERE (top_unit_id, replay_no) = ($1, $2) AND state <> 'done';
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no replay % of unit % is to be finished', $2, $1 USING ERRCODE = 'no_data_found';
	END IF;
	INSERT INTO baocao.replay_violation (top_unit_id, replay_no, violation_no, path, rule, vi, en)
	SELECT $1, $2, v.no, v.violation ->> 'path', v.violation ->> 'rule', v.violation ->> 'vi', v.violation ->> 'en'
	FROM jsonb_array_elements($5) WITH ORDINALITY AS v (violation, no);
END
$$;
COMMENT ON FUNCTION baocao.finish_replay(integer, bigint, text, bigint, jsonb) IS 'Notes what came of a replay, with the violations [{path, rule, vi, en}] that are left; in the transaction that stores the report.';
GRANT EXECUTE ON FUNCTION baocao.take_replays, baocao.finish_replay TO baocao_ingest;

CREATE VIEW baocao.replay_result WITH (security_invoker = true) AS
SELECT p.replay_no, p.top_unit_id, p.refusal_no, c.name AS collector, r.kind, r.unit_code, r.first_received_at, p.reason,
	p.requested_by, p.requested_at, p.state, p.done_at, p.outcome, p.report_no,
	(SELECT string_agg(concat_ws(': ', nullif(v.path, ''), v.rule), ', ' ORDER BY v.violation_no) FROM baocao.replay_violation AS v
		WHERE (v.top_unit_id, v.replay_no) = (p.top_unit_id, p.replay_no)) AS violations
FROM baocao.replay AS p
JOIN baocao.refusal AS r USING (top_unit_id, refusal_no)
JOIN baocao.collector AS c USING (collector_id);
COMMENT ON VIEW baocao.replay_result IS 'kết quả xét lại (results of replays). What came of each refusal that was judged anew: stored as which report, a duplicate of which, or refused again and why.';
COMMENT ON COLUMN baocao.replay_result.replay_no IS 'Number of the replay.';
COMMENT ON COLUMN baocao.replay_result.top_unit_id IS 'Top unit of the sender''s scope when it was refused.';
COMMENT ON COLUMN baocao.replay_result.refusal_no IS 'The refusal.';
COMMENT ON COLUMN baocao.replay_result.collector IS 'The sender.';
COMMENT ON COLUMN baocao.replay_result.kind IS 'The kind of report, when it could be read at first.';
COMMENT ON COLUMN baocao.replay_result.unit_code IS 'The unit code as sent, when it could be read at first.';
COMMENT ON COLUMN baocao.replay_result.first_received_at IS 'When it came first.';
COMMENT ON COLUMN baocao.replay_result.reason IS 'Why it was judged anew: what was corrected.';
COMMENT ON COLUMN baocao.replay_result.requested_by IS 'Who asked for it.';
COMMENT ON COLUMN baocao.replay_result.requested_at IS 'When.';
COMMENT ON COLUMN baocao.replay_result.state IS 'How far it is.';
COMMENT ON COLUMN baocao.replay_result.done_at IS 'When it was judged.';
COMMENT ON COLUMN baocao.replay_result.outcome IS 'stored, duplicate, superseded, conflict, refused or protocol; NULL until it is done.';
COMMENT ON COLUMN baocao.replay_result.report_no IS 'The report that holds it now; NULL when none does.';
COMMENT ON COLUMN baocao.replay_result.violations IS 'What is still wrong: field and rule of each violation, texts in replay_violation.';
GRANT SELECT ON baocao.replay_result TO baocao_analyst, baocao_admin;
