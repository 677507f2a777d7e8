"""The manual pages say all that the programs' tables know."""
import re
import subprocess

import pytest
from conftest import BUILD, ROOT

PAGES = sorted((ROOT / "docs/man").glob("*.scd"))


def page(name):
    shown = subprocess.run(["man", "--warnings=w", "-l", BUILD / "man" / name], capture_output=True, text=True, check=True,
                           env={"LC_ALL": "C.UTF-8", "MANWIDTH": "200", "MAN_KEEP_FORMATTING": "", "PATH": "/usr/bin:/bin"})
    assert shown.stderr == "", shown.stderr
    return re.sub(r".\x08", "", shown.stdout)


def asked(*command):
    return subprocess.run([BUILD / command[0], *command[1:]], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("source", PAGES, ids=lambda path: path.stem)
def test_every_page_is_made_and_reads_without_a_warning(source):
    assert "NAME" in page(source.stem)


def test_every_option_of_the_configuration_is_in_its_page():
    shown = " ".join(page("baocaod.conf.5").split())
    for help_text, name, default in re.findall(r"^# (.*)\n(\w+) = ?(.*)$", asked("baocaod", "--print-config"), re.M):
        assert f"{name} = {default or '(empty)'} {help_text.removesuffix(' (reloadable)')}" in shown, name


def test_every_argument_of_the_daemon_is_in_its_page():
    shown = page("baocaod.8")
    arguments = set(re.findall(r"--[a-z-]+", asked("baocaod", "--help")))
    assert {"--config", "--check"} <= arguments
    assert [argument for argument in arguments if argument not in shown] == []


def test_every_argument_of_the_setup_is_in_its_page():
    shown = page("baocaod-setup.8")
    arguments = set(re.findall(r"--[a-z-]+", subprocess.run([ROOT / "packages/server/baocaod-setup", "--help"],
                                                            capture_output=True, text=True, check=True).stdout))
    assert {"--admin", "--upgrade"} <= arguments
    assert [argument for argument in arguments if argument not in shown] == []
