"""Signed receipts: what the server says of reports can be shown to others, who need nothing but its public key."""
import datetime
import os
import re
import sqlite3
import subprocess
import sys
import threading

import pytest
import zmq
from conftest import BUILD, ROOT, Client, wait_until
from reports import festival_day
from test_client import REPORT, lines
from test_outbox import desk, outbox, revisions  # noqa: F401  fixtures

sys.path.insert(0, str(ROOT / "tests/interop/python"))
import baocao_proof  # noqa: E402  knows docs/protocol.md and nothing of the project's code


class SigningKey:
    def __init__(self, path):
        made = subprocess.run([BUILD / "baocao", "keygen", "--signing", path], capture_output=True, text=True, check=True)
        self.file, self.public = path, made.stdout.strip()
        assert re.fullmatch("[0-9a-f]{64}", self.public) and path.stat().st_mode & 0o777 == 0o600


@pytest.fixture
def signing_key(tmp_path):
    made = []

    def make():
        made.append(SigningKey(tmp_path / f"signing{len(made)}"))
        return made[-1]
    return make


@pytest.fixture
def signed_daemon(start_daemon, signing_key):
    key = signing_key()
    daemon = start_daemon(signing_key_file=key.file).wait_ready()
    assert f"receipts are signed with the key {key.public}" in daemon.log_text()
    daemon.signing_key = key
    return daemon


def checked(reports, receipt):
    import protocol_pb2
    import report_pb2
    return baocao_proof.check_receipt(reports, receipt, protocol_pb2, report_pb2)


def names(receipt):
    import protocol_pb2
    return [protocol_pb2.Outcome.Name(o.outcome).removeprefix("OUTCOME_") for o in receipt.outcome]


def test_every_outcome_of_a_report_is_signed_and_can_be_verified_in_another_language(signed_daemon, collector):
    client = collector(of=signed_daemon)
    reports = [festival_day(revision=2), festival_day(revision=1), festival_day(unit="79"), festival_day(revision=2, held=11)]
    withdrawal = festival_day(revision=3)
    withdrawal.withdrawal.withdrawn_kind = 101
    withdrawal.withdrawal.reason = "filed twice"
    reports.append(withdrawal)
    receipt = client.file(*reports)
    assert names(receipt) == ["STORED", "SUPERSEDED", "REFUSED", "CONFLICT", "STORED"]
    said = checked(reports, receipt)
    assert said["key"] == signed_daemon.signing_key.public
    received, committed = receipt.outcome[0].received_at, said["committed_at"]
    assert received < committed < datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert receipt.outcome[2].received_at == received and not receipt.outcome[2].HasField("report_no")

    again = client.file(*reports[:2])
    assert names(again) == ["DUPLICATE", "DUPLICATE"] and checked(reports[:2], again)["committed_at"] > committed
    for first, second in zip(receipt.outcome, again.outcome):
        assert (first.report_no, first.received_at) == (second.report_no, second.received_at)


@pytest.mark.parametrize("field, value", [("report_no", 77), ("received_at", "2020-01-01T00:00:00.000000Z"),
                                          ("content_digest", bytes(32)), ("outcome", 2)])
def test_nothing_that_was_signed_can_be_changed(signed_daemon, collector, field, value):
    reports = [festival_day(revision=1), festival_day(revision=2)]
    receipt = collector(of=signed_daemon).file(*reports)
    checked(reports, receipt)
    setattr(receipt.outcome[1], field, value)
    with pytest.raises(ValueError, match="not what was signed"):
        checked(reports, receipt)


def test_one_signature_serves_all_receipts_of_a_commit(signed_daemon, collector):
    client = collector(of=signed_daemon)
    statements, steps = set(), 0
    for first in range(1, 301, 20):  # no more in flight than a server keeps receipts for
        reports = {client.send(festival_day(revision=n)): festival_day(revision=n) for n in range(first, first + 20)}
        for _ in range(len(reports)):
            receipt = client.receipt()
            checked([reports[receipt.submission_id]], receipt)
            statements.add(receipt.signature.statement)
            steps = max(steps, len(receipt.signature.steps))
    assert len(statements) < 300 and steps > 0


