"""The manual pages, the completion of shells and the help are made of the same tables as the parser: every command, option and exit
status is in all of them, and what they offer is taken."""
import re
import shutil
import subprocess

import pytest
from conftest import BUILD, REPORT, Nowhere, text_of

MANUAL = BUILD / "manual"


def output(*words):
    return subprocess.run(list(map(str, words)), capture_output=True, text=True, check=True).stdout


def help_of(*words):
    return output(BUILD / "baocao", *words, "--help")


COMMANDS = re.findall(r"^  baocao ([a-z]+) ", help_of(), re.M)
OPTIONS = {command: re.findall(r"^  --([a-z-]+)", help_of(command), re.M) for command in COMMANDS}
STATUSES = re.findall(r"^  (\d)  ", help_of(), re.M)


def page(name):
    """As a reader sees it."""
    return re.sub(r".\x08", "", output("man", "-l", "--encoding=UTF-8", MANUAL / name))


@pytest.fixture(autouse=True)
def readable(monkeypatch):
    monkeypatch.setenv("MANWIDTH", "1000")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def test_there_are_commands_options_and_statuses():
    assert {"keygen", "describe", "send", "queue", "deliver", "watch", "status", "receipts", "ping"} <= set(COMMANDS)
    assert {"outbox", "server", "key", "quiet"} <= set(OPTIONS["send"]) and STATUSES == ["0", "1", "2", "3"]


def test_the_manual_page_has_every_command_option_and_exit_status():
    text = page("baocao.1")
    for command in COMMANDS:
        section = re.search(rf"^ +baocao {command}\b.*\n((?: {{7,}}.*\n|\n)*)", text[text.index("COMMANDS"):], re.M)[1]
        assert section.strip(), command
        for option in OPTIONS[command]:
            assert f"--{option}" in section, (command, option)
    for option in {option for options in OPTIONS.values() for option in options}:
        assert re.search(rf"^ +--{option}\b", text[text.index("\nOPTIONS"):], re.M), option
    statuses = text[text.index("EXIT STATUS"):]
    for status in STATUSES:
        assert re.search(rf"^ +{status} ", statuses, re.M), status


def test_the_page_of_the_configuration_has_what_the_file_may_have(tmp_path):
    text = page("baocao.conf.5")
    names = re.findall(r"^ +([a-z-]+) = [A-Za-z]+$", text[text.index("\nOPTIONS"):text.index("\nEXAMPLE")], re.M)
    assert {"server", "server-key", "key", "outbox", "folder", "timeout"} <= set(names)
    values = {"lang": "vi", "timeout": "5", "scan": "5", "settle": "5"}
    (tmp_path / "all.conf").write_text("".join(f"{name} = {values.get(name, tmp_path / 'x')}\n" for name in names))
    status = subprocess.run([BUILD / "baocao", "status", "--conf", tmp_path / "all.conf"], capture_output=True, text=True)
    assert status.returncode == 0, status
    for name in {option for options in OPTIONS.values() for option in options} - set(names):
        (tmp_path / "one.conf").write_text(f"\n{name} = yes\n")
        status = subprocess.run([BUILD / "baocao", "status", "--conf", tmp_path / "one.conf"], capture_output=True, text=True)
        assert status.returncode == 2 and f"one.conf:2: {name}: there is no such option" in status.stderr, name


@pytest.mark.parametrize("name", ["baocao.1", "baocao.conf.5"])
def test_pages_are_without_a_fault(name):
    checked = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", MANUAL / name], capture_output=True, text=True)
    assert checked.returncode == 0 and checked.stderr == ""


