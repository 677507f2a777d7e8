"""/metrics, /livez, /readyz: what they say is what happened, and who asks badly harms nothing."""
import contextlib
import os
import re
import socket
import subprocess
import time

import pytest
import zmq
from conftest import BUILD, Database, ROOT, free_port, wait_until
from observing import OPENMETRICS, get, http_options, metrics, samples
from reports import festival_day


@pytest.fixture
def observed(start_daemon):
    """A daemon that can be asked; its address is .http."""
    def start(**options):
        options = {**http_options(), **options}
        daemon = start_daemon(**options).wait_ready()
        daemon.http = options["listen_http"]
        return daemon
    return start


def families():
    """Name and type of every metric, from the page that is made from the daemon's table."""
    rows = re.findall(r"^\| `(\S+?)` \| (\w+) \| (\w*) \|(.*?)\|", (ROOT / "docs/metrics.md").read_text(), re.M)
    assert len(rows) > 30
    return {name: (kind, unit, labels.strip()) for name, kind, unit, labels in rows}


def test_every_metric_of_the_table_is_exposed_with_its_type_and_nothing_else(observed):
    daemon = observed()
    _, headers, text = get(daemon.http, "/metrics")
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M)) == {name: kind for name, (kind, _, _) in families().items()}
    assert len(re.findall(r"^# HELP \S+ .+$", text, re.M)) == len(families())
    _, headers, text = get(daemon.http, "/metrics", Accept=OPENMETRICS + ",text/plain;q=0.5")
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0") and text.endswith("\n# EOF\n")
    assert {name.removesuffix("_total") for name in families()} == set(re.findall(r"^# TYPE (\S+)", text, re.M))
    for name, unit in re.findall(r"^# UNIT (\S+) (\S+)$", text, re.M):
        assert name.endswith(f"_{unit}")
    assert samples(text)["baocao_writer_hung{writer=\"2\"}"] == 0
    assert 'baocao_writer_hung{writer="3"}' not in samples(text)  # two writers, and one for those with little in flight


