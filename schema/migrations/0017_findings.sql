-- What is right by every rule and yet hard to believe: found, never refused, and worked through by analysts.
SET LOCAL ROLE baocao_owner;

CREATE TYPE baocao.finding_rule AS ENUM ('gift_value', 'tenfold', 'more_points_than_communes', 'counted_twice', 'level_without_contents');
COMMENT ON TYPE baocao.finding_rule IS 'quy tắc hợp lý (rule of plausibility). Values: gift_value = a gift worth less than 50,000 or more than 20,000,000 VND; tenfold = ten times last year''s figure, or a tenth; more_points_than_communes = more festival points than commune-level units; counted_twice = a province''s own figure is not below the sum of its communes'', as if it held theirs again; level_without_contents = a level of criterion 19.2 without all eight contents.';
CREATE TYPE baocao.finding_state AS ENUM ('open', 'confirmed', 'to_correct', 'gone');
COMMENT ON TYPE baocao.finding_state IS 'trạng thái xử lý (state of a finding). Values: open = nobody has looked at it; confirmed = the figure is right; to_correct = the unit was asked to correct it; gone = no longer found.';

CREATE TABLE baocao.finding (
	finding_no bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
	top_unit_id integer NOT NULL,
	rule baocao.finding_rule NOT NULL,
	year integer NOT NULL,
	unit_id integer NOT NULL,
	report_no bigint,
	subject text NOT NULL,
	figure numeric NOT NULL,
	reference numeric,
	state baocao.finding_state NOT NULL DEFAULT 'open',
	note text,
	found_at timestamptz NOT NULL DEFAULT now(),
	marked_by text,
	marked_at timestamptz,
	CONSTRAINT finding_pkey PRIMARY KEY (top_unit_id, finding_no),
	CONSTRAINT finding_once UNIQUE NULLS NOT DISTINCT (top_unit_id, rule, year, unit_id, report_no, subject),
	CONSTRAINT finding_top_unit_fkey FOREIGN KEY (top_unit_id) REFERENCES baocao.unit,
	CONSTRAINT finding_unit_fkey FOREIGN KEY (unit_id) REFERENCES baocao.unit,
	CONSTRAINT finding_report_fkey FOREIGN KEY (top_unit_id, report_no) REFERENCES baocao.report,
	CONSTRAINT finding_marked_by_somebody CHECK ((marked_by IS NULL) = (marked_at IS NULL))
);
CREATE INDEX finding_year ON baocao.finding (year, state);
COMMENT ON TABLE baocao.finding IS 'nghi vấn số liệu (finding). Figures that are hard to believe, to be worked through; mark them with baocao.mark_finding().';
COMMENT ON COLUMN baocao.finding.finding_no IS 'Number of the finding.';
COMMENT ON COLUMN baocao.finding.top_unit_id IS 'The province or department.';
COMMENT ON COLUMN baocao.finding.rule IS 'What is hard to believe.';
COMMENT ON COLUMN baocao.finding.year IS 'The year it was found in.';
COMMENT ON COLUMN baocao.finding.unit_id IS 'The unit whose figure it is.';
COMMENT ON COLUMN baocao.finding.report_no IS 'The report; NULL when it is a sum over several.';
COMMENT ON COLUMN baocao.finding.subject IS 'The figure in words: table, column, what it counts.';
COMMENT ON COLUMN baocao.finding.figure IS 'The figure.';
COMMENT ON COLUMN baocao.finding.reference IS 'What it was compared with; NULL for a fixed bound.';
COMMENT ON COLUMN baocao.finding.state IS 'How far it has been worked through.';
COMMENT ON COLUMN baocao.finding.note IS 'What the analyst says about it.';
COMMENT ON COLUMN baocao.finding.found_at IS 'When it was found.';
COMMENT ON COLUMN baocao.finding.marked_by IS 'Who marked it last.';
COMMENT ON COLUMN baocao.finding.marked_at IS 'When.';
GRANT SELECT ON baocao.finding TO baocao_analyst, baocao_admin;

