"""A clerk's day: template, filled in, checked, corrected, filed. LibreOffice reads and writes every workbook."""
import os
import subprocess

import pytest
from integration import BUILD, wait_until
from office import SEMICOLONS, UNICODE_TEXT

LANGUAGES = ["vi", "en"]
# Columns of the form of festival days: # A, the report B to G, its figures H to K, the venues L to O.
FIRST = 7  # row, behind title, hint, groups, labels, paths, example
WORDS = {
    "vi": {"report": "Báo cáo", "campaign": "Đợt, chiến dịch", "ward": "phường", "school": "nhà trường",
           "too_many": "số điểm cấp xã theo kế hoạch là 99999, không được vượt quá 2000", "no_value": "không có trong danh mục",
           "missing": "thiếu ngày cuối kỳ", "place": "Báo cáo!H7", "wrong": "SAI", "example": "ví dụ"},
    "en": {"report": "Report", "campaign": "campaign", "ward": "ward", "school": "school",
           "too_many": "points planned is 99999, it must be at most 2000", "no_value": "is not among its values",
           "missing": "last day is missing", "place": "Report!H7", "wrong": "INVALID", "example": "example"},
}


@pytest.fixture(autouse=True)
def outbox(tmp_path, monkeypatch):
    monkeypatch.setenv("BAOCAO_OUTBOX", str(tmp_path / "state" / "outbox.db"))
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)


def tool(*arguments, **more):
    return subprocess.run([BUILD / "baocao", *[str(a) for a in arguments]], capture_output=True, text=True, **more)


@pytest.fixture
def send(database, daemon, tmp_path):
    key = tmp_path / "key"
    public = tool("keygen", key, check=True).stdout.split()[0]
    database.run("SELECT baocao.register_collector('desk', %s, '01', '2022-09-01')", public)
    wait_until(lambda: " 1 of 1 keys" in daemon.log_text(), "the daemon knows the key")
    return lambda *arguments: tool("send", "--server", daemon.router, "--server-key", daemon.server_key.decode(), "--key", key,
                                   "--timeout", "20", *arguments)


def fill(book, words):
    """One report with two venues, as a clerk writes it: the second row has only the venue."""
    for column, value in zip("BCDEFG", ["01", words["campaign"], 44774, 44793, 1, ""]):  # 1 and 20 August 2022
        if value != "":
            book.type(f"{column}{FIRST}", value)
    for column, value in zip("HIJLMNO", [10, 12, 5813, words["ward"].upper(), 12, 12, 5000]):
        book.type(f"{column}{FIRST}", value)
    for column, value in zip("LN", [f"  {words['school']} ", "4.000"]):
        book.type(f"{column}{FIRST + 1}", value)


@pytest.fixture(params=LANGUAGES)
def language(request):
    return request.param


@pytest.fixture
def form(tmp_path, language):
    path = tmp_path / "form.xlsx"
    made = tool("--lang", language, "template", "festival_day", path)
    assert made.returncode == 0 and made.stdout.strip() == str(path), made
    return path


def test_a_form_is_filled_in_checked_corrected_and_filed(office, form, language, send, database, tmp_path):
    words = WORDS[language]
    filled, corrected = tmp_path / "filled.xlsx", tmp_path / "corrected.xlsx"
    with office.open(form) as book:
        assert book.sheet().Name == words["report"]
        fill(book, words)
        book.type(f"H{FIRST}", 99999)
        book.type(f"L{FIRST + 1}", "trại hè")
        book.cell(f"E{FIRST}").setString("")
        book.document.Sheets.insertNewByName("notes", 3)
        book.type("A1", "# my own notes", sheet=3)
        book.cell("A2", sheet=3).setFormula("=6*7")
        book.save(filled)

    checked = tool("--lang", language, "check", "--mark", filled)
    assert checked.returncode == 1, checked
    for said in (f"{words['place']} festival_day.points_planned [max] {words['too_many']}", words["no_value"], words["missing"]):
        assert said in checked.stdout, checked.stdout
    assert f"1 {words['wrong']}\n" in checked.stdout and f"filled.xlsx:7 {words['wrong']}\n" in checked.stdout

    marked = tmp_path / "filled-marked.xlsx"
    with office.open(marked) as book:
        comments = book.comments()
        assert words["too_many"] in comments[f"H{FIRST}"] and words["missing"] in comments[f"E{FIRST}"]
        assert words["no_value"] in comments[f"L{FIRST + 1}"]
        assert "H4" in comments and "[baocao]" not in comments["H4"]  # the form's own notes are kept
        assert any("H7" in cells for cells in book.coloured()), book.coloured()
        assert book.cell("A2", sheet=3).getFormula() == "=6*7"  # all else is kept, too
        assert book.cell(f"L{FIRST}").getString() == words["ward"].upper()
        book.type(f"H{FIRST}", 10)
        book.type(f"E{FIRST}", 44793)
        book.type(f"L{FIRST + 1}", words["school"])
        book.save(corrected)

    again = tool("--lang", language, "check", "--mark", corrected)
    assert again.returncode == 0, again
    sent = send("--lang", language, corrected)
    assert sent.returncode == 0 and "STORED report_no=" in sent.stdout, sent
    assert database.rows("SELECT venue_kind::text, held FROM baocao.festival_day_venue ORDER BY line_no") == [
        ("ward", 12), ("school", 4000)]
    assert database.rows("SELECT period_first::text, period_last::text, attendees FROM baocao.report JOIN baocao.festival_day "
                         "USING (top_unit_id, report_no)") == [("2022-08-01", "2022-08-20", 5813)]
    status = tool("--lang", language, "status", "--all")
    assert status.returncode == 0 and "STORED" in status.stdout


