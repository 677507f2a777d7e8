import pathlib
import subprocess

import pytest
import zmq
from conftest import BUILD, wait_until
from reports import festival_day


@pytest.mark.parametrize("change, said", [
    ("ALTER TABLE baocao.festival_day RENAME points_held TO held", "festival_day.points_held is missing"),
    ("ALTER TABLE baocao.report_raw ALTER raw TYPE text USING ''", "report_raw.raw is text"),
    ("ALTER TABLE baocao.commendation_award ADD extra integer", "commendation_award.extra is in the database"),
    ("ALTER TABLE baocao.festival_day ALTER points_planned DROP NOT NULL", "festival_day.points_planned is nullable"),
    ("DROP TABLE baocao.communication_output CASCADE", "table communication_output is missing"),
    ("ALTER TYPE baocao.channel RENAME VALUE 'radio' TO 'loudspeaker'", "enum channel has no value radio"),
])
def test_a_schema_that_differs_from_the_contract_is_refused(database, start_daemon, change, said):
    database.run(change)
    daemon = start_daemon()
    assert daemon.wait_exit() == 1
    assert said in daemon.log_text()


@pytest.mark.parametrize("setting", ["synchronous_commit", "fsync", "full_page_writes"])
def test_a_database_that_would_forget_is_refused(database, start_daemon, setting):
    if setting == "synchronous_commit":
        off, on = (f"ALTER ROLE baocaod IN DATABASE {database.name} SET {setting} = off", "SELECT 1")
    else:
        off, on = f"ALTER SYSTEM SET {setting} = off", f"ALTER SYSTEM RESET {setting}"

    def change(statement, value):
        database.run(statement)
        database.run("SELECT pg_reload_conf()")
        if setting != "synchronous_commit":
            wait_until(lambda: database.value(f"SHOW {setting}") == value, "the setting is in force")
    change(off, "off")
    try:
        refused = start_daemon()
        assert refused.wait_exit() == 1
        assert f"an acknowledged report would not be durable: {setting} is off" in refused.log_text()
        start_daemon(allow_unsafe_durability="yes").wait_ready()
    finally:
        change(on, "on")


def test_sigterm_stops_cleanly_and_answers_what_was_read(collector, daemon, database):
    client = collector("01")
    assert client.outcomes(festival_day()) == ["STORED"]
    daemon.stop()
    assert database.value("SELECT count(*) FROM baocao.report") == 1


def test_a_lost_connection_is_made_again_and_nothing_is_lost(collector, database, daemon):
    client = collector("01")
    assert client.outcomes(festival_day()) == ["STORED"]
    database.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'baocaod'")
    assert client.outcomes(festival_day(revision=2)) == ["STORED"]
    assert "works again" in daemon.log_text()


def test_what_only_the_database_knows_is_refused_alone(collector, database):
    database.run("ALTER TABLE baocao.festival_day ADD CONSTRAINT no_thirteen CHECK (points_held <> 13)")
    client = collector("01")
    reports = [festival_day(revision=r, held=13 if r == 57 else 12) for r in range(1, 101)]
    outcomes = client.outcomes(*reports)
    assert outcomes[56] == "REFUSED" and outcomes.count("STORED") == 99
    assert database.value("SELECT rule FROM baocao.refusal_violation") == "store"


def test_two_daemons_on_one_database_store_every_report_once(start_daemon, collector, database):
    daemons = [start_daemon().wait_ready() for _ in range(2)]
    keys = zmq.curve_keypair()
    database.run("SELECT baocao.register_collector('both', %s, '01', '2022-09-01')", keys[0].decode())
    for daemon in daemons:
        wait_until(lambda: " 1 of 1 keys" in daemon.log_text(), "the daemon knows the key")
    clients = [collector("01", of=d, keys=keys) for d in daemons]
    batches = [[festival_day(revision=r) for r in range(start, start + 100)] for start in range(1, 1001, 100)]
    for batch in batches:
        for client in clients:
            client.send(*batch)
    stored = 0
    for _ in batches:
        for client in clients:
            outcomes = [o.outcome for o in client.receipt().outcome]
            assert set(outcomes) <= {1, 2, 4}
            stored += sum(o != 2 for o in outcomes)
    assert stored == 1000 == database.value("SELECT count(*) FROM baocao.report")
    assert database.rows("SELECT * FROM baocao.check_integrity()") == []


