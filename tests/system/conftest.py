"""The packages of this tree on a machine of its own (machine.py). tests/system/run makes packages and base image."""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import tempfile

import pytest
from machine import Machine, Switch, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIG = "/etc/baocao/baocaod.conf"
BASE = pathlib.Path(os.environ["BAOCAO_BASE"])
REVISIONS = 1000  # that a report may have
SERVERS = pathlib.Path(os.environ.get("BAOCAO_SERVERS", ""))  # what Patroni and etcd add to it
PACKAGES = pathlib.Path(os.environ["BAOCAO_PACKAGES"])  # of this tree; those of the next version in next/


def pytest_configure(config):
    config.addinivalue_line("markers", "quick: what CI runs")


def commands_of(document, heading):
    """The commands of a section of a document: its indented lines, as they stand there."""
    section = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##+ |\Z)", (ROOT / document).read_text(), re.M | re.S)
    assert section, f"{document} has no section {heading}"
    return [line.strip() for line in section[1].splitlines() if line.startswith("    ") and line.strip()]


@pytest.fixture(scope="module")
def make_machine():
    made = []

    def make(name=None, base=(BASE,), **options):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="baocao-machine-"))
        made.append((Machine(base, PACKAGES, folder, name or f"baocao{len(made)}", **options), folder))
        return made[-1][0].boot()

    yield make
    for machine, folder in made:
        machine.destroy()
        subprocess.run(["rm", "-rf", folder], check=True)


@pytest.fixture(scope="module")
def switch():
    made = Switch()
    yield made
    made.destroy()


class Server:
    """A machine on which the daemon was set up, and a collector at the same place."""

    SEND = ("baocao send --server tcp://127.0.0.1:5570 --server-key /etc/baocao/server.key.pub --key /root/hanoi.key "
            "--timeout 60 ")

    def __init__(self, machine):
        self.machine, self.run, self.shell = machine, machine.run, machine.shell
        self.filed = 0

    def follow(self, document, heading):
        """Does what a document says, to the letter, where the packages are; gives the outputs."""
        return [self.shell(command, folder="/packages").stdout for command in commands_of(document, heading)]

    def property(self, name, unit="baocaod.service"):
        return self.run("systemctl", "show", "--property", name, "--value", unit).stdout.strip()

    def journal(self, unit="baocaod.service"):
        return self.run("journalctl", "--no-pager", "--output", "cat", "--unit", unit).stdout

    def wait_active(self, unit="baocaod.service"):
        wait_until(lambda: self.property("ActiveState", unit) == "active", f"{unit} is active")

    def wait_status(self, text):
        wait_until(lambda: text in self.property("StatusText"), f"the status is {text}")

    def write_reports(self, path, count=1):
        """So many reports that nobody filed before: revisions for one year, then for the year before."""
        lines = []
        for _ in range(count):
            year, revision = 2025 - self.filed // REVISIONS, self.filed % REVISIONS + 1
            self.filed += 1
            lines.append(json.dumps({"unit_code": "01", "period_type": "year", "period_first": f"{year - 1}-12-15",
                                     "period_last": f"{year}-12-14", "revision": revision,
                                     "social_support": {"activity": [{"activity_kind": "gift_visit", "quantity": revision,
                                                                      "beneficiary_kind": "policy_family"}]}}))
        self.machine.write(path, "\n".join(lines) + "\n")

    def file(self, count=1, check=True, more=""):
        """Files fresh reports with the tool, which must be stored."""
        self.write_reports("/root/fresh.jsonl", count)
        sent = self.shell(f"{self.SEND} {more} /root/fresh.jsonl", check=False)
        assert not check or (sent.returncode == 0 and f"{count} reports: {count} STORED" in sent.stdout), sent
        return sent

    def sql(self, query, database="baocao"):
        return self.run("runuser", "-u", "postgres", "--", "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-d", database, "-c",
                        query, folder="/").stdout.strip()

    def stored(self):
        return int(self.sql("SELECT count(*) FROM baocao.report"))

    @contextlib.contextmanager
    def without_postgresql(self):
        """The cluster itself: postgresql.service is stopped *before* it, so who stops that one comes back while it still runs."""
        self.run("systemctl", "stop", "postgresql@15-main")
        try:
            yield
        finally:
            self.run("systemctl", "start", "postgresql@15-main")

    @contextlib.contextmanager
    def kept_configuration(self):
        """What a test writes into the configuration is not there any more after it, however it ends."""
        text = self.run("cat", CONFIG).stdout
        mode = self.run("stat", "--format=%a", CONFIG).stdout.strip()
        try:
            yield
        finally:
            self.machine.write(CONFIG, text, mode)

    @contextlib.contextmanager
    def watched_closely(self):
        """A writer hangs after a second, and the watchdog waits for three, as long as this lasts."""
        try:
            with self.kept_configuration():
                self.drop_in("soon", "[Service]\nWatchdogSec=3s\n")
                self.run("sed", "-i", "s/^hang_seconds = .*/hang_seconds = 1/", CONFIG)
                self.run("systemctl", "restart", "baocaod")
                yield
        finally:
            self.drop_in("soon", "")
            self.run("systemctl", "restart", "baocaod")

    def drop_in(self, name, text, unit="baocaod.service"):
        """A drop-in of the unit; "" takes it away again."""
        path = f"/etc/systemd/system/{unit}.d/{name}.conf"
        if text:
            self.machine.write(path, text)
        else:
            self.run("rm", "-f", path)
        self.run("systemctl", "daemon-reload")


@pytest.fixture(scope="module")
def server(make_machine):
    """A server as docs/operations.md makes one."""
    made = Server(make_machine())
    made.said = made.follow("docs/operations.md", "From the package to the first receipt")
    return made
