"""From this version to the next one, which has a new field in a form and a migration, while a collector files all the time."""
import re
import time

import pytest
from machine import wait_until

FLOW = """
outbox=/root/flow.db
while [ ! -e /root/enough ]; do
    revision=$((${revision:-0} + 1))
    cat >/root/flow.jsonl <<JSON
{"unit_code": "01", "period_type": "year", "period_first": "2022-12-15", "period_last": "2023-12-14", "revision": $revision, "communication": {"output": [{"channel": "radio", "items": $revision}]}}
JSON
    begun=$(date +%s%N)
    SEND --outbox $outbox /root/flow.jsonl >/root/said || { echo "status $?"; cat /root/said; exit 1; }
    echo "$revision $((($(date +%s%N) - begun) / 1000000)) ms: $(tail -1 /root/said)"
done
"""


@pytest.fixture(scope="module")
def flow(server):
    """A collector that files one report after the other, and its words: number, milliseconds, what became of it."""
    process = server.machine.start(FLOW.replace("SEND", server.SEND))
    yield process
    if process.poll() is None:
        server.run("touch", "/root/enough")
        process.wait(timeout=60)


def settle(server, process):
    server.run("touch", "/root/enough")
    said, _ = process.communicate(timeout=90)
    assert process.returncode == 0, said
    return re.findall(r"^(\d+) (\d+) ms: 1 reports: (.*)$", said, re.M), said


def test_collectors_notice_only_a_pause_when_the_next_version_is_installed(server, flow):
    old = server.property("MainPID")
    wait_until(lambda: server.stored() > 10, "reports flow")
    begun = time.monotonic()
    upgraded = server.shell("apt-get install --yes ./baocao-server_*.deb ./baocao-collector_*.deb", folder="/packages/next")
    took = time.monotonic() - begun
    assert "1 migrations applied now" in upgraded.stdout, upgraded
    server.wait_active()
    assert server.property("MainPID") != old
    assert server.run("baocaod", "--version").stdout.strip() == "baocaod 0.1.1"
    after = server.stored()
    wait_until(lambda: server.stored() > after + 10, "reports flow again")
    reports, said = settle(server, flow)
    assert reports and all(outcome == "1 STORED" for _, _, outcome in reports), said
    longest = max(int(milliseconds) for _, milliseconds, _ in reports)
    print(f"{len(reports)} reports filed during the upgrade, which took {took:.1f} s; the longest waited {longest} ms")
    assert longest < 15000
    filed = server.sql("SELECT string_agg(revision::text, ' ' ORDER BY revision) FROM baocao.report WHERE kind = 'communication' "
                       "AND period_last = '2023-12-14'").split()
    assert filed == [revision for revision, _, _ in reports]


def test_the_new_field_is_stored_by_the_new_version(server):
    server.machine.write("/root/new.jsonl", '{"unit_code": "01", "period_type": "year", "period_first": "2021-12-15", '
                         '"period_last": "2022-12-14", "revision": 1, "communication": {"output": [{"channel": "radio", '
                         '"repeats": 7}]}}\n')
    assert "1 STORED" in server.shell(f"{server.SEND} /root/new.jsonl").stdout
    assert server.sql("SELECT repeats FROM baocao.communication_output WHERE repeats IS NOT NULL") == "7"


def test_the_version_before_refuses_the_database_of_the_next_one_and_says_why(server):
    server.shell("dpkg -x ./baocao-server_*.deb /root/before", folder="/packages")
    said = server.run("runuser", "-u", "baocao", "--", "/root/before/usr/sbin/baocaod", "--set",
                      "listen_router=ipc:///tmp/none", "--set", "anonymous_collector=nobody", "--check", check=False)
    if "Permission denied" in said.stderr:
        server.run("chmod", "755", "/root")
        said = server.run("runuser", "-u", "baocao", "--", "/root/before/usr/sbin/baocaod", "--set",
                          "listen_router=ipc:///tmp/none", "--set", "anonymous_collector=nobody", "--check", check=False)
    assert said.returncode != 0 and "communication_output.repeats is in the database but not in the contract" in said.stderr
