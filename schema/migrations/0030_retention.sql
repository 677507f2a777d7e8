-- How long what is kept for evidence is kept: the raw bytes of stored reports, and refusals. For ever, unless an administrator says
-- otherwise. Reports themselves are never removed. Who sets it and what removes: 0035_expiry.sql.
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
