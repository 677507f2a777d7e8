-- What administrators did: who, when, what. Owner of the schema, the table and their history is the superuser who migrates, not
-- baocao_owner, whose members could change it otherwise (the owner of a schema may drop what is in it). Rows come in through
-- one function, which takes who and when from the session.
CREATE SCHEMA baocao_audit;
COMMENT ON SCHEMA baocao_audit IS 'nhật ký quản trị (audit trail): what administrators of báo cáo did. Only a superuser can change it.';
GRANT USAGE ON SCHEMA baocao_audit TO baocao_owner, baocao_admin, baocao_auditor;

CREATE TABLE baocao_audit.entry (
	entry_no bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
	done_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	done_by text NOT NULL DEFAULT session_user,
	function_name text NOT NULL,
	arguments jsonb NOT NULL,
	CONSTRAINT entry_pkey PRIMARY KEY (entry_no)
);
COMMENT ON TABLE baocao_audit.entry IS 'việc đã làm (what was done). One row for each call of a function for administrators that succeeded; a call that fails changes nothing and leaves no row.';
COMMENT ON COLUMN baocao_audit.entry.entry_no IS 'Number of the entry; numbers of calls that failed are missing.';
COMMENT ON COLUMN baocao_audit.entry.done_at IS 'When the function was called.';
COMMENT ON COLUMN baocao_audit.entry.done_by IS 'The role that was logged in, whatever role it had taken since.';
COMMENT ON COLUMN baocao_audit.entry.function_name IS 'The function of schema baocao.';
COMMENT ON COLUMN baocao_audit.entry.arguments IS 'Its arguments by name, defaults filled in.';

GRANT SELECT ON baocao_audit.entry TO baocao_admin;
GRANT INSERT (function_name, arguments) ON baocao_audit.entry TO baocao_auditor; -- neither who nor when

CREATE FUNCTION baocao_audit.record(function_name text, arguments jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	INSERT INTO baocao_audit.entry (function_name, arguments) VALUES ($1, $2);
END
$$;
COMMENT ON FUNCTION baocao_audit.record(text, jsonb) IS 'Adds an entry; called by the functions for administrators, which belong to baocao_owner.';
ALTER FUNCTION baocao_audit.record(text, jsonb) OWNER TO baocao_auditor;
REVOKE EXECUTE ON FUNCTION baocao_audit.record(text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION baocao_audit.record(text, jsonb) TO baocao_owner;
