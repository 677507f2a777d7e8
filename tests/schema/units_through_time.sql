-- Imports of districts and communes: all or nothing, every problem by line, idempotent, correctable; and lineage.
BEGIN;
SELECT plan(26);
SELECT baocao.register_collector('t', repeat('t', 40), '01', '2022-01-01') AS collector \gset

CREATE FUNCTION pg_temp.problems(units text[], successions text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', file, line_no || ':', problem) FROM baocao.import_units(
		'{"code,level,kind,name,parent_code,valid_from,valid_to,was_code"}' || units,
		CASE WHEN cardinality(successions) > 0 THEN '{"old_code,new_code,since,extent"}' || successions ELSE '{}' END) $$;
CREATE FUNCTION pg_temp.days(code text) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', u.name, u.valid, p.code) FROM baocao.unit AS u JOIN baocao.unit AS p ON p.unit_id = u.parent_id
	WHERE u.code = $1 ORDER BY u.valid $$;
CREATE FUNCTION pg_temp.catalogue() RETURNS text LANGUAGE sql AS $$
	SELECT md5(string_agg(u::text, ',' ORDER BY unit_id)) || (SELECT md5(string_agg(s::text, ',' ORDER BY s)) FROM baocao.unit_succession AS s)
	FROM baocao.unit AS u $$;

SELECT pg_temp.catalogue() AS before \gset
SELECT results_eq($$ SELECT * FROM pg_temp.problems(ARRAY[
	'0001,commune,ward,Phường Một,001,2020-01-01,2025-07-01,',
	'00001,commune,city,Phường Một,001,2020-01-01,2025-07-01,',
	'00002,commune,ward,"Phường ""Hai"", mới",001,2020-02-30,2025-07-01,',
	'00003,commune,ward,Phường Ba,001,2020-01-01,2019-07-01,',
	'00004,province,ward,Phường Bốn,001,2020-01-01,,',
	'00005,commune,ward,,001,2020-01-01,,',
	'00006,commune'], ARRAY['00001,00002,2025-07-01,half', '1,2,3', '00001,00002,soon,whole']) $$, ARRAY[
	'units 2: code of a commune must have 5 digits, not 0001',
	'units 3: kind city is none of a commune',
	'units 4: valid_from is no day: 2020-02-30',
	'units 5: valid_to is not after valid_from',
	'units 6: level must be district or commune, not province',
	'units 7: name is missing',
	'units 8: a line has seven or eight fields: code,level,kind,name,parent_code,valid_from,valid_to,was_code',
	'succession 2: extent must be whole or part, not half',
	'succession 3: a line has four fields: old_code,new_code,since,extent',
	'succession 4: since is no day: soon'], 'every line that is wrong by itself is named');
SELECT results_eq($$ SELECT * FROM pg_temp.problems(ARRAY[
	'001,district,urban_district,Quận Một,01,2020-01-01,2025-07-01,',
	'00001,commune,ward,Phường Một,001,2020-01-01,2025-07-01,',
	'00002,commune,ward,Phường Hai,999,2020-01-01,2025-07-01,',
	'00003,commune,ward,Phường Ba,001,2020-01-01,2025-08-01,']) $$, ARRAY[
	'units 4: there is no unit 999 above it on its days',
	'units 5: unit 001 above it does not exist on all of its days'], 'a unit hangs under one that exists');
SELECT is(pg_temp.catalogue(), :'before', 'and nothing was changed');

SELECT is_empty($$ SELECT * FROM pg_temp.problems(ARRAY[
	'001,district,urban_district,Quận Một,01,2020-01-01,2025-07-01,',
	'480,district,town,Thị xã Huế,46,2020-01-01,2025-07-01,',
	'00001,commune,ward,Phường Một,001,2020-01-01,2025-07-01,',
	'00002,commune,ward,Phường Hai,001,2020-01-01,2025-07-01,',
	'00003,commune,ward,Phường Ba,001,2020-01-01,2025-07-01,',
	'19800,commune,commune,Xã Bốn,480,2020-01-01,2025-07-01,',
	'00001,commune,ward,Phường Mới,01,2025-07-01,,',
	'00003,commune,ward,Phường Ba,01,2025-07-01,,'],
	ARRAY['00001,00001,2025-07-01,whole', '00002,00001,2025-07-01,part', '00002,00003,2025-07-01,part', '00003,00003,2025-07-01,whole']) $$,
	'a right file is imported');
SELECT results_eq($$ SELECT pg_temp.days('19800') $$, ARRAY['Xã Bốn [2020-01-01,2025-01-01) 480', 'Xã Bốn [2025-01-01,2025-07-01) 480'],
	'a commune has a version for each version of its province');
SELECT is((SELECT top_unit_id FROM baocao.unit WHERE unit_id = baocao.unit_on('19800', '2025-03-01')), baocao.unit_on('46', '2025-03-01'),
	'and hangs under the city after Huế became one');
SELECT pg_temp.catalogue() AS imported \gset
SELECT is_empty($$ SELECT * FROM pg_temp.problems(ARRAY['00002,commune,ward,Phường Hai,001,2020-01-01,2025-07-01,'],
	ARRAY['00002,00001,2025-07-01,part', '00002,00003,2025-07-01,part']) $$, 'the same again');
SELECT is(pg_temp.catalogue(), :'imported', 'changes nothing');
SELECT is((SELECT count(*)::integer FROM baocao.unit_import), 1, 'and is not noted');

