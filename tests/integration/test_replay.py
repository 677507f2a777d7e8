"""Refusals judged anew after the catalogue was corrected: stored once, whatever dies in between, and told by SQL."""
from conftest import wait_until
from reports import festival_day
from test_every_kind import add_ward
from test_store_failures import blocker_of, waiting


def ward_report(n=1, revision=1, held=1):
    """The unit is not there until add_ward()."""
    return festival_day("00001", revision=revision, held=held, first=f"20{10 + n // 300:02}-08-01",
                        last=f"20{10 + n // 300:02}-08-{1 + n % 20:02}")


def request(database, rule="unit_unknown", reason="đã nhập đơn vị"):
    return database.value("SELECT baocao.request_replay(%s, %s)", rule, reason)


def states(database):
    return dict(database.rows("SELECT state::text, count(*) FROM baocao.replay GROUP BY 1"))


def wait_done(database, count):
    wait_until(lambda: states(database) == {"done": count}, f"{count} replays are done", deadline=60)


def results(database):
    return database.rows("SELECT outcome, report_no, violations FROM baocao.replay_result ORDER BY replay_no")


def refuse_many(client, count):
    """Reports of one unit that is not known, all different."""
    reports = [festival_day("00001", revision=1 + n % 1000, held=1, first="2012-08-01", last=f"2012-08-{2 + n // 1000:02}")
               for n in range(count)]
    for first in range(0, count, 500):
        assert set(client.outcomes(*reports[first:first + 500])) == {"REFUSED"}


def test_a_report_of_an_unknown_unit_is_stored_after_the_unit_came_and_a_replay_was_asked_for(collector, database, daemon):
    client = collector("01")
    assert client.outcomes(ward_report()) == ["REFUSED"]
    add_ward(database, daemon)
    assert request(database) == 1
    wait_done(database, 1)
    number = database.value("SELECT report_no FROM baocao.report")
    assert results(database) == [("stored", number, None)]
    assert database.rows("SELECT u.name, r.collector_id, f.points_held FROM baocao.report AS r JOIN baocao.unit AS u USING (unit_id) "
                         "JOIN baocao.festival_day AS f USING (report_no)") == [("Phường Phúc Xá", 1, 1)]
    assert database.value("SELECT raw FROM baocao.report_raw") == ward_report().SerializeToString()
    assert database.rows("SELECT times, rule FROM baocao.refusal JOIN baocao.refusal_violation USING (refusal_no)") == [
        (1, "unit_unknown")]  # what happened then stays as it was
    again = client.file(ward_report()).outcome[0]
    assert (client.protocol.Outcome.Name(again.outcome), again.report_no) == ("OUTCOME_DUPLICATE", number)
    assert request(database) == 0
    wait_until(lambda: "1 refusals were judged anew: 1 are stored now, 0 refused again" in daemon.log_text(), "it is said")


def test_a_unit_that_comes_in_the_transaction_of_the_request_is_known_to_the_replay(collector, database):
    assert collector("01").outcomes(ward_report()) == ["REFUSED"]
    with database.cluster.connect(database.name) as other:
        other.autocommit = False
        other.execute("SELECT baocao.add_unit('001', 'district', 'urban_district', 'Quận Ba Đình', '01', '2008-08-01')")
        other.execute("SELECT baocao.add_unit('00001', 'commune', 'ward', 'Phường Phúc Xá', '001', '2008-08-01')")
        other.execute("SELECT baocao.request_replay('unit_unknown', 'đã nhập đơn vị')")
    wait_done(database, 1)
    assert database.value("SELECT outcome FROM baocao.replay") == "stored"


def test_what_is_still_wrong_is_refused_again_with_what_is_wrong_now(collector, database, daemon):
    bad = ward_report()
    bad.festival_day.venue[0].held = 10**6
    assert collector("01").outcomes(bad) == ["REFUSED"]
    add_ward(database, daemon)
    request(database)
    wait_done(database, 1)
    outcome, number, violations = results(database)[0]
    assert (outcome, number, set(violations.split(", "))) == (
        "refused", None, {"festival_day.points_held: points_held_sum", "festival_day.venue[0].held: max"})
    assert database.value("SELECT count(*) FROM baocao.replay_violation WHERE vi <> '' AND en <> ''") == 2
    assert database.rows("SELECT count(*), sum(times) FROM baocao.refusal") == [(1, 1)]
    assert request(database) == 1  # it may be asked for again


