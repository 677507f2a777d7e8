"""Failover: the daemon, the clients and their registration are those of tests/integration; the clusters are made here."""
import importlib.util
import pathlib
import sys

import pytest

# Both folders have a conftest.py; the other one gets a name of its own.
_integration = pathlib.Path(__file__).resolve().parents[1] / "integration"
sys.path.insert(0, str(_integration))
_spec = importlib.util.spec_from_file_location("integration", _integration / "conftest.py")
integration = importlib.util.module_from_spec(_spec)
sys.modules["integration"] = integration
_spec.loader.exec_module(integration)

# Fixtures. What they call `cluster` is for each test file to say.
from integration import collector, daemon, start_daemon  # noqa: E402, F401
from integration import cluster as migrated, database as made_database  # noqa: E402, F401
from nodes import Pair, folder_of_postgres  # noqa: E402
from traffic import Traffic  # noqa: E402


@pytest.fixture(scope="session")
def seed(migrated):  # noqa: F811
    """The data folder of a migrated cluster with checksums, at rest: every cluster here begins as a copy of it."""
    data = pathlib.Path(migrated.folder) / "data"
    migrated.run("pg_ctl", "-D", str(data), "-m", "fast", "-w", "stop")
    yield data
    options = f"-k {migrated.folder} -c listen_addresses="
    migrated.run("pg_ctl", "-D", str(data), "-w", "-o", options, "start")  # its owner will stop it


@pytest.fixture
def pair(seed):
    """A primary and its synchronous standby."""
    with folder_of_postgres() as folder:
        made = Pair(folder, seed)
        try:
            made.start()
            yield made
        finally:
            made.stop()


@pytest.fixture
def database(made_database, cluster):  # noqa: F811
    """On every server: libpq tries no other one after the first that says that there is no such database."""
    cluster.wait_replayed()
    made_database.is_harmed = True  # its connection goes with the primary: what is stored is looked at by the tests themselves
    return made_database


@pytest.fixture
def traffic(collector):  # noqa: F811
    """Three collectors that file fresh reports all the time, from now until traffic.stop()."""
    made = Traffic({province: collector(province) for province in ("01", "48", "79")})
    yield made
    made.give_up()


@pytest.fixture
def figure(record_property):
    """figure("gap", 0.123): a measured time, to be read at the end of the run."""
    return lambda name, seconds: record_property(name, f"{seconds:.2f} s")


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties if report.when == "call" else []:
            terminalreporter.write_line(f"{report.nodeid.split('::')[-1]}: {name}: {value}")
