"""A daemon that knows only a hot standby: it can read everything and write nothing."""
import types

import pytest
from daemon_log import check_troubled_once
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


@pytest.mark.parametrize("reports, outcomes", [
    ([festival_day()], ["DUPLICATE"]),  # what is stored can be read there; it is still not for a standby to say
    ([festival_day(revision=2), festival_day(revision=0)], ["STORED", "REFUSED"]),
], ids=["a repeat", "a fresh report and a wrong one"])
def test_a_daemon_on_a_standby_acknowledges_nothing_until_it_is_promoted(pair, database, collector, daemon_on_standby,
                                                                         reports, outcomes):
    writer = collector("01")
    assert writer.outcomes(festival_day()) == ["STORED"]
    daemon = daemon_on_standby()
    client = collector("01", of=daemon, keys=writer.keys)
    client.send(*reports)

    tried = pair.standby.value(ROLLBACKS, database.name)
    wait_until(lambda: client.answered(0) or pair.standby.value(ROLLBACKS, database.name) >= tried + 3, "it tries again")
    assert not client.answered(0)
    check_troubled_once(daemon, recovered=False)
    pair.promote()

    names = [client.protocol.Outcome.Name(outcome.outcome) for outcome in client.receipt().outcome]
    assert [name.removeprefix("OUTCOME_") for name in names] == outcomes
    with pair.standby.connect(database.name) as db:
        refusals = db.execute("SELECT outcome, times FROM baocao.refusal").fetchall()
    assert refusals == [("refused", 1)] * outcomes.count("REFUSED")
    check_troubled_once(daemon)