def test_the_metrics_say_what_happened(observed, collector, database):
    daemon = observed()
    before = metrics(daemon.http)
    client, other = collector("01", of=daemon), collector("79", of=daemon)
    wrong = festival_day(revision=9)
    wrong.festival_day.points_planned = 2 ** 40
    assert client.outcomes(festival_day(), festival_day(), festival_day(held=11), wrong, festival_day("79")) == \
        ["STORED", "DUPLICATE", "CONFLICT", "REFUSED", "REFUSED"]
    assert client.outcomes(festival_day(revision=5)) == ["STORED"]
    assert client.outcomes(festival_day(revision=4)) == ["SUPERSEDED"]
    client.send_frames(b"baocao/1", b"\xff\xff")
    assert client.receipt().whole == client.protocol.OUTCOME_PROTOCOL
    assert other.outcomes(festival_day("79")) == ["STORED"]

    def counted():  # what follows a receipt is counted after it was sent
        found = metrics(daemon.http)
        return found if found["baocao_ack_latency_seconds_count"] == 5 and found["baocao_pending_reports"] == 0 else None
    after = wait_until(counted, "all five submissions are counted")
    grown = {name: value - before.get(name, 0) for name, value in after.items()}
    answered = {outcome: grown[f'baocao_reports_answered_total{{outcome="{outcome}"}}']
                for outcome in ("stored", "duplicate", "conflict", "superseded", "refused")}
    assert answered == {"stored": 3, "duplicate": 1, "conflict": 1, "superseded": 1, "refused": 2}
    assert grown["baocao_submissions_received_total"] == 5 and grown["baocao_reports_received_total"] == 8
    assert grown["baocao_submissions_refused_total"] == 1 and grown["baocao_received_bytes_total"] > 300
    rules = {name: value for name, value in grown.items() if name.startswith("baocao_violations_total") and value > 0}
    assert rules == {'baocao_violations_total{rule="max"}': 1, 'baocao_violations_total{rule="out_of_scope"}': 1,
                     'baocao_violations_total{rule="conflict"}': 1, 'baocao_violations_total{rule="malformed"}': 1}
    assert grown["baocao_ack_latency_seconds_count"] == 5 == grown['baocao_ack_latency_seconds_bucket{le="+Inf"}']
    assert 0 < grown["baocao_ack_latency_seconds_sum"] < 60
    assert grown["baocao_transaction_seconds_count"] == grown["baocao_batch_reports_count"] == 5
    assert grown["baocao_batch_reports_sum"] == 9  # the submission that was refused as a whole is kept too
    assert grown['baocao_batch_reports_bucket{le="1"}'] == 4 and grown['baocao_batch_reports_bucket{le="5"}'] == 5
    assert grown["baocao_handshakes_accepted_total"] == 2
    wait_until(lambda: metrics(daemon.http)["baocao_connections"] == 2, "both connections are counted")
    filed = [name for name in after if name.startswith("baocao_collector_last_filing_timestamp_seconds")]
    assert filed == ['baocao_collector_last_filing_timestamp_seconds{collector="01 no. 0"}',
                     'baocao_collector_last_filing_timestamp_seconds{collector="79 no. 1"}']
    assert all(abs(after[name] - time.time()) < 60 for name in filed)
    assert after["baocao_pending_reports"] == after["baocao_pending_bytes"] == after["baocao_oldest_pending_age_seconds"] == 0
    assert after["baocao_ready"] == after["baocao_database_up"] == after["baocao_database_writable"] == 1
    wait_until(lambda: abs(metrics(daemon.http)["baocao_database_clock_offset_seconds"]) < 1, "the clocks agree")  # but for what the question took
    assert 0 < after["baocao_catalogue_age_seconds"] < 60
    assert 0 < after["process_cpu_seconds_total"] < 60 and 2 ** 20 < after["process_resident_memory_bytes"] < 2 ** 29
    assert 10 < after["process_open_fds"] < after["process_max_fds"]
    assert abs(after["process_start_time_seconds"] - time.time()) < 60


def test_a_collectors_name_cannot_break_the_page(observed, database):
    daemon = observed()
    keys = zmq.curve_keypair()
    database.run("SELECT baocao.register_collector(%s, %s, '01', '2022-09-01')", 'Sơn "La"\\', keys[0].decode())
    wait_until(lambda: " 1 of 1 keys" in daemon.log_text(), "the daemon knows the key")
    from conftest import Client
    client = Client(daemon, keys)
    assert client.outcomes(festival_day()) == ["STORED"]
    client.close()
    wait_until(lambda: 'collector="Sơn \\"La\\"\\\\"} ' in get(daemon.http, "/metrics")[2], "its filing is counted")


def test_peers_that_are_not_let_in_are_counted_by_reason(observed, collector, database):
    daemon = observed()
    collector("01", of=daemon)  # a catalogue with a key
    port = int(daemon.router.rpartition(":")[2])
    stranger = zmq.Context.instance().socket(zmq.DEALER)
    stranger.linger = 0
    stranger.curve_serverkey = daemon.server_key
    stranger.curve_publickey, stranger.curve_secretkey = zmq.curve_keypair()
    stranger.connect(daemon.router)
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.sendall(b"GET / HTTP/1.0\r\n\r\n" + bytes(100))
        plain.settimeout(20)
        with contextlib.suppress(ConnectionResetError):
            while plain.recv(1000):  # until it is thrown out
                pass
    with socket.create_connection(("127.0.0.1", port)):
        pass

    def count(reason):
        return metrics(daemon.http)[f'baocao_handshakes_failed_total{{reason="{reason}"}}']
    wait_until(lambda: count("unknown_key") >= 1, "the stranger is counted")
    wait_until(lambda: count("broken_off") >= 1, "who went away is counted")
    accepted = metrics(daemon.http)["baocao_connections_accepted_total"]
    failed = sum(value for name, value in metrics(daemon.http).items() if name.startswith("baocao_handshakes_failed_total"))
    assert accepted >= 4 and accepted > failed  # who speaks no ZMTP is among the accepted only
    stranger.close()


