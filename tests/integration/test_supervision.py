"""What a service manager and an operator do: watchdog, STATUS=, reload, --check, the journal."""
import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest
import zmq
from conftest import BUILD, ROOT, as_postgres, free_port, wait_until
from observing import Manager, StoppedThread, get, http_options, metrics
from reports import festival_day


@pytest.fixture
def watched(start_daemon, tmp_path):
    """A daemon under a watchdog: hung after a second."""
    manager = Manager(tmp_path, watchdog_s=3)
    options = {**http_options(), "hang_seconds": 1}
    daemon = start_daemon(environment=manager.environment, **options).wait_ready()
    daemon.http, daemon.manager = options["listen_http"], manager
    wait_until(lambda: ready(manager), "it says READY")  # which comes after the word in the log
    return daemon


def ready(manager):
    return [message for message in manager.listen() if message.get("READY") == "1"]


def test_the_watchdog_is_pinged_while_nothing_is_to_be_done(watched):
    wait_until(lambda: ready(watched.manager), "it says READY")
    watched.manager.wait_pings(3)
    assert "receiving reports" in watched.manager.status()


def no_pings(manager):
    """No ping for longer than two of them are apart."""
    import time
    before, end = manager.pings(), time.monotonic() + 2.5
    wait_until(lambda: time.monotonic() > end, "two and a half seconds have passed")
    return manager.pings() == before


def test_a_writer_that_takes_no_work_stops_the_pings(watched, collector, database):
    client = collector("01", of=watched)
    thread = StoppedThread(watched.process, "writer-0")
    watched.manager.wait_pings(3)  # nothing is asked of it
    client.send(festival_day())
    wait_until(lambda: get(watched.http, "/livez")[0] == 503, "it is known to be hung")
    assert "NO writer 0: is hung" in get(watched.http, "/livez")[2]
    assert metrics(watched.http)['baocao_writer_hung{writer="0"}'] == 1
    assert no_pings(watched.manager)
    assert "writer 0 has not moved for" in watched.log_text()
    thread.go_on()
    assert client.receipt().outcome[0].outcome == client.protocol.OUTCOME_STORED
    wait_until(lambda: get(watched.http, "/livez")[0] == 200, "it moves again")
    watched.manager.wait_pings(2)


