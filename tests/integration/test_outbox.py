"""The collector's outbox: what is queued is delivered, whatever happens in between."""
import json
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import threading

import pytest
import zmq
from conftest import BUILD, Client, wait_until
from test_client import REPORT, lines


@pytest.fixture
def outbox(tmp_path, monkeypatch):
    path = tmp_path / "state" / "outbox.db"
    monkeypatch.setenv("BAOCAO_OUTBOX", str(path))
    return path


@pytest.fixture
def desk(database, tmp_path, outbox):
    """Runs the tool as a collector that is registered for Hà Nội."""
    keys = zmq.curve_keypair()
    (tmp_path / "key").write_text(keys[1].decode() + "\n")
    (tmp_path / "key").chmod(0o600)
    database.run("SELECT baocao.register_collector('desk', %s, '01', '2022-09-01')", keys[0].decode())

    class Desk:
        public = keys[0]

        def command(self, name, *daemons, timeout=20):
            servers = [w for d in daemons for w in ("--server", d.router, "--server-key", d.server_key.decode())]
            return [BUILD / "baocao", name, *servers, *(["--key", tmp_path / "key", "--timeout", str(timeout)] if servers
                                                        else [])]

        def run(self, name, *daemons, files=(), timeout=20, **options):
            return subprocess.run([*self.command(name, *daemons, timeout=timeout), *files], capture_output=True, text=True,
                                  **options)
    return Desk()


class Nowhere:
    router = "tcp://127.0.0.1:9"
    server_key = zmq.curve_keypair()[0]


def revisions(path, *numbers):
    return lines(path, *[{**REPORT, "revision": n} for n in numbers])


def entries(outbox):
    with sqlite3.connect(outbox) as db:
        return db.execute("SELECT revision, outcome FROM entry ORDER BY entry_no").fetchall()


def test_what_is_queued_waits_until_there_is_a_server(desk, start_daemon, database, tmp_path, outbox):
    queued = desk.run("queue", files=[revisions(tmp_path / "a.jsonl", 1, 2)])
    assert queued.returncode == 0 and "2 reports: 2 queued, 0 INVALID" in queued.stdout, queued
    away = desk.run("deliver", Nowhere, timeout=1)
    assert away.returncode == 3 and "no answer for 1 s" in away.stderr
    assert "2 PENDING; the oldest pending since 20" in desk.run("status").stdout
    there = desk.run("deliver", start_daemon().wait_ready())
    assert there.returncode == 0 and "delivered: 2 STORED" in there.stdout, there
    status = desk.run("status", files=["--all"])
    assert status.returncode == 0 and f"{tmp_path}/a.jsonl:2 STORED report_no=" in status.stdout
    assert database.value("SELECT count(*) FROM baocao.report") == 2


def test_send_without_an_answer_says_that_the_reports_stay_queued(desk, tmp_path):
    sent = desk.run("send", Nowhere, files=[revisions(tmp_path / "a.jsonl", 1)], timeout=1)
    assert sent.returncode == 3 and "1 reports queued" in sent.stdout and "1 reports: 1 PENDING" in sent.stdout


def test_later_revisions_are_sent_after_earlier_ones_are_answered(desk, start_daemon, tmp_path, outbox):
    desk.run("queue", files=[revisions(tmp_path / "a.jsonl", 5, 3, 4, 1, 2)])
    assert desk.run("deliver", start_daemon().wait_ready()).returncode == 0
    assert entries(outbox) == [(n, 1) for n in (5, 3, 4, 1, 2)]  # all STORED, none SUPERSEDED


def test_a_report_that_is_pending_is_not_queued_twice(desk, start_daemon, tmp_path, outbox):
    for _ in range(2):
        assert desk.run("queue", files=[revisions(tmp_path / "a.jsonl", 1)]).returncode == 0
    assert entries(outbox) == [(1, None)]
    assert desk.run("deliver", start_daemon().wait_ready()).returncode == 0


def test_a_refusal_is_shown_to_its_sender_for_good(desk, start_daemon, tmp_path):
    daemon = start_daemon().wait_ready()
    bad = lines(tmp_path / "a.jsonl", {**REPORT, "unit_code": "79"}, REPORT)
    sent = desk.run("send", daemon, files=[bad])
    assert sent.returncode == 1 and "1 STORED, 1 REFUSED" in sent.stdout
    status = desk.run("status", files=["--refused"])
    assert status.returncode == 1
    assert "unit_code [out_of_scope]" in status.stdout and "STORED report_no" not in status.stdout