-- lineage
SELECT results_eq($$ SELECT u.code, s.extent::text FROM baocao.unit_successors(baocao.unit_on('00002', '2022-01-01'), '2025-08-01') AS s
	JOIN baocao.unit AS u ON u.unit_id = s.successor_id ORDER BY 1 $$, $$ VALUES ('00001', 'part'), ('00003', 'part') $$, 'Hai went to two in part');
SELECT results_eq($$ SELECT u.code, s.extent::text FROM baocao.unit_predecessors(baocao.unit_on('00001', '2025-08-01'), '2022-01-01') AS s
	JOIN baocao.unit AS u ON u.unit_id = s.predecessor_id ORDER BY 1 $$, $$ VALUES ('00001', 'whole'), ('00002', 'part') $$, 'Mới came from two');
SELECT is(baocao.province_on('15', '2024-06-01', '2025-08-01'), baocao.unit_on('15', '2025-08-01'), 'Yên Bái is in Lào Cai');
SELECT is(baocao.province_on('15', '2025-08-01', '2024-06-01'), NULL, 'Lào Cai was not one province before');
SELECT is(baocao.province_on('46', '2025-08-01', '2024-06-01'), baocao.unit_on('46', '2024-06-01'), 'Huế was, under another name');
SELECT results_eq($$ SELECT old_code, is_split, is_merger FROM baocao.unit_lineage WHERE new_code = '00003' AND since = '2025-07-01' ORDER BY 1 $$,
	$$ VALUES ('00002', true, true), ('00003', false, true) $$, 'lineage in words');

-- corrections
INSERT INTO baocao.report (report_no, top_unit_id, unit_id, kind, body, unit_code, period_type, period_first, period_last, revision,
	precision, received_at, collector_id, content_digest)
SELECT -1, top_unit_id, unit_id, 'communication', 'communication', code, 'year', '2021-12-15', '2022-12-14', 1, 'exact', now(), :collector, '\x00'
FROM baocao.unit WHERE unit_id = baocao.unit_on('00003', '2022-12-14');
SELECT baocao.unit_on('00003', '2022-12-14') AS third \gset
SELECT is_empty($$ SELECT * FROM pg_temp.problems(ARRAY['00007,commune,ward,Phường Ba,001,2020-01-01,2025-07-01,00003',
	'00007,commune,ward,Phường Ba,01,2025-07-01,,00003']) $$, 'a code is corrected');
SELECT is(baocao.unit_on('00007', '2022-12-14'), :third, 'and the unit is the same one');
SELECT is(baocao.unit_on('00003', '2022-12-14'), NULL, 'the wrong code means nothing any more');
SELECT results_eq($$ SELECT * FROM pg_temp.problems(ARRAY['00007,commune,ward,Phường Ba,001,2023-01-01,2025-07-01,', '00007,commune,ward,Phường Ba,01,2025-07-01,,']) $$,
	ARRAY['units 2: 1 reports of unit 00007 stand for days that it would lose'], 'days for which a report stands are not taken away');
SELECT results_eq($$ SELECT * FROM pg_temp.problems(ARRAY['00007,commune,ward,Phường Ba,01,2025-07-01,,']) $$,
	ARRAY['units 2: unit 00007 from 2020-01-01 is not in the file, but 1 reports refer to it'], 'nor the unit itself');
SELECT results_eq($$ SELECT * FROM pg_temp.problems(ARRAY['001,district,urban_district,Quận Một,02,2020-01-01,2025-07-01,',
	'00001,commune,ward,Phường Một,001,2020-01-01,2025-07-01,', '00001,commune,ward,Phường Mới,01,2025-07-01,,',
	'00002,commune,ward,Phường Hai,001,2020-01-01,2025-07-01,',
	'00007,commune,ward,Phường Ba,001,2020-01-01,2025-07-01,', '00007,commune,ward,Phường Ba,01,2025-07-01,,']) $$,
	ARRAY['units 6: 1 reports of unit 00007 are stored under another province'], 'nor moved to another province');
SELECT is_empty($$ SELECT * FROM pg_temp.problems(ARRAY['00002,commune,commune,Xã Hai,001,2021-01-01,2025-07-01,']) $$,
	'kind, name and first day are corrected');
SELECT results_eq($$ SELECT pg_temp.days('00002') $$, ARRAY['Xã Hai [2021-01-01,2025-07-01) 001'], 'in place');
SELECT results_eq($$ SELECT count(*)::integer FROM baocao.unit_successors(baocao.unit_on('00002', '2022-01-01'), '2025-08-01') $$, ARRAY[2],
	'and what became of it stays');
SELECT results_eq($$ SELECT * FROM pg_temp.problems('{}', ARRAY['00001,00007,2025-07-01,whole', '00001,00001,2025-07-01,part', '00009,00001,2025-07-01,whole']) $$,
	ARRAY['succession 2: 00001 passed whole to one successor on 2025-07-01, so it has no other'], 'whole is whole');
SELECT results_eq($$ SELECT * FROM pg_temp.problems('{}', ARRAY['00009,00001,2025-07-01,whole', '00001,00008,2025-07-01,whole', '00001,00001,2025-06-01,whole']) $$,
	ARRAY['succession 2: no unit has the code 00009 on 2025-06-30', 'succession 3: no unit has the code 00008 on 2025-07-01',
		'succession 4: unit 00001 goes on after 2025-05-31'], 'both ends of a succession exist');
SELECT * FROM finish();
ROLLBACK;