def test_what_says_nothing_of_reports_is_not_signed(signed_daemon, collector):
    client = collector(of=signed_daemon)
    client.send_frames(b"baocao/1", b"\x08\x01")
    receipt = client.receipt()
    assert receipt.HasField("whole") and not receipt.HasField("signature")


def test_without_a_key_receipts_are_as_before(daemon, collector):
    receipt = collector().file(festival_day())
    assert names(receipt) == ["STORED"] and not receipt.HasField("signature")


@pytest.mark.parametrize("content, said", [(None, "No such file or directory"), ("secret", "is not a signing key"),
                                           ("0" * 63, "is not a signing key"), ("0" * 64 + "\n1", None)])
def test_a_signing_key_that_is_none_is_told(daemon, tmp_path, content, said):
    path = tmp_path / "wrong"
    if content is not None:
        path.touch(mode=0o600)
        path.write_text(content)
    ran = subprocess.run([BUILD / "baocaod", "--config", daemon.folder / "baocaod.conf", "--check", "--set",
                          f"signing_key_file={path}"], capture_output=True, text=True)
    if said is None:
        assert ran.returncode == 0, ran  # the line is the key; what follows is no part of it
    else:
        assert ran.returncode == 1 and f"{path}: {said}" in ran.stderr, ran


# The collector's side.

def report_no(sent):
    return re.search(r"report_no=(\d+)", sent.stdout).group(1)


def proof(desk, number, path):  # noqa: F811
    made = subprocess.run([BUILD / "baocao", "proof", number], capture_output=True)
    assert made.returncode == 0, made
    path.write_bytes(made.stdout)
    return path


def verify(*arguments):
    return subprocess.run([BUILD / "baocao", "verify", *arguments], capture_output=True, text=True)


def test_a_province_proves_that_it_filed(desk, signed_daemon, tmp_path):  # noqa: F811
    sent = desk.run("send", signed_daemon, files=[revisions(tmp_path / "a.jsonl", 1, 2, 3)])
    assert sent.returncode == 0 and f"the key {signed_daemon.signing_key.public}, trusted from now on: it is the first" in sent.stderr
    path = proof(desk, report_no(sent), tmp_path / "proof")
    good = verify(path)
    assert good.returncode == 0 and f"{path}: holds\noutcome STORED\nunit 01\n" in good.stdout, good
    leaf, said = baocao_proof.verify_file(path.read_bytes())
    assert f"report_no {report_no(sent)}" in leaf and said["key"] == signed_daemon.signing_key.public
    assert f"committed_at {said['committed_at']}" in good.stdout

    again = desk.run("deliver", signed_daemon)
    assert "trusted from now on" not in again.stderr
    assert verify("--signing-key", signed_daemon.signing_key.public, path).returncode == 0
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))  # as some editors do
    assert verify(path).returncode == 0


@pytest.mark.parametrize("old, new, said", [
    (b"unit 01", b"unit 79", "DOES NOT HOLD: what it says"), (b"revision 1", b"revision 2", "DOES NOT HOLD: what it says"),
    (b"\nroot ", b"\nroot 0", None), (b"\nsignature ", b"\nsignature 0", None), (b"baocao proof 1", b"baocao proof 2", None)])
def test_a_proof_that_was_changed_does_not_hold(desk, signed_daemon, tmp_path, old, new, said):  # noqa: F811
    sent = desk.run("send", signed_daemon, files=[revisions(tmp_path / "a.jsonl", 1)])
    path = proof(desk, report_no(sent), tmp_path / "proof")
    path.write_bytes(path.read_bytes().replace(old, new))
    judged = verify(path)
    if said is None:
        assert judged.returncode == 2 and f"{path}:" in judged.stderr and "is not a proof" in judged.stderr
    else:
        assert judged.returncode == 1 and said in judged.stdout


