"""The calendar in the daemon: locked periods, exceptions, years that begin on 15 December, late reports."""
import itertools

from conftest import three_chances, wait_until
from reports import festival_day
from test_every_kind import add_ward
import kind_pb2
import report_pb2

TODAY = "(now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"


def open_campaign(database, locks_on=f"{TODAY} - 1", level="province", first="2022-08-01", last="2022-08-20", kind="festival_day"):
    return database.value(f"SELECT baocao.open_campaign(%s::baocao.kind, %s::baocao.unit_level, %s::date, %s::date, "
                          f"%s::date + 15, {locks_on})", kind, level, first, last, last)


def known(daemon, text):
    wait_until(lambda: text in daemon.log_text(), f"the daemon knows of {text}")


def rules(outcome):
    return [(v.path, v.rule) for v in outcome.violation]


def grant(database, period_no, code, until, day="2022-08-20"):
    database.run(f"SELECT baocao.grant_lock_exception(%s, baocao.unit_on(%s, %s::date), {until}, 'bão lũ')", period_no, code, day)


def agrees(database, code, locked, day="2022-08-20"):
    assert database.value("SELECT baocao.is_locked('festival_day', baocao.unit_on(%s, %s::date), 'campaign', '2022-08-01', "
                          "'2022-08-20')", code, day) is locked


def test_a_report_for_a_locked_period_is_refused_by_its_field_in_both_languages(collector, database, daemon):
    client = collector("01")
    open_campaign(database, locks_on="'2022-10-01'")
    known(daemon, "1 locks")
    outcome = client.file(festival_day()).outcome[0]
    assert client.protocol.Outcome.Name(outcome.outcome) == "OUTCOME_REFUSED"
    assert rules(outcome) == [("period_last", "period_locked")]
    assert outcome.violation[0].en == (
        "the period that ends on 2022-08-20 has been locked since 2022-10-01; it takes an exception to file for it")
    assert outcome.violation[0].vi == "kỳ báo cáo kết thúc ngày 2022-08-20 đã khóa từ ngày 2022-10-01; muốn nộp phải được mở khóa"
    assert database.rows("SELECT outcome, kind::text, rule FROM baocao.refusal JOIN baocao.refusal_violation USING (refusal_no)") == [
        ("refused", "festival_day", "period_locked")]
    assert database.value("SELECT count(*) FROM baocao.report") == 0
    agrees(database, "01", True)


def test_a_lock_holds_for_its_kind_level_type_and_days_only(collector, database, daemon):
    add_ward(database, daemon)
    client = collector("01")
    open_campaign(database)
    open_campaign(database, kind="social_support", first="2021-08-01", last="2021-08-20")
    known(daemon, "2 locks")
    year = festival_day(first="2022-08-01", last="2023-07-31")
    year.period_type = report_pb2.PERIOD_TYPE_YEAR
    assert client.outcomes(festival_day("00001"), year, festival_day(first="2022-08-02"), festival_day(first="2021-08-01", last="2021-08-20"),
                           festival_day()) == ["STORED"] * 4 + ["REFUSED"]
    agrees(database, "00001", False)


def test_a_lock_for_a_kind_of_unit_holds_for_no_other(collector, database, daemon):
    add_ward(database, daemon)
    client = collector("01")
    database.run(f"INSERT INTO baocao.reporting_period (kind, level, unit_kind, period_type, period_first, period_last, due_on, locks_on) VALUES "
                 f"('festival_day', 'commune', 'township', 'campaign', '2022-08-01', '2022-08-20', '2022-09-04', {TODAY})")
    known(daemon, "1 locks")
    assert client.outcomes(festival_day("00001")) == ["STORED"]
    database.run(f"INSERT INTO baocao.reporting_period (kind, level, unit_kind, period_type, period_first, period_last, due_on, locks_on) VALUES "
                 f"('festival_day', 'commune', 'ward', 'campaign', '2022-08-01', '2022-08-20', '2022-09-04', {TODAY})")
    known(daemon, "2 locks")
    assert client.outcomes(festival_day("00001", revision=2)) == ["REFUSED"]
    agrees(database, "00001", True)


def test_an_exception_opens_a_locked_period_to_the_unit_and_everything_under_it(collector, database, daemon):
    add_ward(database, daemon)
    here, there = collector("01"), collector("79")
    provinces, wards = open_campaign(database), open_campaign(database, level="commune")
    known(daemon, "2 locks, 0 exceptions")
    assert here.outcomes(festival_day(), festival_day("00001")) == ["REFUSED", "REFUSED"]
    grant(database, provinces, "01", f"{TODAY}")
    known(daemon, "2 locks, 1 exceptions")
    assert here.outcomes(festival_day(), festival_day("00001")) == ["STORED", "REFUSED"]
    grant(database, wards, "01", f"{TODAY} + 3")
    known(daemon, "2 locks, 2 exceptions")
    assert here.outcomes(festival_day(), festival_day("00001")) == ["DUPLICATE", "STORED"]
    assert there.outcomes(festival_day("79")) == ["REFUSED"]
    for code, locked in (("01", False), ("00001", False), ("79", True)):
        agrees(database, code, locked)
    database.run("SELECT baocao.fold()")
    assert database.rows("SELECT received, after_lock FROM baocao.completeness WHERE unit_code = '01' AND level = 'province'") == [(1, 1)]


def test_an_exception_that_has_run_out_opens_nothing(collector, database, daemon):
    client = collector("01")
    period = open_campaign(database)
    grant(database, period, "01", f"{TODAY} - 1")
    known(daemon, "1 locks, 1 exceptions")
    assert client.outcomes(festival_day()) == ["REFUSED"]
    agrees(database, "01", True)
    grant(database, period, "01", f"{TODAY}")
    wait_until(lambda: client.outcomes(festival_day()) == ["STORED"], "the new day counts")


