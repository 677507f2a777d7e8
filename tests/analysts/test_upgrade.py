"""A database of every earlier version, with reports in it, comes up to this one and loses nothing."""
import shutil

import psycopg
import pytest
from conftest import MARK_EVERYTHING, ROOT

MIGRATIONS = sorted((ROOT / "schema/migrations").glob("[0-9][0-9][0-9][0-9]_*.sql"))
FIRST_RELEASE = "0009"  # from here on administrators' functions find their audit trail

POPULATE = """
SELECT baocao.register_collector('old', repeat('o', 40), '01', '2022-01-01');
SELECT baocao.add_unit('001', 'district', 'urban_district', 'Quận Một', '01', '2008-08-01', '2025-07-01');
SELECT baocao.add_unit('00001', 'commune', 'ward', 'Phường An', '001', '2008-08-01', '2025-07-01');
INSERT INTO baocao.report (report_no, top_unit_id, unit_id, kind, body, unit_code, period_type, period_first, period_last, revision,
    precision, received_at, collector_id, content_digest)
SELECT no, top_unit_id, unit_id, 'festival_day', 'festival_day', u.code, 'campaign', '2022-08-01', '2022-08-20', revision, 'exact',
    '2022-09-01', collector_id, ''
FROM (VALUES (1, '01', 1), (2, '01', 2), (3, '95', 1), (4, '00001', 1)) AS filed (no, code, revision)
JOIN baocao.unit AS u ON u.unit_id = baocao.unit_on(filed.code, '2022-08-20') CROSS JOIN baocao.collector;
INSERT INTO baocao.festival_day (top_unit_id, report_no, points_planned, points_held)
SELECT top_unit_id, report_no, 10, 10 + report_no FROM baocao.report;
"""


@pytest.mark.parametrize("version", [path.name[:4] for path in MIGRATIONS if FIRST_RELEASE <= path.name[:4]])
def test_a_populated_database_of_an_earlier_version_comes_up(cluster, tmp_path, version):
    old = tmp_path / "schema"
    (old / "schema/migrations").mkdir(parents=True)
    shutil.copy(ROOT / "schema/migrate", old / "schema")
    for path in MIGRATIONS:
        if path.name[:4] <= version:
            shutil.copy(path, old / "schema/migrations")
    name = cluster.create()
    cluster.migrate(name, old)
    with psycopg.connect(cluster.conninfo(name)) as connection:
        connection.execute(POPULATE)
        if connection.execute("SELECT to_regclass('baocao_fold.touched')").fetchone() != (None,):
            connection.execute(MARK_EVERYTHING)
    cluster.migrate(name)
    with psycopg.connect(cluster.conninfo(name)) as connection:
        for _ in range(2):
            assert [(code, int(held)) for code, held in connection.execute(
                "SELECT unit_code, held FROM baocao.festival_plan WHERE year = 2022 ORDER BY unit_code")] == [
                    ("01", 12 + 14), ("95", 13), (None, 39)]
            assert connection.execute("SELECT units FROM baocao.unit_count WHERE unit_code = '01' AND kind = 'ward' "
                                      "AND days @> date '2022-01-01'").fetchone() == (1,)
            assert connection.execute("SELECT * FROM baocao.check_everything()").fetchall() == []
            connection.execute("SELECT baocao.fold()")
