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
    ("too many reports", [GOOD, bytes([0x12, 0x00]) * 1001], "report_count"),
])
def test_what_cannot_be_read_is_kept_as_a_refusal_and_answered(collector, database, name, frames, rule):
    client = collector("01")
    client.send_frames(*frames)
    receipt = client.receipt()
    assert client.protocol.Outcome.Name(receipt.whole) == "OUTCOME_PROTOCOL"
    assert receipt.submission_id == 7 or rule != "too_large"  # the sender can tell what the answer is about
    assert receipt.problem.rule == rule and receipt.problem.vi and receipt.problem.en
    assert database.rows("SELECT outcome FROM baocao.refusal") == [("protocol",)]
    assert client.outcomes(festival_day()) == ["STORED"]


def test_a_message_beyond_the_limit_of_the_transport_ends_only_its_own_connection(collector):
    flood, honest = collector("01"), collector("79", on="2022-09-01")
    flood.send_frames(GOOD, bytes(5 << 20))
    assert honest.outcomes(festival_day("79")) == ["STORED"]


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
