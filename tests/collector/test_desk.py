"""What is pending, delivered, refused; proofs; how it is shown; and what is wrong with a line."""
import csv
import io
import json
import os
import pty
import select
import subprocess

import pytest
import zmq
from conftest import BUILD, DEADLINE, OUT_OF_SCOPE, REPORT, WRONG, Nowhere, many, revision, text_of

WARD = {"unit_code": "01", "period_type": "year", "period_first": "2023-01-01", "period_last": "2023-12-31", "revision": 1,
        "commendation": {"award": [{"award_level": "ministry_commendation", "recipient_kind": "collective", "awards": 2}]}}


def file(desk, name, *reports):
    (desk.home / name).write_text(text_of(*reports))
    return desk.home / name


@pytest.fixture
def filed(desk, daemon):
    """Two stored of one period, one stored of another kind, one refused, one pending."""
    sent = desk.tool("send", *desk.words(daemon), file(desk, "a.jsonl", revision(1), revision(2), WARD, OUT_OF_SCOPE))
    assert "4 reports: 3 STORED, 1 REFUSED" in sent.stdout, sent
    assert desk.tool("queue", file(desk, "b.jsonl", revision(3))).returncode == 0
    return desk


def test_status_counts_for_each_kind_and_period(filed):
    lines = filed.tool("status").stdout.splitlines()
    assert lines[0].startswith(f"{filed.outbox}: 1 PENDING, 3 STORED, 1 REFUSED; the oldest pending since 20")
    assert lines[1] == "  commendation year 2023-01-01/2023-12-31: 1 STORED"
    assert lines[2].startswith("  festival_day campaign 2022-08-01/2022-08-20: 1 PENDING, 2 STORED, 1 REFUSED; the oldest")
    assert len(lines) == 3
    assert filed.tool("status", "--quiet").stdout.splitlines() == lines[:1]


def test_status_as_json_is_as_it_is_documented(filed):
    status = json.loads(filed.tool("status", "--json").stdout)
    assert set(status) == {"version", "outbox", "pending", "delivered", "refused", "outcomes", "oldest_pending", "periods"}
    assert (status["version"], status["outbox"]) == (1, str(filed.outbox))
    assert (status["pending"], status["delivered"], status["refused"]) == (1, 3, 1)
    assert status["outcomes"] == {"STORED": 3, "DUPLICATE": 0, "CONFLICT": 0, "SUPERSEDED": 0, "REFUSED": 1, "PROTOCOL": 0}
    awards, days = status["periods"]
    assert (awards["kind"], awards["period_type"], awards["period_first"], awards["period_last"]) == (
        "commendation", "year", "2023-01-01", "2023-12-31")
    assert (awards["pending"], awards["delivered"], awards["oldest_pending"]) == (0, 1, None)
    assert (days["pending"], days["delivered"], days["refused"]) == (1, 2, 1)
    assert days["oldest_pending"] == status["oldest_pending"] and days["oldest_pending"].endswith("Z")


def test_status_of_nothing_as_json_is_whole_too(offline):
    status = json.loads(offline.tool("status", "--json").stdout)
    assert status["pending"] == 0 and status["oldest_pending"] is None and status["periods"] == []


@pytest.mark.parametrize("words, counts", [
    (["--kind", "commendation"], (0, 1, 0)), (["--unit", "79"], (0, 0, 1)), (["--period", "2022"], (1, 2, 1)),
    (["--period", "2023"], (0, 1, 0)), (["--period", "2022-08"], (1, 2, 1)), (["--period", "2022-08-01/2022-08-19"], (0, 0, 0)),
    (["--period", "2022/2023"], (1, 3, 1)), (["--kind", "festival_day", "--unit", "01"], (1, 2, 0))])
def test_filters_bear_on_the_counts(filed, words, counts):
    status = json.loads(filed.tool("status", "--json", *words).stdout)
    assert (status["pending"], status["delivered"], status["refused"]) == counts


@pytest.mark.parametrize("words, said", [(["--kind", "moon"], "there is no kind moon"), (["--period", "soon"], "--period soon"),
                                         (["--period", "2022-8"], "--period 2022-8"), (["--period", "2022/"], "--period 2022/")])
def test_a_filter_for_what_there_is_not_is_refused(offline, words, said):
    for command in ("status", "receipts"):
        wrong = offline.tool(command, *words)
        assert wrong.returncode == 2 and said in wrong.stderr


