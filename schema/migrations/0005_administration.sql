-- What administrators do, as functions: they check what a table cannot, and leave no other way. Each writes down first who asks
-- for what (0009_audit.sql).
SET LOCAL ROLE baocao_owner;

/* collectors and their keys */

CREATE FUNCTION baocao.collector_named(name text) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	found_id integer;
BEGIN
	SELECT collector_id INTO found_id FROM baocao.collector WHERE name = $1 FOR UPDATE; -- one change at a time
	IF found_id IS NULL THEN
		RAISE EXCEPTION 'there is no collector called %', $1 USING ERRCODE = 'no_data_found';
	END IF;
	RETURN found_id;
END
$$;
COMMENT ON FUNCTION baocao.collector_named(text) IS 'The number of a collector, locked against other changes; part of functions for administrators.';

CREATE FUNCTION baocao.known_unit_on(code text, day date) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	found_id integer := baocao.unit_on(code, day);
BEGIN
	IF found_id IS NULL THEN
		RAISE EXCEPTION 'no unit has the code % on %', code, day USING ERRCODE = 'no_data_found';
	END IF;
	RETURN found_id;
END
$$;
COMMENT ON FUNCTION baocao.known_unit_on(text, date) IS 'The unit that a code means on a day, which must be there; part of functions for administrators.';

