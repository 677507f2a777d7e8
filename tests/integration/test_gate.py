"""Who may come in. With BAOCAO_UNSAFE_GATE, which switches the gate off, this file must fail: tests/gate/run."""
import itertools
import json
import os
import subprocess
import time

import pytest
import zmq
from conftest import BUILD, Client, free_port, three_chances, wait_until
from raw_peer import CurvePeer, NullPeer, Refused
from reports import festival_day
from test_client import REPORT

GOOD = b"baocao/1"


def stored(database):
    return database.value("SELECT count(*) FROM baocao.report")


def body_of(*reports):
    import protocol_pb2
    return protocol_pb2.Submission(submission_id=1, report=reports).SerializeToString()


def test_a_stranger_gets_no_byte_in(daemon, database):
    stranger = Client(daemon, zmq.curve_keypair())
    stranger.send(festival_day())
    wait_until(lambda: "unknown key" in daemon.log_text(), "the gatekeeper refuses")
    assert not stranger.answered(0.2)
    assert stored(database) + database.value("SELECT count(*) FROM baocao.refusal") == 0
    stranger.close()


def test_a_stranger_that_names_itself_as_a_collector_is_refused(collector, daemon, database):
    honest = collector("01")
    with pytest.raises(Refused):
        stranger = CurvePeer(daemon.router, daemon.server_key, zmq.curve_keypair(), User_Id=honest.keys[0])
        stranger.send(GOOD, body_of(festival_day()))
        stranger.receive()
    assert stored(database) == 0


def test_a_collector_that_names_itself_as_another_files_as_itself(collector, daemon, database):
    one, other = collector("01"), collector("79")
    peer = CurvePeer(daemon.router, daemon.server_key, one.keys, User_Id=other.keys[0])
    peer.send(GOOD, body_of(festival_day("01"), festival_day("79")))
    receipt = one.protocol.Receipt.FromString(peer.receive()[1])
    assert [o.outcome for o in receipt.outcome] == [one.protocol.OUTCOME_STORED, one.protocol.OUTCOME_REFUSED]
    assert database.rows("SELECT name FROM baocao.report JOIN baocao.collector USING (collector_id)") == [("01 no. 0",)]
    peer.close()


def test_a_peer_without_a_key_is_refused_over_tcp(daemon):
    with pytest.raises(Refused):
        NullPeer(daemon.router)


def ipc_daemon(start_daemon, database, tmp_path):
    database.run("SELECT baocao.register_collector('local', %s, '01', '2022-09-01')", zmq.curve_keypair()[0].decode())
    return start_daemon(listen_router=f"ipc://{tmp_path}/router", anonymous_collector="local").wait_ready()


def test_a_local_peer_files_as_the_one_collector_that_is_named_for_it(start_daemon, database, tmp_path):
    ipc_daemon(start_daemon, database, tmp_path)
    peer = NullPeer(f"ipc://{tmp_path}/router")
    peer.send(GOOD, body_of(festival_day()))
    wait_until(lambda: stored(database) == 1, "it is stored")
    peer.close()


def test_a_local_peer_cannot_name_itself_as_a_collector(start_daemon, database, tmp_path):
    other = zmq.curve_keypair()
    database.run("SELECT baocao.register_collector('other', %s, '79', '2022-09-01')", other[0].decode())
    ipc_daemon(start_daemon, database, tmp_path)
    peer = NullPeer(f"ipc://{tmp_path}/router", User_Id=other[0])
    peer.send(GOOD, body_of(festival_day("79"), festival_day("01")))
    wait_until(lambda: stored(database) == 1, "what the local collector may file is stored")
    assert database.rows("SELECT name, unit_code FROM baocao.report JOIN baocao.collector USING (collector_id)") == [
        ("local", "01")]
    peer.close()


def watch_for_the_end(client):
    return client.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED)


def test_a_revoked_key_is_refused_within_a_second_and_nobody_else_is_disturbed(collector, database, daemon):
    other, revision = collector("79"), itertools.count(1)
    assert other.outcomes(festival_day("79", revision=next(revision))) == ["STORED"]
    ends = watch_for_the_end(other)

    def is_refused_within_a_second():
        revoked = collector("01")
        assert revoked.outcomes(festival_day(revision=next(revision))) == ["STORED"]
        name = database.value("SELECT max(name) FROM baocao.collector WHERE name LIKE '01%%'")
        database.run("SELECT baocao.revoke_key(%s)", revoked.keys[0].decode())
        time.sleep(1)  # the promise
        before = stored(database)
        revoked.send(festival_day(revision=next(revision)))
        assert other.outcomes(festival_day("79", revision=next(revision))) == ["STORED"]
        wait_until(lambda: revoked.answered(0) or f"dropped a message of {name}: it came with a key that is revoked" in daemon.log_text(),
                   "it is dropped")
        assert not revoked.answered(0.2)
        assert stored(database) == before + 1
    three_chances(is_refused_within_a_second)
    assert not ends.poll(0), "the other's connection was ended"


def test_a_revoked_key_does_not_connect_again(collector, database, daemon):
    client = collector("01")
    database.run("SELECT baocao.revoke_key(%s)", client.keys[0].decode())
    wait_until(lambda: " 0 of 1 keys valid" in daemon.log_text(), "the daemon knows")
    again = Client(daemon, client.keys)
    again.send(festival_day())
    wait_until(lambda: "a key of 01 no. 0 that is revoked" in daemon.log_text(), "the gatekeeper refuses")
    again.close()