def test_who_is_told_busy_is_counted(observed, collector, database):
    daemon = observed(sender_max_reports=1)
    client = collector("01", of=daemon)
    with database.cluster.connect(database.name) as blocker:
        blocker.autocommit = False
        blocker.execute("LOCK TABLE baocao.festival_day_venue IN SHARE MODE")
        client.send(festival_day())
        client.send(festival_day(revision=2))
        assert client.receipt().whole == client.protocol.OUTCOME_BUSY
        wait_until(lambda: metrics(daemon.http)["baocao_oldest_pending_age_seconds"] > 0.2, "the first one waits")
        found = metrics(daemon.http)
        assert found["baocao_submissions_busy_total"] == 1 and found["baocao_pending_reports"] == 1
        assert found["baocao_pending_bytes"] > 0
        blocker.rollback()
    assert client.receipt().outcome[0].outcome == client.protocol.OUTCOME_STORED
    wait_until(lambda: metrics(daemon.http)["baocao_pending_reports"] == 0, "nothing waits")


def test_log_lines_that_were_left_out_are_counted(observed, collector):
    daemon = observed()
    client = collector("01", of=daemon)
    client.file(*[festival_day("79", revision=r) for r in range(1, 11)])
    wait_until(lambda: metrics(daemon.http)["baocao_log_lines_suppressed_total"] == 9, "nine of ten lines were left out")


def test_it_is_live_but_not_ready_until_the_database_is_there(cluster, database, start_daemon):
    database.run(f"ALTER DATABASE {database.name} CONNECTION LIMIT 0")  # binds the daemon, not the superuser
    options = http_options()
    daemon = start_daemon(**options)
    wait_until(lambda: "waiting for it" in daemon.log_text(), "it waits for the database")
    assert get(options["listen_http"], "/livez")[0] == 200
    status, _, text = get(options["listen_http"], "/readyz")
    assert status == 503 and "NO database: does not answer" in text and "NO gate: not tried yet" in text
    database.run(f"ALTER DATABASE {database.name} CONNECTION LIMIT -1")
    daemon.wait_ready()
    wait_until(lambda: get(options["listen_http"], "/readyz")[0] == 200, "it is ready")
    assert "NO" not in get(options["listen_http"], "/readyz")[2]


def test_it_is_live_but_not_ready_while_the_database_is_away(observed, database):
    daemon = observed()
    wait_until(lambda: get(daemon.http, "/readyz")[0] == 200, "it is ready")
    database.run(f"ALTER DATABASE {database.name} CONNECTION LIMIT 0")
    database.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'baocaod' AND datname = current_database()")
    wait_until(lambda: metrics(daemon.http)["baocao_database_up"] == 0, "it knows")
    assert get(daemon.http, "/readyz")[0] == 503
    assert "NO database: does not answer" in get(daemon.http, "/readyz")[2]
    assert get(daemon.http, "/livez")[0] == 200
    database.run(f"ALTER DATABASE {database.name} CONNECTION LIMIT -1")
    wait_until(lambda: get(daemon.http, "/readyz")[0] == 200, "it is ready again")


def test_a_database_that_cannot_be_written_to_is_not_ready(observed, database):
    daemon = observed()
    wait_until(lambda: get(daemon.http, "/readyz")[0] == 200, "it is ready")
    database.run(f"ALTER DATABASE {database.name} SET default_transaction_read_only = on")
    database.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'baocaod' AND datname = current_database()")
    wait_until(lambda: "ok database: answers\nNO writable: no" in get(daemon.http, "/readyz")[2], "it knows")
    found = metrics(daemon.http)
    assert found["baocao_database_up"] == 1 and found["baocao_database_writable"] == found["baocao_ready"] == 0