CREATE FUNCTION baocao.check_key_count(collector_id integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	IF (SELECT count(*) FROM baocao.collector_key
			WHERE collector_id = $1 AND revoked_at IS NULL AND (valid_to IS NULL OR valid_to > now())) > 2 THEN
		RAISE EXCEPTION 'a collector has two valid keys at most: revoke one first' USING ERRCODE = 'cardinality_violation';
	END IF;
END
$$;
COMMENT ON FUNCTION baocao.check_key_count(integer) IS 'Refuses a third key that is valid now or later; part of functions for administrators.';

CREATE FUNCTION baocao.put_collector_key(collector_id integer, public_key text, valid_from timestamptz, valid_to timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	INSERT INTO baocao.collector_key (public_key, collector_id, valid_from, valid_to) VALUES ($2, $1, $3, $4);
	PERFORM baocao.check_key_count($1);
END
$$;
COMMENT ON FUNCTION baocao.put_collector_key(integer, text, timestamptz, timestamptz) IS 'Adds a key; part of functions for administrators.';

CREATE FUNCTION baocao.register_collector(name text, public_key text, scope_code text, scope_on date DEFAULT current_date,
	valid_from timestamptz DEFAULT now(), valid_to timestamptz DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	new_id integer;
BEGIN
	PERFORM baocao_audit.record('register_collector', jsonb_build_object('name', $1, 'public_key', $2, 'scope_code', $3,
		'scope_on', $4, 'valid_from', $5, 'valid_to', $6));
	INSERT INTO baocao.collector (name, scope_unit_id) VALUES ($1, baocao.known_unit_on($3, $4))
	RETURNING collector_id INTO new_id;
	PERFORM baocao.put_collector_key(new_id, $2, $5, $6);
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION baocao.register_collector(text, text, text, date, timestamptz, timestamptz) IS 'Registers a sender with its first key; its scope is the unit that the code means on the day.';

CREATE FUNCTION baocao.add_collector_key(name text, public_key text, valid_from timestamptz DEFAULT now(),
	valid_to timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM baocao_audit.record('add_collector_key', jsonb_build_object('name', $1, 'public_key', $2, 'valid_from', $3,
		'valid_to', $4));
	PERFORM baocao.put_collector_key(baocao.collector_named($1), $2, $3, $4);
END
$$;
COMMENT ON FUNCTION baocao.add_collector_key(text, text, timestamptz, timestamptz) IS 'Adds a key to a collector, which may have two valid ones for rotation.';

CREATE FUNCTION baocao.limit_collector(name text, scope_code text, scope_on date DEFAULT current_date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	found_id integer;
BEGIN
	PERFORM baocao_audit.record('limit_collector', jsonb_build_object('name', $1, 'scope_code', $2, 'scope_on', $3));
	found_id := baocao.collector_named($1);
	UPDATE baocao.collector SET scope_unit_id = baocao.known_unit_on($2, $3) WHERE collector_id = found_id;
END
$$;
COMMENT ON FUNCTION baocao.limit_collector(text, text, date) IS 'Gives a collector another scope: the unit that the code means on the day, with everything under it. Counts from its next message on.';

CREATE FUNCTION baocao.limit_key(public_key text, valid_from timestamptz, valid_to timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	found_id integer;
	was_revoked timestamptz;
BEGIN
	PERFORM baocao_audit.record('limit_key', jsonb_build_object('public_key', $1, 'valid_from', $2, 'valid_to', $3));
	SELECT collector_id, revoked_at INTO found_id, was_revoked FROM baocao.collector_key WHERE public_key = $1 FOR UPDATE;
	IF found_id IS NULL THEN
		RAISE EXCEPTION 'there is no such key' USING ERRCODE = 'no_data_found';
	ELSIF was_revoked IS NOT NULL THEN
		RAISE EXCEPTION 'this key was revoked at %', was_revoked USING ERRCODE = 'object_not_in_prerequisite_state';
	END IF;
	UPDATE baocao.collector_key SET valid_from = $2, valid_to = $3 WHERE public_key = $1;
	PERFORM baocao.check_key_count(found_id);
END
$$;
COMMENT ON FUNCTION baocao.limit_key(text, timestamptz, timestamptz) IS 'Sets from when and until when a key is accepted; NULL for no end. A revoked key stays revoked.';

CREATE FUNCTION baocao.revoke_key(public_key text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM baocao_audit.record('revoke_key', jsonb_build_object('public_key', $1));
	UPDATE baocao.collector_key SET revoked_at = coalesce(revoked_at, now()) WHERE public_key = $1;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no such key' USING ERRCODE = 'no_data_found';
	END IF;
END
$$;
COMMENT ON FUNCTION baocao.revoke_key(text) IS 'Revokes a key at once and for ever; daemons stop accepting it with their next message.';

CREATE FUNCTION baocao.revoke_collector(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	found_id integer;
BEGIN
	PERFORM baocao_audit.record('revoke_collector', jsonb_build_object('name', $1));
	found_id := baocao.collector_named($1);
	UPDATE baocao.collector_key SET revoked_at = now() WHERE collector_id = found_id AND revoked_at IS NULL;
END
$$;
COMMENT ON FUNCTION baocao.revoke_collector(text) IS 'Revokes all keys of a collector. It can be given new ones.';

CREATE FUNCTION baocao.list_collectors() RETURNS TABLE (name text, scope_code text, scope_name text, public_key text, state text,
	valid_from timestamptz, valid_to timestamptz, revoked_at timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
	SELECT c.name, u.code, u.name, k.public_key, CASE
			WHEN k.revoked_at IS NOT NULL THEN 'revoked'
			WHEN k.valid_from > now() THEN 'not valid yet'
			WHEN k.valid_to <= now() THEN 'no longer valid'
			ELSE 'valid' END,
		k.valid_from, k.valid_to, k.revoked_at
	FROM baocao.collector AS c
	JOIN baocao.unit AS u ON u.unit_id = c.scope_unit_id
	JOIN baocao.collector_key AS k USING (collector_id)
	ORDER BY c.name, k.valid_from, k.public_key
$$;
COMMENT ON FUNCTION baocao.list_collectors() IS 'Every key with its collector, its scope and whether it is accepted now.';

/* analysts of one branch */

CREATE TABLE baocao.branch_analyst (
	role_name text NOT NULL,
	top_unit_id integer NOT NULL,
	CONSTRAINT branch_analyst_pkey PRIMARY KEY (role_name, top_unit_id),
	CONSTRAINT branch_analyst_top_unit_fkey FOREIGN KEY (top_unit_id) REFERENCES baocao.unit
);
COMMENT ON TABLE baocao.branch_analyst IS 'cán bộ phân tích của tỉnh, cục (branch analyst). Which branches a member of baocao_branch_analyst sees; one that is not here sees no report.';
COMMENT ON COLUMN baocao.branch_analyst.role_name IS 'The database role that asks.';
COMMENT ON COLUMN baocao.branch_analyst.top_unit_id IS 'The province or department whose reports it sees, with those of the units that passed whole into it.';
GRANT SELECT ON baocao.branch_analyst TO baocao_branch_analyst, baocao_admin;

-- The rule is that of a collector's scope: back to all that passed whole into the unit, onward while it is the same office
-- under another name. It runs with the rights of who asks, whose name it needs.
CREATE FUNCTION baocao.branch() RETURNS integer[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	-- Every table of a query asks, so: step by step through the indexes, and planned once in a session.
	RETURN (WITH RECURSIVE onward (unit_id) AS (
		SELECT top_unit_id FROM baocao.branch_analyst WHERE role_name = current_user
		UNION
		SELECT s.successor_id
		FROM onward JOIN baocao.unit_succession AS s ON s.predecessor_id = unit_id AND s.extent = 'whole'
		WHERE NOT EXISTS (SELECT FROM baocao.unit_succession AS other
				WHERE other.predecessor_id = s.predecessor_id AND other.successor_id <> s.successor_id AND other.extent = 'whole')
			AND NOT EXISTS (SELECT FROM baocao.unit_succession AS other
				WHERE other.successor_id = s.successor_id AND other.predecessor_id <> s.predecessor_id AND other.extent = 'whole')
	), back (unit_id) AS (
		SELECT unit_id FROM onward
		UNION
		SELECT s.predecessor_id FROM back JOIN baocao.unit_succession AS s ON s.successor_id = unit_id AND s.extent = 'whole'
	)
	SELECT coalesce(array_agg(unit_id), '{}') FROM back);
END
$$;
COMMENT ON FUNCTION baocao.branch() IS 'The provinces and departments that the asking role sees as a branch analyst.';

CREATE FUNCTION baocao.sees_nation() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
	SELECT pg_has_role('baocao_analyst', 'USAGE') OR NOT pg_has_role('baocao_branch_analyst', 'USAGE')
$$;
COMMENT ON FUNCTION baocao.sees_nation() IS 'Whether the asking role sees all reports: who does not is shown no total of the nation, which would be wrong.';

CREATE FUNCTION baocao.limit_analyst(role_name text, unit_code text, unit_on date DEFAULT current_date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	found_id integer;
BEGIN
	PERFORM baocao_audit.record('limit_analyst', jsonb_build_object('role_name', $1, 'unit_code', $2, 'unit_on', $3));
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND pg_has_role(oid, 'baocao_branch_analyst', 'MEMBER')
			AND NOT pg_has_role(oid, 'baocao_analyst', 'MEMBER')) THEN
		RAISE EXCEPTION 'no role % is a member of baocao_branch_analyst and not of baocao_analyst, which sees everything', $1
			USING ERRCODE = 'undefined_object';
	END IF;
	found_id := baocao.known_unit_on($2, $3);
	IF NOT EXISTS (SELECT FROM baocao.unit WHERE unit_id = found_id AND parent_id IS NULL) THEN
		RAISE EXCEPTION '% is neither a province nor a department', $2 USING ERRCODE = 'wrong_object_type';
	END IF;
	INSERT INTO baocao.branch_analyst (role_name, top_unit_id) VALUES ($1, found_id) ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION baocao.limit_analyst(text, text, date) IS 'Shows a branch to an analyst, who sees no others but those given to it the same way.';

CREATE FUNCTION baocao.release_analyst(role_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	PERFORM baocao_audit.record('release_analyst', jsonb_build_object('role_name', $1));
	DELETE FROM baocao.branch_analyst WHERE role_name = $1;
END
$$;
COMMENT ON FUNCTION baocao.release_analyst(text) IS 'Takes every branch from an analyst, who then sees no report.';

/* units */

CREATE FUNCTION baocao.add_unit(code text, level text, kind text, name text, parent_code text, valid_from date,
	valid_to date DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	new_id integer;
BEGIN
	PERFORM baocao_audit.record('add_unit', jsonb_build_object('code', $1, 'level', $2, 'kind', $3, 'name', $4,
		'parent_code', $5, 'valid_from', $6, 'valid_to', $7));
	INSERT INTO baocao.unit (code, level, kind, name, parent_id, valid)
	VALUES ($1, $2::baocao.unit_level, $3::baocao.unit_kind, normalize($4),
		CASE WHEN $5 IS NOT NULL THEN baocao.known_unit_on($5, $6) END, daterange($6, $7))
	RETURNING unit_id INTO new_id;
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION baocao.add_unit(text, text, text, text, text, date, date) IS 'Adds a version of a unit; valid_to is the first day on which it no longer exists.';

/* keys of rows */

CREATE FUNCTION baocao.check_integrity() RETURNS TABLE (constraint_name text, table_name text, missing_key text, row_count bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	key record;
BEGIN
	FOR key IN
		SELECT c.conname, c.conrelid::regclass AS child, c.confrelid::regclass AS parent,
			string_agg(format('c.%I', child.attname), ', ' ORDER BY k.place) AS columns,
			string_agg(format('c.%I IS NOT NULL', child.attname), ' AND ' ORDER BY k.place) AS given,
			string_agg(format('p.%I = c.%I', parent.attname, child.attname), ' AND ' ORDER BY k.place) AS matches
		FROM pg_constraint AS c
		CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS k (child_no, parent_no, place)
		JOIN pg_attribute AS child ON child.attrelid = c.conrelid AND child.attnum = k.child_no
		JOIN pg_attribute AS parent ON parent.attrelid = c.confrelid AND parent.attnum = k.parent_no
		WHERE c.contype = 'f' AND c.connamespace = 'baocao'::regnamespace
		GROUP BY c.oid
	LOOP
		RETURN QUERY EXECUTE format(
			'SELECT %L::text, %L::text, concat_ws('', '', %s), count(*) FROM %s AS c '
			'WHERE %s AND NOT EXISTS (SELECT FROM %s AS p WHERE %s) GROUP BY %s',
			key.conname, key.child, key.columns, key.child, key.given, key.parent, key.matches, key.columns);
	END LOOP;
END
$$;
COMMENT ON FUNCTION baocao.check_integrity() IS 'One row for each key that a declared foreign key misses; none when all is well. The daemon writes without these checks, so this runs by timer.';

GRANT EXECUTE ON FUNCTION baocao.register_collector, baocao.add_collector_key, baocao.limit_collector, baocao.limit_key,
	baocao.revoke_key, baocao.revoke_collector, baocao.list_collectors, baocao.limit_analyst, baocao.release_analyst,
	baocao.add_unit TO baocao_admin;
GRANT EXECUTE ON FUNCTION baocao.branch, baocao.sees_nation TO baocao_analyst, baocao_branch_analyst, baocao_admin;
GRANT EXECUTE ON FUNCTION baocao.check_integrity TO baocao_admin, baocao_analyst, baocao_ingest;
