"""The collector's tool against the real daemon."""
import json
import subprocess

import pytest
from conftest import BUILD, wait_until

REPORT = {"unit_code": "01", "period_type": "campaign", "period_first": "2022-08-01", "period_last": "2022-08-20",
          "revision": 1, "festival_day": {"points_planned": 10, "points_held": 12, "venue": [
              {"venue_kind": "ward", "held": 12}, {"venue_kind": "school", "held": 40, "attendees": 9000}]}}
CSV = ("\ufeff# a comment\n"
       "unit_code,period_type,period_first,period_last,revision,festival_day.points_planned,festival_day.points_held,"
       "festival_day.venue.venue_kind,festival_day.venue.held,festival_day.venue.attendees\n"
       "01,campaign,2022-08-01,2022-08-20,1,10,12,ward,12,\n"
       "01,campaign,2022-08-01,2022-08-20,1,,,school,40,9000\n"
       '01,"campaign",2022-08-01,2022-08-20,2,10,13,ward,13,\n')


@pytest.fixture(autouse=True)
def outbox(tmp_path, monkeypatch):
    """An outbox of its own for each test."""
    path = tmp_path / "state" / "outbox.db"
    monkeypatch.setenv("BAOCAO_OUTBOX", str(path))
    return path


@pytest.fixture
def tool(database, daemon, tmp_path):
    key = tmp_path / "key"
    made = subprocess.run([BUILD / "baocao", "keygen", key], capture_output=True, text=True, check=True)
    public = made.stdout.strip()
    assert (tmp_path / "key.pub").read_text().strip() == public and key.stat().st_mode & 0o777 == 0o600
    database.run("SELECT baocao.register_collector('desk', %s, '01', '2022-09-01')", public)
    wait_until(lambda: " 1 of 1 keys" in daemon.log_text(), "the daemon knows the key")

    def send(*arguments):
        return subprocess.run([BUILD / "baocao", "send", "--server", daemon.router, "--server-key",
                               daemon.server_key.decode(), "--key", key, "--timeout", "20", *arguments],
                              capture_output=True, text=True)
    return send


def lines(path, *objects):
    path.write_text("".join(json.dumps(o, ensure_ascii=False) + "\n" for o in objects))
    return path


def test_json_lines_are_filed_and_repeats_are_as_good(tool, tmp_path, database):
    path = lines(tmp_path / "a.jsonl", REPORT, {**REPORT, "revision": 2})
    first, again = tool(path), tool(path)
    assert first.returncode == 0 and "2 reports: 2 STORED" in first.stdout, first
    assert again.returncode == 0 and "2 reports: 2 DUPLICATE" in again.stdout
    assert f"{path}:1 STORED report_no=" in first.stdout
    assert database.value("SELECT count(*) FROM baocao.report") == 2


def test_csv_rows_of_one_report_become_its_lines(tool, tmp_path, database):
    (tmp_path / "a.csv").write_text(CSV)
    sent = tool(tmp_path / "a.csv")
    assert sent.returncode == 0 and "2 reports: 2 STORED" in sent.stdout, sent
    assert f"{tmp_path}/a.csv:3 STORED" in sent.stdout and f"{tmp_path}/a.csv:5 STORED" in sent.stdout
    assert database.rows("SELECT revision, venue_kind::text, held, attendees FROM baocao.festival_day_venue "
                         "JOIN baocao.report USING (top_unit_id, report_no) ORDER BY 1, line_no") == [
        (1, "ward", 12, None), (1, "school", 40, 9000), (2, "ward", 13, None)]


def test_csv_and_json_of_one_report_are_the_same_report(tool, tmp_path):
    (tmp_path / "a.csv").write_text("".join(CSV.splitlines(True)[:-1]))
    assert tool(tmp_path / "a.csv").returncode == 0
    assert "1 DUPLICATE" in tool(lines(tmp_path / "a.jsonl", REPORT)).stdout


def test_a_wrong_report_is_not_sent_and_the_right_ones_are(tool, tmp_path, database):
    wrong = {**REPORT, "revision": 0}
    sent = tool(lines(tmp_path / "a.jsonl", wrong, REPORT))
    assert sent.returncode == 1
    assert ":1 INVALID" in sent.stdout and "revision [min]" in sent.stdout and ":2 STORED" in sent.stdout
    assert "it must be at least 1" in sent.stdout and "phải từ" not in sent.stdout
    assert database.value("SELECT count(*) FROM baocao.refusal") == 0


def test_unchecked_lets_the_server_say_it(tool, tmp_path, database):
    sent = tool("--unchecked", lines(tmp_path / "a.jsonl", {**REPORT, "revision": 0}))
    assert sent.returncode == 1 and "REFUSED" in sent.stdout and "revision [min]" in sent.stdout
    assert database.value("SELECT count(*) FROM baocao.refusal") == 1


