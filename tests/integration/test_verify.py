"""baocao-verify: whatever is changed in what is stored is found and named, and nothing else."""
import re
import subprocess

import pytest
from conftest import BUILD
from contract import KINDS, base_report
from reports import festival_day

CLOSING = re.compile(r"baocao-verify: (\d+) reports, (\d+) rows compared with their raw bytes: (\d+) differences; "
                     r"(\d+) findings of the database(?:; of \d+ reports retention has removed the raw bytes)?")


def counts(lines):
    """Reports, rows, differences, findings."""
    return tuple(map(int, CLOSING.fullmatch(lines[-1]).groups()))


@pytest.fixture
def stored(collector, database):
    """The numbers of two reports among others."""
    client = collector("01")
    receipt = client.file(festival_day(), festival_day(revision=2, held=14), festival_day(first="2023-08-01", last="2023-08-20"))
    return [outcome.report_no for outcome in receipt.outcome]


def harm(database, statement, *values):
    database.is_harmed = True
    database.run("SET session_replication_role = replica")
    database.run(statement, *values)
    database.run("SET session_replication_role = origin")


def test_all_kinds_as_they_are_filed_differ_in_nothing(collector, database, daemon):
    from test_every_kind import add_ward
    add_ward(database, daemon)
    client = collector("01")
    reports = [base_report(kind) for kind in KINDS]
    for number, report in enumerate(reports):
        report.revision = 2 + number  # a withdrawal is one of the kind that it withdraws
    assert set(client.outcomes(festival_day(), *reports)) <= {"STORED", "SUPERSEDED"}
    status, lines = database.verify()
    assert (status, len(lines)) == (0, 1)
    reports, rows, differences, findings = counts(lines)
    tables = database.rows("SELECT conrelid::regclass::text FROM pg_constraint WHERE conname ~ '_report_fkey$' AND conrelid::regclass::text !~ 'finding'")
    assert reports == 1 + len(KINDS) and (differences, findings) == (0, 0)
    assert rows == reports + sum(database.value(f"SELECT count(*) FROM {table}") for (table,) in tables)


def test_an_empty_database_is_in_order(database):
    status, lines = database.verify()
    assert (status, lines) == (0, ["baocao-verify: 0 reports, 0 rows compared with their raw bytes: 0 differences; 0 findings of the database"])


