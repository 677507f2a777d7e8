-- Without the unique key only the look stands between two daemons that are sent the same report at once.
ALTER TABLE baocao.report DROP CONSTRAINT report_natural_key;
CREATE INDEX report_natural_key ON baocao.report (top_unit_id, kind, period_last, period_first, period_type, unit_id, revision);
