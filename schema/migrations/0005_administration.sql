-- What administrators do, as functions: they check what a table cannot, and leave no other way.
SET LOCAL ROLE baocao_owner;

CREATE FUNCTION baocao.add_collector_key(name text, public_key text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	found_id integer;
BEGIN
	SELECT collector_id INTO found_id FROM baocao.collector WHERE name = $1 FOR UPDATE; -- one rotation at a time
	IF found_id IS NULL THEN
		RAISE EXCEPTION 'there is no collector called %', $1 USING ERRCODE = 'no_data_found';
	END IF;
	IF (SELECT count(*) FROM baocao.collector_key WHERE collector_id = found_id AND revoked_at IS NULL
			AND (valid_to IS NULL OR valid_to > now())) >= 2 THEN
		RAISE EXCEPTION 'the collector % has two valid keys: revoke one first', $1 USING ERRCODE = 'cardinality_violation';
	END IF;
	INSERT INTO baocao.collector_key (public_key, collector_id) VALUES ($2, found_id);
END
$$;
COMMENT ON FUNCTION baocao.add_collector_key(text, text) IS 'Adds a key to a collector, which may have two valid ones for rotation.';

CREATE FUNCTION baocao.register_collector(name text, public_key text, scope_code text, scope_on date DEFAULT current_date)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	scope_id integer := baocao.unit_on($3, $4);
	new_id integer;
BEGIN
	IF scope_id IS NULL THEN
		RAISE EXCEPTION 'no unit has the code % on %', $3, $4 USING ERRCODE = 'no_data_found';
	END IF;
	INSERT INTO baocao.collector (name, scope_unit_id) VALUES ($1, scope_id) RETURNING collector_id INTO new_id;
	PERFORM baocao.add_collector_key($1, $2);
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION baocao.register_collector(text, text, text, date) IS 'Registers a sender with its first key; its scope is the unit that the code means on the day.';

CREATE FUNCTION baocao.revoke_key(public_key text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
	UPDATE baocao.collector_key SET revoked_at = coalesce(revoked_at, now()) WHERE public_key = $1;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no such key' USING ERRCODE = 'no_data_found';
	END IF;
END
$$;
COMMENT ON FUNCTION baocao.revoke_key(text) IS 'Revokes a key at once; daemons stop accepting it with their next message.';

CREATE FUNCTION baocao.add_unit(code text, level text, kind text, name text, parent_code text, valid_from date,
	valid_to date DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
	found_parent integer := baocao.unit_on($5, $6);
	new_id integer;
BEGIN
	IF $5 IS NOT NULL AND found_parent IS NULL THEN
		RAISE EXCEPTION 'no unit has the code % on %', $5, $6 USING ERRCODE = 'no_data_found';
	END IF;
	INSERT INTO baocao.unit (code, level, kind, name, parent_id, valid)
	VALUES ($1, $2::baocao.unit_level, $3::baocao.unit_kind, normalize($4), found_parent, daterange($6, $7))
	RETURNING unit_id INTO new_id;
	RETURN new_id;
END
$$;
COMMENT ON FUNCTION baocao.add_unit(text, text, text, text, text, date, date) IS 'Adds a version of a unit; valid_to is the first day on which it no longer exists.';

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

GRANT EXECUTE ON FUNCTION baocao.register_collector, baocao.add_collector_key, baocao.revoke_key, baocao.add_unit
	TO baocao_admin;
GRANT EXECUTE ON FUNCTION baocao.check_integrity TO baocao_admin, baocao_analyst, baocao_ingest;
