-- Roles, the schema and the ledger of migrations. Roles belong to the whole cluster, so they may be there already.
DO $$
DECLARE
	role_name text;
BEGIN
	FOREACH role_name IN ARRAY '{baocao_owner,baocao_ingest,baocao_analyst,baocao_branch_analyst,baocao_admin,baocao_auditor}'::text[] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
			EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
		END IF;
	END LOOP;
END
$$;
COMMENT ON ROLE baocao_owner IS 'Owns every object of báo cáo; nobody logs in as it.';
COMMENT ON ROLE baocao_ingest IS 'What the daemon may: insert reports, keep refusals, read units, forms and collectors.';
COMMENT ON ROLE baocao_analyst IS 'What analysts of the ministry may: read.';
COMMENT ON ROLE baocao_branch_analyst IS 'What analysts of a province or department may: read what belongs to it, see baocao.branch_analyst.';
COMMENT ON ROLE baocao_admin IS 'What administrators may: change collectors, units, forms and targets through functions.';
COMMENT ON ROLE baocao_auditor IS 'What the audit trail''s own function may: add a row to it. Nobody is a member.';

-- Exclusion constraints over code and dates.
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

CREATE SCHEMA baocao AUTHORIZATION baocao_owner;
COMMENT ON SCHEMA baocao IS 'báo cáo: báo cáo tổng hợp của các đơn vị công an (aggregate reports of police units). Counts only, never persons.';
GRANT USAGE ON SCHEMA baocao TO baocao_ingest, baocao_analyst, baocao_branch_analyst, baocao_admin;
ALTER DEFAULT PRIVILEGES FOR ROLE baocao_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- Checking foreign keys row by row costs two thirds of the throughput: the daemon, which takes every key from the
-- catalogue it judged by, switches the checks off for its session; baocao.check_integrity() proves them afterwards.
GRANT SET ON PARAMETER session_replication_role TO baocao_ingest;

SET LOCAL ROLE baocao_owner;

CREATE TABLE baocao.migration (
	number integer NOT NULL,
	name text NOT NULL,
	sha256 text NOT NULL,
	applied_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT migration_pkey PRIMARY KEY (number)
);
COMMENT ON TABLE baocao.migration IS 'The migrations that were applied; written by schema/migrate.';
COMMENT ON COLUMN baocao.migration.number IS 'Number at the head of the file''s name.';
COMMENT ON COLUMN baocao.migration.name IS 'Rest of the file''s name.';
COMMENT ON COLUMN baocao.migration.sha256 IS 'SHA-256 of the file when it was applied; a file is never changed afterwards.';
COMMENT ON COLUMN baocao.migration.applied_at IS 'When it was applied.';