def test_of_several_servers_one_is_enough(desk, start_daemon, tmp_path):
    daemon = start_daemon().wait_ready()
    sent = desk.run("send", Nowhere, daemon, files=[revisions(tmp_path / "a.jsonl", 1)])
    assert sent.returncode == 0 and "1 STORED" in sent.stdout, sent


def test_a_server_that_goes_in_the_middle_is_replaced_by_the_other(desk, start_daemon, database, tmp_path):
    first, second = [start_daemon().wait_ready() for _ in range(2)]
    first.process.send_signal(signal.SIGSTOP)  # takes submissions and never answers
    try:
        reports = [{**REPORT, "revision": r, "period_first": f"{y}-08-01", "period_last": f"{y}-08-20"}
                   for y in range(2010, 2020) for r in range(1, 201)]
        sending = subprocess.Popen([*desk.command("send", first, second), lines(tmp_path / "a.jsonl", *reports)],
                                   stdout=subprocess.PIPE, text=True)
        wait_until(lambda: database.value("SELECT count(*) FROM baocao.report") > 0, "something is stored")
        first.process.kill()
        output, _ = sending.communicate(timeout=60)
    finally:
        first.process.kill()
    assert sending.returncode == 0 and "2000 reports: " in output, output[-500:]
    assert database.value("SELECT count(*) FROM baocao.report") == 2000


def test_two_that_deliver_one_outbox_at_once_take_turns(desk, start_daemon, database, tmp_path):
    daemon = start_daemon().wait_ready()
    files = [revisions(tmp_path / f"{i}.jsonl", *range(i * 100 + 1, i * 100 + 101)) for i in range(4)]
    running = [subprocess.Popen([*desk.command("send", daemon), file], stdout=subprocess.PIPE, text=True) for file in files]
    for process in running:
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0 and "100 reports: 100 S" in output, output
    assert database.value("SELECT count(*) FROM baocao.report") == 400


