from conftest import wait_until
from reports import festival_day


def test_a_new_report_is_stored_with_all_its_rows(collector, database):
    receipt = collector("01").file(festival_day())
    outcome = receipt.outcome[0]
    assert outcome.outcome == 1 and outcome.report_no > 0
    assert database.rows("SELECT report_no, unit_code, kind::text, body::text, revision, precision::text, period_last::text "
                         "FROM baocao.report") == [
        (outcome.report_no, "01", "festival_day", "festival_day", 1, "exact", "2022-08-20")]
    assert database.rows("SELECT points_planned, points_held, attendees FROM baocao.festival_day") == [(10, 12, None)]
    assert database.rows("SELECT line_no, venue_kind::text, planned, held, attendees FROM baocao.festival_day_venue "
                         "ORDER BY line_no") == [(1, "ward", None, 12, None), (2, "school", None, 40, 9000)]
    assert database.value("SELECT raw FROM baocao.report_raw") == festival_day().SerializeToString()
    assert database.rows("SELECT * FROM baocao.check_integrity()") == []


def test_a_repeat_is_a_duplicate_with_the_original_receipt(collector, database):
    client = collector("01")
    first = client.file(festival_day()).outcome[0]
    again = client.file(festival_day()).outcome[0]
    assert client.protocol.Outcome.Name(again.outcome) == "OUTCOME_DUPLICATE"
    assert (again.report_no, again.received_at) == (first.report_no, first.received_at)
    assert database.value("SELECT count(*) FROM baocao.report") == 1


def test_a_remade_report_is_a_duplicate_whatever_its_filing_time(collector):
    client = collector("01")
    remade = festival_day()
    remade.filed_at = "2022-08-21T08:00:00+07:00"
    assert client.outcomes(festival_day()) == ["STORED"]
    assert client.outcomes(remade) == ["DUPLICATE"]


def test_other_content_under_the_same_revision_is_a_conflict(collector, database):
    client = collector("01")
    first = client.file(festival_day()).outcome[0]
    conflict = client.file(festival_day(held=13)).outcome[0]
    assert client.protocol.Outcome.Name(conflict.outcome) == "OUTCOME_CONFLICT"
    assert conflict.report_no == first.report_no
    assert [v.rule for v in conflict.violation] == ["conflict"]
    assert database.rows("SELECT outcome, unit_code, kind::text, times FROM baocao.refusal") == [
        ("conflict", "01", "festival_day", 1)]
    assert database.value("SELECT points_held FROM baocao.festival_day") == 12


def test_a_correction_counts_and_the_first_filing_is_kept(collector, database):
    assert collector("01").outcomes(festival_day(), festival_day(revision=2, held=14)) == ["STORED", "STORED"]
    assert database.value("SELECT count(*) FROM baocao.report") == 2
    assert database.rows("SELECT revision FROM baocao.current_report") == [(2,)]


def test_an_older_revision_that_comes_late_is_superseded(collector, database):
    client = collector("01")
    assert client.outcomes(festival_day(revision=3)) == ["STORED"]
    assert client.outcomes(festival_day(revision=2, held=11)) == ["SUPERSEDED"]
    assert client.outcomes(festival_day(revision=2, held=11)) == ["DUPLICATE"]
    assert database.rows("SELECT revision FROM baocao.current_report") == [(3,)]


def test_repeats_conflicts_and_history_are_seen_within_one_submission(collector):
    assert collector("01").outcomes(
        festival_day(revision=2), festival_day(revision=2), festival_day(revision=2, held=99), festival_day(revision=1),
        festival_day(revision=3)) == ["STORED", "DUPLICATE", "CONFLICT", "SUPERSEDED", "STORED"]


def test_a_refusal_names_everything_that_is_wrong_and_touches_no_neighbour(collector, database):
    client = collector("01")
    bad = festival_day(unit="79", revision=0)
    bad.festival_day.venue[0].held = 10**6
    receipt = client.file(festival_day(), bad, festival_day(revision=2))
    assert [o.outcome for o in receipt.outcome] == [1, 5, 1]
    assert {(v.path, v.rule) for v in receipt.outcome[1].violation} == {
        ("revision", "min"), ("unit_code", "out_of_scope"), ("festival_day.venue[0].held", "max"),
        ("festival_day.points_held", "points_held_sum")}
    assert all(v.vi and v.en for v in receipt.outcome[1].violation)
    assert database.rows("SELECT path, rule FROM baocao.refusal_violation ORDER BY violation_no") == [
        (v.path, v.rule) for v in receipt.outcome[1].violation]
    assert database.value("SELECT raw FROM baocao.refusal") == bad.SerializeToString()


