"""A primary with a synchronous standby; the primary is killed, the standby takes over."""
import time

import pytest
from daemon_log import check_troubled_once, is_troubled
from integration import wait_until
from nodes import WAITING


@pytest.fixture
def cluster(pair):
    return pair


def test_everything_acknowledged_survives_the_primary_and_the_daemon_goes_on(pair, database, daemon, traffic, figure):
    with pair.standby.hears_nothing():  # so that the primary dies with a commit that it alone has
        wait_until(lambda: pair.primary.value(WAITING), "a commit waits for the standby")
        pair.primary.kill()
    wait_until(lambda: is_troubled(daemon), "the daemon notices")
    asked = time.monotonic()
    pair.promote()
    after = traffic.wait_acknowledged_since(asked) - asked
    traffic.stop()
    figure("acknowledged after the promotion was asked for", after)
    figure("longest time without a receipt", traffic.longest_gap())
    assert after < 10
    with pair.standby.connect(database.name) as db:
        traffic.check_stored_once(db)
    check_troubled_once(daemon)