def test_who_opens_a_new_outbox_while_another_makes_it_waits(desk, outbox):
    outbox.parent.mkdir(parents=True)
    other = sqlite3.connect(outbox, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # what SQLite's own time-out does not wait for when a file is to become WAL
    process = subprocess.Popen(desk.command("status"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_until(lambda: process.poll() is not None or str(outbox) in opened_by(process), "it has opened the file")
    slept = times_slept(process)
    wait_until(lambda: process.poll() is not None or times_slept(process) > slept + 2, "it has tried, waited and tried again")
    other.execute("ROLLBACK")
    other.close()
    assert process.communicate(timeout=60)[0].strip().endswith("nothing") and process.returncode == 0


def opened_by(process):
    """Paths; none once it has ended."""
    links = pathlib.Path(f"/proc/{process.pid}/fd")
    try:
        return [os.readlink(link) for link in links.iterdir()]
    except OSError:
        return []


def times_slept(process):
    """0 once it has ended."""
    try:
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return 0
    return int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", status, re.MULTILINE).group(1))


@pytest.mark.parametrize("moment", ["queued", "1 reports queued"])
def test_what_was_said_to_be_queued_survives_a_kill(desk, start_daemon, tmp_path, outbox, moment):
    process = subprocess.Popen([*desk.command("send", Nowhere), revisions(tmp_path / "a.jsonl", 1)],
                               stdout=subprocess.PIPE, text=True)
    while moment not in process.stdout.readline():
        assert process.poll() is None
    process.kill()
    process.wait()
    assert entries(outbox) == [(1, None)]
    assert desk.run("deliver", start_daemon().wait_ready()).returncode == 0
    assert entries(outbox) == [(1, 1)]


def test_a_receipt_that_was_lost_is_asked_for_again(desk, start_daemon, database, tmp_path, outbox):
    daemon = start_daemon().wait_ready()
    assert desk.run("send", daemon, files=[revisions(tmp_path / "a.jsonl", 1)]).returncode == 0  # the writer is connected
    with database.cluster.connect(database.name) as blocker:
        blocker.autocommit = False
        blocker.execute("LOCK TABLE baocao.festival_day_venue IN SHARE MODE")
        process = subprocess.Popen([*desk.command("send", daemon), revisions(tmp_path / "b.jsonl", 2)],
                                   stdout=subprocess.DEVNULL)
        wait_until(lambda: database.value("SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND "
                                          "wait_event_type = 'Lock'") > 0, "the writer, which has the report, waits")
        process.kill()  # nobody is there for the receipt
        process.wait()
        blocker.rollback()
    wait_until(lambda: database.value("SELECT count(*) FROM baocao.report") == 2, "it is stored all the same")
    assert entries(outbox) == [(1, 1), (2, None)]
    again = desk.run("deliver", daemon)
    assert again.returncode == 0 and "DUPLICATE report_no=" in again.stdout
    assert database.value("SELECT count(*) FROM baocao.report") == 2


def test_a_report_that_no_submission_can_hold_is_not_queued(desk, start_daemon, tmp_path, outbox):
    huge = {**REPORT, "revision": 2, "security_model": {"model": [
        {"model_kind": "other", "model_name": "x" * 200, "launched": 1, "active": 1}] * 6000}}
    del huge["festival_day"]
    sent = desk.run("send", start_daemon().wait_ready(), files=["--unchecked", lines(tmp_path / "a.jsonl", huge, REPORT)])
    assert sent.returncode == 1 and "[too_large]" in sent.stdout and "1 STORED, 1 INVALID" in sent.stdout, sent


def test_a_key_that_is_registered_late_is_let_in(start_daemon, database, tmp_path, outbox):
    daemon = start_daemon().wait_ready()
    public, secret = zmq.curve_keypair()
    (tmp_path / "late").write_text(secret.decode() + "\n")
    (tmp_path / "late").chmod(0o600)
    sending = subprocess.Popen([BUILD / "baocao", "send", "--server", daemon.router, "--server-key", daemon.server_key.decode(),
                                "--key", tmp_path / "late", "--timeout", "20", revisions(tmp_path / "a.jsonl", 1)],
                               stdout=subprocess.PIPE, text=True)
    wait_until(lambda: "refused a connection" in daemon.log_text(), "it was refused once")
    database.run("SELECT baocao.register_collector('late', %s, '01', '2022-09-01')", public.decode())
    output, _ = sending.communicate(timeout=20)
    assert sending.returncode == 0 and "1 STORED" in output


def test_a_key_that_stays_refused_is_named_as_the_reason(start_daemon, database, tmp_path, outbox):
    daemon = start_daemon().wait_ready()
    subprocess.run([BUILD / "baocao", "keygen", tmp_path / "stranger"], check=True, capture_output=True)
    sent = subprocess.run([BUILD / "baocao", "send", "--server", daemon.router, "--server-key", daemon.server_key.decode(),
                           "--key", tmp_path / "stranger", "--timeout", "5", revisions(tmp_path / "a.jsonl", 1)],
                          capture_output=True, text=True)
    assert sent.returncode == 3 and "the server refuses this key" in sent.stderr


class FalseServer(threading.Thread):
    """Answers every submission with what a function makes of it."""

    def __init__(self, answer):
        super().__init__(daemon=True)
        import protocol_pb2
        self.protocol, self.answer = protocol_pb2, answer
        self.server_key, secret = zmq.curve_keypair()
        self.socket = Client.context.socket(zmq.ROUTER)
        self.socket.curve_server, self.socket.curve_secretkey, self.socket.linger = True, secret, 0
        self.router = f"tcp://127.0.0.1:{self.socket.bind_to_random_port('tcp://127.0.0.1')}"
        self.submissions, self.ending = 0, threading.Event()
        self.start()

    def run(self):
        while not self.ending.is_set():
            if self.socket.poll(50):
                who, version, body = self.socket.recv_multipart()
                submission = self.protocol.Submission.FromString(body)
                self.submissions += 1
                for receipt in self.answer(self, submission):
                    self.socket.send_multipart([who, version, receipt.SerializeToString()])
        self.socket.close()

    def stop(self):
        self.ending.set()
        self.join()


@pytest.mark.parametrize("said, answer", [
    ("another content", lambda server, s: [server.protocol.Receipt(submission_id=s.submission_id, outcome=[
        server.protocol.ReportOutcome(outcome=1, report_no=1, content_digest=bytes(32)) for _ in s.report])]),
    ("no answer", lambda server, s: [server.protocol.Receipt(submission_id=s.submission_id + 1, outcome=[
        server.protocol.ReportOutcome(outcome=1, report_no=1) for _ in s.report])]),
    ("", lambda server, s: [server.protocol.Receipt(submission_id=s.submission_id, outcome=[
        server.protocol.ReportOutcome(outcome=1, report_no=1)])]),
])
def test_an_answer_that_does_not_fit_is_not_believed(desk, tmp_path, outbox, said, answer):
    server = FalseServer(answer)
    try:
        sent = desk.run("send", server, files=[revisions(tmp_path / "a.jsonl", 1)] + (
            [lines(tmp_path / "b.jsonl", {**REPORT, "period_last": "2022-08-21"})] if not said else []), timeout=5)
    finally:
        server.stop()
    assert sent.returncode in (2, 3) and said in sent.stderr and server.submissions > 0
    assert {outcome for _, outcome in entries(outbox)} == {None}


def test_a_report_that_spoils_its_submission_harms_no_neighbour(desk, tmp_path, outbox):
    def answer(server, submission):
        receipt = server.protocol.Receipt(submission_id=submission.submission_id)
        if any(report.period_last == "2022-08-22" for report in submission.report):
            receipt.whole, receipt.problem.rule = 7, "malformed"
        else:
            receipt.outcome.extend(server.protocol.ReportOutcome(outcome=1, report_no=1) for _ in submission.report)
        return [receipt]
    server = FalseServer(answer)
    reports = [{**REPORT, "period_last": f"2022-08-{day}"} for day in range(20, 25)]
    try:
        sent = desk.run("send", server, files=[lines(tmp_path / "a.jsonl", *reports)])
    finally:
        server.stop()
    assert sent.returncode == 1 and "4 STORED, 1 PROTOCOL" in sent.stdout and "[malformed]" in sent.stdout, sent
    assert [outcome for _, outcome in entries(outbox)] == [1, 1, 7, 1, 1]


def test_busy_is_waited_for_as_long_as_it_says(desk, tmp_path):
    def answer(server, submission):
        if server.submissions == 1:
            return [server.protocol.Receipt(submission_id=submission.submission_id, whole=6, retry_after_ms=300)]
        return [server.protocol.Receipt(submission_id=submission.submission_id, outcome=[
            server.protocol.ReportOutcome(outcome=1, report_no=7)])] * 2  # twice: the second is nobody's
    server = FalseServer(answer)
    try:
        sent = desk.run("send", server, files=[revisions(tmp_path / "a.jsonl", 1)])
    finally:
        server.stop()
    assert sent.returncode == 0 and "report_no=7" in sent.stdout and server.submissions == 2


@pytest.mark.parametrize("content, said", [(b"no database at all, but long enough to be read as one" * 100, "not a database"),
                                           (None, "unable to open")])
def test_an_outbox_that_cannot_be_used_is_named(desk, tmp_path, outbox, content, said):
    outbox.parent.mkdir()
    if content is None:
        outbox.mkdir()
    else:
        outbox.write_bytes(content)
    queued = desk.run("queue", files=[revisions(tmp_path / "a.jsonl", 1)])
    assert queued.returncode == 2 and str(outbox) in queued.stderr and said in queued.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="a small file system is mounted by root")
def test_a_full_disk_is_said_and_loses_nothing_that_was_queued(desk, start_daemon, tmp_path, monkeypatch):
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], check=True)
    try:
        monkeypatch.setenv("BAOCAO_OUTBOX", str(folder / "outbox.db"))
        assert desk.run("queue", files=[revisions(tmp_path / "a.jsonl", *range(1, 101))]).returncode == 0
        ballast = folder / "ballast"
        ballast.write_bytes(bytes(os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize - 8192))
        full = desk.run("queue", files=[revisions(tmp_path / "b.jsonl", *range(101, 1001))])
        assert full.returncode == 2 and "full" in full.stderr and "queued" not in full.stdout
        ballast.unlink()
        assert "100 PENDING" in desk.run("status").stdout
        assert "delivered: 100 STORED" in desk.run("deliver", start_daemon().wait_ready()).stdout
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_status_of_an_empty_outbox_is_nothing(desk, outbox):
    status = desk.run("status")
    assert status.returncode == 0 and status.stdout == f"{outbox}: nothing\n"
    assert outbox.stat().st_mode & 0o077 == 0 and outbox.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("arguments", [["send"], ["deliver", "x.csv"], ["queue"], ["status", "x"], ["queue", "--all", "x.csv"],
                                       ["deliver", "--server", "tcp://x", "--timeout", "0"],
                                       ["deliver", "--server", "tcp://127.0.0.1:9", "--server-key", "x"]])
def test_wrong_use_is_told_and_nothing_is_made(outbox, arguments):
    wrong = subprocess.run([BUILD / "baocao", *arguments], capture_output=True, text=True)
    assert wrong.returncode == 2 and wrong.stderr and not outbox.exists()
    assert json.dumps(wrong.stdout) == '""'