# A harm to the first report, and what must be said of it; {} is its number.
HARMS = {
    "a count in a line": (
        "UPDATE baocao.festival_day_venue SET held = held + 1 WHERE report_no = %s AND line_no = 1",
        ["festival_day_venue line 1 column held: stored is 13, the raw bytes say 12"]),
    "a count that becomes NULL": (
        "UPDATE baocao.festival_day_venue SET attendees = NULL WHERE report_no = %s AND line_no = 2",
        ["festival_day_venue line 2 column attendees: stored is NULL, the raw bytes say 9000"]),
    "a kind of venue": (
        "UPDATE baocao.festival_day_venue SET venue_kind = 'commune' WHERE report_no = %s AND line_no = 1",
        ["festival_day_venue line 1 column venue_kind: stored is 'commune', the raw bytes say 'ward'"]),
    "a count in the body": (
        "UPDATE baocao.festival_day SET points_planned = 11 WHERE report_no = %s",
        ["festival_day column points_planned: stored is 11, the raw bytes say 10"]),
    "a line that is gone": (
        "DELETE FROM baocao.festival_day_venue WHERE report_no = %s AND line_no = 2",
        ["festival_day_venue line 2 is in the raw bytes, and not stored: venue_kind 'school' planned NULL held 40 attendees 9000"]),
    "the first line gone": (
        "DELETE FROM baocao.festival_day_venue WHERE report_no = %s AND line_no = 1",
        ["festival_day_venue line 1 is in the raw bytes, and not stored: venue_kind 'ward' planned NULL held 12 attendees NULL"]),
    "a line too many": (
        "INSERT INTO baocao.festival_day_venue (top_unit_id, report_no, line_no, venue_kind, held) "
        "SELECT top_unit_id, report_no, 3, 'commune', 5 FROM baocao.report WHERE report_no = %s",
        ["festival_day_venue line 3 is stored, and not in the raw bytes: venue_kind 'commune' planned NULL held 5 attendees NULL"]),
    "the body gone": (
        "DELETE FROM baocao.festival_day WHERE report_no = %s",
        ["festival_day is in the raw bytes, and not stored: points_planned 10 points_held 12 attendees NULL forums_held NULL"]),
    "a row of another kind": (
        "INSERT INTO baocao.rural_security (top_unit_id, report_no, level_reached, contents_met) "
        "SELECT top_unit_id, report_no, 'none', 3 FROM baocao.report WHERE report_no = %s",
        ["rural_security is stored, and not in the raw bytes: level_reached 'none' contents_met 3 working_models NULL"]),
    "the precision": (
        "UPDATE baocao.report SET precision = 'estimate' WHERE report_no = %s",
        ["report column precision: stored is 'estimate', the raw bytes say 'exact'"]),
    "the period": (
        "UPDATE baocao.report SET period_first = '2022-08-02' WHERE report_no = %s",
        ["report column period_first: stored is 2022-08-02, the raw bytes say 2022-08-01"]),
    "the kind": (
        "UPDATE baocao.report SET kind = 'commendation' WHERE report_no = %s",
        ["report column kind: stored is 'commendation', the raw bytes say 'festival_day'"]),
    "the time of filing": (
        "UPDATE baocao.report SET filed_at = '2022-08-21 08:00+07' WHERE report_no = %s",
        ["report column filed_at: stored is 2022-08-21T01:00:00.000000Z, the raw bytes say NULL"]),
    "a raw report that is gone": (
        "DELETE FROM baocao.report_raw WHERE report_no = %s",
        ["report cannot be compared: the raw bytes are missing", "festival_day cannot be compared: the raw bytes are missing",
         "festival_day_venue cannot be compared: the raw bytes are missing"]),
}


@pytest.mark.parametrize("what", HARMS)
def test_what_was_changed_is_found_and_named(stored, database, what):
    statement, said = HARMS[what]
    harm(database, statement, stored[0])
    status, lines = database.verify()
    assert status == 1
    assert [line for line in lines if line.startswith("report ")] == [f"report {stored[0]} of top unit 1: {text}" for text in said]
    assert counts(lines)[2] == len(said)
    for line in lines[:-1]:
        assert line.startswith(("report ", "database: "))


def test_a_changed_digest_is_named_with_both(stored, database):
    digest = database.value("SELECT content_digest FROM baocao.report WHERE report_no = %s", stored[1])
    harm(database, "UPDATE baocao.report SET content_digest = set_byte(content_digest, 31, get_byte(content_digest, 31) # 1) "
         "WHERE report_no = %s", stored[1])
    changed = digest[:31] + bytes([digest[31] ^ 1])
    assert database.verify() == (1, [
        f"report {stored[1]} of top unit 1: report column content_digest: stored is \\x{changed.hex()}, the raw bytes say \\x{digest.hex()}",
        "baocao-verify: 3 reports, 15 rows compared with their raw bytes: 1 differences; 0 findings of the database"])


def test_a_flipped_bit_is_found_in_whatever_byte_of_the_raw_report_it_is(collector, database):
    """A length, a tag, a figure, a letter: in each of as many reports as one has bytes, another."""
    size = len(festival_day().SerializeToString())
    outcomes = collector("01").file(*[festival_day(revision=n + 1) for n in range(size)]).outcome
    numbers = [outcome.report_no for outcome in outcomes]
    for at, number in enumerate(numbers):
        harm(database, "UPDATE baocao.report_raw SET raw = set_byte(raw, %s, get_byte(raw, %s) # 1) WHERE report_no = %s", at, at, number)
    status, lines = database.verify()
    found = {int(line.split()[1]) for line in lines[:-1]}
    assert status == 1 and [at for at, number in enumerate(numbers) if number not in found] == []


