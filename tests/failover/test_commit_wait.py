"""The synchronous standby is away, so that COMMIT waits for it; and the wait is ended by force. PostgreSQL then commits on
the primary alone and calls that a COMMIT with a warning, or ends the connection. Neither is an acknowledgement."""
import pytest
import zmq
from integration import wait_until
from nodes import WAITING
from reports import festival_day

# A COMMIT's query_start tells one attempt from the next.
END_WAITS = "SELECT {}(pid), query_start FROM pg_stat_activity WHERE usename = 'baocaod' AND wait_event = 'SyncRep'"
NEW_WAITS = WAITING + " AND query_start > %s"


@pytest.fixture
def cluster(pair):
    return pair


class Waits:
    """What the daemons' commits wait for on the primary."""

    def __init__(self, database):
        self.database = database

    def begin(self, count, client, since="-infinity"):
        """So many commits wait that began after `since`. A receipt that comes instead fails the test."""
        wait_until(lambda: client.answered(0) or self.database.value(NEW_WAITS, since) == count, "a commit waits")
        assert not client.answered(0.2), f"acknowledged by {client.receipt()}"

    def end(self, function):
        """Ends all waits; returns when the last of their commits began."""
        ended = self.database.rows(END_WAITS.format(function))
        assert ended
        return max(start for _, start in ended)


@pytest.fixture
def waits(database):
    return Waits(database)


@pytest.fixture
def unreplicated(pair, database, collector, waits):
    """A client whose one report is in flight, committed on the primary alone, its wait ended by the function given."""
    def make(function):
        client = collector("01")
        pair.standby.stop()
        client.send(festival_day())
        waits.begin(1, client)
        for _ in range(2):  # once more: the second attempt finds the report stored, and has nothing to write
            waits.begin(1, client, since=waits.end(function))
        assert database.value("SELECT count(*) FROM baocao.report") == 1
        return client
    return make


def fail_over(pair):
    pair.primary.kill()
    pair.promote()


def stored(pair, database):
    with pair.standby.connect(database.name) as db:
        return [number for number, in db.execute("SELECT report_no FROM baocao.report")]


@pytest.mark.parametrize("function", ["pg_cancel_backend", "pg_terminate_backend"])
def test_a_report_whose_wait_was_ended_is_acknowledged_only_when_the_standby_has_it(pair, database, unreplicated, function):
    client = unreplicated(function)
    pair.standby.start()
    acknowledged = client.receipt().outcome[0]
    assert acknowledged.outcome in (client.protocol.OUTCOME_STORED, client.protocol.OUTCOME_DUPLICATE)
    fail_over(pair)
    assert stored(pair, database) == [acknowledged.report_no]


def test_a_report_that_only_the_lost_primary_had_is_stored_anew(pair, database, unreplicated):
    client = unreplicated("pg_cancel_backend")
    pair.primary.kill()
    pair.standby.start()
    pair.promote()
    acknowledged = client.receipt().outcome[0]
    assert acknowledged.outcome == client.protocol.OUTCOME_STORED
    assert stored(pair, database) == [acknowledged.report_no]


def test_nobody_is_told_duplicate_of_a_report_that_the_standby_does_not_have(pair, database, unreplicated, waits, collector,
                                                                            start_daemon):
    other_daemon = start_daemon().wait_ready()
    keys = zmq.curve_keypair()
    database.run("SELECT baocao.register_collector('other', %s, '01', '2022-09-01')", keys[0].decode())
    wait_until(lambda: " 1 of 1 keys" in other_daemon.log_text(), "the daemon knows the key")
    client = unreplicated("pg_cancel_backend")
    other = collector("01", of=other_daemon, keys=keys)
    other.send(festival_day())
    waits.begin(2, other)
    assert not client.answered(0)
    pair.standby.start()
    duplicate = other.receipt().outcome[0]
    assert duplicate.outcome == other.protocol.OUTCOME_DUPLICATE
    assert client.receipt().outcome[0].report_no == duplicate.report_no
    fail_over(pair)
    assert stored(pair, database) == [duplicate.report_no]