CREATE VIEW baocao.yearly_figure WITH (security_invoker = true) AS
SELECT year, top_unit_id, 'festival_day.points_held: ' || period_type AS subject, sum(points_held) AS figure
FROM baocao.festival_day_sum GROUP BY year, top_unit_id, period_type
UNION ALL
SELECT year, top_unit_id, 'festival_day.attendees: ' || period_type AS subject, sum(attendees) AS figure
FROM baocao.festival_day_sum GROUP BY year, top_unit_id, period_type
UNION ALL
SELECT year, top_unit_id, 'social_support_activity.activities: ' || period_type || ', ' || activity_kind AS subject, sum(activities) AS figure
FROM baocao.social_support_activity_sum GROUP BY year, top_unit_id, period_type, activity_kind
UNION ALL
SELECT year, top_unit_id, 'social_support_activity.quantity: ' || period_type || ', ' || activity_kind AS subject, sum(quantity) AS figure
FROM baocao.social_support_activity_sum GROUP BY year, top_unit_id, period_type, activity_kind
UNION ALL
SELECT year, top_unit_id, 'social_support_activity.value_vnd: ' || period_type || ', ' || activity_kind AS subject, sum(value_vnd) AS figure
FROM baocao.social_support_activity_sum GROUP BY year, top_unit_id, period_type, activity_kind
UNION ALL
SELECT year, top_unit_id, 'social_support_activity.beneficiaries: ' || period_type || ', ' || activity_kind AS subject, sum(beneficiaries) AS figure
FROM baocao.social_support_activity_sum GROUP BY year, top_unit_id, period_type, activity_kind
UNION ALL
SELECT year, top_unit_id, 'security_model_model.active: ' || period_type || ', ' || model_kind AS subject, sum(active) AS figure
FROM baocao.security_model_model_sum GROUP BY year, top_unit_id, period_type, model_kind
UNION ALL
SELECT year, top_unit_id, 'security_model_model.members: ' || period_type || ', ' || model_kind AS subject, sum(members) AS figure
FROM baocao.security_model_model_sum GROUP BY year, top_unit_id, period_type, model_kind
UNION ALL
SELECT year, top_unit_id, 'commendation_award.awards: ' || period_type || ', ' || award_level AS subject, sum(awards) AS figure
FROM baocao.commendation_award_sum GROUP BY year, top_unit_id, period_type, award_level
UNION ALL
SELECT year, top_unit_id, 'communication_output.items: ' || period_type || ', ' || channel AS subject, sum(items) AS figure
FROM baocao.communication_output_sum GROUP BY year, top_unit_id, period_type, channel
UNION ALL
SELECT year, top_unit_id, 'communication_output.sessions: ' || period_type || ', ' || channel AS subject, sum(sessions) AS figure
FROM baocao.communication_output_sum GROUP BY year, top_unit_id, period_type, channel
UNION ALL
SELECT year, top_unit_id, 'communication_output.attendances: ' || period_type || ', ' || channel AS subject, sum(attendances) AS figure
FROM baocao.communication_output_sum GROUP BY year, top_unit_id, period_type, channel;
SELECT baocao.describe('baocao.yearly_figure', 'số liệu năm (figures of a year). The larger figures of each province or department and year, one row each, for comparing years.', '{
	"subject": "The figure in words: table, column, type of period, what it counts.", "figure": "Its sum."}');

CREATE VIEW baocao.implausible WITH (security_invoker = true) AS
SELECT r.top_unit_id, 'gift_value'::baocao.finding_rule AS rule, r.year, r.unit_id, r.report_no,
	'social_support_activity.value_vnd / quantity: gift_visit, ' || a.beneficiary_kind AS subject,
	round(a.value_vnd::numeric / a.quantity) AS figure, NULL::numeric AS reference
FROM baocao.current_report AS r JOIN baocao.social_support_activity AS a USING (top_unit_id, report_no)
WHERE r.kind = 'social_support' AND a.activity_kind = 'gift_visit' AND a.quantity > 0
	AND a.value_vnd::numeric / a.quantity NOT BETWEEN 50000 AND 20000000
UNION ALL
SELECT r.top_unit_id, 'level_without_contents', r.year, r.unit_id, r.report_no, 'rural_security.contents_met: ' || s.level_reached,
	s.contents_met, 8
FROM baocao.current_report AS r JOIN baocao.rural_security AS s USING (top_unit_id, report_no)
WHERE r.kind = 'rural_security' AND s.level_reached <> 'none' AND s.contents_met < 8
UNION ALL
SELECT top_unit_id, 'more_points_than_communes', year, top_unit_id, NULL, 'festival_day.points_held: ' || period_type, held, communes
FROM baocao.festival_day_total
WHERE held > communes AND top_unit_id IS NOT NULL
UNION ALL
SELECT p.top_unit_id, 'counted_twice', p.year, p.top_unit_id, NULL, 'festival_day.points_held: ' || p.period_type, p.held, c.held
FROM (SELECT top_unit_id, year, period_type, sum(points_held) AS held FROM baocao.festival_day_sum
	WHERE level = 'province' GROUP BY 1, 2, 3) AS p
