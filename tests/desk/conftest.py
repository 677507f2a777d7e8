"""The daemon, the database and their helpers are those of tests/integration; the spreadsheet program is LibreOffice."""
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

from integration import cluster, daemon, database, pytest_sessionfinish, start_daemon  # noqa: E402, F401
from office import Office  # noqa: E402


@pytest.fixture(scope="session")
def office(tmp_path_factory):
    made = Office(tmp_path_factory.mktemp("office"))
    yield made
    made.stop()
