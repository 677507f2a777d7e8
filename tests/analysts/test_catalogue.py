"""The whole real catalogue goes in by one command, and is what was published; figures keep their sums over the reform of 2025."""
import subprocess

import psycopg
import pytest
import real_catalogue
from conftest import MARK_EVERYTHING, ROOT

pytestmark = pytest.mark.skipif(not real_catalogue.available(), reason="the lists of real units lie beside the project, not in it")


@pytest.fixture(scope="module")
def catalogue(cluster, template, tmp_path_factory):
    """A database with the catalogue, and the files that it came from."""
    files = real_catalogue.write(tmp_path_factory.mktemp("units"))
    conninfo = cluster.conninfo(cluster.create(template))
    result = import_units(conninfo, *files)
    assert result.returncode == 0, result.stdout + result.stderr
    with psycopg.connect(conninfo) as connection:
        yield connection, conninfo, files


def import_units(*arguments):
    return subprocess.run([ROOT / "schema/import-units", *arguments], capture_output=True, text=True)


# Published: 10,599 communes in 2022, 10,598 in 2023, 10,595 from May 2024, 10,542 and 10,472 that autumn, 10,035 before the
# reform and 3,321 since; 705 districts until one of them ended in September 2024.
@pytest.mark.parametrize("day, provinces, districts, communes", [
    ("2022-10-01", 63, 705, 10599), ("2023-04-10", 63, 705, 10598), ("2024-05-01", 63, 705, 10595),
    ("2024-09-01", 63, 704, 10542), ("2024-11-01", 63, 704, 10472), ("2025-06-30", 63, 696, 10035),
    ("2025-07-01", 34, 0, 3321), ("2026-04-30", 34, 0, 3321)])
def test_units_of_a_day_are_as_many_as_published(catalogue, day, provinces, districts, communes):
    counted = dict(catalogue[0].execute(
        "SELECT level::text, sum(units)::integer FROM baocao.unit_count WHERE days @> %s::date GROUP BY level", [day]).fetchall())
    assert (counted["province"], counted.get("district", 0), counted["commune"]) == (provinces, districts, communes)


def test_the_imported_communes_are_those_of_the_published_census(catalogue):
    assert catalogue[0].execute("""
        SELECT c.as_of, u.name, c.kind, c.units, k.units
        FROM baocao.unit_census AS c JOIN baocao.unit AS u USING (unit_id)
        LEFT JOIN baocao.unit_count AS k ON k.top_unit_id = c.unit_id AND k.kind = c.kind AND k.level = 'commune' AND k.days @> c.as_of
        WHERE c.units IS DISTINCT FROM k.units AND c.as_of <> '2025-01-01'""").fetchall() == []


def test_every_succession_of_the_reform_is_there(catalogue):
    wanted = {(row["old_code"], row["new_code"]) for row in real_catalogue.read("commune_succession.csv")}
    got = set(catalogue[0].execute("SELECT old_code, new_code FROM baocao.unit_lineage WHERE since = '2025-07-01' "
                                   "AND level IN ('district', 'commune')").fetchall())
    assert len(wanted) == 10570
    assert got == wanted


def test_every_commune_before_the_reform_became_something_and_every_one_after_it_came_from_something(catalogue):
    assert catalogue[0].execute("""
        SELECT u.code FROM baocao.unit AS u WHERE u.level = 'commune' AND u.valid @> date '2025-06-30'
            AND NOT EXISTS (SELECT FROM baocao.unit_succession AS s WHERE s.predecessor_id = u.unit_id)
        UNION ALL
        SELECT u.code FROM baocao.unit AS u WHERE u.level = 'commune' AND u.valid @> date '2025-07-01'
            AND NOT EXISTS (SELECT FROM baocao.unit_succession AS s WHERE s.successor_id = u.unit_id)""").fetchall() == []


def test_communes_went_where_their_province_went(catalogue):
    assert catalogue[0].execute("""
        SELECT l.old_code, l.new_code FROM baocao.unit_lineage AS l
        JOIN baocao.unit AS old ON old.unit_id = l.predecessor_id JOIN baocao.unit AS new ON new.unit_id = l.successor_id
        JOIN baocao.top_unit_as_of('2025-07-01') AS way ON way.top_unit_id = old.top_unit_id
        WHERE l.since = '2025-07-01' AND way.target_id <> new.top_unit_id""").fetchall() == []