def completed(tmp_path, *words):
    """What bash offers for the last of the words."""
    quoted = " ".join(f"'{word}'" for word in words)
    script = (f"cd {tmp_path}; compopt() {{ :; }}; . {MANUAL}/baocao.bash; COMP_WORDS=(baocao {quoted}); "
              f"COMP_CWORD={len(words)}; _baocao; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    return set(output("bash", "-uc", script).split())


def test_bash_completes_every_command_and_every_option(tmp_path):
    assert completed(tmp_path, "") == {*COMMANDS, "--help", "--version"}
    for command in COMMANDS:
        assert completed(tmp_path, command, "--") == {*(f"--{option}" for option in OPTIONS[command]), "--help"}, command


def test_bash_completes_values(tmp_path):
    (tmp_path / "august.csv").touch()
    (tmp_path / "folder").mkdir()
    assert completed(tmp_path, "status", "--kind", "fest") == {"festival_day"}
    assert completed(tmp_path, "describe", "com") == {"commendation", "communication"}
    assert completed(tmp_path, "queue", "aug") == {"august.csv"} and completed(tmp_path, "send", "--key", "aug") == {"august.csv"}
    assert completed(tmp_path, "watch", "") == {"folder"} and completed(tmp_path, "watch", "--folder", "f") == {"folder"}
    assert completed(tmp_path, "send", "--timeout", "") == set()


@pytest.mark.parametrize("shell, name", [("zsh", "_baocao"), ("fish", "baocao.fish")])
def test_other_shells_can_read_theirs_and_every_option_is_in_it(shell, name):
    assert shutil.which(shell), f"tests/packages-extra has {shell}"
    checked = subprocess.run([shell, "-n", MANUAL / name], capture_output=True, text=True)
    assert checked.returncode == 0 and checked.stderr == ""
    text = (MANUAL / name).read_text()
    for command in COMMANDS:
        assert command in text
        assert all(re.search(rf"-l {option}\b" if shell == "fish" else rf"--{option}\[", text) for option in OPTIONS[command])


@pytest.mark.parametrize("command", COMMANDS)
def test_an_option_of_another_command_is_refused_by_name(command, offline):
    for option in {option for options in OPTIONS.values() for option in options} - set(OPTIONS[command]):
        value = [] if option in ("once", "unchecked", "pending", "refused", "all", "json", "csv", "quiet") else ["5"]
        wrong = offline.tool(command, f"--{option}", *value)
        assert wrong.returncode == 2 and f"{command} takes no --{option}" in wrong.stderr, wrong
    assert not offline.outbox.exists()


def test_the_files_say_what_the_command_line_need_not_and_it_prevails(offline):
    (offline.home / "a.jsonl").write_text(text_of(REPORT))
    conf = offline.home / "config/baocao/baocao.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text(f"# the desk's\nserver = {Nowhere.router}\nserver-key = {Nowhere.server_key.decode()}\n"
                    f"  key = {offline.home}/key  \ntimeout=1\noutbox = {offline.home}/other.db\n")
    sent = offline.tool("send", offline.home / "a.jsonl")
    assert sent.returncode == 3 and "no answer for 1 s" in sent.stderr, sent
    assert (offline.home / "other.db").exists() and not offline.outbox.exists()
    assert "1 PENDING" in offline.tool("status").stdout
    assert "nothing" in offline.tool("status", "--outbox", offline.outbox).stdout
    twice = offline.tool("deliver", "--server", "tcp://127.0.0.1:9", "--server", "tcp://127.0.0.1:10", "--timeout", "2")
    assert twice.returncode == 3 and "no answer for 2 s" in twice.stderr


@pytest.mark.parametrize("line, said", [
    ("servers = x", "servers: there is no such option"), ("timeout = soon", "timeout: must be a whole number from 1 to 1000000"),
    ("once = yes", "once: there is no such option"), ("nothing", "not a line of the form name = value"), ("key =", "key: must not be empty"),
    ("conf = x", "conf: there is no such option"), ("\n".join(["server = x"] * 9), "server: is given more than 8 times")])
def test_a_wrong_line_of_the_configuration_is_named(offline, line, said):
    (offline.home / "x.conf").write_text(f"{line}\n")
    wrong = offline.tool("status", "--conf", offline.home / "x.conf")
    assert wrong.returncode == 2 and said in wrong.stderr and f"x.conf:{len(line.splitlines())}: " in wrong.stderr, wrong
    assert not offline.outbox.exists()