def test_a_signature_by_another_key_does_not_hold(desk, signed_daemon, tmp_path, signing_key):  # noqa: F811
    sent = desk.run("send", signed_daemon, files=[revisions(tmp_path / "a.jsonl", 1)])
    path = proof(desk, report_no(sent), tmp_path / "proof")
    other = signing_key()
    assert "not trusted here" in verify("--signing-key", other.public, path).stdout
    path.write_bytes(path.read_bytes().replace(f"key {signed_daemon.signing_key.public}".encode(), f"key {other.public}".encode()))
    judged = verify("--signing-key", other.public, path)
    assert judged.returncode == 1 and "the key that it names did not sign it" in judged.stdout


def test_a_key_counts_within_its_time(desk, signed_daemon, tmp_path):  # noqa: F811
    sent = desk.run("send", signed_daemon, files=[revisions(tmp_path / "a.jsonl", 1)])
    path, key = proof(desk, report_no(sent), tmp_path / "proof"), signed_daemon.signing_key.public
    for times, status in (("", 0), ("- -", 0), ("2022-01-01T00:00:00Z", 0), ("- 2022-01-01T00:00:00Z", 1), ("2999-01-01T00:00:00Z", 1)):
        (tmp_path / "keys").write_text(f"# of the ministry\n{key} {times}\n")
        judged = verify("--signing-key", tmp_path / "keys", path)
        assert judged.returncode == status, (times, judged)
        assert ("a key that did not count at that time" in judged.stdout) == (status == 1)
    (tmp_path / "keys").write_text(f"{key} yesterday\n")
    assert f"{tmp_path}/keys:1: a time is" in verify("--signing-key", tmp_path / "keys", path).stderr


def test_the_signing_key_is_changed_and_old_proofs_hold(desk, start_daemon, signing_key, tmp_path):  # noqa: F811
    first, second, third = signing_key(), signing_key(), signing_key()
    paths = []

    def file(number, key, *files, **options):
        daemon = start_daemon(signing_key_file=key.file, **options).wait_ready()
        sent = desk.run("send", daemon, files=[*files, revisions(tmp_path / f"{number}.jsonl", number)])
        assert sent.returncode == 0, sent
        paths.append(proof(desk, report_no(sent), tmp_path / f"proof{number}"))
        daemon.stop()
        return sent.stderr

    assert "it is the first from this server" in file(1, first)
    assert f"{second.public}, trusted from now on: the key before it says so" in file(2, second, signing_key_file_previous=first.file)
    assert "trusted" not in file(3, second)
    # Nobody speaks for the third: what it signed is kept, and trusted when somebody does.
    said = file(4, third)
    assert "signed by a key that is not trusted here" in said and "from now on" not in said
    judged = verify(*paths)
    assert judged.returncode == 1 and judged.stdout.count(": holds") == 3 and f"{paths[3]}: is signed, but by a key" in judged.stdout
    file(5, third, "--signing-key", third.public)
    assert verify(*paths).returncode == 0


def test_what_was_filed_before_receipts_were_signed_is_proven_by_filing_it_again(desk, start_daemon, signing_key, tmp_path):  # noqa: F811
    daemon = start_daemon().wait_ready()
    sent = desk.run("send", daemon, files=[revisions(tmp_path / "a.jsonl", 1)])
    none = subprocess.run([BUILD / "baocao", "proof", report_no(sent)], capture_output=True, text=True)
    assert none.returncode == 1 and "its answer is not signed" in none.stderr
    daemon.stop()
    again = desk.run("send", start_daemon(signing_key_file=signing_key().file).wait_ready(), files=[tmp_path / "a.jsonl"])
    assert "1 DUPLICATE" in again.stdout and report_no(again) == report_no(sent)
    assert verify(proof(desk, report_no(sent), tmp_path / "proof")).returncode == 0


def test_a_refusal_is_proven_by_its_line(desk, signed_daemon, tmp_path):  # noqa: F811
    path = lines(tmp_path / "a.jsonl", {**REPORT, "unit_code": "79"})
    desk.run("send", signed_daemon, files=[path])
    judged = verify(proof(desk, f"{path}:1", tmp_path / "proof"))
    assert judged.returncode == 0 and "holds\noutcome REFUSED\nreceived_at 20" in judged.stdout


