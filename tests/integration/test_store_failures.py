"""Each answer of the database that the daemon tells apart (daemon/database.c), provoked for real."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest
from conftest import Cluster, Daemon, Database, ROOT, wait_until
from reports import festival_day


def refusals(database):
    return database.value("SELECT count(*) FROM baocao.refusal")


def filings(year, held=lambda n: 12):
    """A thousand revisions of one report of that year."""
    return [festival_day(revision=n + 1, held=held(n), first=f"{year}-07-01", last=f"{year}-07-20") for n in range(1000)]


def waiting(database):
    return database.value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'baocaod' AND wait_event_type = 'Lock'")


def waits_since(database):
    """When the transaction that waits for a lock began; None where none waits. Another attempt is another transaction: the pause between
    two may be over before anybody looks."""
    return database.value("SELECT max(xact_start) FROM pg_stat_activity WHERE usename = 'baocaod' AND wait_event_type = 'Lock'")


def blocker_of(database):
    blocker = database.cluster.connect(database.name)
    blocker.autocommit = False
    return blocker


@pytest.mark.parametrize("harm, heal, sqlstate", [
    ("REVOKE INSERT ON baocao.festival_day_venue FROM baocao_ingest", "GRANT INSERT ON baocao.festival_day_venue TO "
     "baocao_ingest", "permission denied"),
    ("ALTER TABLE baocao.festival_day RENAME TO elsewhere", "ALTER TABLE baocao.elsewhere RENAME TO festival_day",
     "does not exist"),
    ("ALTER ROLE baocaod SET default_transaction_read_only = on", "ALTER ROLE baocaod RESET default_transaction_read_only",
     "read-only"),
    ("ALTER ROLE baocaod NOLOGIN", "ALTER ROLE baocaod LOGIN", "not permitted to log in"),
])
def test_what_an_administrator_must_mend_is_waited_for_and_never_refused(collector, database, daemon, harm, heal, sqlstate):
    client = collector("01")
    assert client.outcomes(festival_day()) == ["STORED"]
    database.run(harm)
    try:
        if "ROLE" in harm:  # counts for new connections
            database.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'baocaod'")
        client.send(festival_day(revision=2))
        wait_until(lambda: sqlstate in daemon.log_text(), "the trouble is said")
        assert not client.answered(0.5)
    finally:
        database.run(heal)
    assert client.receipt().outcome[0].outcome == 1
    log = daemon.log_text()
    assert log.count("trying again until it works") == 1 and log.count("store: works again") == 1
    assert refusals(database) == 0


def test_while_the_database_is_away_collectors_are_told_to_wait(collector, database, daemon):
    first, second = collector("01"), collector("79")
    database.run("ALTER ROLE baocaod NOLOGIN")
    try:
        database.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'baocaod'")
        first.send(festival_day())
        wait_until(lambda: "trying again" in daemon.log_text(), "the trouble is said")
        busy = second.file(festival_day(unit="79"))
        assert busy.whole == busy.whole and second.protocol.Outcome.Name(busy.whole) == "OUTCOME_BUSY"
        assert busy.retry_after_ms == 1000
    finally:
        database.run("ALTER ROLE baocaod LOGIN")
    assert first.receipt().outcome[0].outcome == 1
    wait_until(lambda: "works again" in daemon.log_text(), "the recovery is said")
    assert second.outcomes(festival_day(unit="79")) == ["STORED"]


def test_a_lock_that_is_held_too_long_is_waited_for_again(start_daemon, collector, database):
    daemon = start_daemon(database=database.cluster.conninfo(database.name, "baocaod") +
                          " options='-c lock_timeout=100ms'").wait_ready()
    client = collector("01", of=daemon)
    with blocker_of(database) as blocker:
        blocker.execute("LOCK TABLE baocao.festival_day_venue IN SHARE MODE")
        client.send(festival_day())
        for _ in range(3):  # three time-outs
            began = wait_until(lambda: waits_since(database), "the writer waits")
            wait_until(lambda: waits_since(database) != began, "its time is out")
        assert not client.answered(0)
        blocker.rollback()
    assert client.receipt().outcome[0].outcome == 1


def test_a_cancelled_statement_is_run_again(collector, database):
    client = collector("01")
    with blocker_of(database) as blocker:
        blocker.execute("LOCK TABLE baocao.festival_day_venue IN SHARE MODE")
        client.send(festival_day())
        began = wait_until(lambda: waits_since(database), "the writer waits")
        database.run("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'baocaod' "
                     "AND wait_event_type = 'Lock'")
        wait_until(lambda: waits_since(database) != began, "it is cancelled")
        blocker.rollback()
    assert client.receipt().outcome[0].outcome == 1
    assert refusals(database) == 0


def test_the_victim_of_a_deadlock_is_run_again(collector, database, daemon):
    client = collector("01")
    with blocker_of(database) as blocker:
        blocker.execute("SET deadlock_timeout = '1h'")  # so that the daemon is the one who notices
        blocker.execute("LOCK TABLE baocao.festival_day_venue IN SHARE MODE")
        client.send(festival_day())
        wait_until(lambda: waiting(database) == 1, "the writer waits")
        blocker.execute("LOCK TABLE baocao.report IN SHARE MODE")  # returns when the daemon was thrown out
        assert not client.answered(0)
        blocker.rollback()
    assert client.receipt().outcome[0].outcome == 1
    wait_until(lambda: database.value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 1,
               "the server has counted it")


def test_a_transaction_that_cannot_be_serialized_is_run_again(start_daemon, collector, database):
    database.run(f"ALTER ROLE baocaod IN DATABASE {database.name} SET default_transaction_isolation = 'repeatable read'")
    client = collector("01", of=start_daemon().wait_ready())
    assert client.outcomes(festival_day(revision=0)) == ["REFUSED"]
    with blocker_of(database) as blocker:
        blocker.execute("UPDATE baocao.refusal SET times = times + 10")
        client.send(festival_day(revision=0))
        wait_until(lambda: waiting(database) == 1, "the writer waits for the row")
        blocker.commit()
    assert client.receipt().outcome[0].outcome == 5
    assert database.value("SELECT times FROM baocao.refusal") == 12


def test_whoever_comes_second_at_the_unique_key_looks_again(start_daemon, collector, database):
    client = collector("01", of=start_daemon().wait_ready())
    assert client.outcomes(festival_day()) == ["STORED"]
    columns = ", ".join(name for (name,) in database.rows(
        "SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'baocao' AND table_name = 'report' "
        "AND column_name NOT IN ('report_no', 'revision', 'content_digest') ORDER BY ordinal_position"))
    database.is_harmed = True  # a header is all that the other writes
    with blocker_of(database) as blocker:
        blocker.execute(f"INSERT INTO baocao.report (report_no, revision, content_digest, {columns}) "
                        f"SELECT 999999, 2, sha256('other'), {columns} FROM baocao.report")
        client.send(festival_day(revision=2))
        wait_until(lambda: waiting(database) == 1, "the writer waits for the other's commit")
        blocker.commit()
    outcome = client.receipt().outcome[0]
    assert (client.protocol.Outcome.Name(outcome.outcome), outcome.report_no) == ("OUTCOME_CONFLICT", 999999)


def test_numbers_that_were_given_before_are_passed_over(start_daemon, collector, database):
    first = start_daemon().wait_ready()
    keys = collector("01", of=first).keys
    client = collector("01", of=first, keys=keys)
    assert client.outcomes(*[festival_day(revision=r) for r in range(1, 6)]) == ["STORED"] * 5
    first.stop()
    database.run("SELECT setval('baocao.report_block', 1, false)")  # as after a restored backup
    second = start_daemon().wait_ready()
    assert collector("01", of=second, keys=keys).outcomes(festival_day(revision=6)) == ["STORED"]
    assert refusals(database) == 0
    assert database.value("SELECT count(DISTINCT report_no) FROM baocao.report") == 6


def test_many_that_only_the_database_refuses_cost_no_neighbour(collector, database, daemon):
    database.run("ALTER TABLE baocao.festival_day ADD CONSTRAINT no_thirteen CHECK (points_held <> 13)")
    client = collector("01")
    bad = {7, 8, 400, 999}
    for year in (2020, 2021, 2022):  # the later ones meet a daemon that expects it
        outcomes = client.outcomes(*filings(year, lambda n: 13 if n in bad else 12))
        assert [i for i, outcome in enumerate(outcomes) if outcome == "REFUSED"] == sorted(bad)
        assert outcomes.count("STORED") == 996
    assert database.value("SELECT count(*) FROM baocao.report") == 2988
    assert database.rows("SELECT DISTINCT rule FROM baocao.refusal_violation") == [("store",)]
    assert database.rows("SELECT * FROM baocao.check_integrity()") == []


def test_what_came_with_a_report_that_the_database_refuses_is_judged_without_it(collector, database):
    database.run("ALTER TABLE baocao.festival_day ADD CONSTRAINT no_thirteen CHECK (points_held <> 13)")
    client = collector("01")
    for revision in (10, 20):  # the second time with savepoints
        outcomes = client.outcomes(festival_day(revision=revision, held=13), festival_day(revision=revision, held=13),
                                   festival_day(revision=revision, held=12), festival_day(revision=revision - 1))
        assert outcomes[:2] == ["REFUSED", "REFUSED"] and outcomes[2] == "STORED"
    assert database.rows("SELECT DISTINCT times FROM baocao.refusal") == [(2,)]


def test_an_answer_that_nobody_foresaw_is_tried_three_times_and_then_refused_alone(collector, database, daemon):
    database.run("CREATE FUNCTION no_thirteen() RETURNS trigger LANGUAGE plpgsql AS "
                 "$$BEGIN IF NEW.points_held = 13 THEN RAISE EXCEPTION 'unlucky'; END IF; RETURN NEW; END$$")
    database.run("CREATE TRIGGER no_thirteen BEFORE INSERT ON baocao.festival_day FOR EACH ROW EXECUTE FUNCTION no_thirteen()")
    database.run("ALTER TABLE baocao.festival_day ENABLE ALWAYS TRIGGER no_thirteen")
    outcomes = collector("01").outcomes(*[festival_day(revision=r, held=13 if r == 3 else 12) for r in range(1, 6)])
    assert outcomes == ["STORED", "STORED", "REFUSED", "STORED", "STORED"]
    assert "an answer that is not foreseen: P0001" in daemon.log_text()
    assert pathlib.Path(database.cluster.folder, "log").read_text().count("ERROR:  unlucky") >= 3


@pytest.fixture
def own_cluster():
    """A cluster that a test may break."""
    made = Cluster()
    with made.connect("postgres") as db:
        db.execute("CREATE DATABASE baocao_own")
    subprocess.run([ROOT / "schema/migrate", made.conninfo("baocao_own")], check=True, stdout=subprocess.DEVNULL)
    with made.connect("postgres") as db:
        db.execute("CREATE ROLE baocaod LOGIN IN ROLE baocao_ingest")
    yield made
    made.stop()


def test_a_server_that_crashes_is_waited_for_and_nothing_is_lost(own_cluster, tmp_path):
    import zmq
    from conftest import Client
    database = Database(own_cluster, "baocao_own")
    keys = zmq.curve_keypair()
    database.run("SELECT baocao.register_collector('c', %s, '01', '2022-09-01')", keys[0].decode())
    daemon = Daemon(database, tmp_path).wait_ready()
    client = Client(daemon, keys)
    assert client.outcomes(festival_day()) == ["STORED"]
    for revision in (2, 3):
        own_cluster.run("pg_ctl", "-D", f"{own_cluster.folder}/data", "-m", "immediate", "-w", "stop")
        client.send(festival_day(revision=revision))
        wait_until(lambda: daemon.log_text().count("trying again") == revision - 1, "the trouble is said")
        assert daemon.process.poll() is None and not client.answered(0)
        own_cluster.run("pg_ctl", "-D", f"{own_cluster.folder}/data", "-l", f"{own_cluster.folder}/log", "-w", "-o",
                        f"-k {own_cluster.folder} -c listen_addresses=", "start")
        assert client.receipt().outcome[0].outcome == 1
    daemon.stop()
    client.close()
    database = Database(own_cluster, "baocao_own")
    assert database.rows("SELECT revision FROM baocao.report ORDER BY 1") == [(1,), (2,), (3,)]


def test_a_daemon_that_starts_before_its_database_waits_for_it(own_cluster, tmp_path):
    own_cluster.run("pg_ctl", "-D", f"{own_cluster.folder}/data", "-m", "fast", "-w", "stop")

    class Away:  # where the database will be
        cluster, name = own_cluster, "baocao_own"
    daemon = Daemon(Away, tmp_path)
    wait_until(lambda: "waiting for it" in daemon.log_text(), "it says what it waits for")
    own_cluster.run("pg_ctl", "-D", f"{own_cluster.folder}/data", "-l", f"{own_cluster.folder}/log", "-w", "-o",
                    f"-k {own_cluster.folder} -c listen_addresses=", "start")
    daemon.wait_ready()
    daemon.stop()


@pytest.mark.skipif(os.getuid() != 0, reason="a small file system is mounted by root")
def test_a_full_disk_is_waited_for_and_never_refused(tmp_path, monkeypatch):
    import zmq
    from conftest import Client
    folder = tempfile.mkdtemp(prefix="baocao-small-")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=180m", "tmpfs", folder], check=True)
    try:
        os.chmod(folder, 0o755)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        cluster = Cluster()
        try:
            with cluster.connect("postgres") as db:
                db.execute("CREATE DATABASE small")
                db.execute("CREATE ROLE baocaod LOGIN")
            subprocess.run([ROOT / "schema/migrate", cluster.conninfo("small")], check=True, stdout=subprocess.DEVNULL)
            database = Database(cluster, "small")
            database.run("GRANT baocao_ingest TO baocaod")
            keys = zmq.curve_keypair()
            database.run("SELECT baocao.register_collector('c', %s, '01', '2022-09-01')", keys[0].decode())
            daemon = Daemon(database, tmp_path).wait_ready()
            client = Client(daemon, keys)
            assert client.outcomes(festival_day()) == ["STORED"]
            ballast = os.path.join(folder, "ballast")
            with open(ballast, "wb") as file:
                file.write(bytes(shutil.disk_usage(folder).free - 4096))
            year = 2009
            while "trying again" not in daemon.log_text():  # what room there is in the allocated files is used up first
                client.send(*filings(year))
                year += 1
                wait_until(lambda: client.answered(0) or "trying again" in daemon.log_text(), "an answer or trouble")
                if client.answered(0):
                    client.receipt()
            os.unlink(ballast)
            last = client.receipt()
            assert {o.outcome for o in last.outcome} == {1}
            daemon.stop()
            client.close()
            database = Database(cluster, "small")
            assert database.value("SELECT count(*) FROM baocao.report") == 1 + 1000 * (year - 2009)
            assert refusals(database) == 0
        finally:
            cluster.stop()
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        os.rmdir(folder)


def test_the_look_goes_by_the_index_of_a_table_that_had_one_row_when_it_was_analysed(start_daemon, collector, database):
    """Else each batch would read the whole table: the planner believes that it still has that one row."""
    first = start_daemon().wait_ready()
    assert collector("01", of=first).outcomes(festival_day()) == ["STORED"]
    first.process.terminate()
    assert first.wait_exit() == 0
    database.run("VACUUM ANALYZE baocao.report")
    for setting in ("session_preload_libraries = auto_explain", "auto_explain.log_min_duration = 0"):
        database.run(f"ALTER ROLE baocaod SET {setting}")
    log = pathlib.Path(database.cluster.folder, "log")
    before = log.stat().st_size
    try:
        second = start_daemon().wait_ready()
        assert collector("79", of=second).outcomes(festival_day(unit="79")) == ["STORED"]
        wait_until(lambda: "unnest($1::int[]" in log.read_text()[before:], "the plan of the look is in the log")
        plan = log.read_text()[before:].partition("unnest($1::int[]")[2].partition("LOG:")[0]
    finally:
        database.run("ALTER ROLE baocaod RESET ALL")
    assert "Function Scan on unnest" in plan or "Function Scan on k" in plan, plan
    assert re.search(r"Index Scan using report_natural_key.*\n\s*Index Cond: .*unit_id = .*revision >=", plan), plan
