-- Nothing is wrong with what is filed, and every kind of damage is seen.
BEGIN;
\ir data/hand_made.sql
SELECT plan(12);
SELECT is_empty($$ SELECT * FROM baocao.check_everything() $$, 'all is well before folding');
SELECT baocao.fold() \g /dev/null
SELECT is_empty($$ SELECT * FROM baocao.check_everything() $$, 'and after');

CREATE FUNCTION pg_temp.damage(what text, wanted text, words text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text[];
BEGIN
	BEGIN
		SET LOCAL session_replication_role = replica;
		EXECUTE what;
		SET LOCAL session_replication_role = origin;
		said := ARRAY(SELECT DISTINCT concat_ws(': ', table_name, check_name) FROM baocao.check_everything() ORDER BY 1);
		RAISE EXCEPTION 'mended' USING ERRCODE = 'BC002';
	EXCEPTION WHEN SQLSTATE 'BC002' THEN
		NULL;
	END;
	RETURN ok(wanted = ANY (said), words || ' (' || array_to_string(said, '; ') || ')');
END
$$;
SELECT pg_temp.damage('DELETE FROM baocao.festival_day WHERE report_no = 1', 'festival_day: report without its body', 'a body is gone');
SELECT pg_temp.damage('DELETE FROM baocao.festival_day_venue WHERE report_no = 1 AND line_no = 2', 'festival_day_venue: lines not counted from 1', 'a line is gone');
SELECT pg_temp.damage('UPDATE baocao.festival_day SET points_held = 7 WHERE report_no = 1', 'festival_day: folded otherwise than filed', 'a figure was changed');
SELECT pg_temp.damage('UPDATE baocao.report SET revision = 9 WHERE report_no = 1', 'standing: folded otherwise than filed', 'a revision was changed');
SELECT pg_temp.damage('INSERT INTO baocao.report SELECT 99999, top_unit_id, unit_id, kind, body, unit_code, period_type, period_first, period_last, 99, precision,
	filed_at, received_at, collector_id, content_digest FROM baocao.report WHERE report_no = 1', 'standing: folded otherwise than filed', 'a report was stored and not marked');
SELECT pg_temp.damage('UPDATE baocao_fold.receipt SET reports = reports + 1', 'receipt: folded otherwise than filed', 'a folded number was changed');
SELECT pg_temp.damage('UPDATE baocao.report SET period_last = ''1990-01-01'' WHERE report_no = 1', 'report: unit did not exist on the last day', 'a report before its unit');
SELECT pg_temp.damage('UPDATE baocao.report SET body = ''communication'' WHERE report_no = 1', 'festival_day: body of another kind', 'a body of another kind');
SELECT pg_temp.damage('UPDATE baocao.unit SET top_unit_id = 2 WHERE code = ''31801''', 'report: top unit is not the unit''s', 'a unit under another province');
SELECT pg_temp.damage('DELETE FROM baocao.report WHERE report_no = 1', 'baocao.festival_day: foreign key festival_day_report_fkey', 'a head is gone');
SELECT * FROM finish();
ROLLBACK;
