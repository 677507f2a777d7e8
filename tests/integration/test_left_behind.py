"""Connections that end while the database stands still."""
import contextlib
import pathlib
import select
import socket
import struct
import threading

from conftest import wait_until
from reports import festival_day
from test_store_failures import blocker_of, filings, waiting


ESTABLISHED = "01"


def rows_of(daemon):
    """The daemon's rows of proc(5), net/tcp."""
    port = int(daemon.router.rsplit(":", 1)[1])
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [row for row in rows if int(row[1].split(":")[1], 16) == port]


def connections(daemon):
    return sum(row[3] == ESTABLISHED for row in rows_of(daemon))


class Relay:
    """A TCP connection to the daemon that can be reset at any moment."""

    def __init__(self, daemon):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"tcp://127.0.0.1:{self.listening.getsockname()[1]}"
        self.onward = socket.create_connection(("127.0.0.1", int(daemon.router.rsplit(":", 1)[1])))
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        self.inward, _ = self.listening.accept()
        threading.Thread(target=self.pass_on, args=(self.onward, self.inward), daemon=True).start()
        self.pass_on(self.inward, self.onward)

    @staticmethod
    def pass_on(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)

    def reset(self):
        """Lets nothing follow what was passed on but a reset (socket(7), SO_LINGER of no time)."""
        self.onward.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.onward.shutdown(socket.SHUT_RD)
        self.onward.close()
        self.listening.close()
        self.inward.close()


def test_a_connection_with_heartbeats_that_is_reset_while_the_database_stands_still_harms_nobody(start_daemon, collector, database):
    """libzmq 4.3.4 ends the process when it comes upon a heartbeat of a connection that was reset while it was not read."""
    daemon = start_daemon(max_pending_reports=1000).wait_ready()
    relay = Relay(daemon)
    first = collector("01", of=daemon)
    leaving = collector("79", of=daemon, endpoint=relay.endpoint, heartbeat_ivl=2, heartbeat_timeout=60000,
                        rcvhwm=0)  # it does not read its receipts either, and what is true of the daemon's libzmq is true of its own
    assert leaving.outcomes(festival_day(unit="79")) == ["STORED"]
    with blocker_of(database) as blocker:
        blocker.execute("LOCK TABLE baocao.festival_day_venue IN SHARE MODE")
        first.send(*filings(2020))
        wait_until(lambda: waiting(database) == 1, "the writer waits")
        for revision in range(2, 2000):  # a millisecond apart, so that heartbeats come between them
            leaving.send(festival_day(unit="79", revision=revision))
            select.select([], [], [], 0.001)
        relay.reset()
        wait_until(lambda: connections(daemon) == 1, "its connection is gone")
        blocker.rollback()
    assert {outcome.outcome for outcome in first.receipt().outcome} == {1}
    assert first.outcomes(festival_day(unit="01", first="2021-07-01", last="2021-07-20")) == ["STORED"]
    assert daemon.process.poll() is None, daemon.log_text()