def test_a_copy_that_is_marked_again_has_only_what_is_still_wrong(office, form, language, tmp_path):
    words, first, second = WORDS[language], tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    with office.open(form) as book:
        fill(book, words)
        book.type(f"H{FIRST}", 99999)
        book.type(f"N{FIRST}", -1)
        book.save(first)
    assert tool("--lang", language, "check", "--mark", first).returncode == 1
    with office.open(tmp_path / "a-marked.xlsx") as book:  # corrected in part, and written by another program
        assert {f"H{FIRST}", f"N{FIRST}"} <= set(book.comments())
        book.type(f"N{FIRST}", 12)
        book.save(second)
    assert tool("--lang", language, "check", "--mark", second).returncode == 1
    with office.open(tmp_path / "b-marked.xlsx") as book:
        comments = {cell for cell, text in book.comments().items() if "[baocao]" in text}
        assert comments == {f"H{FIRST}"}
        assert book.coloured() == [f"$Report.H{FIRST}"] or len(book.coloured()) == 1


def test_the_sheet_saved_as_text_is_the_same_report(office, form, language, send, tmp_path):
    words = WORDS[language]
    paths = [(tmp_path / "a.xlsx", None), (tmp_path / "a.csv", None), (tmp_path / "b.csv", SEMICOLONS), (tmp_path / "c.txt", UNICODE_TEXT)]
    with office.open(form) as book:
        fill(book, words)
        for path, how in paths:
            book.save(path, how)
    assert (tmp_path / "c.txt").read_bytes()[:2] == b"\xff\xfe"
    outcomes = [send("--lang", language, path) for path, _ in paths]
    assert "1 STORED" in outcomes[0].stdout, outcomes[0]
    for sent in outcomes[1:]:
        assert sent.returncode == 0 and "1 DUPLICATE" in sent.stdout, sent


def test_the_form_offers_lists_and_refuses_what_is_out_of_bounds(office, form, language):
    from com.sun.star.sheet.ValidationType import DATE, LIST, TEXT_LEN, WHOLE
    with office.open(form) as book:
        types = {column: book.cell(f"{column}{FIRST + 50}").Validation for column in "BCDFL"}
        assert [types[c].Type for c in "BCDFL"] == [TEXT_LEN, LIST, DATE, WHOLE, LIST]
        assert (types["F"].getFormula1(), types["F"].getFormula2()) == ("1", "1000")
        lists = book.sheet(2)
        assert not lists.IsVisible
        column = types["L"].getFormula1().split("$")[2]  # $Lists.$C$1:$C$8
        offered = [lists.getCellRangeByName(f"{column}{row}").getString() for row in range(1, 9)]
        assert offered[1] == WORDS[language]["ward"] and all(offered)
        assert len(book.comments()) == 14


def test_an_empty_form_and_its_example_file_nothing(office, form, language, tmp_path):
    words, touched = WORDS[language], tmp_path / "touched.xlsx"
    untouched = tool("--lang", language, "check", form)
    assert untouched.returncode == 2 and "0 " in untouched.stdout, untouched
    with office.open(form) as book:
        book.type("H6", 11)
        book.save(touched)
    said = tool("--lang", language, "check", touched)
    assert said.returncode == 2 and "A6" in said.stderr, said
    with office.open(form) as book:
        book.cell("A6").setString("")
        book.save(touched)
    said = tool("--lang", language, "check", touched)
    assert said.returncode == 1 and words["wrong"] in said.stdout and words["example"] in said.stdout.lower(), said


def test_every_kind_has_a_form_that_a_spreadsheet_reads_and_writes(office, language, tmp_path):
    kinds = [line.split()[0] for line in tool("describe", check=True).stdout.splitlines()]
    assert len(kinds) == 8
    for kind in kinds:
        path, saved = tmp_path / f"{kind}.xlsx", tmp_path / f"{kind}-saved.xlsx"
        assert tool("--lang", language, "template", kind, path).returncode == 0
        with office.open(path) as book:
            for column in range(1, 40):  # the example, written below as a report of another unit
                source = book.sheet().getCellByPosition(column, 5)
                target = book.sheet().getCellByPosition(column, 6)
                target.setFormula(source.getFormula())
            book.type("B7", "01")
            book.save(saved)
        checked = tool("--lang", language, "check", saved)
        expected = 1 if kind == "withdrawal" else 0  # whose example is revision 1, which there is nothing to withdraw of
        assert checked.returncode == expected, checked