def test_a_writer_that_leaves_an_answer_unread_stops_the_pings_and_one_that_waits_does_not(watched, collector, database):
    client = collector("01", of=watched)
    with database.cluster.connect(database.name) as blocker:
        blocker.autocommit = False
        blocker.execute("LOCK TABLE baocao.festival_day_venue IN SHARE MODE")
        client.send(festival_day())
        wait_until(lambda: database.value("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0, "the writer waits for the lock")
        thread = StoppedThread(watched.process, "writer-0")
        watched.manager.wait_pings(3)  # it waits for the database, stopped or not: that is not its fault
        assert get(watched.http, "/livez")[0] == 200
        blocker.rollback()
    wait_until(lambda: get(watched.http, "/livez")[0] == 503, "the answer is there and nobody takes it")
    assert no_pings(watched.manager)
    thread.go_on()
    assert client.receipt().outcome[0].outcome == client.protocol.OUTCOME_STORED


def test_a_database_that_stands_still_does_not_stop_the_pings(watched, collector, database):
    client = collector("01", of=watched)
    assert client.outcomes(festival_day()) == ["STORED"]
    backends = [str(pid) for pid, in database.rows("SELECT pid FROM pg_stat_activity WHERE usename = 'baocaod' "
                                                   "AND datname = current_database()")]
    subprocess.run(as_postgres("kill", "-STOP", *backends), check=True)
    try:
        client.send(festival_day(revision=2))
        watched.manager.wait_pings(4)
        assert get(watched.http, "/livez")[0] == 200
        wait_until(lambda: metrics(watched.http)["baocao_oldest_pending_age_seconds"] > 3, "the report waits")
    finally:
        subprocess.run(as_postgres("kill", "-CONT", *backends), check=True)
    assert client.receipt().outcome[0].outcome == client.protocol.OUTCOME_STORED


def test_a_database_that_is_away_does_not_stop_the_pings_and_the_status_says_so(watched, collector, database):
    client = collector("01", of=watched)
    database.run(f"ALTER DATABASE {database.name} CONNECTION LIMIT 0")
    database.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'baocaod' AND datname = current_database()")
    client.send(festival_day())
    wait_until(lambda: "the database is away (1 of 3 writers)" in watched.manager.status(), "the status says it")
    watched.manager.wait_pings(4)
    assert get(watched.http, "/livez")[0] == 200
    database.run(f"ALTER DATABASE {database.name} CONNECTION LIMIT -1")
    assert client.receipt().outcome[0].outcome == client.protocol.OUTCOME_STORED
    wait_until(lambda: "receiving reports" in watched.manager.status(), "the status says it")


# reload

def rewrite(daemon, **changes):
    path = daemon.folder / "baocaod.conf"
    lines = dict(line.split(" = ", 1) for line in path.read_text().splitlines() if " = " in line)
    path.write_text("".join(f"{name} = {value}\n" for name, value in {**lines, **changes}.items()))


def reload(daemon):
    before = len(ready(daemon.manager))
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(ready(daemon.manager)) > before, "it says READY again")


def test_a_reload_changes_what_can_be_changed_and_drops_no_connection(watched, collector):
    client = collector("01", of=watched)
    assert client.outcomes(festival_day()) == ["STORED"]
    rewrite(watched, sender_max_reports=2, writers=3)
    reload(watched)
    told = [message for message in watched.manager.heard if "RELOADING" in message]
    assert len(told) == 1 and int(told[0]["MONOTONIC_USEC"]) > 0
    assert "reload: sender_max_reports has changed\n" in watched.log_text()
    assert "reload: writers has changed and needs a restart\n" in watched.log_text()
    assert client.outcomes(festival_day(revision=2)) == ["STORED"]
    for revision in range(3, 40):
        client.send(festival_day(revision=revision), festival_day(revision=revision + 100))
    answers = [client.receipt() for _ in range(3, 40)]
    assert client.protocol.OUTCOME_BUSY in {answer.whole for answer in answers}
    assert metrics(watched.http)["baocao_handshakes_accepted_total"] == 1  # the same connection


def test_a_reload_of_something_wrong_keeps_what_was(watched, collector):
    rewrite(watched, sender_max_reports=0, drain_seconds=7, listen_pull="udp://x")
    reload(watched)
    for said in ("sender_max_reports: must be a whole number from 1", "listen_pull: udp://x: an endpoint begins with",
                 "reload: refused; the configuration stays as it was"):
        assert said in watched.log_text()
    assert "drain_seconds" not in watched.log_text()
    found = metrics(watched.http)
    assert found["baocao_config_last_reload_good"] == 0 and found['baocao_config_reloads_total{result="refused"}'] == 1
    assert collector("01", of=watched).outcomes(*[festival_day(revision=r) for r in range(1, 4)]) == ["STORED"] * 3
    rewrite(watched, sender_max_reports=5, listen_pull=watched.pull)
    reload(watched)
    assert metrics(watched.http)["baocao_config_last_reload_good"] == 1


def test_a_reload_moves_the_listener_for_observers(watched):
    old, new = watched.http, http_options()["listen_http"]
    rewrite(watched, listen_http=new)
    reload(watched)
    assert get(new, "/livez")[0] == 200
    with pytest.raises(ConnectionError):
        get(old, "/livez")
    rewrite(watched, listen_http="")
    reload(watched)
    with pytest.raises(ConnectionError):
        get(new, "/livez")


def test_a_reload_never_says_what_the_connection_string_is(watched):
    rewrite(watched, database="host=elsewhere password=secret")
    reload(watched)
    wait_until(lambda: "reload: done" in watched.log_text(), "the reload is told")
    assert "reload: database has changed and needs a restart" in watched.log_text() and "secret" not in watched.log_text()


def test_every_option_says_whether_it_can_be_reloaded_where_it_is_described():
    sample = (ROOT / "docs/baocaod.conf.sample").read_text()
    helped = subprocess.run([BUILD / "baocaod", "--help"], check=True, capture_output=True, text=True).stdout
    reloadable = set(re.findall(r"\(reloadable\)\n(\w+) =", sample))
    assert {"listen_http", "drain_seconds", "batch_max_reports"} <= reloadable and "writers" not in reloadable
    assert len(reloadable) == helped.count("; reloadable")


# --check

def checked(daemon, *settings):
    command = [BUILD / "baocaod", "--config", daemon.folder / "baocaod.conf", "--check"]
    for setting in settings:
        command += ["--set", setting]
    return subprocess.run(command, capture_output=True, text=True)


def test_check_finds_all_that_is_wrong_at_once(watched, database):
    (watched.folder / "server.key").chmod(0o644)
    (watched.folder / "server.key.pub").write_text(zmq.curve_keypair()[0].decode() + "\n")
    (watched.folder / "baocaod.conf").write_text((watched.folder / "baocaod.conf").read_text() + "nonsense = 1\nno line\n")
    database.run("REVOKE INSERT ON baocao.festival_day FROM baocao_ingest")
    database.run("REVOKE SELECT ON baocao.unit FROM baocao_ingest")
    database.run("REVOKE USAGE ON SEQUENCE baocao.report_block FROM baocao_ingest")
    database.run("REVOKE EXECUTE ON FUNCTION baocao.keep_refusal, baocao.mark_stored, baocao.finish_replay FROM baocao_ingest")
    database.run("REVOKE SELECT ON baocao.lock_exception FROM baocao_ingest")
    database.run("ALTER TABLE baocao.festival_day RENAME points_held TO held")
    database.run("DELETE FROM baocao.migration WHERE number IN (7, 28)")
    database.run(f"ALTER ROLE baocaod IN DATABASE {database.name} SET synchronous_commit = off")
    database.run(f"ALTER DATABASE {database.name} CONNECTION LIMIT 9")
    run = checked(watched, "listen_router=udp://x", "writers=9", "secret_key_file_next=/nonexistent", "anonymous_collector=nobody",
                  "busy_retry_ms=soon")
    assert run.returncode == 1 and "not in order" in run.stdout
    for said in ("nonsense: there is no such option", "not a line of the form name = value", "--set busy_retry_ms=soon: must be a whole number",
                 "listen_router: udp://x: an endpoint begins with", "its mode is 644: others may get at the secret key",
                 "is not the public key of", "secret_key_file_next: /nonexistent: No such file", "may not insert into baocao.festival_day",
                 "may not read baocao.unit\n", "may not take numbers from baocao.report_block", "may not execute baocao.keep_refusal",
                 "may not execute baocao.mark_stored", "may not execute baocao.finish_replay", "may not read baocao.lock_exception",
                 "schema: migration 7 was not applied", "schema: migration 28 was not applied",
                 "synchronous_commit is off: an acknowledged report would not be durable", "points_held is missing",
                 "it has room for 9 connections, this daemon makes 12"):
        assert said in run.stderr, run.stderr


def test_check_finds_a_signing_key_that_others_may_read(watched):
    key = watched.folder / "signing"
    subprocess.run([BUILD / "baocao", "keygen", "--signing", key], check=True, capture_output=True)
    key.chmod(0o640)
    run = checked(watched, f"signing_key_file={key}")
    assert run.returncode == 1 and f"signing_key_file: {key}: its mode is 640: others may get at the secret key" in run.stderr, run.stderr


def test_check_compares_the_clocks(watched):
    library, = pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    for shift, said in (("+1h", "behind this machine's"), ("-1h", "ahead of this machine's")):
        # Not faketime(1): it gives up where a process of the same number was killed and left its semaphore behind.
        run = subprocess.run([BUILD / "baocaod", "--config", watched.folder / "baocaod.conf", "--check"], capture_output=True, text=True,
                             env={**os.environ, "LD_PRELOAD": str(library), "FAKETIME": shift})
        assert run.returncode == 1 and re.search(rf"clock: the database's is 3\d\d\d\.\d s {said}", run.stderr), run.stderr


def test_check_says_what_the_database_says_when_it_cannot_be_reached(watched):
    run = checked(watched, "database=host=/nonexistent", "listen_pull=udp://x")
    assert run.returncode == 1 and "/nonexistent" in run.stderr and "listen_pull: udp://x" in run.stderr


def test_the_exit_status_tells_a_command_line_that_cannot_be_understood(watched):
    assert checked(watched).returncode == 0
    for wrong in (["--chekc"], ["--check", "now"], ["--config"]):
        assert subprocess.run([BUILD / "baocaod", *wrong], capture_output=True).returncode == 2


# the log

JOURNAL = """
import os, pathlib, socket, subprocess, sys
folder, command = pathlib.Path(sys.argv[1]), sys.argv[2:]
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run/systemd"], check=True)
os.mkdir("/run/systemd/journal")
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind("/run/systemd/journal/socket")
stderr = open(folder / "stderr", "w")
status = os.fstat(stderr.fileno())
daemon = subprocess.Popen(command, stderr=stderr, env={**os.environ, "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
print(daemon.pid, flush=True)
with open(folder / "journal", "wb", buffering=0) as kept:
    while True:
        kept.write(journal.recv(65536) + b"\\n\\n")
"""


@pytest.mark.skipif(os.getuid() != 0, reason="the journal's socket has a fixed place: a mount namespace is needed")
def test_the_journal_gets_fields_that_can_be_asked_for(database, tmp_path, start_daemon):
    started = start_daemon().wait_ready()  # for its configuration
    started.stop()
    os.makedirs("/run/systemd", exist_ok=True)
    command = ["unshare", "--mount", sys.executable, "-c", JOURNAL, tmp_path, BUILD / "baocaod", "--config",
               started.folder / "baocaod.conf"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as journal:
        pid = int(journal.stdout.readline())
        try:
            def entries():
                text = (tmp_path / "journal").read_text() if (tmp_path / "journal").exists() else ""
                return [dict(line.split("=", 1) for line in entry.splitlines() if line) for entry in text.split("\n\n") if entry.strip()]
            wait_until(lambda: any(entry["MESSAGE"] == "ready" for entry in entries()), "it is ready")
            keys = zmq.curve_keypair()
            database.run("SELECT baocao.register_collector('Hà Nội', %s, '01', '2022-09-01')", keys[0].decode())
            wait_until(lambda: any(" 1 of 1 keys" in entry["MESSAGE"] for entry in entries()), "the key is known")
            from conftest import Client
            client = Client(started, keys)
            assert client.outcomes(festival_day("79"), festival_day(), festival_day(held=13)) == ["REFUSED", "STORED", "CONFLICT"]
            client.close()
            refused = wait_until(lambda: [e for e in entries() if "refused a report" in e["MESSAGE"]], "the refusal is logged")[0]
            assert refused.items() >= {"PRIORITY": "4", "SYSLOG_IDENTIFIER": "baocaod", "BAOCAO_UNIT": "79",
                                       "BAOCAO_COLLECTOR": "Hà Nội", "BAOCAO_COLLECTOR_ID": "1", "BAOCAO_KIND": "festival_day",
                                       "BAOCAO_PERIOD": "2022-08-01/2022-08-20", "BAOCAO_ERROR_CLASS": "authority"}.items()
            conflict = wait_until(lambda: [e for e in entries() if "other content" in e["MESSAGE"]], "the conflict is logged")[0]
            stored = str(database.value("SELECT report_no FROM baocao.report"))
            assert conflict.items() >= {"BAOCAO_ERROR_CLASS": "conflict", "BAOCAO_REPORT_NO": stored, "BAOCAO_UNIT": "01"}.items()
            assert (tmp_path / "stderr").read_text() == ""
        finally:
            os.kill(pid, signal.SIGTERM)
            journal.kill()


def test_without_a_journal_the_log_is_plain_text(watched, collector):
    collector("01", of=watched).file(festival_day("79"))
    wait_until(lambda: "\nwarning: refused a report of 01 no. 0" in watched.log_text(), "it is logged")
    assert "\nready\n" in watched.log_text() and "<4>" not in watched.log_text()
