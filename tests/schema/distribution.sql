-- What a sharded PostgreSQL asks of the tables that schema/citus.sql distributes by top unit.
BEGIN;
SELECT plan(7);

SELECT set_has($$ SELECT name FROM baocao.distributed_tables() $$,
	$$ VALUES ('baocao.report'::regclass), ('baocao.report_raw'), ('baocao.festival_day_venue'), ('baocao.refusal_violation') $$,
	'reports and refusals are distributed with what hangs on them');
SELECT is_empty($$
	SELECT d.name FROM baocao.distributed_tables() AS d
	WHERE NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = d.name AND attname = 'top_unit_id' AND attnotnull)
$$, 'each has a top unit');
SELECT is_empty($$
	SELECT i.indexrelid::regclass FROM baocao.distributed_tables() AS d JOIN pg_index AS i ON i.indrelid = d.name AND i.indisunique
	JOIN pg_attribute AS a ON a.attrelid = d.name AND a.attname = 'top_unit_id'
	WHERE a.attnum <> ALL (i.indkey::smallint[])
$$, 'which is in each of its unique keys');
SELECT is_empty($$
	SELECT x.conname FROM baocao.distributed_tables() AS d JOIN pg_constraint AS x ON x.conrelid = d.name AND x.contype = 'x'
$$, 'none has an exclusion constraint');
SELECT is_empty($$
	SELECT k.conname FROM pg_constraint AS k
	JOIN baocao.distributed_tables() AS child ON child.name = k.conrelid JOIN baocao.distributed_tables() AS parent ON parent.name = k.confrelid
	JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attname = 'top_unit_id'
	JOIN pg_attribute AS b ON b.attrelid = k.confrelid AND b.attname = 'top_unit_id'
	WHERE k.contype = 'f' AND array_position(k.conkey, a.attnum) IS DISTINCT FROM array_position(k.confkey, b.attnum)
$$, 'keys between them tie top unit to top unit');
SELECT is_empty($$
	SELECT t.tgname FROM baocao.distributed_tables() AS d JOIN pg_trigger AS t ON t.tgrelid = d.name AND NOT t.tgisinternal
$$, 'none has a trigger');
SELECT is_empty($$
	SELECT k.conname FROM pg_constraint AS k JOIN baocao.distributed_tables() AS parent ON parent.name = k.confrelid
	WHERE k.contype = 'f' AND NOT EXISTS (SELECT FROM baocao.distributed_tables() AS child WHERE child.name = k.conrelid)
$$, 'no table that stays behind refers to one of them');

SELECT * FROM finish();
ROLLBACK;
