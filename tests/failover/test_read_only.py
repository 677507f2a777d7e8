"""A daemon that knows only a hot standby: it can read everything and write nothing."""
import types

import pytest
from integration import Daemon, wait_until
from reports import festival_day

ROLLBACKS = "SELECT xact_rollback FROM pg_stat_database WHERE datname = %s"


@pytest.fixture
def cluster(pair):
    return pair


@pytest.fixture
def daemon_on_standby(pair, database, tmp_path):
    """start(): it is to begin when what it shall know has been replayed."""
    started = []

    def start():
        pair.wait_replayed()
        folder = tmp_path / "on_standby"
        folder.mkdir()
        known = types.SimpleNamespace(cluster=pair.standby, name=database.name)
        started.append(Daemon(known, folder, drain_seconds=1))
        return started[0].wait_ready()

    yield start
    for made in started:
        made.stop()


def test_a_daemon_on_a_standby_acknowledges_nothing_until_it_is_promoted(pair, database, collector, daemon_on_standby):
    writer = collector("01")
    stored = writer.file(festival_day()).outcome[0]
    daemon = daemon_on_standby()
    client = collector("01", of=daemon, keys=writer.keys)
    repeat = client.send(festival_day())
    fresh = client.send(festival_day(revision=2), festival_day(revision=0))

    tried = pair.standby.value(ROLLBACKS, database.name)
    wait_until(lambda: client.answered(0) or pair.standby.value(ROLLBACKS, database.name) >= tried + 3, "it tries again")
    assert not client.answered(0)
    assert daemon.log_text().count("trying again until it works") == 1
    pair.promote()

    receipts = {receipt.submission_id: receipt.outcome for receipt in (client.receipt(), client.receipt())}
    assert [(o.outcome, o.report_no) for o in receipts[repeat]] == [(client.protocol.OUTCOME_DUPLICATE, stored.report_no)]
    assert [o.outcome for o in receipts[fresh]] == [client.protocol.OUTCOME_STORED, client.protocol.OUTCOME_REFUSED]
    with pair.standby.connect(database.name) as db:
        assert db.execute("SELECT outcome, times FROM baocao.refusal").fetchall() == [("refused", 1)]
    assert daemon.log_text().count("store: works again") == 1
