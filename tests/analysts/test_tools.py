"""What tools and readers get: pages that are current, a role that only reads, files from one moment."""
import csv
import hashlib
import subprocess

import psycopg
import pytest
from conftest import ROOT
from guide import GUIDE, guide


@pytest.fixture(scope="module")
def hand_made(cluster, template):
    conninfo = cluster.conninfo(cluster.create(template))
    subprocess.run(["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-d", conninfo, "-f", ROOT / "tests/schema/data/hand_made.sql"], check=True)
    return conninfo


def test_the_guide_shows_what_its_queries_answer(hand_made):
    assert guide(hand_made) == GUIDE.read_text(encoding="utf-8")


def test_the_page_of_the_database_is_what_the_database_writes(hand_made):
    printed = subprocess.run([ROOT / "schema/dictionary", hand_made], check=True, capture_output=True, text=True).stdout
    assert printed == (ROOT / "docs/database.md").read_text(encoding="utf-8")


def test_a_reader_reads_every_view_and_changes_nothing(hand_made):
    with psycopg.connect(hand_made) as connection:
        names = [name for name, in connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'baocao'::regnamespace AND relkind = 'v'")]
        connection.execute("SET ROLE baocao_reader")
        for name in names:
            connection.execute(f"SELECT * FROM baocao.{name} LIMIT 1")
        connection.execute("SELECT * FROM baocao.model_ward_share('2023-12-31')")
        for statement in ("UPDATE baocao.finding SET note = ''", "SELECT baocao.mark_finding(1, 1, 'confirmed', '')", "SELECT baocao.fold()",
                          "SELECT raw FROM baocao.refusal", "INSERT INTO baocao.stored_late VALUES (1, 1, now())"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)


def test_a_snapshot_is_complete_and_can_be_checked(hand_made, tmp_path):
    folder = tmp_path / "snapshot"
    subprocess.run([ROOT / "schema/snapshot", hand_made, folder, "2022"], check=True)
    sums = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert {path.name for path in folder.iterdir()} == {*sums, "SHA256SUMS"}
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    manifest = {row["file"]: int(row["rows"]) for row in csv.DictReader(open(folder / "manifest.csv", encoding="utf-8"))}
    for name, rows in manifest.items():
        assert len(list(csv.DictReader(open(folder / name, encoding="utf-8", newline="")))) == rows
    nation = [row for row in csv.DictReader(open(folder / "festival_plan.csv", encoding="utf-8")) if not row["unit_code"]]
    assert [(row["planned"], row["held"]) for row in nation] == [("170", "197")]
    assert "report_raw.csv" not in manifest
    assert not list(tmp_path.glob("*.part"))


def test_a_snapshot_overwrites_nothing(hand_made, tmp_path):
    assert subprocess.run([ROOT / "schema/snapshot", hand_made, tmp_path], capture_output=True).returncode == 1
    assert list(tmp_path.iterdir()) == []