OUTBOX_1 = """CREATE TABLE entry (entry_no INTEGER PRIMARY KEY AUTOINCREMENT, series TEXT NOT NULL, revision INTEGER NOT NULL,
    digest BLOB NOT NULL, report BLOB NOT NULL, path TEXT NOT NULL, line INTEGER NOT NULL,
    queued_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')), alone INTEGER NOT NULL DEFAULT 0, outcome INTEGER,
    answer BLOB, answered_at TEXT);
CREATE UNIQUE INDEX entry_pending_once ON entry (digest) WHERE outcome IS NULL;
CREATE INDEX entry_pending ON entry (entry_no) WHERE outcome IS NULL;
CREATE INDEX entry_pending_series ON entry (series, revision, entry_no) WHERE outcome IS NULL;
CREATE INDEX entry_outcome ON entry (outcome);
PRAGMA user_version = 1;"""


def test_an_outbox_of_the_version_before_is_taken_over_with_what_is_in_it(desk, signed_daemon, tmp_path, outbox):  # noqa: F811
    desk.run("queue", files=[revisions(tmp_path / "a.jsonl", 1, 2)])
    with sqlite3.connect(outbox) as db:
        entries = db.execute("SELECT series, revision, digest, report, path, line FROM entry").fetchall()
    old = outbox.with_name("old.db")
    with sqlite3.connect(old) as db:
        db.executescript(OUTBOX_1)
        db.executemany("INSERT INTO entry (series, revision, digest, report, path, line) VALUES (?, ?, ?, ?, ?, ?)", entries)
    os.environ["BAOCAO_OUTBOX"] = str(old)  # the fixture puts it back
    delivered = desk.run("deliver", signed_daemon)
    assert delivered.returncode == 0 and "2 STORED" in delivered.stdout, delivered
    assert verify(proof(desk, report_no(delivered), tmp_path / "proof")).returncode == 0


class FalseServer:
    """Takes submissions on ipc:// and answers what it is told to."""

    def __init__(self, path, change):
        import protocol_pb2
        self.protocol, self.change = protocol_pb2, change
        self.router = f"ipc://{path}"
        self.socket = Client.context.socket(zmq.ROUTER)
        self.socket.bind(self.router)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                sender, version, body = self.socket.recv_multipart()
            except zmq.ZMQError:
                return
            if body == b"end":
                return
            submission = self.protocol.Submission.FromString(body)
            receipt = self.protocol.Receipt(submission_id=submission.submission_id)
            for number, _ in enumerate(submission.report):
                receipt.outcome.add(outcome=1, report_no=number + 1, received_at="2026-01-01T00:00:00.000000Z")
            self.change(receipt)
            self.socket.send_multipart([sender, version, receipt.SerializeToString()])

    def close(self):
        with Client.context.socket(zmq.DEALER) as last:
            last.connect(self.router)
            last.send_multipart([b"baocao/1", b"end"])
            self.thread.join()
        self.socket.close()


def no_signature(receipt):
    receipt.signature.statement = b"baocao receipt 1\n"


def of_others(receipt):
    receipt.signature.statement = (f"baocao receipt 1\ncommitted_at 2026-01-01T00:00:00.000000Z\nroot {'0' * 64}\n"
                                   f"key {'0' * 64}\n").encode()
    receipt.signature.signature = bytes(64)


@pytest.mark.parametrize("change, said", [(no_signature, "a signature that cannot be read"),
                                          (of_others, "a signature that is not about what it says")])
def test_an_answer_counts_though_its_signature_does_not(tmp_path, outbox, change, said):  # noqa: F811
    server = FalseServer(tmp_path / "socket", change)
    try:
        sent = subprocess.run([BUILD / "baocao", "send", "--server", server.router, "--timeout", "20",
                               revisions(tmp_path / "a.jsonl", 1)], capture_output=True, text=True)
    finally:
        server.close()
    assert sent.returncode == 0 and "1 STORED" in sent.stdout and said in sent.stderr, sent
    assert subprocess.run([BUILD / "baocao", "proof", "1"], capture_output=True).returncode == 1
    with sqlite3.connect(outbox) as db:
        assert db.execute("SELECT (SELECT count(*) FROM receipt), (SELECT count(*) FROM signing_key)").fetchone() == (0, 0)