@pytest.mark.parametrize("text, said", [
    ("{\n", "a.jsonl:1: not JSON"),
    ('{"unit_code": 1}\n', "unit_code [malformed]"),
    ('{"unit_cod": "01"}\n', "there is no field unit_cod"),
    ('[]\n', "not an object"),
    ('{"festival_day": {"venue": [{"venue_kind": "moon"}]}}\n', "festival_day.venue[0].venue_kind [unknown_value]"),
    ('{"festival_day": {"points_held": -1}}\n', "festival_day.points_held [malformed]"),
    ('{"festival_day": {"points_held": 1.5}}\n', "festival_day.points_held [malformed]"),
])
def test_what_cannot_be_read_is_named_with_its_place(tool, tmp_path, text, said):
    (tmp_path / "a.jsonl").write_text(text)
    sent = tool(tmp_path / "a.jsonl")
    assert sent.returncode in (1, 2) and said in sent.stdout + sent.stderr, sent


@pytest.mark.parametrize("text, said", [
    ("unit_code,nonsense\n01,1\n", "a.csv:1: B1: there is no field nonsense"),
    ("unit_code,revision\n01,1,extra\n", "a.csv:2: C2: a cell without a heading"),
    ("unit_code,revision\n01,one\n", "revision [malformed]"),
    ('unit_code,revision\n"01,1\n', "a quoted cell has no end"),
])
def test_a_wrong_sheet_is_named_with_line_and_column(tool, tmp_path, text, said):
    (tmp_path / "a.csv").write_text(text)
    sent = tool(tmp_path / "a.csv")
    assert sent.returncode in (1, 2) and said in sent.stdout + sent.stderr, sent


def test_a_server_that_does_not_answer_is_told_apart(tmp_path):
    subprocess.run([BUILD / "baocao", "keygen", tmp_path / "k"], check=True, capture_output=True)
    sent = subprocess.run([BUILD / "baocao", "send", "--server", "tcp://127.0.0.1:9", "--server-key", tmp_path / "k.pub",
                           "--key", tmp_path / "k", "--timeout", "1", lines(tmp_path / "a.jsonl", REPORT)],
                          capture_output=True, text=True)
    assert sent.returncode == 3 and "no answer" in sent.stderr


def test_keys_are_never_overwritten_nor_shared(tmp_path, tool):
    key = tmp_path / "key"
    again = subprocess.run([BUILD / "baocao", "keygen", key], capture_output=True, text=True)
    assert again.returncode == 2 and "exists" in again.stderr
    key.chmod(0o644)
    assert "others may read" in tool(lines(tmp_path / "a.jsonl", REPORT)).stderr


def test_the_tool_speaks_the_language_of_the_locale_or_the_one_that_is_asked_for(tool, tmp_path, monkeypatch):
    path = lines(tmp_path / "a.jsonl", {**REPORT, "revision": 0})
    vietnamese, english = "lần báo cáo là 0, phải từ 1 trở lên", "revision is 0, it must be at least 1"
    for arguments, environment, said in ((["--lang", "vi"], "en_US.UTF-8", vietnamese), ([], "vi_VN.UTF-8", vietnamese),
                                         ([], "C.UTF-8", english), (["--lang=en"], "vi_VN.UTF-8", english)):
        monkeypatch.setenv("LC_ALL", environment)
        sent = tool(*arguments, path)
        assert said in sent.stdout and (english if said == vietnamese else vietnamese) not in sent.stdout, sent
    assert subprocess.run([BUILD / "baocao", "--lang", "fr", "describe"], capture_output=True).returncode == 2


def test_what_the_server_refuses_is_said_in_the_reader_s_language_from_the_rule_and_its_values(tool, tmp_path):
    wrong = {**REPORT, "unit_code": "98", "period_first": "2099-08-01", "period_last": "2099-08-20"}
    vi = tool("--lang", "vi", "--unchecked", lines(tmp_path / "a.jsonl", {**REPORT, "revision": 0}))
    assert "REFUSED" in vi.stdout and "lần báo cáo là 0, phải từ 1 trở lên" in vi.stdout and "must be" not in vi.stdout, vi
    vi = tool("--lang", "vi", lines(tmp_path / "b.jsonl", wrong))
    assert "không có đơn vị mã 98 vào ngày 2099-08-20" in vi.stdout and "there is no unit" not in vi.stdout, vi
    # Labels of values, which the server's own text does not have.
    form = {**REPORT, "period_type": "day", "period_last": "2022-08-01"}
    en, vi = tool("--lang", "en", lines(tmp_path / "c.jsonl", form)), tool("--lang", "vi", tmp_path / "c.jsonl")
    assert "do not file festival day for this type of period" in en.stdout and "festival_day for" not in en.stdout, en
    assert "không nộp loại báo cáo Ngày hội toàn dân bảo vệ an ninh Tổ quốc cho kỳ này" in vi.stdout, vi


def test_describe_tells_every_kind_in_both_languages():
    kinds = subprocess.run([BUILD / "baocao", "describe"], capture_output=True, text=True).stdout
    assert len(kinds.splitlines()) == 8 and "khen thưởng" in kinds
    fields = subprocess.run([BUILD / "baocao", "describe", "festival_day"], capture_output=True, text=True).stdout
    assert "points_held: số điểm cấp xã đã tổ chức / points held, required, at most 2000 [point]" in fields
    assert subprocess.run([BUILD / "baocao", "describe", "moon"], capture_output=True).returncode == 2