def test_other_paths_and_methods_are_refused(observed):
    daemon = observed()
    assert get(daemon.http, "/")[0] == get(daemon.http, "/metrics/../etc/passwd")[0] == 404
    assert get(daemon.http, "/metrics?x=1")[0] == 200
    status, headers, _ = get(daemon.http, "/metrics", "POST", body="x" * 100)
    assert status == 405 and headers["Allow"] == "GET, HEAD"
    status, headers, text = get(daemon.http, "/metrics", "HEAD")
    assert status == 200 and text == "" and int(headers["Content-Length"]) > 1000


def test_a_local_socket_serves_as_well_and_one_that_was_left_over_is_replaced(observed, tmp_path):
    address = f"ipc://{tmp_path}/http"
    daemon = observed(listen_http=address)
    assert get(address, "/livez")[0] == 200
    daemon.process.kill()
    daemon.wait_exit()
    assert (tmp_path / "http").is_socket()
    again = observed(listen_http=address)
    assert get(address, "/livez")[0] == 200
    again.stop()
    assert not (tmp_path / "http").exists()


def test_an_empty_option_listens_nowhere(start_daemon):
    daemon = start_daemon(listen_http="").wait_ready()
    threads = {open(f"/proc/{daemon.process.pid}/task/{tid}/comm").read().strip()
               for tid in os.listdir(f"/proc/{daemon.process.pid}/task")}
    assert "writer-0" in threads and not any("MHD" in name for name in threads)


def test_a_port_that_is_taken_is_said_and_reports_are_received_all_the_same(start_daemon, collector):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        daemon = start_daemon(listen_http=f"tcp://127.0.0.1:{port}").wait_ready()
    assert f"listen_http: tcp://127.0.0.1:{port}: Address already in use; nobody can ask" in daemon.log_text()
    assert collector("01", of=daemon).outcomes(festival_day()) == ["STORED"]


@pytest.mark.parametrize("address", ["127.0.0.1:9570", "tcp://localhost:9570", "tcp://127.0.0.1", "tcp://127.0.0.1:port", "ipc://",
                                     "http://127.0.0.1:9570"])
def test_an_address_that_cannot_be_one_is_refused_with_its_reason(address):
    run = subprocess.run([BUILD / "baocaod", "--set", f"listen_http={address}", "--set", "secret_key_file=x"],
                         capture_output=True, text=True)
    assert run.returncode == 1 and f"listen_http: {address}: " in run.stderr


HOSTILE = [b"", b"GET", b"GET /metrics HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 10000, bytes(range(256)) * 100,
           b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n" + bytes(50000),
           b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 500]  # and the answers are not read


def test_slow_and_hostile_scrapers_keep_neither_reports_nor_honest_scrapers_away(observed, collector):
    daemon = observed()
    client = collector("01", of=daemon)
    address = ("127.0.0.1", int(daemon.http.rpartition(":")[2]))
    held = []
    for i in range(40):
        held.append(socket.create_connection(address))
        held[-1].setblocking(False)
        try:
            held[-1].send(HOSTILE[i % len(HOSTILE)])
        except (BlockingIOError, ConnectionError):
            pass
    for revision in range(1, 21):
        assert client.outcomes(festival_day(revision=revision)) == ["STORED"]
    dripping = socket.create_connection(address)  # a byte now and then, so that no time-out of silence ends it
    dripping.sendall(b"GET /metrics HTTP/1.1\r\nX: ")

    def ended():
        try:
            dripping.send(b"y")
            return False
        except ConnectionError:
            return True
    wait_until(ended, "who drips is ended", deadline=40)
    assert get(daemon.http, "/livez")[0] == 200
    assert metrics(daemon.http)['baocao_reports_answered_total{outcome="stored"}'] == 20
    for one in [*held, dripping]:
        one.close()


def test_the_page_of_metrics_is_what_the_daemon_prints():
    printed = subprocess.run([BUILD / "baocaod", "--print-metrics"], check=True, capture_output=True, text=True).stdout
    assert (ROOT / "docs/metrics.md").read_text() == printed
