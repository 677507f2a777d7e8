"""Clients in other languages, made from docs/protocol.md and the .proto files, against the real daemon."""
import json
import os
import pathlib
import subprocess

import pytest
from integration import BUILD, _generated, wait_until

HERE = pathlib.Path(__file__).resolve().parent
CLIENTS = {
    "python": ["/usr/bin/python3", HERE / "python/baocao_client.py"],
    "node": ["node", HERE / "node/baocao_client.js"],
}
REPORTS = 1000


@pytest.fixture(params=CLIENTS)
def client(request):
    if request.param == "node" and not (HERE / "node/node_modules/zeromq").exists():
        pytest.fail("the packages of tests/interop/node are not installed: tests/interop/run does it, and needs the npm registry")
    return CLIENTS[request.param]


def report(revision=1, unit="01", held=12, year=2022):
    return {"unit_code": unit, "period_type": "PERIOD_TYPE_CAMPAIGN", "period_first": f"{year}-08-01",
            "period_last": f"{year}-08-20", "revision": revision, "festival_day": {
                "points_planned": 10, "points_held": held, "venue": [{"venue_kind": "VENUE_KIND_WARD", "held": held}]}}


def withdrawal(revision):
    one = report(revision)
    del one["festival_day"]
    return {**one, "withdrawal": {"withdrawn_kind": "KIND_FESTIVAL_DAY", "reason": "báo cáo hai lần"}}


class Desk:
    def __init__(self, folder, daemon, signing_key):
        self.folder, self.daemon, self.signing_key = folder, daemon, signing_key

    def file(self, client, reports, signing_key=None):
        (self.folder / "reports.json").write_text(json.dumps(reports))
        path = os.pathsep.join([_generated, str(HERE / "python")])
        return subprocess.run([*client, self.daemon.router, self.daemon.server_key.decode(), self.folder / "key",
                               signing_key or self.signing_key, self.folder / "reports.json"],
                              capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONPATH": path})

    def outcomes(self, client, reports):
        ran = self.file(client, reports)
        assert ran.returncode == 0, ran
        *lines, last = ran.stdout.splitlines()
        assert last == f"signed by {self.signing_key}" and len(lines) == len(reports)
        return [line.split() for line in lines]


def keygen(path, *options):
    return subprocess.run([BUILD / "baocao", "keygen", *options, path], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def desk(start_daemon, database, tmp_path):
    signing_key = keygen(tmp_path / "signing", "--signing")
    daemon = start_daemon(signing_key_file=tmp_path / "signing", sender_max_reports=300, busy_retry_ms=50).wait_ready()
    database.run("SELECT baocao.register_collector('desk', %s, '01', '2022-09-01')", keygen(tmp_path / "key"))
    wait_until(lambda: " 1 of 1 keys" in daemon.log_text(), "the daemon knows the key")
    return Desk(tmp_path, daemon, signing_key)


def test_a_client_files_reports_and_verifies_every_outcome(desk, client):
    outcomes = desk.outcomes(client, [report(2), report(1), report(unit="79"), report(2, held=11), withdrawal(3), report(2)])
    assert [one[0] for one in outcomes] == ["STORED", "SUPERSEDED", "REFUSED", "CONFLICT", "STORED", "DUPLICATE"]
    assert outcomes[2][2:] == ["unit_code:out_of_scope"] and outcomes[5][1] == outcomes[0][1] == outcomes[3][1]
    again = desk.outcomes(client, [report(2), report(1)])
    assert [one[:2] for one in again] == [["DUPLICATE", outcomes[0][1]], ["DUPLICATE", outcomes[1][1]]]


def test_a_client_that_is_told_busy_files_all_the_same(desk, database, client):
    outcomes = desk.outcomes(client, [report(1 + n % 500, year=2010 + n // 500) for n in range(REPORTS)])
    assert [one[0] for one in outcomes].count("STORED") + [one[0] for one in outcomes].count("SUPERSEDED") == REPORTS
    assert database.value("SELECT count(*) FROM baocao.report") == REPORTS


def test_a_client_does_not_take_another_key_for_the_servers(desk, client):
    ran = desk.file(client, [report()], signing_key="0" * 64)
    assert ran.returncode != 0 and "signed by another key" in ran.stderr