def test_the_splits_are_marked(catalogue):
    assert catalogue[0].execute("SELECT count(DISTINCT predecessor_id) FROM baocao.unit_lineage WHERE is_split "
                                "AND since = '2025-07-01'").fetchone() == (440,)


def test_a_figure_of_every_commune_keeps_its_sum_over_the_reform(catalogue):
    connection = catalogue[0]
    connection.execute("SELECT baocao.register_collector('all', repeat('a', 40), 'V05', '2022-01-01')")
    connection.execute("""
        INSERT INTO baocao.report (report_no, top_unit_id, unit_id, kind, body, unit_code, period_type, period_first, period_last,
            revision, precision, received_at, collector_id, content_digest)
        SELECT row_number() OVER (), top_unit_id, unit_id, 'festival_day', 'festival_day', code, 'campaign', last - 19, last, 1, 'exact',
            now(), collector_id, ''
        FROM baocao.unit CROSS JOIN (VALUES (date '2022-10-20'), ('2025-08-20')) AS season (last) CROSS JOIN baocao.collector
        WHERE level = 'commune' AND valid @> last""")
    connection.execute("INSERT INTO baocao.festival_day (top_unit_id, report_no, points_planned, points_held) "
                       "SELECT top_unit_id, report_no, 1, 1 FROM baocao.report")
    connection.execute(MARK_EVERYTHING)
    totals = connection.execute("""
        SELECT year, count(*), sum(total)::integer, bool_and(is_complete), bool_or(unit_code IS NULL)
        FROM baocao.rebased_total('festival_day', 'points_held', '2025-07-01') GROUP BY year ORDER BY year""").fetchall()
    assert totals == [(2022, 34, 10599, True, False), (2025, 34, 3321, True, False)]
    # Back on the 63: only the 11 that went on have figures of 2025. Their communes, and Huế's, are 1,150 of the 3,321.
    kept, lost = connection.execute("""
        SELECT count(*) FILTER (WHERE unit_code IS NOT NULL), sum(total) FILTER (WHERE unit_code IS NULL)::integer
        FROM baocao.rebased_total('festival_day', 'points_held', '2024-07-01') WHERE year = 2025""").fetchone()
    stayed = {"01", "04", "11", "12", "14", "20", "22", "38", "40", "42", "46"}
    assert kept == len(stayed)
    assert lost == sum(row["province_code"] not in stayed for row in real_catalogue.read("communes_2025.csv"))
    connection.rollback()


def test_the_same_files_again_change_nothing(catalogue):
    _, conninfo, files = catalogue
    result = import_units(conninfo, *files)
    assert (result.returncode, result.stdout) == (0, "nothing to change\n")


def test_a_wrong_line_among_fifteen_thousand_is_named_and_nothing_is_changed(catalogue, tmp_path):
    connection, conninfo, files = catalogue
    lines = files[0].read_text(encoding="utf-8").splitlines()
    lines[7000] = lines[7000].replace(",commune,", ",hamlet,", 1)
    lines.append("99999,commune,commune,Xã Lạc,001,2020-01-01,2026-01-01")
    bad = tmp_path / "bad.csv"
    bad.write_text("\n".join(lines), encoding="utf-8")
    before = connection.execute("SELECT md5(string_agg(u::text, '' ORDER BY unit_id)) FROM baocao.unit AS u").fetchone()
    result = import_units(conninfo, bad)
    assert result.returncode == 1
    assert result.stdout == "units:7001: level must be district or commune, not hamlet\n"
    assert connection.execute("SELECT md5(string_agg(u::text, '' ORDER BY unit_id)) FROM baocao.unit AS u").fetchone() == before


def test_a_published_code_that_was_wrong_is_corrected_in_place(catalogue, tmp_path):
    """Ba Chẽ stood as 06978 for 13 months."""
    connection, conninfo, _ = catalogue
    find = "SELECT unit_id, name FROM baocao.unit WHERE code = %s AND valid @> date '2025-08-01'"
    right = connection.execute(find, ["06970"]).fetchone()
    connection.commit()
    for code, was in (("06978", "06970"), ("06970", "06978")):
        file = tmp_path / f"{code}.csv"
        file.write_text("code,level,kind,name,parent_code,valid_from,valid_to,was_code\n"
                        f"{code},commune,commune,{right[1]},22,2025-07-01,,{was}\n", encoding="utf-8")
        result = import_units(conninfo, file)
        assert result.returncode == 0, result.stdout + result.stderr
        assert connection.execute(find, [code]).fetchone() == right
        assert connection.execute(find, [was]).fetchone() is None
        connection.commit()
