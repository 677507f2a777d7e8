"""The daemon, the database and their helpers are those of tests/integration; the spreadsheet program is LibreOffice. The tool is that of
the package, in the machine that tests/desk/run has made."""
import importlib.util
import os
import pathlib
import subprocess
import sys

import pytest

# Both folders have a conftest.py; the other one gets a name of its own.
_integration = pathlib.Path(__file__).resolve().parents[1] / "integration"
sys.path.insert(0, str(_integration))
_spec = importlib.util.spec_from_file_location("integration", _integration / "conftest.py")
integration = importlib.util.module_from_spec(_spec)
sys.modules["integration"] = integration
_spec.loader.exec_module(integration)

from integration import cluster, daemon, database, start_daemon  # noqa: E402, F401
from office import Office  # noqa: E402


MACHINE, CLERK = os.environ["BAOCAO_MACHINE"], int(os.environ["BAOCAO_CLERK"])
LOCALES = {"vi": "vi_VN.UTF-8", "en": "en_US.UTF-8"}  # neither is installed there


class Clerk:
    """A user of the machine who has just been made, and works in one folder."""

    def __init__(self, home, language):
        self.home = home
        os.chown(home, CLERK, CLERK)
        self.environment = {"HOME": str(home), "LANG": LOCALES[language], "PATH": "/usr/bin:/bin"}

    def run(self, *words, **more):
        command = ["chroot", f"--userspec={CLERK}:{CLERK}", MACHINE, "env", "-i", f"--chdir={self.home}",
                   *(f"{name}={value}" for name, value in self.environment.items()), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, **more)

    def tool(self, *words, **more):
        return self.run("baocao", *words, **more)


@pytest.fixture(params=LOCALES)
def language(request):
    return request.param


@pytest.fixture
def clerk(tmp_path, language):
    for folder in (tmp_path.parent, tmp_path):  # pytest's are for root alone
        folder.chmod(0o755)
    home = tmp_path / "clerk"
    home.mkdir()
    return Clerk(home, language)


@pytest.fixture(scope="session")
def office(tmp_path_factory):
    made = Office(tmp_path_factory.mktemp("office"))
    yield made
    made.stop()