def test_a_replay_meets_what_was_filed_in_the_meantime(collector, database, daemon):
    client = collector("01")
    same, other, older = ward_report(1), ward_report(2), ward_report(3)
    assert client.outcomes(same, other, older) == ["REFUSED"] * 3
    add_ward(database, daemon)
    assert client.outcomes(same, ward_report(2, held=2), ward_report(3, revision=2)) == ["STORED"] * 3
    request(database)
    wait_done(database, 3)
    numbers = dict(database.rows("SELECT revision || ' ' || period_last, report_no FROM baocao.report"))
    assert sorted(results(database)) == sorted([
        ("duplicate", numbers["1 2010-08-02"], None), ("conflict", None, "revision: conflict"),
        ("superseded", numbers["1 2010-08-04"], None)])


def test_two_refusals_of_one_report_are_one_report(collector, database, daemon):
    first, second = collector("01"), collector("01")
    assert first.outcomes(ward_report()) == second.outcomes(ward_report()) == ["REFUSED"]
    add_ward(database, daemon)
    assert request(database) == 2
    wait_done(database, 2)
    number = database.value("SELECT report_no FROM baocao.report")
    assert results(database) == [("stored", number, None), ("duplicate", number, None)]


def test_the_authority_is_the_one_that_the_sender_has_now(collector, database, daemon):
    client = collector("01")
    assert client.outcomes(ward_report()) == ["REFUSED"]
    add_ward(database, daemon)
    database.run("SELECT baocao.limit_collector('01 no. 0', '79', '2022-09-01')")
    request(database)
    wait_done(database, 1)
    assert results(database) == [("refused", None, "unit_code: out_of_scope")]


def test_a_revoked_sender_stands_for_nothing_until_it_has_a_new_key(collector, database, daemon):
    import zmq
    assert collector("01").outcomes(ward_report()) == ["REFUSED"]
    add_ward(database, daemon)
    database.run("SELECT baocao.revoke_collector('01 no. 0')")
    request(database)
    wait_done(database, 1)
    assert results(database) == [("refused", None, "sender_revoked")]
    assert database.value("SELECT en FROM baocao.replay_violation") == "all keys of the sender 01 no. 0 were revoked"
    database.run("SELECT baocao.add_collector_key('01 no. 0', %s)", zmq.curve_keypair()[0].decode())
    assert request(database) == 1
    wait_done(database, 2)
    assert results(database)[1][0] == "stored"


def test_a_report_that_only_the_database_refuses_harms_no_other_replay(collector, database, daemon):
    client = collector("01")
    assert client.outcomes(*[ward_report(n) for n in range(20)]) == ["REFUSED"] * 20
    add_ward(database, daemon)
    database.run("ALTER TABLE baocao.report ADD CONSTRAINT no_thirteenth CHECK (period_last <> '2010-08-13')")
    request(database)
    wait_done(database, 20)
    assert database.value("SELECT count(*) FROM baocao.replay WHERE outcome = 'stored'") == 19
    assert database.rows("SELECT outcome, violations FROM baocao.replay_result WHERE outcome <> 'stored'") == [("refused", "store")]


def test_what_waits_when_the_daemon_starts_is_judged_then(collector, database, daemon, start_daemon):
    assert collector("01").outcomes(ward_report()) == ["REFUSED"]
    daemon.stop()
    database.run("SELECT baocao.add_unit('001', 'district', 'urban_district', 'Quận Ba Đình', '01', '2008-08-01')")
    database.run("SELECT baocao.add_unit('00001', 'commune', 'ward', 'Phường Phúc Xá', '001', '2008-08-01')")
    request(database)
    start_daemon().wait_ready()
    wait_done(database, 1)
    assert results(database)[0][0] == "stored"


