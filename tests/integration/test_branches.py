"""Who sees which rows, by real logins, in every table and view that there is. The list comes from the database: a table or view
that is added without a decision about it fails here."""
import collections
import subprocess

import psycopg
import pytest
from conftest import ROOT, wait_until
from contract import KINDS, base_report
from reports import festival_day

# What is the same for everybody; see the policies named reference.
PUBLIC = {"baocao." + name for name in ("unit", "unit_succession", "unit_census", "target", "form", "unit_today", "commune_census",
                                        "unit_import", "unit_lineage", "sole_successor", "target_member", "reporting_period",
                                        "publication", "completeness_day")}
# What the analysts of a branch see and those of the ministry do not: their own limits.
OWN = {"baocao.branch_analyst"}


@pytest.fixture
def login(database):
    """login("baocao_analyst") makes a role that may log in, a member of that one, and connects as it."""
    made, connections = [], []

    def make(group, branch=None, on="2022-09-01"):
        name = f"{database.name}_{len(made)}"
        database.run(f"CREATE ROLE {name} LOGIN IN ROLE {group}")
        made.append(name)
        if branch:
            database.run("SELECT baocao.limit_analyst(%s, %s, %s::date)", name, branch, on)
        connection = database.cluster.connect(database.name, name)
        connection.role = name
        connections.append(connection)
        return connection

    yield make
    for connection in connections:
        connection.close()
    for name in made:
        database.run(f"DROP OWNED BY {name}")
        database.run(f"DROP ROLE {name}")


def relations(connection):
    """What this login may read of each table and view, by name: a list of columns."""
    return dict(connection.execute("""
        SELECT c.oid::regclass::text, array_agg(a.attname::text ORDER BY a.attnum)
        FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE relowner = 'baocao_owner'::regrole AND relkind IN ('r', 'p', 'v', 'm', 'f')
            AND has_column_privilege(c.oid, a.attnum, 'SELECT')
        GROUP BY 1""").fetchall())


def read(connection, name, columns):
    return connection.execute(f"SELECT {', '.join(columns)} FROM {name}").fetchall()


def is_view(database, name):
    return database.value("SELECT relkind = 'v' FROM pg_class WHERE oid = to_regclass(%s)", name)


def drop_what_others_filed(db, own):
    """Leaves the rows of these top units, table by table; rows without one are the nation's."""
    tables = db.execute("SELECT attrelid::regclass::text FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid "
                        "WHERE relowner = 'baocao_owner'::regrole AND relkind IN ('r', 'p') AND attname = 'top_unit_id' "
                        "AND attrelid <> 'baocao.unit'::regclass").fetchall()
    db.execute("SET LOCAL session_replication_role = replica")
    for table, in tables:
        db.execute(f"DELETE FROM {table} WHERE (top_unit_id = ANY (%s)) IS NOT TRUE", [own])
    for table, column in (("collector", "scope_unit_id"), ("lock_exception", "unit_id")):
        db.execute(f"DELETE FROM baocao.{table} WHERE {column} NOT IN "
                   "(SELECT unit_id FROM baocao.unit WHERE top_unit_id = ANY (%s))", [own])


def belongs(row, columns, own, view):
    """A view shows a branch analyst no row of the nation, and none of another branch."""
    values = dict(zip(columns, row))
    return not view or (values.get("unit_code", "") is not None and values.get("top_unit_id", own[0]) in own)


def check_branch(database, nation, branch, own):
    """The branch analyst sees what the ministry's would see if nobody else had ever filed."""
    readable = relations(nation)
    assert {name: columns for name, columns in relations(branch).items() if name not in OWN} == readable
    everything = {name: read(nation, name, columns) for name, columns in readable.items()}
    seen = {name: read(branch, name, columns) for name, columns in readable.items()}
    with database.cluster.connect(database.name) as db:
        db.autocommit = False
        drop_what_others_filed(db, own)
        db.execute(f"SET LOCAL ROLE {nation.role}")
        alone = {name: read(db, name, columns) for name, columns in readable.items()}
        db.rollback()
    for name, columns in readable.items():
        wanted = [row for row in alone[name] if name in PUBLIC or belongs(row, columns, own, is_view(database, name))]
        assert collections.Counter(map(repr, seen[name])) == collections.Counter(map(repr, wanted)), name
        assert seen[name], f"{name} is empty: nothing is shown by it"
        if name not in PUBLIC:
            assert len(everything[name]) > len(seen[name]), f"{name} has nothing of others: nothing is shown by it"


def reports_of(unit, ward):
    """Every kind, and one that is refused."""
    for kind in KINDS:
        report = base_report(kind)
        report.unit_code = ward if kind == "model_ward" else unit
        if kind == "withdrawal":
            report.period_first, report.period_last = "2020-12-15", "2021-12-14"
        yield report
    of_ward = base_report("rural_security")
    of_ward.unit_code = ward
    yield of_ward
    yield festival_day(unit, first="2090-08-01", last="2090-08-20")


