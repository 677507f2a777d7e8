-- A code means one unit on one day, and the provinces are those of their time.
BEGIN;
SELECT plan(14);

CREATE FUNCTION pg_temp.name_on(code text, day date) RETURNS text LANGUAGE sql AS
	$$ SELECT name FROM baocao.unit WHERE unit_id = baocao.unit_on($1, $2) $$;
CREATE FUNCTION pg_temp.provinces_on(day date, wanted text DEFAULT NULL) RETURNS integer LANGUAGE sql AS
	$$ SELECT count(*)::integer FROM baocao.unit
	   WHERE level = 'province' AND valid @> day AND kind::text = coalesce(wanted, kind::text) $$;

SELECT is(pg_temp.name_on('15', '2024-12-31'), 'Tỉnh Yên Bái', 'code 15 in 2024');
SELECT is(pg_temp.name_on('15', '2025-08-31'), 'Tỉnh Lào Cai', 'code 15 after the merger');
SELECT is(pg_temp.name_on('10', '2025-08-31'), NULL, 'code 10 has ended');
SELECT is(pg_temp.provinces_on('2025-06-30'), 63, '63 provinces before the merger');
SELECT is(pg_temp.provinces_on('2025-07-01'), 34, '34 provinces after it');
SELECT is(pg_temp.provinces_on('2024-12-31', 'central_city'), 5, '5 cities in 2024');
SELECT is(pg_temp.provinces_on('2025-01-01', 'central_city'), 6, '6 cities with Huế');
SELECT is(pg_temp.provinces_on('2026-04-29', 'central_city'), 6, '6 cities on the day before Đồng Nai');
SELECT is(pg_temp.provinces_on('2026-04-30', 'central_city'), 7, '7 cities with Đồng Nai');

SELECT throws_ok(
	$$ INSERT INTO baocao.unit (code, level, kind, name, valid) VALUES ('15', 'province', 'province', 'Tỉnh X', '[2030-01-01,)') $$,
	'23P01', NULL, 'a code cannot mean two units on one day');
SELECT throws_ok(
	$$ INSERT INTO baocao.unit (code, level, kind, name, valid) VALUES ('99', 'province', 'ward', 'X', '[2030-01-01,)') $$,
	'23514', NULL, 'a province cannot be a ward');

SELECT is(sum(units), 10599::bigint, '10,599 commune-level units in 2022') FROM baocao.unit_census WHERE as_of = '2022-10-01';
SELECT is(sum(units), 3321::bigint, '3,321 commune-level units after the merger')
FROM baocao.unit_census WHERE as_of = '2025-07-01';
SELECT is_empty($$
	SELECT u.code, u.valid FROM baocao.unit AS u
	WHERE level = 'province' AND upper(valid) <= current_date
		AND 1 <> (SELECT count(*) FROM baocao.unit_today AS t WHERE t.unit_id = u.unit_id)
$$, 'every province that ended passed into exactly one of today');

SELECT * FROM finish();
ROLLBACK;
