"""Connections and messages that libzmq would never make, one kind after the other; tests/hostile/run has them all at once."""
import contextlib
import itertools
import os
import pathlib
import random
import sys
import threading
import time

import pytest
from conftest import DEADLINE, ROOT, wait_until
from reports import festival_day

sys.path.insert(0, str(ROOT / "tests/hostile"))
import misbehaviours  # noqa: E402
import raw_peer as wire  # noqa: E402

STEPS, SECONDS = 20, 2  # of a misbehaviour: at once so many steps, or those that it would spread over so many seconds


def mib_at_most(daemon):
    """The largest that the daemon was."""
    status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def raw(daemon, keys=None, **options):
    return wire.CurveSteps(daemon.router, daemon.server_key, keys, **options)


@pytest.fixture
def keys(collector):
    """Of somebody registered, who is not here as a client."""
    client = collector("79", on="2022-09-01")
    client.close()
    return client.keys


@pytest.mark.parametrize("way", misbehaviours.TABLE, ids=lambda way: way.__name__)
def test_who_misbehaves_harms_nobody_else(collector, daemon, keys, way):
    honest, peer = collector("01"), raw(daemon, keys).shake_hands()
    try:
        paused = itertools.accumulate(way(peer, random.Random(1), "79"))
        for _ in itertools.takewhile(lambda seconds: seconds < SECONDS, itertools.islice(paused, STEPS)):
            pass
    except wire.Refused:
        pass  # as it deserves
    assert honest.outcomes(festival_day()) == ["STORED"]
    peer.close()
    assert honest.outcomes(festival_day(revision=2)) == ["STORED"]


@pytest.mark.parametrize("name", sorted(misbehaviours.METADATA))
def test_what_a_peer_calls_itself_changes_nothing(daemon, keys, database, name):
    peer = raw(daemon, keys).shake_hands(misbehaviours.METADATA[name](b"\1\2\3\4"))
    peer.send(b"baocao/1", misbehaviours.submission(festival_day("79"), number=5))
    assert peer.receive()[1].startswith(b"\x08\x05")
    assert database.value("SELECT count(*) FROM baocao.report JOIN baocao.collector USING (collector_id) "
                          "WHERE collector.name LIKE '79%%'") == 1
    peer.close()


def test_who_takes_the_name_of_another_connection_mutes_itself_only(daemon, collector, keys):
    honest, named = collector("01"), misbehaviours.METADATA["a routing id"](b"")
    first, second = raw(daemon, keys).shake_hands(named), raw(daemon, keys).shake_hands(named)
    for peer in (first, second):
        peer.send(b"baocao/1", misbehaviours.submission(number=5))
    assert first.receive()[1].startswith(b"\x08\x05")
    assert honest.outcomes(festival_day()) == ["STORED"]
    wait_until(lambda: not second.untaken(), "libzmq has it, and does not hand it on")
    assert not second.is_closed()
    first.close()
    second.close()
    wait_until(lambda: sockets_of(daemon) <= 8, "no descriptor is left behind")


