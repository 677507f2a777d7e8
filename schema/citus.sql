-- Distributes the large tables over the workers of a Citus cluster, by top unit: reports with all that hangs on them, and refusals
-- with theirs (baocao.distributed_tables()). Units, forms, collectors and what is folded stay on the coordinator: they are small, and
-- what tells the daemons of a change are triggers, which distributed tables cannot have.
--
--   psql --dbname CONNINFO --file schema/citus.sql     once, on the coordinator, as a superuser, after schema/migrate
--
-- The daemon cannot store yet in what this makes. That, and what changes for the operator: docs/operations.md, "Sharding". Stop the
-- daemons first. Run again it does nothing more.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS citus;

BEGIN;
-- A distributed table cannot refer to a table of the coordinator. The daemon takes these keys from the catalogue it judges by; nothing
-- else checks them from then on (docs/operations.md says so).
DO $$
DECLARE
	key record;
BEGIN
	FOR key IN
		SELECT c.conrelid::regclass AS child, c.conname
		FROM pg_constraint AS c JOIN baocao.distributed_tables() AS child ON child.name = c.conrelid
		WHERE c.contype = 'f' AND NOT EXISTS (SELECT FROM baocao.distributed_tables() AS parent WHERE parent.name = c.confrelid)
	LOOP
		EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', key.child, key.conname);
	END LOOP;
END
$$;

-- Nor can its policies ask other tables. Without theirs analysts of a branch see nothing of these tables: rather too little than all.
DO $$
DECLARE
	policy record;
BEGIN
	FOR policy IN
		SELECT p.polname, p.polrelid::regclass AS relation
		FROM pg_policy AS p JOIN baocao.distributed_tables() AS d ON d.name = p.polrelid
		WHERE pg_get_expr(p.polqual, p.polrelid) ~ 'SELECT'
	LOOP
		EXECUTE format('DROP POLICY %I ON %s', policy.polname, policy.relation);
	END LOOP;
END
$$;

-- Reports first, then parents: a key between distributed tables can be declared only when both are.
DO $$
DECLARE
	relation record;
BEGIN
	FOR relation IN
		SELECT d.name FROM baocao.distributed_tables() AS d
		WHERE NOT EXISTS (SELECT FROM pg_dist_partition AS p WHERE p.logicalrelid = d.name)
		ORDER BY d.name <> 'baocao.report'::regclass, d.depth, d.name::text
	LOOP
		IF relation.name = 'baocao.report'::regclass THEN
			PERFORM create_distributed_table(relation.name, 'top_unit_id', colocate_with => 'none');
		ELSE
			PERFORM create_distributed_table(relation.name, 'top_unit_id', colocate_with => 'baocao.report');
		END IF;
	END LOOP;
END
$$;
COMMIT;