JOIN (SELECT top_unit_id, year, period_type, sum(points_held) AS held, sum(reports) AS reports FROM baocao.festival_day_sum
	WHERE level = 'commune' GROUP BY 1, 2, 3) AS c USING (top_unit_id, year, period_type)
WHERE c.reports > 1 AND c.held > 0 AND p.held >= c.held
UNION ALL
SELECT now.top_unit_id, 'tenfold', now.year, now.top_unit_id, NULL, now.subject, now.figure, before.figure
FROM baocao.yearly_figure AS now
JOIN baocao.yearly_figure AS before ON before.year = now.year - 1 AND before.top_unit_id = now.top_unit_id AND before.subject = now.subject
WHERE before.figure >= 5 AND now.figure >= 10 * before.figure OR now.figure >= 5 AND before.figure >= 10 * now.figure;
SELECT baocao.describe('baocao.implausible', 'số liệu đáng ngờ hiện nay (what is hard to believe now). Ask for a year; baocao.look_for_findings() keeps it in the table finding.', '{
	"rule": "What is hard to believe.", "unit_id": "The unit whose figure it is.", "report_no": "The report; NULL when it is a sum over several.",
	"subject": "The figure in words.", "figure": "The figure.", "reference": "What it was compared with; NULL for a fixed bound."}');

CREATE FUNCTION baocao.look_for_findings(in_year integer DEFAULT extract(year FROM current_date)::integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	found integer;
BEGIN
	PERFORM baocao_audit.record('look_for_findings', jsonb_build_object('in_year', $1));
	PERFORM pg_advisory_xact_lock(hashtext('baocao.look_for_findings'));
	CREATE TEMP TABLE found_now ON COMMIT DROP AS SELECT * FROM baocao.implausible WHERE year = $1;
	UPDATE baocao.finding AS f SET state = 'gone', marked_by = session_user, marked_at = now()
	WHERE f.year = $1 AND f.state <> 'gone' AND NOT EXISTS (SELECT FROM found_now AS n
		WHERE (n.top_unit_id, n.rule, n.unit_id, n.subject) = (f.top_unit_id, f.rule, f.unit_id, f.subject)
			AND n.report_no IS NOT DISTINCT FROM f.report_no);
	INSERT INTO baocao.finding AS f (top_unit_id, rule, year, unit_id, report_no, subject, figure, reference)
	SELECT n.top_unit_id, n.rule, n.year, n.unit_id, n.report_no, n.subject, n.figure, n.reference FROM found_now AS n
	ON CONFLICT ON CONSTRAINT finding_once DO UPDATE -- another figure, or found again, is looked at again
		SET figure = excluded.figure, reference = excluded.reference, state = 'open', marked_by = NULL, marked_at = NULL
		WHERE f.state = 'gone' OR (f.figure, f.reference) IS DISTINCT FROM (excluded.figure, excluded.reference);
	GET DIAGNOSTICS found = ROW_COUNT;
	DROP TABLE found_now;
	RETURN found;
END
$$;
COMMENT ON FUNCTION baocao.look_for_findings(integer) IS 'Looks for figures of a year that are hard to believe, opens new findings and closes those that are no longer there; returns how many were opened. A timer calls it.';

CREATE FUNCTION baocao.mark_finding(top_unit_id integer, finding_no bigint, state baocao.finding_state, note text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM baocao_audit.record('mark_finding', jsonb_build_object('top_unit_id', $1, 'finding_no', $2, 'state', $3,
		'note', $4));
	UPDATE baocao.finding SET state = $3, note = $4, marked_by = session_user, marked_at = now()
	WHERE (top_unit_id, finding_no) = ($1, $2);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no finding % of unit %', $2, $1 USING ERRCODE = 'no_data_found';
	END IF;
END
$$;
COMMENT ON FUNCTION baocao.mark_finding(integer, bigint, baocao.finding_state, text) IS 'Marks a finding as confirmed, to be corrected, or open again, with a note.';

GRANT EXECUTE ON FUNCTION baocao.look_for_findings, baocao.mark_finding TO baocao_analyst, baocao_admin;
