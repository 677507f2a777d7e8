"""A primary with a synchronous standby; the primary is killed, the standby takes over."""
import time

import pytest
from integration import wait_until

TROUBLE, RECOVERY = "trying again until it works", "store: works again"

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'baocaod' AND wait_event = 'SyncRep'"


@pytest.fixture
def cluster(pair):
    return pair


def test_everything_acknowledged_survives_the_primary_and_the_daemon_goes_on(pair, database, daemon, traffic, figure):
    with pair.standby.hears_nothing():  # so that the primary dies with a commit that it alone has
        wait_until(lambda: pair.primary.value(WAITING), "a commit waits for the standby")
        pair.primary.kill()
    wait_until(lambda: TROUBLE in daemon.log_text(), "the daemon notices")
    asked = time.monotonic()
    pair.promote()
    after = traffic.wait_acknowledged_since(asked) - asked
    traffic.stop()
    figure("acknowledged after the promotion was asked for", after)
    figure("longest time without a receipt", traffic.longest_gap())
    assert after < 10
    with pair.standby.connect(database.name) as db:
        traffic.check_stored_once(db)
    assert daemon.log_text().count(TROUBLE) == 1
    assert daemon.log_text().count(RECOVERY) == 1
