"""docs/security.md can be checked: what it names is there, and what it says of limits is what the files say."""
import re
import subprocess

import pytest
from conftest import ROOT

PAGE = (ROOT / "docs/security.md").read_text()


def rows(heading):
    """The cells of the tables under a heading."""
    section = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


@pytest.mark.parametrize("limit, where, line", [row[:3] for row in rows("What it may take")], ids=lambda text: text[:40])
def test_a_limit_is_what_its_file_says(limit, where, line):
    assert line.strip("`") in (ROOT / where.strip("`")).read_text()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`((?:tests|docs|daemon|proto|client|systemd|schema|cmake)/[^` ]+)", PAGE))))
def test_what_the_page_names_is_there(name):
    path, _, test = name.partition("::")
    assert list(ROOT.glob(path.rstrip("/"))), f"there is no {path}"
    if test:
        assert f"def {test}(" in (ROOT / path).read_text()


def test_every_promise_names_its_check():
    assert all("`tests/" in row[-1] or "below" in row[-1] for row in rows("What is promised, and how it is checked"))


def installed(file):
    """The version of the package that a file belongs to."""
    package = subprocess.run(["dpkg-query", "-S", file], capture_output=True, text=True, check=True).stdout.split(": ")[0]
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=True).stdout


def test_every_library_is_named_with_the_version_that_is_installed():
    linked = re.findall(r"pkg_check_modules\(\w+ REQUIRED IMPORTED_TARGET ([a-z0-9-]+)", (ROOT / "CMakeLists.txt").read_text())
    files = {library: f"*/{library}.pc" for library in linked} | {"libcsv": "/usr/include/csv.h"}
    named = dict(re.findall(r"([a-z][a-z0-9-]+) (\d[\d.]*)", " ".join(row[0] for row in rows("Dependencies"))))
    assert named.keys() == files.keys()
    for library, file in files.items():
        assert re.match(re.escape(named[library]) + r"(?!\d)", installed(file)), f"{library} {installed(file)}"