def test_a_flipped_figure_in_the_raw_bytes_is_named_by_its_column(stored, database):
    raw = database.value("SELECT raw FROM baocao.report_raw WHERE report_no = %s", stored[0])
    flipped = festival_day()
    flipped.festival_day.points_planned = 11
    assert len(flipped.SerializeToString()) == len(raw)
    harm(database, "UPDATE baocao.report_raw SET raw = %s WHERE report_no = %s", flipped.SerializeToString(), stored[0])
    status, lines = database.verify()
    assert status == 1
    assert f"report {stored[0]} of top unit 1: festival_day column points_planned: stored is 10, the raw bytes say 11" in lines
    assert any("content_digest" in line for line in lines) and counts(lines)[2] == 2


def test_raw_bytes_that_cannot_be_read_are_named(stored, database):
    harm(database, "UPDATE baocao.report_raw SET raw = '\\xff' WHERE report_no = %s", stored[0])
    status, lines = database.verify()
    assert status == 1
    assert lines[0].startswith(f"report {stored[0]} of top unit 1: report_raw column raw: cannot be read: ")


def test_rows_without_a_report_are_found_twice_over(stored, database):
    harm(database, "INSERT INTO baocao.festival_day_venue (top_unit_id, report_no, line_no, venue_kind, held) VALUES (1, 999999, 1, 'ward', 1)")
    status, lines = database.verify()
    assert status == 1
    assert "report 999999 of top unit 1: festival_day_venue has rows, and there is no such report" in lines
    assert any(line.startswith("database: foreign key festival_day_venue_report_fkey") for line in lines)


def test_a_report_under_a_unit_that_its_code_did_not_mean_is_found(stored, database):
    harm(database, "UPDATE baocao.report SET unit_id = baocao.unit_on('79', '2022-08-20') WHERE report_no = %s", stored[0])
    status, lines = database.verify()
    assert status == 1
    assert f"database: the unit is not the one that the code meant: report {stored[0]}: 1 rows" in lines


def expire(database, *numbers):
    """Lets reports be old, and retention remove their raw bytes."""
    harm(database, "UPDATE baocao.report SET received_at = now() - interval '200 days' WHERE report_no = ANY (%s)", list(numbers))
    database.run("SELECT baocao.set_retention('report_raw', 100)")
    assert database.value("SELECT removed FROM baocao.expire() WHERE what = 'report_raw'") == len(numbers)


def test_what_retention_removed_is_no_difference(stored, database):
    expire(database, *stored[:2])
    assert database.verify() == (0, ["baocao-verify: 1 reports, 5 rows compared with their raw bytes: 0 differences; 0 findings of the "
                                     "database; of 2 reports retention has removed the raw bytes"])


def test_what_is_gone_beside_what_retention_removed_is_found(stored, database):
    expire(database, stored[0])
    harm(database, "DELETE FROM baocao.report_raw WHERE report_no = %s", stored[1])  # younger than what retention removes
    status, lines = database.verify()
    assert status == 1
    assert [line for line in lines if "raw bytes are missing" in line and f"report {stored[1]} " in line]
    assert not [line for line in lines if f"report {stored[0]} " in line] and counts(lines)[3] == 0


def test_what_was_gone_before_retention_came_to_it_is_found_by_counting(stored, database):
    harm(database, "DELETE FROM baocao.report_raw WHERE report_no = %s", stored[1])
    harm(database, "UPDATE baocao.report SET received_at = now() - interval '200 days' WHERE report_no = %s", stored[1])
    expire(database, stored[0])
    status, lines = database.verify()
    assert status == 1 and counts(lines)[2:] == (0, 1)
    assert "database: raw bytes gone that no retention removed: report_raw retention removed those of 1 reports, gone are those of 2: 1 rows" \
        in lines