@pytest.fixture
def filed(database, daemon, collector):
    """Two provinces have filed everything."""
    for province, district, ward in (("01", "001", "00001"), ("79", "760", "26734")):
        database.run("SELECT baocao.add_unit(%s, 'district', 'urban_district', 'Quận', %s, '2008-08-01', '2025-03-01')", district, province)
        database.run("SELECT baocao.add_unit(%s, 'commune', 'ward', 'Phường', %s, '2008-08-01', '2025-03-01')", ward, district)
    wait_until(lambda: "103 units" in daemon.log_text(), "the daemon knows the wards")
    for province, ward in (("01", "00001"), ("79", "26734")):
        outcomes = collector(province).outcomes(*reports_of(province, ward))
        assert outcomes == ["STORED"] * (len(KINDS) + 1) + ["REFUSED"]


@pytest.fixture
def worked_on(filed, collector, database):
    """And the ministry has worked with it: every table and view has rows of both, folded and marked."""
    database.run("SELECT baocao.fold()")
    for province, ward in (("01", "00001"), ("79", "26734")):
        corrected = [*reports_of(province, ward)][:-1]
        for report in corrected:
            report.revision += 1
        assert collector(province).outcomes(*corrected) == ["STORED"] * len(corrected)
    database.run("SELECT * FROM baocao.import_units('{\"code,level,kind,name,parent_code,valid_from,valid_to\","
                 "\"00002,commune,ward,Phường Hai,001,2008-08-01,2025-03-01\"}')")
    database.run("SELECT baocao.open_periods(kind, 'province', 'year', 2022) FROM unnest('{social_support,commendation}'::baocao.kind[]) AS kind")
    database.run("SELECT baocao.grant_lock_exception(period_no, unit_id, '2090-01-01', 'lũ lụt') FROM baocao.reporting_period "
                 "CROSS JOIN baocao.unit WHERE code IN ('01', '79') AND valid @> period_last")
    database.run("SELECT baocao.publish('Tổng kết')")
    database.run("INSERT INTO baocao.stored_late SELECT top_unit_id, min(report_no), now() FROM baocao.report GROUP BY top_unit_id "
                 "ON CONFLICT DO NOTHING")  # on a slow machine it was noted already
    assert database.value("SELECT baocao.look_for_findings(2022)") >= 2
    assert database.value("SELECT baocao.request_replay('period_not_begun', 'năm sau')") == 2
    wait_until(lambda: database.value("SELECT count(*) FROM baocao.replay WHERE state = 'done'") == 2, "they are refused again")
    assert database.value("SELECT baocao.take_completeness_snapshot()") > 0


def top_units(database, *codes):
    return [database.value("SELECT baocao.unit_on(%s, %s::date)", code, day) for code, day in codes]


def test_an_analyst_of_a_branch_sees_what_there_would_be_if_nobody_else_had_filed(worked_on, database, login):
    check_branch(database, login("baocao_analyst"), login("baocao_branch_analyst", "01"), top_units(database, ("01", "2022-09-01")))


@pytest.mark.parametrize("mistake", [
    "CREATE TABLE baocao.careless AS SELECT report_no, top_unit_id FROM baocao.report",
    "CREATE VIEW baocao.careless AS SELECT report_no, top_unit_id FROM baocao.report",
    "CREATE MATERIALIZED VIEW baocao.careless AS SELECT report_no, top_unit_id FROM baocao.report",
    "CREATE VIEW baocao.careless AS SELECT count(*) FROM baocao.report",
    "ALTER TABLE baocao.commendation_award DISABLE ROW LEVEL SECURITY",
    "DROP POLICY branch ON baocao.refusal_violation",
])
def test_the_test_above_notices(worked_on, database, login, mistake):
    database.run("SET ROLE baocao_owner")
    database.run(mistake)
    if "careless" in mistake:
        database.run("GRANT SELECT ON baocao.careless TO baocao_analyst, baocao_branch_analyst")
    database.run("RESET ROLE")
    with pytest.raises(AssertionError):
        check_branch(database, login("baocao_analyst"), login("baocao_branch_analyst", "01"), top_units(database, ("01", "2022-09-01")))


def test_a_table_that_is_new_is_shown_to_no_branch_before_it_has_its_policy(worked_on, database, login):
    database.run("SET ROLE baocao_owner")
    database.run("CREATE TABLE baocao.careless AS SELECT report_no, top_unit_id FROM baocao.report")
    database.run("GRANT SELECT ON baocao.careless TO baocao_analyst")
    database.run("RESET ROLE")
    branch = login("baocao_branch_analyst", "01")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        branch.execute("SELECT FROM baocao.careless")
    subprocess.run([ROOT / "schema/migrate", database.cluster.conninfo(database.name)], check=True, stdout=subprocess.DEVNULL)
    check_branch(database, login("baocao_analyst"), branch, top_units(database, ("01", "2022-09-01")))