def test_a_lock_that_is_moved_while_the_daemon_runs_counts_within_a_second(collector, database, daemon):
    client = collector("01")
    open_campaign(database, locks_on=f"{TODAY} + 1")
    known(daemon, "1 locks")
    assert client.outcomes(festival_day()) == ["STORED"]
    revision = itertools.count(2)

    def files(outcome):
        return client.outcomes(festival_day(revision=next(revision))) == [outcome]

    def locked_and_open_again():
        open_campaign(database, locks_on=f"{TODAY} + 1")
        wait_until(lambda: files("STORED"), "it is not locked yet")
        open_campaign(database, locks_on=f"{TODAY}")
        wait_until(lambda: files("REFUSED"), "it is locked", deadline=1)
        open_campaign(database, locks_on="NULL")
        wait_until(lambda: files("STORED"), "it is open", deadline=1)
    three_chances(locked_and_open_again)


def test_what_was_stored_before_the_lock_and_comes_again_is_a_duplicate_and_no_refusal(collector, database, daemon):
    client = collector("01")
    first = client.file(festival_day()).outcome[0]
    open_campaign(database)
    known(daemon, "1 locks")
    again = client.file(festival_day()).outcome[0]
    assert client.protocol.Outcome.Name(again.outcome) == "OUTCOME_DUPLICATE" and not again.violation
    assert (again.report_no, again.received_at) == (first.report_no, first.received_at)
    # Among others of its kind, which meet each other in one batch.
    receipt = client.file(festival_day(held=13), festival_day(), festival_day(revision=2), festival_day(revision=2),
                          festival_day(first="2021-08-01", last="2021-08-20"))
    assert [client.protocol.Outcome.Name(o.outcome).removeprefix("OUTCOME_") for o in receipt.outcome] == [
        "REFUSED", "DUPLICATE", "REFUSED", "REFUSED", "STORED"]
    assert [rules(o) for o in receipt.outcome] == [[("period_last", "period_locked")], [], *[[("period_last", "period_locked")]] * 2, []]
    assert all(o.report_no == 0 for o in receipt.outcome if o.outcome == client.protocol.OUTCOME_REFUSED)
    assert database.rows("SELECT period_first::text, revision FROM baocao.report ORDER BY 1") == [("2021-08-01", 1), ("2022-08-01", 1)]


def test_a_locked_report_is_told_everything_else_that_is_wrong_too(collector, database, daemon):
    client = collector("01")
    open_campaign(database)
    known(daemon, "1 locks")
    bad = festival_day()
    bad.festival_day.points_held = 10**6
    assert ("period_last", "period_locked") in rules(client.file(bad).outcome[0])
    assert len(client.file(bad).outcome[0].violation) > 1


def test_a_withdrawal_for_a_locked_period_is_refused(collector, database, daemon):
    client = collector("01")
    assert client.outcomes(festival_day()) == ["STORED"]
    open_campaign(database)
    known(daemon, "1 locks")
    withdrawal = report_pb2.Report(unit_code="01", period_type=report_pb2.PERIOD_TYPE_CAMPAIGN, period_first="2022-08-01",
                                   period_last="2022-08-20", revision=2)
    withdrawal.withdrawal.withdrawn_kind = kind_pb2.KIND_FESTIVAL_DAY
    withdrawal.withdrawal.reason = "nhầm số liệu"
    assert rules(client.file(withdrawal).outcome[0]) == [("period_last", "period_locked")]


def test_a_year_from_15_december_to_14_december_is_taken_late_and_marked_late(collector, database):
    database.run("SELECT baocao.open_periods('festival_day', 'province', 'year', 2022)")
    assert database.rows("SELECT period_first::text, period_last::text, due_on::text FROM baocao.reporting_period") == [
        ("2021-12-15", "2022-12-14", "2022-12-29")]
    report = festival_day(first="2021-12-15", last="2022-12-14")
    report.period_type = report_pb2.PERIOD_TYPE_YEAR
    assert collector("01").outcomes(report) == ["STORED"]
    assert database.rows("SELECT status, days_late > 365 FROM baocao.report_status WHERE unit_code = '01'") == [("late", True)]
    assert database.rows("SELECT received, on_time, late FROM baocao.completeness WHERE unit_code = '01'") == [(1, 0, 1)]


def test_a_calendar_of_ten_years_takes_little_memory(start_daemon, database):
    """Tens of thousands of locks and exceptions: the daemon knows them all, and is hardly larger."""
    def resident(daemon):
        with open(f"/proc/{daemon.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    small = start_daemon().wait_ready()
    before = resident(small)
    database.run(f"INSERT INTO baocao.reporting_period (kind, level, period_type, period_first, period_last, due_on, locks_on) "
                 f"SELECT k, l, 'day', d, d, d, d + 1 FROM unnest('{{festival_day,social_support}}'::baocao.kind[]) AS k, "
                 f"unnest(enum_range(NULL::baocao.unit_level)) AS l, generate_series(0, 2499) AS n, "
                 f"LATERAL (SELECT '2015-01-01'::date + n) AS day (d)")
    database.run(f"INSERT INTO baocao.lock_exception (period_no, unit_id, until, reason) "
                 f"SELECT period_no, 1, {TODAY}, 'thử' FROM baocao.reporting_period")
    wait_until(lambda: "20000 locks, 20000 exceptions" in small.log_text(), "the daemon knows the calendar")
    assert resident(small) - before < 16 * 1024  # KiB; two snapshots are there while one replaces the other
