"""A cluster under Patroni with synchronous_mode: it chooses a new leader by itself."""
import concurrent.futures
import time

import pytest
from daemon_log import check_troubled_once
from integration import wait_until
from nodes import folder_of_postgres
from patroni import Patroni


@pytest.fixture(scope="module")
def cluster(seed):
    with folder_of_postgres() as folder:
        made = Patroni(folder, seed)
        try:
            made.start()
            yield made
        finally:
            made.stop()


@pytest.fixture
def roles(cluster):
    """Leader and standby as the test begins; before the daemon and its clients do."""
    return cluster.leader_and_standby()


@pytest.fixture
def goes_on(roles, database, daemon, traffic, figure):
    """Whatever is done to the leader: nothing acknowledged is missing afterwards, and the daemon acknowledges again."""
    leader, standby = roles

    def check(change):
        with standby.connect("postgres") as db, concurrent.futures.ThreadPoolExecutor() as pool:
            begun = time.monotonic()
            changed = pool.submit(change)
            wait_until(lambda: not db.execute("SELECT pg_is_in_recovery()").fetchone()[0], "the standby is promoted")
            promoted = time.monotonic()
            after = traffic.wait_acknowledged_since(promoted) - promoted
            changed.result()
        traffic.stop()
        figure("promoted", promoted - begun)
        figure("acknowledged after the promotion", after)
        figure("longest time without a receipt", traffic.longest_gap())
        assert after < 10
        with standby.connect(database.name) as db:
            traffic.check_stored_once(db)
        check_troubled_once(daemon)

    return check


def test_everything_acknowledged_survives_a_leader_that_dies_with_its_patroni(roles, goes_on):
    leader, _ = roles
    goes_on(leader.kill)


def test_everything_acknowledged_survives_a_switchover(roles, goes_on):
    leader, standby = roles
    goes_on(lambda: leader.switch_over(standby))
