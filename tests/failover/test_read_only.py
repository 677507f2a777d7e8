"""A daemon that knows only a hot standby: it can read everything and write nothing."""
import pytest
from integration import wait_until
from reports import festival_day

ROLLBACKS = "SELECT xact_rollback FROM pg_stat_database WHERE datname = %s"


@pytest.fixture
def cluster(pair):
    return pair


def test_a_daemon_on_a_standby_acknowledges_nothing_until_the_standby_is_promoted(pair, database, collector, start_daemon,
                                                                                 daemon):
    writer = collector("01")
    stored = writer.file(festival_day()).outcome[0]
    pair.wait_replayed()
    on_standby = start_daemon(database=pair.standby.conninfo(database.name, "baocaod")).wait_ready()
    client = collector("01", of=on_standby, keys=writer.keys)
    repeat = client.send(festival_day())
    fresh = client.send(festival_day(revision=2), festival_day(revision=0))

    tried = pair.standby.value(ROLLBACKS, database.name)
    wait_until(lambda: client.answered(0) or pair.standby.value(ROLLBACKS, database.name) >= tried + 3, "it tries again")
    assert not client.answered(0)
    assert on_standby.log_text().count("trying again until it works") == 1
    pair.promote()

    receipts = {receipt.submission_id: receipt.outcome for receipt in (client.receipt(), client.receipt())}
    assert [(o.outcome, o.report_no) for o in receipts[repeat]] == [(client.protocol.OUTCOME_DUPLICATE, stored.report_no)]
    assert [o.outcome for o in receipts[fresh]] == [client.protocol.OUTCOME_STORED, client.protocol.OUTCOME_REFUSED]
    with pair.standby.connect(database.name) as db:
        assert db.execute("SELECT outcome, times FROM baocao.refusal").fetchall() == [("refused", 1)]
    assert on_standby.log_text().count("store: works again") == 1
