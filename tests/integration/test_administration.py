"""Administrators with real logins: what they do counts, is written down, and cannot be unwritten."""
import itertools
import re
import subprocess

import psycopg
import pytest
from conftest import BUILD, three_chances, wait_until
from reports import festival_day
from test_branches import login  # noqa: F401


def test_what_keygen_prints_is_what_an_administrator_registers(database, login, tmp_path):  # noqa: F811
    made = subprocess.run([BUILD / "baocao", "keygen", tmp_path / "key"], capture_output=True, text=True, check=True)
    assert made.stdout.strip() == (tmp_path / "key.pub").read_text().strip()
    statement = re.search(r"SELECT baocao\.register_collector\(.*\);", made.stderr).group()
    assert made.stdout.strip() in statement and (tmp_path / "key").read_text().strip() not in made.stderr
    administrator = login("baocao_admin")
    administrator.execute(statement.replace("NAME", "Công an Hà Nội").replace("UNIT", "01"))
    assert administrator.execute("SELECT name, scope_code, public_key, state FROM baocao.list_collectors()").fetchall() == [
        ("Công an Hà Nội", "01", made.stdout.strip(), "valid")]


def test_an_administrator_s_calls_count_within_a_second_and_are_written_down(collector, database, daemon, login):  # noqa: F811
    administrator, revision, done = login("baocao_admin"), itertools.count(1), []
    before = database.value("SELECT clock_timestamp()")

    def limit(key, until):
        administrator.execute(f"SELECT baocao.limit_key(%s, '2022-01-01', {until})", [key])
        done.append(("limit_key", administrator.role, key))

    def over_and_valid_again():
        client = collector("01")
        key = client.keys[0].decode()
        name, = database.rows("SELECT name FROM baocao.list_collectors() WHERE public_key = %s", key)[0]
        assert client.outcomes(festival_day(revision=next(revision))) == ["STORED"]
        limit(key, "now() + interval '5 seconds'")
        assert client.outcomes(festival_day(revision=next(revision))) == ["STORED"]  # still valid
        wait_until(lambda: database.value("SELECT state FROM baocao.list_collectors() WHERE public_key = %s", key) == "no longer valid",
                   "its time is over")
        client.send(festival_day(revision=next(revision)))  # nobody told the daemon: it looks at the clock with every message
        wait_until(lambda: f"{name}: it came with a key that is no longer valid" in daemon.log_text(), "the message is dropped")
        limit(key, "NULL")
        wait_until(lambda: client.answered(0) or client.send(festival_day(revision=next(revision))) is None, "it is valid again", deadline=1)
    three_chances(over_and_valid_again)
    administrator.execute("SELECT baocao.revoke_collector('01 no. 0')")
    done.append(("revoke_collector", administrator.role, None))
    entries = administrator.execute("SELECT function_name, done_by, done_at, arguments ->> 'public_key' FROM baocao_audit.entry "
                                    "WHERE done_by <> 'postgres' ORDER BY entry_no").fetchall()
    assert [(name, who, about) for name, who, when, about in entries] == done
    times = [before, *(when for name, who, when, about in entries), database.value("SELECT clock_timestamp()")]
    assert all(earlier < later for earlier, later in zip(times, times[1:]))


# Who is refused each of these: administrators, members of the owner's role, of the trail's own, and whoever may create roles.
ATTEMPTS = [
    "UPDATE baocao_audit.entry SET done_by = 'somebody else'",
    "DELETE FROM baocao_audit.entry",
    "TRUNCATE baocao_audit.entry",
    "DROP TABLE baocao_audit.entry",
    "DROP SCHEMA baocao_audit CASCADE",
    "ALTER TABLE baocao_audit.entry ALTER done_by SET DEFAULT 'somebody else'",
    "ALTER TABLE baocao_audit.entry RENAME TO old",
    "ALTER TABLE baocao_audit.entry OWNER TO current_user",
    "CREATE RULE forget AS ON INSERT TO baocao_audit.entry DO INSTEAD NOTHING",
    "CREATE TRIGGER forget BEFORE INSERT ON baocao_audit.entry FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "INSERT INTO baocao_audit.entry (function_name, arguments, done_by) VALUES ('f', '{}', 'somebody else')",
    "INSERT INTO baocao_audit.entry (function_name, arguments, done_at) VALUES ('f', '{}', '2000-01-01')",
    "SET session_replication_role = replica; DELETE FROM baocao_audit.entry",
]


@pytest.mark.parametrize("group", ["baocao_admin", "baocao_owner", "baocao_auditor", "baocao_ingest", "baocao_analyst",
                                   "baocao_branch_analyst"])
def test_the_audit_trail_can_be_changed_by_nobody_but_a_superuser(database, login, group):  # noqa: F811
    database.run("SELECT baocao.register_collector('t', repeat('k', 40), '01', '2022-09-01')")
    before = database.rows("SELECT * FROM baocao_audit.entry")
    assert len(before) == 1
    member = login(group)
    for attempt in ATTEMPTS:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            member.execute(attempt)
    if group != "baocao_auditor":  # of which nobody is a member: it could replace its function
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            member.execute("CREATE OR REPLACE FUNCTION baocao_audit.record(function_name text, arguments jsonb) RETURNS void "
                           "LANGUAGE sql AS ''")
    assert database.rows("SELECT * FROM baocao_audit.entry") == before


def test_an_administrator_has_no_other_way(database, login):  # noqa: F811
    database.run("SELECT baocao.register_collector('t', repeat('k', 40), '01', '2022-09-01')")
    administrator = login("baocao_admin")
    for attempt in ("UPDATE baocao.collector_key SET revoked_at = NULL", "INSERT INTO baocao.collector (name, scope_unit_id) VALUES ('x', 1)",
                    "DELETE FROM baocao.unit", "UPDATE baocao.form SET due_days = 0", "SELECT FROM baocao.report",
                    "SELECT baocao.put_collector_key(1, repeat('l', 40), now(), NULL)", "SELECT baocao_audit.record('f', '{}')",
                    "SET ROLE baocao_owner", "SET ROLE baocao_auditor"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            administrator.execute(attempt)


def test_no_argument_of_a_function_for_administrators_becomes_sql(database, login):  # noqa: F811
    administrator = login("baocao_admin")
    name = "x'); DROP TABLE baocao.report; --"
    administrator.execute("SELECT baocao.register_collector(%s, repeat('k', 40), '01', '2022-09-01')", [name])
    assert database.rows("SELECT c.name, e.arguments ->> 'name' FROM baocao.collector c, baocao_audit.entry e") == [(name, name)]
