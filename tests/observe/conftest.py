"""A daemon that has received something, and a real Prometheus that scrapes it. Daemon, clients and their registration are those
of tests/integration."""
import importlib.util
import json
import pathlib
import subprocess
import sys
import urllib.parse

import pytest

# Both folders have a conftest.py; the other one gets a name of its own.
_integration = pathlib.Path(__file__).resolve().parents[1] / "integration"
sys.path.insert(0, str(_integration))
_spec = importlib.util.spec_from_file_location("integration", _integration / "conftest.py")
integration = importlib.util.module_from_spec(_spec)
sys.modules["integration"] = integration
_spec.loader.exec_module(integration)

from integration import DEADLINE, ROOT, free_port, wait_until  # noqa: E402, F401 what observing.py takes from here
from integration import cluster, collector, daemon, database, start_daemon  # noqa: E402, F401
from observing import get, http_options  # noqa: E402


class Prometheus:
    def __init__(self, folder, target):
        self.port = free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        config = (ROOT / "observe/prometheus.yml").read_text()
        config = config.replace("127.0.0.1:9570", target).replace("scrape_interval: 15s", "scrape_interval: 200ms")
        config = config.replace("- alerts.yml", f"- {ROOT}/observe/alerts.yml")
        (folder / "prometheus.yml").write_text(config)
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=(folder / "prometheus.log").open("w"), stderr=subprocess.STDOUT)

    def ask(self, what, **parameters):
        status, _, text = get(self.address, f"/api/v1/{what}?{urllib.parse.urlencode(parameters)}")
        answer = json.loads(text)
        assert status == 200 and answer["status"] == "success", text
        return answer["data"]

    def query(self, expression):
        return self.ask("query", query=expression)["result"]

    def is_ready(self):
        try:
            return get(self.address, "/-/ready")[0] == 200
        except ConnectionError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)


@pytest.fixture
def observed(start_daemon):
    options = http_options()
    daemon = start_daemon(**options).wait_ready()
    daemon.http = options["listen_http"]
    return daemon


@pytest.fixture
def prometheus(observed, tmp_path):
    made = Prometheus(tmp_path, observed.http.removeprefix("tcp://"))
    try:
        wait_until(made.is_ready, "Prometheus is ready")
        yield made
    finally:
        made.stop()