def test_keys_are_rotated_without_a_gap(collector, database, daemon):
    old = collector("01")
    assert old.outcomes(festival_day(revision=1)) == ["STORED"]
    keys = zmq.curve_keypair()
    database.run("SELECT baocao.add_collector_key('01 no. 0', %s)", keys[0].decode())
    wait_until(lambda: " 2 of 2 keys valid" in daemon.log_text(), "the daemon knows both")
    new = collector("01", keys=keys)
    assert new.outcomes(festival_day(revision=2)) == ["STORED"]
    assert old.outcomes(festival_day(revision=3)) == ["STORED"]
    database.run("SELECT baocao.revoke_key(%s)", old.keys[0].decode())
    wait_until(lambda: " 1 of 2 keys valid" in daemon.log_text(), "the daemon knows")
    old.send(festival_day(revision=4))
    assert new.outcomes(festival_day(revision=5)) == ["STORED"]
    assert database.rows("SELECT DISTINCT collector_id, array_agg(revision ORDER BY revision) FROM baocao.report "
                         "GROUP BY 1") == [(1, [1, 2, 3, 5])]


def test_a_flood_of_strangers_is_logged_once_a_minute_for_each_address(daemon):
    for _ in range(20):
        with pytest.raises(Refused):
            CurvePeer(daemon.router, daemon.server_key, zmq.curve_keypair())
    assert daemon.log_text().count("refused a connection") == 1


def next_endpoints(folder):
    """Options for the change-over to another server key, that key's public half, and where it listens."""
    public, secret = zmq.curve_keypair()
    key, router, pull = folder / "next.key", f"tcp://127.0.0.1:{free_port()}", f"tcp://127.0.0.1:{free_port()}"
    key.write_text(secret.decode() + "\n")
    return {"listen_router_next": router, "listen_pull_next": pull, "secret_key_file_next": key}, public, router, pull


class Served:
    """Where and with which server key a client is to connect."""

    def __init__(self, server_key, router, pull):
        self.server_key, self.router, self.pull = server_key, router, pull


def test_the_server_key_is_changed_while_collectors_file(start_daemon, database, tmp_path, collector):
    options, public, router, pull = next_endpoints(tmp_path)
    daemon = start_daemon(**options).wait_ready()
    assert f"listening on {router} with the server key {public.decode()}" in daemon.log_text()
    old, following = Served(daemon.server_key, daemon.router, daemon.pull), Served(public, router, pull)
    keys = zmq.curve_keypair()
    database.run("SELECT baocao.register_collector('police', %s, '01', '2022-09-01')", keys[0].decode())
    wait_until(lambda: " 1 of 1 keys valid" in daemon.log_text(), "the daemon knows the key")

    # Both at once: some collectors know the next key, others do not yet.
    clients = [collector(of=served, keys=keys) for served in (old, following)]
    for revision in range(1, 21):
        assert clients[revision % 2].outcomes(festival_day(revision=revision)) == ["STORED"]
    collector(of=following, keys=keys, kind=zmq.PUSH).send(festival_day(revision=21))
    wait_until(lambda: stored(database) == 21, "what was pushed is stored")
    mixed = collector(of=Served(daemon.server_key, router, pull), keys=keys)  # the old key at the next endpoint
    mixed.send(festival_day(revision=22))
    assert not mixed.answered(0.5)
    daemon.stop()

    # The change-over has ended: what was next is all there is.
    daemon = start_daemon(listen_router=router, listen_pull=pull, secret_key_file=options["secret_key_file_next"]).wait_ready()
    assert clients[1].outcomes(festival_day(revision=23)) == ["STORED"]  # the same connection comes back by itself
    clients[0].send(festival_day(revision=24))
    assert not clients[0].answered(0.5)
    assert database.value("SELECT max(revision) FROM baocao.report") == 23

    # The tool knows both, and goes on with the one that is left.
    (tmp_path / "report.jsonl").write_text(json.dumps({**REPORT, "revision": 25}))
    (tmp_path / "key").touch(mode=0o600)
    (tmp_path / "key").write_bytes(keys[1])
    sent = subprocess.run([BUILD / "baocao", "send", "--key", tmp_path / "key", "--server", old.router, "--server-key",
                           old.server_key, "--server", router, "--server-key", public, tmp_path / "report.jsonl"],
                          capture_output=True, text=True, timeout=60, env={**os.environ, "BAOCAO_OUTBOX": f"{tmp_path}/outbox"})
    assert "1 STORED" in sent.stdout, sent


@pytest.mark.parametrize("options, said", [
    ({"listen_router_next": "tcp://127.0.0.1:9"}, "listen_router_next: tcp://127.0.0.1:9 needs secret_key_file_next"),
    ({"listen_pull_next": "udp://x"}, "listen_pull_next: udp://x: an endpoint begins with tcp:// or ipc://"),
    ({"secret_key_file": "/nonexistent"}, "/nonexistent: No such file or directory"),
])
def test_check_tries_keys_and_gate(daemon, options, said):
    command = [BUILD / "baocaod", "--config", daemon.folder / "baocaod.conf", "--check"]
    for name, value in options.items():
        command += ["--set", f"{name}={value}"]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 1 and said in checked.stderr
