"""The packages as files."""
import subprocess

import pytest
from conftest import PACKAGES, ROOT

DEBS = sorted(PACKAGES.glob("*.deb"))


@pytest.mark.parametrize("deb", DEBS, ids=lambda deb: deb.name.split("_")[0])
def test_lintian_finds_nothing(deb):
    said = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", "--info", deb], capture_output=True, text=True)
    assert said.returncode == 0 and said.stdout == "", said.stdout


def test_every_override_has_its_reason():
    for path in (ROOT / "packages").glob("*/lintian-overrides"):
        lines = path.read_text().splitlines()
        for before, line in zip(["", *lines], lines):
            assert line.startswith("#") or before.startswith("#"), f"{path}: {line}"


def test_what_an_operator_changes_is_a_conffile_and_nothing_else_is_in_etc():
    for deb in DEBS:
        files = subprocess.run(["dpkg-deb", "-c", deb], capture_output=True, text=True, check=True).stdout
        in_etc = {line.split()[5].removeprefix(".") for line in files.splitlines() if line.split()[5].startswith("./etc/")}
        listed = subprocess.run(["dpkg-deb", "-I", deb, "conffiles"], capture_output=True, text=True).stdout.split()
        assert {path for path in in_etc if not path.endswith("/")} == set(listed)
