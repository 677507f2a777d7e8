"""What becomes of files that people and programs put into the folder."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import pytest
from conftest import BUILD, Desk, OUT_OF_SCOPE, REPORT, WRONG, Nowhere, many, revision, text_of, wait_until


def stored(database):
    return database.value("SELECT count(*) FROM baocao.report")


def test_a_file_that_is_right_is_filed_and_moved_to_sent(desk, daemon, database):
    agent = desk.watch(daemon)
    desk.drop("tháng tám.jsonl", revision(1), revision(2))
    agent.wait_for("delivered: 2 STORED")
    assert desk.names() == [] and desk.names("sent") == ["tháng tám.jsonl"] and desk.names("returned") == []
    assert stored(database) == 2
    assert agent.stop() == 0


def test_a_file_that_lay_there_before_the_start_is_taken(desk, daemon, database):
    desk.drop("a.jsonl", REPORT)
    desk.watch(daemon)
    wait_until(lambda: stored(database) == 1, "it is filed")


def test_a_file_with_something_wrong_comes_back_with_the_reason_and_its_right_reports_are_filed(desk, daemon, database):
    agent = desk.watch(daemon)
    desk.drop("a.jsonl", WRONG, REPORT)
    agent.wait_for("delivered: 1 STORED")
    assert desk.names("returned") == ["a-marked.jsonl", "a.jsonl", "a.jsonl.txt"] and desk.names("sent") == []
    said = (desk.folder / "returned/a.jsonl.txt").read_text()
    assert "a.jsonl" in said and "revision" in said and ("phải từ 1 trở lên" in said or "at least 1" in said)
    # The marked copy, corrected, is filed as it is: what was right before is known again.
    marked = (desk.folder / "returned/a-marked.jsonl").read_text()
    assert marked.count("# ") == 1 and '"revision": 0' in marked
    corrected = desk.home / "a.jsonl"
    corrected.write_text(marked.replace('"revision": 0', '"revision": 2'))
    os.rename(corrected, desk.folder / "a.jsonl")
    wait_until(lambda: stored(database) == 2, "the corrected report is filed")
    agent.wait_for("1 DUPLICATE")
    assert desk.names("sent") == ["a.jsonl"]


def test_a_marked_copy_that_somebody_has_begun_to_correct_is_not_written_again(desk, daemon):
    desk.watch(daemon)
    desk.drop("a.jsonl", WRONG)
    desk.wait_gone("a.jsonl")
    (desk.folder / "returned/a-marked.jsonl").write_text("half corrected")
    (desk.folder / "returned/a.jsonl").unlink()
    desk.drop("a.jsonl", WRONG)
    desk.wait_gone("a.jsonl")
    assert (desk.folder / "returned/a-marked.jsonl").read_text() == "half corrected"
    assert desk.names("returned") == ["a-marked.jsonl", "a.jsonl", "a.jsonl.txt"]


# What is marked has rows that could be read.
@pytest.mark.parametrize("name, content, said, marked", [
    ("a.docx", b"PK\x03\x04", "a.docx", None),
    ("a.csv", b"", "a.csv", None),
    ("a.jsonl", b"{\n", "JSON", "a-marked.jsonl"),
    ("a.csv", b"unit_code,nonsense\n01,1\n", "nonsense", "a-marked.csv"),
])
def test_a_file_that_gives_no_report_comes_back_with_the_reason(desk, daemon, name, content, said, marked):
    desk.watch(daemon)
    (desk.folder / name).write_bytes(content)
    desk.wait_gone(name)
    assert desk.names("returned") == [*filter(None, [marked]), name, f"{name}.txt"]
    assert said in (desk.folder / f"returned/{name}.txt").read_text()


LEFT_ALONE = [".a.jsonl", "~$a.xlsx", ".~lock.a.ods#", "a.jsonl~", "a.jsonl.tmp", "A.JSONL.TMP", "a.csv.part", "a.csv.crdownload",
              "a.csv.filepart", "#a.csv#", ".a.csv.swp", "desktop.ini", "Thumbs.db"]


def test_hidden_temporary_and_lock_files_are_left_alone(desk, daemon, database):
    for name in LEFT_ALONE:
        (desk.folder / name).write_text(text_of(REPORT))
    (desk.folder / "a folder.csv").mkdir()
    (desk.folder / "link.jsonl").symlink_to(desk.folder / "z.jsonl")
    os.mkfifo(desk.folder / "pipe.jsonl")
    agent = desk.watch(daemon)
    desk.drop("z.jsonl", revision(7))
    wait_until(lambda: stored(database) == 1, "the one behind them is taken")
    assert sorted(os.listdir(desk.folder)) == sorted([*LEFT_ALONE, "a folder.csv", "link.jsonl", "pipe.jsonl", "sent", "returned"])
    assert "link.jsonl: is no plain file" in agent.text()
    os.rename(desk.folder / "a.csv.part", desk.folder / "a.jsonl")  # the download is whole
    wait_until(lambda: stored(database) == 2, "it is taken by its real name")


def test_a_file_that_is_open_for_writing_is_never_read(desk, daemon, database):
    desk.watch(daemon)
    whole = text_of(revision(1), revision(2), revision(3))
    with (desk.folder / "slow.jsonl").open("w") as file:
        file.write(text_of(revision(1)))  # just what would be read as a whole file
        file.flush()
        desk.drop("sentinel.jsonl", revision(9))
        desk.wait_gone("sentinel.jsonl")
        assert (desk.folder / "slow.jsonl").exists()
        file.write(whole[len(text_of(revision(1))):])
    desk.wait_gone("slow.jsonl")
    assert (desk.folder / "sent/slow.jsonl").read_text() == whole
    wait_until(lambda: stored(database) == 4, "all of it is filed")


def grows(path, count):
    """Over more than two seconds in all, and never two without a change; False as soon as the machine stood still for so long."""
    before = time.monotonic()
    for number in range(1, count + 1):
        last, before = before, time.monotonic()
        with path.open("a") as file:  # opened and closed each time: nothing but time tells that it is not whole
            file.write(text_of(revision(number)))
        if time.monotonic() - last > 1.9:
            return False
        time.sleep(0.1)
    return True


def test_a_file_that_grows_piece_by_piece_is_taken_when_it_has_settled(desk, daemon, database):
    desk.watch(daemon, "--settle", 2)
    name = next((name for name in ("a.jsonl", "b.jsonl", "c.jsonl", "d.jsonl") if grows(desk.folder / name, 30)), None)
    assert name, "this machine stands still for seconds again and again"
    desk.wait_gone(name)
    assert (desk.folder / "sent" / name).read_text() == text_of(*map(revision, range(1, 31)))
    assert [other for other in os.listdir(desk.folder / "sent") if other[0] == name[0]] == [name]
    wait_until(lambda: stored(database) == 30, "all of it is filed")


@pytest.mark.parametrize("lock", [".~lock.a.jsonl#", "~$a.jsonl"])
def test_a_file_that_an_office_program_has_open_is_left_to_it(desk, daemon, database, lock):
    (desk.folder / lock).touch()
    desk.drop("a.jsonl", REPORT)
    desk.watch(daemon, "--scan", 1)
    desk.drop("sentinel.jsonl", revision(9))
    desk.wait_gone("sentinel.jsonl")
    assert (desk.folder / "a.jsonl").exists()
    (desk.folder / lock).unlink()
    wait_until(lambda: stored(database) == 2, "it is taken once the program is closed")


def test_names_that_are_taken_get_a_number_and_nothing_is_overwritten(desk, daemon):
    for shelf in ("sent", "returned"):
        (desk.folder / shelf).mkdir()
        for name in ("a.jsonl", "a.1.jsonl"):
            (desk.folder / shelf / name).write_text("before")
    (desk.folder / "returned/a.2.jsonl.txt").write_text("before")
    desk.watch(daemon)
    desk.drop("a.jsonl", REPORT)
    desk.wait_gone("a.jsonl")
    desk.drop("a.jsonl", WRONG)
    desk.wait_gone("a.jsonl")
    assert desk.names("sent") == ["a.1.jsonl", "a.2.jsonl", "a.jsonl"]
    assert desk.names("returned") == ["a.1.jsonl", "a.2.jsonl.txt", "a.3-marked.jsonl", "a.3.jsonl", "a.3.jsonl.txt", "a.jsonl"]
    assert (desk.folder / "sent/a.2.jsonl").read_text() == text_of(REPORT)
    assert all((desk.folder / path).read_text() == "before" for path in
               ("sent/a.jsonl", "sent/a.1.jsonl", "returned/a.jsonl", "returned/a.1.jsonl", "returned/a.2.jsonl.txt"))


def test_a_name_as_long_as_names_can_be_is_numbered_and_gets_its_text_and_its_marked_copy(desk, daemon):
    name = "ộ" * 82 + ".jsonl"  # 252 bytes
    desk.watch(daemon)
    for reports in ((REPORT,), (revision(2),), (WRONG,)):
        desk.drop(name, *reports)
        desk.wait_gone(name)
    assert len(desk.names("sent")) == 2 and len(desk.names("returned")) == 3
    assert all(shelved.startswith("ộ" * 70) for shelf in ("sent", "returned") for shelved in desk.names(shelf))


def test_what_the_server_refuses_later_comes_back_as_a_text_beside_the_name_and_only_once(desk, start_daemon, database):
    agent = desk.watch(Nowhere)
    desk.drop("a.jsonl", OUT_OF_SCOPE, REPORT)
    agent.wait_for("moved to sent/a.jsonl")
    assert desk.names("returned") == []
    assert agent.stop() == 0
    daemon = start_daemon().wait_ready()
    agent = desk.watch(daemon)
    agent.wait_for("see returned/a.jsonl.txt")
    said = (desk.folder / "returned/a.jsonl.txt").read_text()
    assert "a.jsonl:1 REFUSED" in said and "out_of_scope" in said and "STORED" not in said
    assert desk.names("sent") == ["a.jsonl"]
    assert agent.stop() == 0
    (desk.folder / "returned/a.jsonl.txt").unlink()  # read, and done with
    again = desk.once(daemon)
    assert again.returncode == 0 and desk.names("returned") == []


def test_a_server_that_is_away_is_waited_for_and_said_so_once(desk, start_daemon, database):
    first = start_daemon().wait_ready()
    first.stop()
    agent = desk.watch(first, "--timeout", 1)
    desk.drop("a.jsonl", REPORT)
    agent.wait_for("no answer for 1 s")
    desk.drop("b.jsonl", revision(2))
    agent.wait_for("b.jsonl: 1 reports queued")
    port = first.router.rsplit(":", 1)[1]
    second = start_daemon(listen_router=f"tcp://127.0.0.1:{port}", secret_key_file=first.folder / "server.key").wait_ready()
    assert second.router != first.router
    agent.wait_for("answers come again")
    wait_until(lambda: stored(database) == 2, "both are filed")
    assert agent.text().count("no answer for") == 1
    assert agent.stop() == 0


def test_the_same_file_again_is_known_again(desk, daemon, database):
    agent = desk.watch(daemon)
    for _ in range(2):
        desk.drop("a.jsonl", REPORT)
        desk.wait_gone("a.jsonl")
    agent.wait_for("1 DUPLICATE")
    assert stored(database) == 1 and desk.names("sent") == ["a.1.jsonl", "a.jsonl"]


def test_a_folder_is_watched_by_one(offline):
    offline.watch(Nowhere)
    wait_until(lambda: (offline.folder / "sent").exists(), "the first has it")
    second = offline.once(Nowhere)
    assert second.returncode == 2 and "another baocao watches this folder" in second.stderr


def test_a_folder_that_is_another_by_now_is_opened_again(desk, daemon, database):
    agent = desk.watch(daemon, "--scan", 1)
    desk.drop("a.jsonl", REPORT)
    desk.wait_gone("a.jsonl")
    desk.folder.rename(desk.home / "away")  # a share that goes ...
    agent.wait_for("files stay in the folder")
    desk.folder.mkdir()                     # ... and comes back
    desk.drop("b.jsonl", revision(2))
    wait_until(lambda: stored(database) == 2, "the new folder is watched")
    agent.wait_for("it works again")


@pytest.mark.skipif(os.getuid() != 0, reason="a user namespace without inotify is made by root")
def test_where_nothing_tells_of_new_files_the_folder_is_looked_through(desk, daemon, database):
    without = ["unshare", "--user", "--map-root-user", "sh", "-c", 'echo 0 >/proc/sys/user/max_inotify_instances; exec "$@"', "sh"]
    agent = desk.watch(daemon, "--scan", 1, before=without)
    agent.wait_for("nothing tells of new files here")
    desk.drop("a.jsonl", REPORT)
    wait_until(lambda: stored(database) == 1, "it is found all the same")


def test_what_is_queued_by_hand_is_delivered_too(desk, daemon, database):
    desk.watch(daemon, "--scan", 1)
    (desk.home / "b.jsonl").write_text(text_of(REPORT))
    assert desk.tool("queue", desk.home / "b.jsonl").returncode == 0
    wait_until(lambda: stored(database) == 1, "the agent delivers the outbox")


@pytest.mark.parametrize("reports, server, status", [
    ((REPORT,), "daemon", 0), ((), "daemon", 0), ((WRONG,), "daemon", 1), ((OUT_OF_SCOPE,), "daemon", 1), ((REPORT,), "nowhere", 3)])
def test_once_ends_with_a_status_that_says_how_it_was(desk, daemon, reports, server, status):
    if reports:
        desk.drop("a.jsonl", *reports)
    done = desk.once(daemon if server == "daemon" else Nowhere, timeout=1 if server == "nowhere" else 20)
    assert done.returncode == status, done
    assert not (desk.folder / "a.jsonl").exists()


def test_a_folder_that_is_not_there_is_wrong_use(offline):
    offline.folder.rmdir()
    done = offline.once(Nowhere)
    assert done.returncode == 2 and "No such file" in done.stderr


class Notified:
    """The socket that systemd gives to a service of Type=notify."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.told = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            self.told += self.socket.recv(4096).decode().splitlines()

    def wait_for(self, words):
        wait_until(lambda: any(words in line for line in self.told), f"systemd is told {words}")


