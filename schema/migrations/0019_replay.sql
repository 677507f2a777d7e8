-- Refusals that deserve another hearing: after the catalogue or a rule was corrected the bytes go through the daemon as if
-- they had just arrived. Here is the queue; the daemon (or a tool with its judge) takes from it.
SET LOCAL ROLE baocao_owner;

CREATE TYPE baocao.replay_state AS ENUM ('waiting', 'taken', 'done');
COMMENT ON TYPE baocao.replay_state IS 'trạng thái xét lại (state of a replay). Values: waiting = asked for; taken = with a daemon; done = judged anew.';

CREATE TABLE baocao.replay (
	top_unit_id integer NOT NULL,
	replay_no bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
	refusal_no bigint NOT NULL,
	state baocao.replay_state NOT NULL DEFAULT 'waiting',
	reason text NOT NULL,
	requested_by text NOT NULL DEFAULT session_user,
	requested_at timestamptz NOT NULL DEFAULT now(),
	taken_at timestamptz,
	done_at timestamptz,
	outcome text,
	report_no bigint,
	CONSTRAINT replay_pkey PRIMARY KEY (top_unit_id, replay_no),
	CONSTRAINT replay_refusal_fkey FOREIGN KEY (top_unit_id, refusal_no) REFERENCES baocao.refusal,
	CONSTRAINT replay_reason_is_given CHECK (btrim(reason) <> ''),
	CONSTRAINT replay_outcome_is_known CHECK (outcome IN ('stored', 'duplicate', 'superseded', 'conflict', 'refused', 'protocol')),
	CONSTRAINT replay_done_has_outcome CHECK ((state = 'done') = (outcome IS NOT NULL) AND (state = 'done') = (done_at IS NOT NULL)),
	CONSTRAINT replay_report_was_stored CHECK (report_no IS NULL OR outcome IN ('stored', 'duplicate', 'superseded'))
);
CREATE UNIQUE INDEX replay_one_at_a_time ON baocao.replay (top_unit_id, refusal_no) WHERE state <> 'done';
CREATE INDEX replay_open ON baocao.replay (replay_no) WHERE state <> 'done';
COMMENT ON TABLE baocao.replay IS 'xét lại báo cáo bị từ chối (replay). Refusals that go through the daemon once more, who asked for it and what came of it.';
COMMENT ON COLUMN baocao.replay.top_unit_id IS 'As of the refusal.';
COMMENT ON COLUMN baocao.replay.replay_no IS 'Number of the replay.';
COMMENT ON COLUMN baocao.replay.refusal_no IS 'The refusal.';
COMMENT ON COLUMN baocao.replay.state IS 'How far it is.';
COMMENT ON COLUMN baocao.replay.reason IS 'Why it was asked for: what was corrected.';
COMMENT ON COLUMN baocao.replay.requested_by IS 'Who asked for it.';
COMMENT ON COLUMN baocao.replay.requested_at IS 'When.';
COMMENT ON COLUMN baocao.replay.taken_at IS 'When a daemon took it last.';
COMMENT ON COLUMN baocao.replay.done_at IS 'When it was judged.';
COMMENT ON COLUMN baocao.replay.outcome IS 'What a receipt would have said.';
COMMENT ON COLUMN baocao.replay.report_no IS 'The report that holds it now.';
GRANT SELECT ON baocao.replay TO baocao_analyst, baocao_admin;

CREATE FUNCTION baocao.request_replay(rule text, reason text, kind baocao.kind DEFAULT NULL, top_unit_id integer DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	requested integer;
BEGIN
	PERFORM baocao_audit.record('request_replay', jsonb_build_object('rule', $1, 'reason', $2, 'kind', $3, 'top_unit_id', $4));
	INSERT INTO baocao.replay (top_unit_id, refusal_no, reason)
	SELECT r.top_unit_id, r.refusal_no, $2 FROM baocao.refusal AS r
	WHERE r.outcome = 'refused' AND r.kind IS NOT DISTINCT FROM coalesce($3, r.kind) AND r.top_unit_id = coalesce($4, r.top_unit_id)
		AND EXISTS (SELECT FROM baocao.refusal_violation AS v
			WHERE (v.top_unit_id, v.refusal_no) = (r.top_unit_id, r.refusal_no) AND v.rule = $1)
		AND NOT EXISTS (SELECT FROM baocao.replay AS p WHERE (p.top_unit_id, p.refusal_no) = (r.top_unit_id, r.refusal_no)
			AND (p.state <> 'done' OR p.outcome IN ('stored', 'duplicate', 'superseded')));
	GET DIAGNOSTICS requested = ROW_COUNT;
	PERFORM pg_notify('baocao_replay', requested::text);
	RETURN requested;
END
$$;
COMMENT ON FUNCTION baocao.request_replay(text, text, baocao.kind, integer) IS 'Asks that everything refused for a rule be judged anew, of one kind or top unit when given; what was stored by an earlier replay stays out. Returns how many.';

CREATE FUNCTION baocao.take_replays(at_most integer DEFAULT 100)
RETURNS TABLE (top_unit_id integer, replay_no bigint, collector_id integer, raw bytea)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH due AS (
		SELECT p.top_unit_id, p.replay_no FROM baocao.replay AS p
		WHERE p.state = 'waiting' OR p.state = 'taken' AND p.taken_at < now() - interval '10 minutes'
		ORDER BY p.replay_no LIMIT $1 FOR UPDATE SKIP LOCKED
	)
	UPDATE baocao.replay AS p SET state = 'taken', taken_at = now()
	FROM due, baocao.refusal AS r
	WHERE (p.top_unit_id, p.replay_no) = (due.top_unit_id, due.replay_no) AND (r.top_unit_id, r.refusal_no) = (p.top_unit_id, p.refusal_no)
	RETURNING p.top_unit_id, p.replay_no, r.collector_id, r.raw
$$;
COMMENT ON FUNCTION baocao.take_replays(integer) IS 'Gives waiting replays to a daemon, each to one only; what was taken and not finished within ten minutes is given again. Judging the same bytes twice is harmless.';

CREATE FUNCTION baocao.finish_replay(top_unit_id integer, replay_no bigint, outcome text, report_no bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	UPDATE baocao.replay SET state = 'done', outcome = $3, report_no = $4, done_at = now()
	WHERE (top_unit_id, replay_no) = ($1, $2) AND state = 'taken';
	IF NOT FOUND THEN
		RAISE EXCEPTION 'no daemon has taken the replay % of unit %', $2, $1 USING ERRCODE = 'no_data_found';
	END IF;
END
$$;
COMMENT ON FUNCTION baocao.finish_replay(integer, bigint, text, bigint) IS 'Notes what came of a replay; in the transaction that stores the report.';

GRANT EXECUTE ON FUNCTION baocao.request_replay TO baocao_admin;
GRANT EXECUTE ON FUNCTION baocao.take_replays, baocao.finish_replay TO baocao_ingest;