def test_receipts_are_the_proofs_of_what_is_stored(filed, database):
    numbers = {number for number, in database.rows("SELECT report_no FROM baocao.report")}
    receipts = json.loads(filed.tool("receipts", "--json").stdout)
    assert {receipt["report_no"] for receipt in receipts} == numbers and len(receipts) == 3
    digests = {bytes(digest).hex() for digest, in database.rows("SELECT content_digest FROM baocao.report")}
    assert {receipt["content_digest"] for receipt in receipts} == digests
    first = receipts[0]
    assert (first["unit_code"], first["kind"], first["revision"], first["outcome"], first["line"]) == (
        "01", "festival_day", 1, "STORED", 1)
    assert first["file"] == str(filed.home / "a.jsonl") and first["received_at"].endswith("Z")


def test_receipts_are_exported_as_csv_and_filtered(filed):
    exported = filed.tool("receipts", "--csv", "--kind", "commendation")
    assert exported.returncode == 0
    rows = list(csv.DictReader(io.StringIO(exported.stdout)))
    assert len(rows) == 1 and rows[0]["kind"] == "commendation" and rows[0]["period_last"] == "2023-12-31"
    assert set(rows[0]) == set(json.loads(filed.tool("receipts", "--json").stdout)[0])
    lines = filed.tool("receipts", "--unit", "01").stdout.splitlines()
    assert len(lines) == 3 and lines[0].startswith("01 festival_day campaign 2022-08-01/2022-08-20 revision 1: STORED report_no=")


def test_receipts_of_nothing_are_an_empty_list(offline):
    assert json.loads(offline.tool("receipts", "--json").stdout) == []


def test_an_export_to_a_full_disk_is_no_success(filed):
    with open("/dev/full", "w") as full:
        done = subprocess.run([BUILD / "baocao", "receipts", "--csv"], stdout=full, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, **filed.environment})
    assert done.returncode == 2 and "No space left" in done.stderr


def test_a_long_send_on_a_terminal_has_a_bar_and_no_line_for_each_report(desk, daemon):
    main, terminal = pty.openpty()
    sending = subprocess.Popen([BUILD / "baocao", "send", *desk.words(daemon), file(desk, "a.jsonl", *many(1000), OUT_OF_SCOPE)],
                               stdout=subprocess.PIPE, stderr=terminal, text=True, env={**os.environ, **desk.environment})
    os.close(terminal)
    seen = b""
    while select.select([main], [], [], DEADLINE)[0]:
        try:
            seen += os.read(main, 65536)
        except OSError:  # the terminal's other side is closed
            break
    output, _ = sending.communicate(timeout=DEADLINE)
    os.close(main)
    assert sending.returncode == 1
    assert b"of 1001 reports answered" in seen and b"[#" in seen and seen.endswith(b"\r\033[K")
    assert " STORED report_no" not in output and output.count(" REFUSED") == 2  # the entry, and the counts
    assert "1001 reports: 1000 STORED, 1 REFUSED" in output


def test_without_a_terminal_each_report_is_a_line(desk, daemon):
    sent = desk.tool("send", *desk.words(daemon), file(desk, "a.jsonl", *many(100)))
    assert sent.stdout.count(" STORED report_no=") == 100 and "\033" not in sent.stdout + sent.stderr


def test_quiet_says_only_what_is_wrong(desk, daemon):
    sent = desk.tool("send", "--quiet", *desk.words(daemon), file(desk, "a.jsonl", REPORT, WRONG, OUT_OF_SCOPE))
    assert sent.returncode == 1 and "STORED" not in sent.stdout
    assert "revision" in sent.stdout and "out_of_scope" in sent.stdout
    again = desk.tool("send", "--quiet", *desk.words(daemon), file(desk, "a.jsonl", REPORT))
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_ping_says_how_far_a_server_is_reached(desk, daemon):
    there = desk.tool("ping", *desk.words(daemon))
    assert there.returncode == 0 and f"{daemon.router}: the server knows this key (after" in there.stdout, there
    away = desk.tool("ping", *desk.words(Nowhere), "--timeout", "1")
    assert away.returncode == 3 and f"{Nowhere.router}: nobody answers" in away.stdout, away

    class Impostor:
        router, server_key = daemon.router, Nowhere.server_key
    other = desk.tool("ping", *desk.words(Impostor), "--timeout", "20")
    assert other.returncode == 3 and "is --server-key right?" in other.stdout, other
    both = desk.tool("ping", *desk.words(daemon), "--server", Nowhere.router, "--timeout", "10")
    assert both.returncode == 1 and both.stdout.count("\n") == 2, both


def test_ping_says_that_a_key_is_not_registered(desk, daemon):
    (desk.home / "key").write_text(zmq.curve_keypair()[1].decode() + "\n")
    stranger = desk.tool("ping", *desk.words(daemon), "--timeout", "20")
    assert stranger.returncode == 3 and "the server refuses this key" in stranger.stdout, stranger
