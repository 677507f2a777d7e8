import os

import pytest
from reports import festival_day

GOOD = b"baocao/1"


@pytest.mark.parametrize("name, frames, rule", [
    ("garbage", [GOOD, b"\xff\xfe\xfd garbage"], "malformed"),
    ("truncated", [GOOD, b"\x08\x01\x12\x7f\x0a"], "malformed"),
    ("empty", [GOOD, b""], "report_count"),
    ("unknown version", [b"baocao/2", b"\x08\x01"], "version"),
    ("one frame", [b"\x08\x01"], "frames"),
    ("three frames", [GOOD, b"\x08\x01", b"x"], "frames"),
    ("a hundred frames", [GOOD] * 100, "frames"),
    ("too large", [GOOD, bytes([0x08, 0x07, 0x12, 0x80, 0x80, 0x40]) + bytes(1 << 20)], "too_large"),
    ("a field too many", [GOOD, bytes([0x08, 0x07]) + bytes([0x18, 0x01]) * 4000], "malformed"),
    ("nothing but fields of two bytes", [GOOD, bytes([0x08, 0x07]) + bytes([0x18, 0x01]) * ((1 << 19) - 1)], "malformed"),
    ("too many reports", [GOOD, bytes([0x12, 0x00]) * 1001], "report_count"),
])
def test_what_cannot_be_read_is_kept_as_a_refusal_and_answered(collector, database, name, frames, rule):
    client = collector("01")
    client.send_frames(*frames)
    receipt = client.receipt()
    assert client.protocol.Outcome.Name(receipt.whole) == "OUTCOME_PROTOCOL"
    assert receipt.submission_id == 7 or rule != "too_large" and "field" not in name  # the sender can tell what the answer is about
    assert receipt.problem.rule == rule and receipt.problem.vi and receipt.problem.en
    assert database.rows("SELECT outcome FROM baocao.refusal") == [("protocol",)]
    assert client.outcomes(festival_day()) == ["STORED"]


def test_a_message_beyond_the_limit_of_the_transport_ends_only_its_own_connection(collector):
    flood, honest = collector("01"), collector("79", on="2022-09-01")
    flood.send_frames(GOOD, bytes(5 << 20))
    assert honest.outcomes(festival_day("79")) == ["STORED"]


def everything_wrong(count):
    """Reports that break more rules than a receipt has room to say."""
    import report_pb2
    for n in range(count):
        report = report_pb2.Report()
        report.MergeFrom(festival_day(revision=n + 1))
        report.ClearField("festival_day")
        for _ in range(20):
            report.social_support.activity.add(activities=1 << 63, quantity=1 << 63, value_vnd=1 << 63, beneficiaries=1 << 63)
        yield report


def test_a_submission_in_which_everything_is_wrong_is_answered_within_a_bound(collector, database):
    client = collector("01")
    client.send(*everything_wrong(1000))
    frames = client.socket.recv_multipart()
    receipt = client.protocol.Receipt.FromString(frames[1])
    assert len(frames[1]) <= 3 << 20  # of violations, VERDICT_ARENA_BYTES and one of each report
    assert [o.outcome for o in receipt.outcome] == [client.protocol.OUTCOME_REFUSED] * 1000
    assert all(o.violation for o in receipt.outcome)


def test_all_that_is_wrong_is_told_where_there_is_room_for_it(collector):
    client = collector("01")
    receipt = client.file(*everything_wrong(20), festival_day(revision=99))
    assert [len(o.violation) for o in receipt.outcome] == [100] * 20 + [0]


def test_bad_text_in_one_report_leaves_its_neighbours_stored(collector, database):
    client = collector("01")
    good = [festival_day().SerializeToString(), festival_day(revision=2).SerializeToString()]
    bad = b"\x0a\x02\xc3\x28" + good[0][4:]
    body = b"".join(bytes([0x12, len(r)]) + r for r in [good[0], bad, good[1]])
    client.send_frames(GOOD, b"\x08\x05" + body)
    receipt = client.receipt()
    assert [o.outcome for o in receipt.outcome] == [1, 5, 1]
    assert [v.rule for v in receipt.outcome[1].violation] == ["malformed"]
    assert "unit_code" in receipt.outcome[1].violation[0].en


def test_random_bytes_do_no_harm(collector):
    client = collector("01")
    for size in range(0, 400, 7):
        client.send_frames(GOOD, os.urandom(size))
        assert client.receipt().whole == client.protocol.OUTCOME_PROTOCOL
    whole = client.protocol.Submission(report=[festival_day()]).SerializeToString()
    for cut in range(1, len(whole)):
        client.send_frames(GOOD, whole[:cut])
        client.receipt()
    assert client.outcomes(festival_day(revision=2)) == ["STORED"]