def test_an_analyst_without_a_branch_sees_no_report(worked_on, database, login):
    nobody = login("baocao_branch_analyst")
    released = login("baocao_branch_analyst", "01")
    database.run("SELECT baocao.release_analyst(%s)", released.role)
    for name, columns in relations(nobody).items():
        for connection in (nobody, released):
            assert (name in PUBLIC) == bool(read(connection, name, columns)), name


@pytest.mark.parametrize("code, on, sees", [
    ("15", "2025-08-01", ["10 2024", "15 2024", "15 2025"]),  # Lào Cai of today: both that passed into it
    ("15", "2024-08-01", ["15 2024"]),                        # Yên Bái as it was
    ("75", "2025-08-01", ["75 2025", "75 2026"]),             # Đồng Nai, a city since: the same office
    ("75", "2026-05-01", ["75 2025", "75 2026"]),
])
def test_a_branch_goes_with_its_province_through_mergers(collector, database, login, code, on, sees):
    for province, year in (("10", 2024), ("15", 2024), ("15", 2025), ("75", 2025), ("75", 2026)):
        client = collector(province, on=f"{year}-08-01" if year < 2026 else "2026-05-01")
        assert client.outcomes(festival_day(province, first=f"{year}-05-01", last=f"{year}-08-20")) == ["STORED"]
    branch = login("baocao_branch_analyst", code, on)
    assert sorted(f"{unit} {last.year}" for unit, last in branch.execute(
        "SELECT unit_code, period_last FROM baocao.report")) == sees


def test_an_analyst_of_a_branch_finds_no_way_around(worked_on, database, login):
    branch, told = login("baocao_branch_analyst", "01"), []
    branch.add_notice_handler(lambda notice: told.append(notice.message_primary))
    branch.execute("CREATE FUNCTION pg_temp.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS "
                   "$$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$")
    # Codes alone are public: a view may well look at all units. A figure is not.
    for relation, what in (("report", "unit_code"), ("current_report", "unit_code"), ("festival_day_total", "unit_code || ' ' || held")):
        told.clear()
        branch.execute(f"SELECT FROM baocao.{relation} WHERE pg_temp.tell({what})")
        assert told and {words.split()[0] for words in told} <= {"01", "00001"}, (relation, told)
    for attempt in ("SET ROLE baocao_analyst", "SET ROLE baocao_ingest", "SET ROLE baocao_owner",
                    "SET row_security = off; SELECT FROM baocao.report",
                    "INSERT INTO baocao.branch_analyst VALUES (current_user, 1)",
                    "UPDATE baocao.branch_analyst SET top_unit_id = 1",
                    "SELECT baocao.limit_analyst(current_user, '79', '2022-09-01')",
                    "CREATE TABLE baocao.mine ()", "SELECT raw FROM baocao.report_raw", "SELECT FROM baocao.collector_key"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            branch.execute(attempt)


@pytest.mark.parametrize("query, nation, branch", [
    ("SELECT unit_code FROM baocao.rebased_total('festival_day', 'points_held', '2022-09-01')", {"01", "79"}, {"01"}),
    ("SELECT unit_code FROM baocao.total_as_known('festival_day', 'points_held', now(), 2022)", {"01", "79", None}, {"01"}),
    ("SELECT unit_code FROM baocao.reports_as_known(now())", {"01", "79", "00001", "26734"}, {"01", "00001"}),
    ("SELECT unit_code FROM baocao.model_ward_share('2022-12-31')", {"01", "31", "48", "79", "92"}, {"01"}),
    ("SELECT unit_code FROM baocao.model_ward_pace('2022-12-31')", {"01", "31", "48", "79", "92"}, {"01"}),
    ("SELECT unit_code FROM baocao.target_progress('2022-12-31', 'model_ward_share')", {"01", "31", "48", "79", "92"}, {"01"}),
    ("SELECT left(unit_code, 3) FROM baocao.without_model_ward('urban_district', '2020-12-31')", {"001", "760"}, {"001"}),
    ("SELECT unit_code FROM baocao.model_ward_on('2026-01-01')", set(), set()),
    ("SELECT unit_code FROM baocao.model_ward_on('2022-12-31')", {"00001", "26734"}, {"00001"}),
    ("SELECT field FROM baocao.revision_changes(baocao.unit_on('79', '2022-12-14'), 'communication', '2022-12-14')", set(), set()),
])
def test_a_function_says_nothing_of_another_branch_or_of_the_nation(worked_on, login, query, nation, branch):
    assert {code for code, in login("baocao_analyst").execute(query)} == nation
    assert {code for code, in login("baocao_branch_analyst", "01").execute(query)} == branch


def test_policies_hide_nothing_from_administrators_and_the_daemon(worked_on, database, login):
    for group in ("baocao_admin", "baocao_ingest"):
        connection = login(group)
        connection.execute(f"SET ROLE {group}")  # as the daemon does
        readable = relations(connection)
        assert "baocao.collector_key" in readable
        for name, columns in readable.items():
            assert len(read(connection, name, columns)) == database.value(f"SELECT count(*) FROM {name}"), (group, name)
