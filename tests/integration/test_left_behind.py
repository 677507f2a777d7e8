"""Connections that end while nothing is read from them."""
import contextlib
import pathlib
import subprocess

from conftest import wait_until
from reports import festival_day
from test_store_failures import blocker_of, filings, waiting


def unread(daemon):
    """Bytes that were received for the daemon's port and not read (proc(5), net/tcp: rx_queue)."""
    port = int(daemon.router.rsplit(":", 1)[1])
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].split(":")[1], 16) for row in rows if int(row[1].split(":")[1], 16) == port)


def test_a_collector_that_leaves_while_nothing_is_read_harms_nobody(start_daemon, collector, database):
    """libzmq 4.3.4 ends the process when it is to send a heartbeat on such a connection after it was reset."""
    daemon = start_daemon(max_pending_reports=1000).wait_ready()
    first, leaving = collector("01", of=daemon), collector("79", of=daemon)
    assert leaving.outcomes(festival_day(unit="79")) == ["STORED"]
    with blocker_of(database) as blocker:
        blocker.execute("LOCK TABLE baocao.festival_day_venue IN SHARE MODE")
        first.send(*filings(2020))
        wait_until(lambda: waiting(database) == 1, "the writer waits, and nothing more is read")
        for revision in range(2, 300):  # more than libzmq takes in for one connection
            leaving.send(festival_day(unit="79", revision=revision))
        wait_until(lambda: unread(daemon) > 0, "what it sent lies there")
        leaving.socket.close(linger=0)
        with contextlib.suppress(subprocess.TimeoutExpired):  # heartbeats were every 10 s: one meets the reset, the next ends it
            daemon.process.wait(35)
        assert daemon.process.poll() is None, daemon.log_text()
        blocker.rollback()
    assert {outcome.outcome for outcome in first.receipt().outcome} == {1}