def test_retention_that_is_set_and_has_not_run_excuses_nothing(stored, database):
    database.run("SELECT baocao.set_retention('report_raw', 100)")
    harm(database, "UPDATE baocao.report SET received_at = now() - interval '200 days' WHERE report_no = %s", stored[0])
    harm(database, "DELETE FROM baocao.report_raw WHERE report_no = %s", stored[0])
    status, lines = database.verify()
    assert status == 1 and any(line.endswith("report cannot be compared: the raw bytes are missing") for line in lines)


def test_since_and_sample_look_at_a_part(stored, database):
    harm(database, "UPDATE baocao.festival_day SET points_planned = 11 WHERE report_no = %s", stored[0])
    assert counts(database.verify("--since", "2090-01-01")[1])[:3] == (0, 0, 0)
    assert counts(database.verify("--since", "2020-01-01")[1])[:3] == (3, 15, 1)
    assert counts(database.verify("--sample", "1")[1])[:3] == (3, 15, 1)
    turn = database.value("SELECT ((now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date - '2000-01-01'::date) %% 3")
    parts = [number for number in stored if number % 3 == turn]
    assert counts(database.verify("--sample", "3")[1])[0] == len(parts) == 1


def test_the_role_of_least_rights_does_and_the_daemon_s_does_not(stored, database):
    assert database.verify(user="checker")[0] == 0
    status, lines = database.verify(user="baocaod")
    assert status == 2 and "permission denied" in lines[0]
    with database.cluster.connect(database.name, "checker") as checker:
        checker.execute("SET ROLE baocao_verifier")
        held = checker.execute("SELECT count(*) FROM pg_class WHERE relnamespace IN ('baocao'::regnamespace, 'baocao_fold'::regnamespace) "
                               "AND relkind IN ('r', 'v') AND has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE')").fetchone()
        assert held == (0,)


@pytest.mark.parametrize("arguments, said", [
    (["--since", "yesterday"], "--since yesterday: this is not a day like 2026-08-19"),
    (["--sample", "0"], "--sample 0: must be a whole number from 1 to 100000"),
    (["--sample", "x"], "--sample x: must be a whole number from 1 to 100000"),
    (["a", "b"], "baocao-verify: what is b? See --help."),
    (["host=/nowhere"], "baocao-verify: connection to server on socket"),
])
def test_what_cannot_be_done_is_said_and_is_no_verdict(arguments, said):
    done = subprocess.run([BUILD / "baocao-verify", *arguments], capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith(said), done


def test_a_schema_of_another_contract_is_no_verdict(stored, database):
    harm(database, "ALTER TABLE baocao.festival_day ADD extra integer")
    status, lines = database.verify()
    assert (status, lines) == (2, ["column festival_day.extra is in the database but not in the contract"])


def test_memory_does_not_grow_with_the_archive(collector, database):
    """Ten thousand reports, and one of almost a MiB among them, in 64 MiB of address space beyond the program's own."""
    client = collector("01")
    for part in range(20):
        assert set(client.outcomes(*[festival_day(first="2022-08-01", last=f"2022-08-{2 + part:02}", revision=n + 1)
                                     for n in range(500)])) == {"STORED"}
    large = festival_day(revision=1000)
    large.MergeFromString(b"\xfa\x7f" + b"\x80\x80\x38" + bytes(0xE0000))  # a field that nobody knows
    assert client.outcomes(large) == ["STORED"]
    done = subprocess.run(["/usr/bin/env", "bash", "-c", 'ulimit -v 160000; exec "$0" "$@"', database.verifier,
                           database.cluster.conninfo(database.name)], capture_output=True, text=True)
    assert done.returncode == 0 and counts(done.stdout.splitlines())[0] == 10001, done