def sockets_of(daemon):
    count = 0
    for link in pathlib.Path(f"/proc/{daemon.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it was closed meanwhile
            count += "socket" in os.readlink(link)
    return count


def test_a_handshake_that_stops_anywhere_is_ended(collector, daemon):
    def after(*steps):
        peer = raw(daemon)
        for step in steps:
            getattr(peer, step)()
        return peer
    stopped = [after(), after("greet"), after("greet", "hello")]
    half_greeting, announced = after(), after("greet")
    half_greeting.send_bytes(wire.SIGNATURE[:5])
    announced.send_bytes(wire.announced(1 << 20, wire.COMMAND) + bytes(1000))
    for peer in [*stopped, half_greeting, announced]:
        wait_until(peer.is_closed, "the daemon ends the connection")
    assert collector("01").outcomes(festival_day()) == ["STORED"]


def test_a_message_that_never_ends_is_cut_off(start_daemon, collector, database):
    daemon = start_daemon(max_unread_mib=16).wait_ready()
    honest, hostile = collector("01", of=daemon), collector("79", of=daemon)
    hostile.close()
    for _ in range(20):  # much more than may be unread, but it is read
        honest.send_frames(b"baocao/1", bytes((2 << 20) - 100))  # and what CURVE adds
        assert honest.receipt().problem.rule == "too_large"
    idle, peer = raw(daemon, hostile.keys).shake_hands(), raw(daemon, hostile.keys).shake_hands()
    peer.send(b"baocao/1", misbehaviours.submission(festival_day("79")))
    peer.receive()
    with pytest.raises(wire.Refused):
        for _ in range(400):
            peer.send_bytes(peer.message_frame(bytes(1 << 20), more=True))
    wait_until(lambda: "shut down 1 of 3" in daemon.log_text(), "it is said")
    assert not idle.is_closed()
    assert mib_at_most(daemon) < 200  # a tenth of a second of the loopback device is in it
    assert honest.outcomes(festival_day("01")) == ["STORED"]


def test_an_endless_message_to_the_pull_endpoint_is_cut_off(start_daemon, collector):
    daemon = start_daemon(max_unread_mib=16).wait_ready()
    honest, hostile = collector("01", of=daemon), collector("79", of=daemon)
    hostile.close()
    peer = wire.CurveSteps(daemon.pull, daemon.server_key, hostile.keys)
    peer.shake_hands(wire.metadata(b"PUSH"))
    with pytest.raises(wire.Refused):
        for _ in range(400):
            peer.send_bytes(peer.message_frame(bytes(1 << 20), more=True))
    assert honest.outcomes(festival_day()) == ["STORED"]


def test_what_strangers_send_before_they_are_known_is_bounded(start_daemon, collector):
    daemon = start_daemon(max_unread_mib=16).wait_ready()
    honest = collector("01", of=daemon)
    assert honest.outcomes(festival_day()) == ["STORED"]
    strangers = [raw(daemon) for _ in range(200)]
    for stranger in strangers:
        stranger.greet()
        stranger.send_bytes(wire.announced(2 << 20, wire.COMMAND))
    for _ in range(10):
        for stranger in strangers:
            try:
                stranger.send_bytes(bytes(190 << 10))
            except wire.Refused:
                pass
        wait_until(lambda: all(stranger.is_closed() or not stranger.untaken() for stranger in strangers), "the daemon has read it")
    wait_until(lambda: "shut down" in daemon.log_text(), "strangers are cut off")
    assert "out of which no message came" in daemon.log_text()
    assert honest.outcomes(festival_day(revision=2)) == ["STORED"]
    assert mib_at_most(daemon) < 200  # they send 370


def filled(unit, revision, size):
    """A report of about that size: a newer collector's, with a field that is not known here."""
    report = festival_day(unit, revision=revision)
    report.MergeFromString(b"\xc2\x3e" + bytes([size & 0x7f | 0x80, size >> 7 & 0x7f | 0x80, size >> 14]) + bytes(size))
    return report


def file_all(client, submissions):
    """Files them all at once, and again what is told BUSY, until each is acknowledged."""
    in_flight = {client.send(*reports): reports for reports in submissions}
    while in_flight:
        receipt = client.receipt()
        reports = in_flight.pop(receipt.submission_id)
        if receipt.whole == client.protocol.OUTCOME_BUSY:
            time.sleep(receipt.retry_after_ms / 1000)
            in_flight[client.send(*reports)] = reports
        else:
            assert all(outcome.outcome in (client.protocol.OUTCOME_STORED, client.protocol.OUTCOME_SUPERSEDED) for outcome in receipt.outcome)


def test_who_has_eight_full_submissions_in_flight_is_never_shut_down(start_daemon, collector, database):
    daemon = start_daemon(busy_retry_ms=100).wait_ready()
    units = database.rows("SELECT code FROM baocao.unit WHERE level = 'province' AND valid @> date '2022-08-20' ORDER BY code LIMIT 12")
    honest = [collector(unit, of=daemon) for unit, in units]
    filing = [threading.Thread(target=file_all, args=(client, [[filled(unit, 50 * n + m + 1, 20_000) for m in range(50)] for n in range(8)]))
              for client, (unit,) in zip(honest, units)]
    for thread in filing:
        thread.start()
    for thread in filing:
        thread.join()
    assert database.value("SELECT count(*) FROM baocao.report") == 12 * 8 * 50
    assert "shut down" not in daemon.log_text()


def test_receipts_that_nobody_reads_are_bounded(start_daemon, collector, database):
    daemon = start_daemon(max_unread_mib=4).wait_ready()
    honest, hostile = collector("01", of=daemon), collector("79", of=daemon)
    hostile.close()
    deaf = raw(daemon, hostile.keys, receive_buffer=4096).shake_hands()
    body, answered = misbehaviours.all_wrong("79"), itertools.count(1)

    def is_cut_off():
        try:
            deaf.send(b"baocao/1", body)
        except wire.Refused:
            return True
        times = next(answered)
        wait_until(lambda: database.value("SELECT coalesce(max(times), 0) FROM baocao.refusal") == times or "shut down" in daemon.log_text(),
                   "the receipt is on its way")
        return "shut down" in daemon.log_text()
    wait_until(is_cut_off, "who reads nothing is cut off", 3 * DEADLINE)
    assert "lay between connections and daemon" in daemon.log_text()
    assert honest.outcomes(festival_day()) == ["STORED"]
