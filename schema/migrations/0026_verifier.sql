-- Who compares the stored rows with the raw bytes (baocao-verify): reads what analysts read, and the archive; writes nothing.
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'baocao_verifier') THEN -- roles belong to the whole cluster
		CREATE ROLE baocao_verifier NOLOGIN;
	END IF;
END
$$;
COMMENT ON ROLE baocao_verifier IS 'What baocao-verify may: read reports with their raw bytes, and check keys.';
GRANT baocao_analyst TO baocao_verifier;

SET LOCAL ROLE baocao_owner;
GRANT SELECT ON baocao.report_raw TO baocao_verifier;