def test_a_replay_that_is_killed_before_its_commit_leaves_nothing_and_is_done_by_the_next_daemon(
        collector, database, daemon, start_daemon):
    refuse_many(collector("01"), 250)
    add_ward(database, daemon)
    with database.cluster.connect(database.name) as blocker:
        blocker.autocommit = False
        blocker.execute("LOCK TABLE baocao.festival_day_venue IN SHARE MODE")
        request(database)
        wait_until(lambda: database.value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'baocaod' "
                                          "AND wait_event_type = 'Lock'") == 1, "the replay waits in the middle")
        daemon.process.kill()
        daemon.wait_exit()
        assert states(database) == {"waiting": 250} and database.value("SELECT count(*) FROM baocao.report") == 0
    wait_until(lambda: database.value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'baocaod'") == 0,
               "the server has noticed")
    start_daemon().wait_ready()
    wait_done(database, 250)
    assert database.rows("SELECT count(*), count(DISTINCT revision) FROM baocao.report") == [(250, 250)]
    assert database.rows("SELECT outcome, count(*), count(DISTINCT report_no) FROM baocao.replay GROUP BY 1") == [("stored", 250, 250)]


def test_a_daemon_that_is_killed_in_mid_replay_again_and_again_loses_and_doubles_nothing(collector, database, daemon, start_daemon):
    count = 1500
    refuse_many(collector("01"), count)
    add_ward(database, daemon)
    daemon.stop()
    request(database)
    done = lambda: states(database).get("done", 0)
    with blocker_of(database) as blocker:
        # These are passed over, so that the kill comes in the middle however late it comes.
        blocker.execute("SELECT FROM baocao.replay ORDER BY replay_no DESC LIMIT 300 FOR UPDATE")
        for share in (1, count // 3, count * 2 // 3):
            daemon = start_daemon()
            wait_until(lambda: done() >= share, "a part of the replay is done", deadline=60)
            daemon.process.kill()
            daemon.wait_exit()
            assert database.rows("SELECT count(*) FILTER (WHERE state = 'done') = (SELECT count(*) FROM baocao.report), "
                                 "count(*) FILTER (WHERE state = 'done') < %s FROM baocao.replay", count) == [(True, True)]
    start_daemon().wait_ready()
    wait_done(database, count)
    assert database.rows("SELECT outcome, count(*), count(DISTINCT report_no) FROM baocao.replay GROUP BY 1") == [
        ("stored", count, count)]
    assert database.value("SELECT count(*) FROM baocao.report") == count


def test_two_daemons_share_a_replay(collector, database, daemon, start_daemon):
    count = 1500
    refuse_many(collector("01"), count)
    other = start_daemon().wait_ready()
    add_ward(database, daemon)
    with blocker_of(database) as blocker:
        blocker.execute("LOCK TABLE baocao.festival_day_venue IN SHARE MODE")
        request(database)
        wait_until(lambda: waiting(database) == 2, "each has taken a part, and would write it")
        blocker.rollback()
    wait_done(database, count)
    # One daemon may be at a later revision already when the other stores an earlier one.
    assert database.rows("SELECT count(*), count(DISTINCT report_no) FROM baocao.replay WHERE outcome IN ('stored', 'superseded')") == [
        (count, count)]
    assert database.value("SELECT count(*) FROM baocao.report") == count
    for one in (daemon, other):
        wait_until(lambda: "judged anew" in one.log_text(), "both took part")


def test_a_replay_that_waits_for_the_database_holds_up_no_fresh_report(collector, database, daemon):
    client = collector("01")
    assert client.outcomes(ward_report()) == ["REFUSED"]
    add_ward(database, daemon)
    with database.cluster.connect(database.name) as blocker:
        blocker.autocommit = False
        blocker.execute("LOCK TABLE baocao.replay IN SHARE MODE")
        database.value("SELECT pg_notify('baocao_replay', '')")
        wait_until(lambda: database.value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'baocaod' "
                                          "AND wait_event_type = 'Lock'") == 1, "the replay waits")
        for revision in range(1, 21):
            assert client.outcomes(festival_day(revision=revision)) == ["STORED"]
    request(database)
    wait_done(database, 1)


def test_a_replay_that_hangs_in_the_database_does_not_keep_the_daemon_from_ending(collector, database, daemon):
    assert collector("01").outcomes(ward_report()) == ["REFUSED"]
    add_ward(database, daemon)
    with database.cluster.connect(database.name) as blocker:
        blocker.autocommit = False
        blocker.execute("LOCK TABLE baocao.festival_day_venue IN SHARE MODE")
        request(database)
        wait_until(lambda: database.value("SELECT count(*) FROM pg_stat_activity WHERE usename = 'baocaod' "
                                          "AND wait_event_type = 'Lock'") == 1, "the replay waits in the middle")
        daemon.stop()
    wait_until(lambda: states(database) == {"waiting": 1}, "nothing is lost")