def test_systemd_is_told_how_it_is(desk, daemon, tmp_path):
    notified = Notified(tmp_path / "notify")
    agent = desk.watch(daemon, NOTIFY_SOCKET=notified.path, WATCHDOG_USEC="1000000")
    notified.wait_for("READY=1")
    desk.drop("a.jsonl", REPORT)
    desk.drop("b.jsonl", WRONG)
    notified.wait_for("STATUS=1 files sent, 1 returned, 0 wait; 0 reports pending")
    before = notified.told.count("WATCHDOG=1")
    wait_until(lambda: notified.told.count("WATCHDOG=1") > before + 3, "the watchdog is patted")
    assert agent.stop() == 0
    notified.wait_for("STOPPING=1")


@pytest.mark.skipif(os.getuid() != 0, reason="small file systems are mounted by root")
@pytest.mark.parametrize("full", ["outbox", "folder"])
def test_a_full_disk_is_said_and_nothing_is_lost(desk, daemon, database, full):
    small = desk.home / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", small], check=True)
    try:
        if full == "outbox":
            desk.environment["BAOCAO_OUTBOX"] = str(small / "outbox.db")
        else:
            shutil.rmtree(desk.folder)
            desk.folder = small / "folder"
            desk.folder.mkdir()
        agent = desk.watch(daemon, "--scan", 1)
        desk.drop("first.jsonl", REPORT)
        wait_until(lambda: stored(database) == 1, "there is room at first")
        wrong = [{**WRONG, "period_first": f"{year}-08-01", "period_last": f"{year}-08-20"} for year in range(1000, 3000)]
        written = desk.home / "big.jsonl"
        written.write_text(text_of(*many(1500), *(wrong if full == "folder" else [])))
        if full == "folder":
            shutil.copy(written, desk.folder / ".big")  # hidden while it is copied
        ballast = small / "ballast"
        room = os.statvfs(small)
        ballast.write_bytes(bytes(room.f_bavail * room.f_frsize - 8192))
        os.rename(desk.folder / ".big" if full == "folder" else written, desk.folder / "big.jsonl")
        agent.wait_for("files stay in the folder")
        assert "full" in agent.text() or "No space" in agent.text()
        assert desk.names() == ["big.jsonl"] and desk.names("returned") == []
        ballast.unlink()
        desk.wait_gone("big.jsonl")
        agent.wait_for("it works again")
        wait_until(lambda: stored(database) == 1501, "all of it is filed")
        assert agent.stop() == 0
    finally:
        for agent in desk.agents:
            agent.stop(signal.SIGKILL)
        subprocess.run(["umount", "-l", small], check=True)