def test_a_second_signal_stops_at_once_and_nothing_acknowledged_is_missing(start_daemon, collector, database):
    daemon = start_daemon(drain_seconds=3600).wait_ready()
    client = collector("01", of=daemon)
    assert client.outcomes(festival_day()) == ["STORED"]
    with database.cluster.connect(database.name) as blocker:
        blocker.autocommit = False
        blocker.execute("LOCK TABLE baocao.festival_day_venue IN SHARE MODE")
        client.send(festival_day(revision=2))
        wait_until(lambda: database.value("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0, "the writer waits")
        daemon.process.terminate()
        wait_until(lambda: "stopping: 1 reports to be written" in daemon.log_text(), "it drains")
        assert daemon.process.poll() is None
        daemon.process.terminate()
        assert daemon.wait_exit() == 0  # though the lock is still held
        assert "stopping with 1 reports unanswered" in daemon.log_text()
        assert not client.answered(0)
        blocker.rollback()
    assert database.value("SELECT count(*) FROM baocao.report") in (1, 2)


def test_a_stop_waits_no_longer_than_its_deadline(start_daemon, collector, database):
    daemon = start_daemon(drain_seconds=1).wait_ready()
    client = collector("01", of=daemon)
    with database.cluster.connect(database.name) as blocker:
        blocker.autocommit = False
        blocker.execute("LOCK TABLE baocao.festival_day_venue IN SHARE MODE")
        client.send(festival_day())
        wait_until(lambda: database.value("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0, "the writer waits")
        daemon.process.terminate()
        assert daemon.process.wait(timeout=15) == 0  # which would be 20 s
        blocker.rollback()


def test_what_was_read_before_a_stop_is_written_and_answered(collector, database, daemon):
    client = collector("01")
    with database.cluster.connect(database.name) as blocker:
        blocker.autocommit = False
        blocker.execute("LOCK TABLE baocao.festival_day_venue IN SHARE MODE")
        client.send(festival_day())
        wait_until(lambda: database.value("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0, "the writer waits")
        daemon.process.terminate()
        wait_until(lambda: "stopping: 1 reports" in daemon.log_text(), "it drains")
        blocker.rollback()
    assert client.receipt().outcome[0].outcome == 1
    assert daemon.wait_exit() == 0


def test_check_says_every_problem(database, daemon):
    config = daemon.folder / "baocaod.conf"
    good = subprocess.run([BUILD / "baocaod", "--config", config, "--check"], capture_output=True, text=True)
    assert good.returncode == 0 and "in order" in good.stdout
    bad = subprocess.run([BUILD / "baocaod", "--config", config, "--set", "listen_pull=udp://x", "--set",
                          "listen_router=ipc:///x", "--check"], capture_output=True, text=True)
    assert bad.returncode == 1
    assert "listen_pull" in bad.stderr and "listen_router" in bad.stderr


def test_a_wrong_configuration_names_file_line_and_reason(tmp_path):
    config = tmp_path / "wrong.conf"
    config.write_text("# a comment\nwriters = 0\nwritters = 2\nallow_unsafe_durability = perhaps\n")
    run = subprocess.run([BUILD / "baocaod", "--config", config], capture_output=True, text=True)
    assert run.returncode == 1
    assert f"{config}:2: writers: must be a whole number from 1 to 64" in run.stderr
    assert f"{config}:3: writters: there is no such option" in run.stderr
    assert f"{config}:4: allow_unsafe_durability: must be yes or no" in run.stderr


def test_the_printed_configuration_can_be_read_back(tmp_path):
    printed = subprocess.run([BUILD / "baocaod", "--set", "writers=3", "--print-config"], capture_output=True, text=True)
    (tmp_path / "c.conf").write_text(printed.stdout)
    again = subprocess.run([BUILD / "baocaod", "--config", tmp_path / "c.conf", "--print-config"], capture_output=True,
                           text=True)
    assert again.stdout == printed.stdout and "writers = 3" in printed.stdout


def test_no_statement_of_the_daemon_is_compiled(start_daemon, database, collector):
    """What takes microseconds would take a tenth of a second: the database may ask for it, the daemon's sessions do not."""
    for setting in ("session_preload_libraries = auto_explain", "auto_explain.log_min_duration = 0", "auto_explain.log_analyze = on",
                    "auto_explain.log_nested_statements = on", "jit = on", "jit_above_cost = 0"):
        database.run(f"ALTER DATABASE {database.name} SET {setting}")
    log = pathlib.Path(database.cluster.folder, "log")
    before = log.stat().st_size
    assert collector("01", of=start_daemon().wait_ready()).outcomes(festival_day()) == ["STORED"]
    with database.cluster.connect(database.name) as other:
        other.execute("SELECT sum(revision) FROM baocao.report")  # would be seen
    explained = log.read_bytes()[before:].decode()
    mine = explained[:explained.index("SELECT sum(revision)")]
    assert "baocao_fold.touched" in mine and "JIT:" not in mine and "JIT:" in explained
