"""The daemon and its database are those of tests/integration; here is a collector with a watched folder."""
import importlib.util
import json
import os
import pathlib
import signal
import subprocess
import sys

import pytest
import zmq

# Both folders have a conftest.py; the other one gets a name of its own.
_integration = pathlib.Path(__file__).resolve().parents[1] / "integration"
sys.path.insert(0, str(_integration))
_spec = importlib.util.spec_from_file_location("integration", _integration / "conftest.py")
integration = importlib.util.module_from_spec(_spec)
sys.modules["integration"] = integration
_spec.loader.exec_module(integration)

from integration import BUILD, DEADLINE, cluster, daemon, database, start_daemon, wait_until  # noqa: E402, F401

REPORT = {"unit_code": "01", "period_type": "campaign", "period_first": "2022-08-01", "period_last": "2022-08-20",
          "revision": 1, "festival_day": {"points_planned": 10, "points_held": 12, "venue": [
              {"venue_kind": "ward", "held": 12}, {"venue_kind": "school", "held": 40, "attendees": 9000}]}}
WRONG = {**REPORT, "revision": 0}
OUT_OF_SCOPE = {**REPORT, "unit_code": "79"}


def revision(number):
    return {**REPORT, "revision": number}


def many(count):
    """Of ten seasons, all right."""
    return [{**revision(number), "period_first": f"{year}-08-01", "period_last": f"{year}-08-20"}
            for year in range(2010, 2020) for number in range(1, count // 10 + 1)]


def text_of(*reports):
    return "".join(json.dumps(report, ensure_ascii=False) + "\n" for report in reports)


class Nowhere:
    router = "tcp://127.0.0.1:9"
    server_key = zmq.curve_keypair()[0]


class Agent:
    """baocao watch, running."""

    def __init__(self, desk, words, before, program, environment):
        self.output = desk.home / f"agent{len(desk.agents)}.log"
        self.process = subprocess.Popen([*before, program, "watch", *words], stdout=self.output.open("w"),
                                        stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env={**os.environ, **environment})

    def text(self):
        return self.output.read_text()

    def wait_for(self, words):
        wait_until(lambda: words in self.text() or self.process.poll() is not None, f"the agent says {words}")
        assert words in self.text(), self.text()

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(timeout=DEADLINE)
        print(self.text())
        return status


class Desk:
    def __init__(self, home, database):
        self.home, self.folder, self.agents = home, home / "folder", []
        self.folder.mkdir()
        self.outbox = home / "outbox.db"
        public, secret = zmq.curve_keypair()
        self.public = public.decode()
        (home / "key").write_text(secret.decode() + "\n")
        (home / "key").chmod(0o600)
        if database is not None:
            database.run("SELECT baocao.register_collector('desk', %s, '01', '2022-09-01')", self.public)
        self.environment = {"BAOCAO_OUTBOX": str(self.outbox), "XDG_CONFIG_HOME": str(home / "config"),
                            "LC_ALL": "C.UTF-8"}

    def words(self, server, *more):
        return ["--server", server.router, "--server-key", server.server_key.decode(), "--key", str(self.home / "key"),
                *map(str, more)]

    def watch(self, server, *more, before=(), program=BUILD / "baocao", **environment):
        agent = Agent(self, [*self.words(server, "--settle", 0, *more), self.folder], before, program,
                      {**self.environment, **environment})
        self.agents.append(agent)
        return agent

    def once(self, server, *more, before=(), timeout=20):
        return subprocess.run([*before, BUILD / "baocao", "watch", *self.words(server, "--settle", 0, "--timeout", timeout),
                               "--once", *more, self.folder], capture_output=True, text=True,
                              env={**os.environ, **self.environment})

    def tool(self, *words):
        return subprocess.run([BUILD / "baocao", *map(str, words)], capture_output=True, text=True,
                              env={**os.environ, **self.environment})

    def drop(self, name, *reports):
        """As a program does that knows its manners: written under a hidden name, then moved."""
        written = self.folder / ".being-written"
        written.write_text(text_of(*reports))
        os.rename(written, self.folder / name)

    def names(self, shelf="."):
        folder = self.folder / shelf
        return sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.exists() else []

    def wait_gone(self, name):
        wait_until(lambda: not (self.folder / name).exists(), f"{name} is taken")


@pytest.fixture
def desk(database, tmp_path):
    made = Desk(tmp_path, database)
    yield made
    for agent in made.agents:
        if agent.process.poll() is None:
            agent.process.kill()
        agent.process.wait()


@pytest.fixture
def offline(tmp_path):
    """A desk without a server."""
    made = Desk(tmp_path, None)
    yield made
    for agent in made.agents:
        if agent.process.poll() is None:
            agent.process.kill()
        agent.process.wait()