@pytest.fixture
def open_house(database):
    """A desk whose agent runs as somebody else than the one who puts files there."""
    home = pathlib.Path(tempfile.mkdtemp(prefix="baocao-house-"))
    home.chmod(0o755)
    made = Desk(home, database)
    shutil.copy(BUILD / "baocao", home / "baocao")
    for path in (home, made.folder, home / "key"):
        os.chown(path, 65534, 65534)
    made.folder.chmod(0o777)
    yield made
    for agent in made.agents:
        agent.stop(signal.SIGKILL)
    shutil.rmtree(home)


def nobody(*capabilities):
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps=-all{''.join(capabilities)}",
            f"--ambient-caps=-all{''.join(capabilities)}", f"--bounding-set=-all{''.join(capabilities)}"]


@pytest.mark.skipif(os.getuid() != 0, reason="an agent of another user is started by root")
def test_with_its_capability_the_agent_sees_who_else_has_a_file_open(open_house, daemon, database):
    desk = open_house
    desk.watch(daemon, before=nobody(",+lease"), program=desk.home / "baocao")
    with (desk.folder / "slow.jsonl").open("w") as file:
        file.write(text_of(REPORT))
        file.flush()
        desk.drop("sentinel.jsonl", revision(9))
        desk.wait_gone("sentinel.jsonl")
        assert (desk.folder / "slow.jsonl").exists()
    desk.wait_gone("slow.jsonl")
    wait_until(lambda: stored(database) == 2, "both are filed")


@pytest.mark.skipif(os.getuid() != 0, reason="an agent of another user is started by root")
def test_without_it_a_file_of_others_must_not_have_changed_for_ten_seconds(open_house, daemon):
    desk = open_house
    agent = desk.watch(daemon, before=nobody(), program=desk.home / "baocao")
    wait_until(lambda: (desk.folder / "returned").exists(), "the agent runs")
    dropped = time.monotonic()
    desk.drop("a.jsonl", REPORT)
    desk.wait_gone("a.jsonl")
    assert time.monotonic() - dropped > 9.5, agent.text()