def test_a_refusal_that_is_sent_again_is_counted_not_kept_again(collector, database):
    client = collector("01")
    for _ in range(3):
        assert client.outcomes(festival_day(revision=0)) == ["REFUSED"]
    assert database.rows("SELECT times FROM baocao.refusal") == [(3,)]


def test_a_withdrawal_takes_the_report_out_of_every_total(collector, database):
    import kind_pb2
    client = collector("01")
    withdrawal = festival_day(revision=2)
    withdrawal.withdrawal.withdrawn_kind = kind_pb2.KIND_FESTIVAL_DAY
    withdrawal.withdrawal.reason = "nhầm đơn vị"
    assert client.outcomes(festival_day()) == ["STORED"]
    assert client.outcomes(withdrawal) == ["STORED"]
    assert database.rows("SELECT kind::text, body::text FROM baocao.report ORDER BY revision") == [
        ("festival_day", "festival_day"), ("festival_day", "withdrawal")]
    assert database.rows("SELECT 1 FROM baocao.current_report") == []
    first = festival_day(first="2023-08-01", last="2023-08-20")
    first.withdrawal.CopyFrom(withdrawal.withdrawal)
    refused = client.file(first).outcome[0]
    assert [v.rule for v in refused.violation] == ["withdrawal_first"]


def test_fields_of_a_newer_contract_are_told_and_kept(collector, database):
    client = collector("01")
    report = festival_day()
    newer = report.SerializeToString() + bytes([0xa0, 0x1f, 0x05])
    submission = client.protocol.Submission(submission_id=9)
    client.send_frames(b"baocao/1", submission.SerializeToString() + bytes([0x12, len(newer)]) + newer)
    outcome = client.receipt().outcome[0]
    assert (outcome.outcome, outcome.unknown_fields) == (1, 1)
    assert database.value("SELECT raw FROM baocao.report_raw") == newer
    assert client.outcomes(report) == ["DUPLICATE"]


def test_a_sender_with_too_much_in_flight_is_told_busy(start_daemon, collector, database):
    daemon = start_daemon(sender_max_reports=2, busy_retry_ms=777).wait_ready()
    client = collector("01", of=daemon)
    with database.cluster.connect(database.name) as blocker:
        blocker.autocommit = False
        blocker.execute("LOCK TABLE baocao.report IN ACCESS EXCLUSIVE MODE")
        held = client.send(festival_day(), festival_day(revision=2))
        refused = client.send(festival_day(revision=3))
        busy = client.receipt()
        assert busy.submission_id == refused and busy.whole == client.protocol.OUTCOME_BUSY
        assert busy.retry_after_ms == 777 and not busy.outcome
        blocker.rollback()
    assert client.receipt().submission_id == held
    assert client.outcomes(festival_day(revision=3)) == ["STORED"]


def test_no_receipt_comes_before_the_commit(collector, database):
    client = collector("01")
    assert client.outcomes(festival_day()) == ["STORED"]
    with database.cluster.connect(database.name) as blocker:
        blocker.autocommit = False
        blocker.execute("LOCK TABLE baocao.festival_day_venue IN SHARE MODE")  # readable, not writable
        client.send(festival_day(revision=2))
        wait_until(lambda: database.value("SELECT count(*) FROM pg_locks WHERE NOT granted") > 0, "the writer waits")
        assert not client.answered(0.3)
        assert database.value("SELECT count(*) FROM baocao.report") == 1
        blocker.rollback()
    assert client.receipt().outcome[0].outcome == 1
    assert database.value("SELECT count(*) FROM baocao.report") == 2


def test_the_named_checks_speak_through_the_daemon(collector, database, daemon):
    from contract import base_report
    from test_every_kind import add_ward
    import model_ward_pb2
    client = collector("01")
    add_ward(database, daemon)
    ward = base_report("model_ward")
    ward.model_ward.stage = model_ward_pb2.MODEL_WARD_STAGE_RECOGNISED
    assert client.outcomes(ward) == ["STORED"]
    ward.revision = 3
    ward.model_ward.ClearField("decision_no")
    assert [(v.path, v.rule) for v in client.file(ward).outcome[0].violation] == [
        ("model_ward.decision_no", "decision_required")]
    empty = festival_day()
    empty.ClearField("festival_day")
    assert [(v.path, v.rule) for v in client.file(empty).outcome[0].violation] == [("", "body")]
    backwards = festival_day(first="2022-08-20", last="2022-08-01")
    assert [(v.path, v.rule) for v in client.file(backwards).outcome[0].violation] == [("period_last", "period_length")]
