"""The daemon, the clients and their registration are those of tests/integration."""
import importlib.util
import pathlib
import sys

# Both folders have a conftest.py; the other one gets a name of its own.
_integration = pathlib.Path(__file__).resolve().parents[1] / "integration"
sys.path.insert(0, str(_integration))
_spec = importlib.util.spec_from_file_location("integration", _integration / "conftest.py")
integration = importlib.util.module_from_spec(_spec)
sys.modules["integration"] = integration
_spec.loader.exec_module(integration)

from integration import cluster, collector, daemon, database, start_daemon  # noqa: E402, F401
