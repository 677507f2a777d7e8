"""A clerk's day: template, filled in, checked, corrected, filed. LibreOffice reads and writes every workbook."""
import os
import re

import pytest
from integration import wait_until
from office import SEMICOLONS, UNICODE_TEXT

# Columns of the form of festival days: # A, the report B to G, its figures H to K, the venues L to O.
FIRST = 7  # row, behind title, hint, groups, labels, paths, example
WORDS = {
    "vi": {"report": "Báo cáo", "campaign": "Đợt, chiến dịch", "ward": "phường", "school": "nhà trường",
           "too_many": "số điểm cấp xã theo kế hoạch là 99999, không được vượt quá 2000", "no_value": "không có trong danh mục",
           "missing": "thiếu ngày cuối kỳ", "place": "Báo cáo!H7", "wrong": "SAI", "holds": "có giá trị",
           "forged": "KHÔNG CÓ GIÁ TRỊ", "stranger": "không được tin cậy ở đây", "reached": "máy chủ biết khóa này",
           "registers": "Quản trị viên đăng ký khóa này", "waits": "chờ lâu nhất", "example": "ví dụ"},
    "en": {"report": "Report", "campaign": "campaign", "ward": "ward", "school": "school",
           "too_many": "points planned is 99999, it must be at most 2000", "no_value": "is not among its values",
           "missing": "last day is missing", "place": "Report!H7", "wrong": "INVALID", "holds": "holds",
           "forged": "DOES NOT HOLD", "stranger": "not trusted here", "reached": "the server knows this key",
           "registers": "An administrator registers it", "waits": "the oldest pending since", "example": "example"},
}


@pytest.fixture
def send(clerk, database, start_daemon):
    """Files are sent by a clerk whose key is registered."""
    daemon = start_daemon().wait_ready()
    register(clerk, database, daemon)
    configure(clerk, daemon)
    return lambda *arguments: clerk.tool("send", *arguments)


def register(clerk, database, daemon):
    """What docs/collector.md has a new user do, and what the administrator does then."""
    assert clerk.run("mkdir", "-p", ".config/baocao").returncode == 0
    made = clerk.tool("keygen", clerk.home / ".config/baocao/key")
    assert made.returncode == 0, made
    database.run("SELECT baocao.register_collector('desk', %s, '01', '2022-09-01')", made.stdout.split()[0])
    wait_until(lambda: " 1 of 1 keys" in daemon.log_text(), "the daemon knows the key")
    return made


def configure(clerk, daemon):
    (clerk.home / ".config/baocao/baocao.conf").write_text(
        f"server = {daemon.router}\nserver-key = {daemon.server_key.decode()}\nkey = {clerk.home}/.config/baocao/key\ntimeout = 20\n")


def fill(book, words):
    """One report with two venues, as a clerk writes it: the second row has only the venue."""
    for column, value in zip("BCDEFG", ["01", words["campaign"], 44774, 44793, 1, ""]):  # 1 and 20 August 2022
        if value != "":
            book.type(f"{column}{FIRST}", value)
    for column, value in zip("HIJLMNO", [10, 12, 5813, words["ward"].upper(), 12, 12, 5000]):
        book.type(f"{column}{FIRST}", value)
    for column, value in zip("LN", [f"  {words['school']} ", "4.000"]):
        book.type(f"{column}{FIRST + 1}", value)


@pytest.fixture
def form(clerk):
    path = clerk.home / "form.xlsx"
    made = clerk.tool("template", "festival_day", path)
    assert made.returncode == 0 and made.stdout.strip() == str(path), made
    return path


def test_a_form_is_filled_in_checked_corrected_and_filed(office, form, language, send, database, clerk):
    words = WORDS[language]
    filled, corrected = clerk.home / "filled.xlsx", clerk.home / "corrected.xlsx"
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

    checked = clerk.tool("check", "--mark", filled)
    assert checked.returncode == 1, checked
    for said in (f"{words['place']} festival_day.points_planned [max] {words['too_many']}", words["no_value"], words["missing"]):
        assert said in checked.stdout, checked.stdout
    assert f"1 {words['wrong']}\n" in checked.stdout and f"filled.xlsx:7 {words['wrong']}\n" in checked.stdout

    marked = clerk.home / "filled-marked.xlsx"
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

    again = clerk.tool("check", "--mark", corrected)
    assert again.returncode == 0, again
    sent = send(corrected)
    assert sent.returncode == 0 and "STORED report_no=" in sent.stdout, sent
    assert database.rows("SELECT venue_kind::text, held FROM baocao.festival_day_venue ORDER BY line_no") == [
        ("ward", 12), ("school", 4000)]
    assert database.rows("SELECT period_first::text, period_last::text, attendees FROM baocao.report JOIN baocao.festival_day "
                         "USING (top_unit_id, report_no)") == [("2022-08-01", "2022-08-20", 5813)]
    status = clerk.tool("status", "--all")
    assert status.returncode == 0 and "STORED" in status.stdout


def test_a_new_user_files_and_has_a_proof_that_holds_without_the_server(office, form, language, clerk, database, start_daemon):
    """The way of docs/collectors.md from the first key to the receipt, without --lang: the locale says the language."""
    words, signing = WORDS[language], clerk.home / "signing"
    assert clerk.tool("keygen", "--signing", signing).returncode == 0
    os.chown(signing, 0, 0)  # the server's
    daemon = start_daemon(signing_key_file=signing).wait_ready()
    assert words["registers"] in register(clerk, database, daemon).stderr
    configure(clerk, daemon)
    reached = clerk.tool("ping")
    assert reached.returncode == 0 and words["reached"] in reached.stdout, reached

    with office.open(form) as book:
        fill(book, words)
        book.type(f"H{FIRST}", 99999)
        book.save(form)
    assert words["too_many"] in clerk.tool("check", "--mark", "form.xlsx").stdout
    with office.open(clerk.home / "form-marked.xlsx") as book:
        book.type(f"H{FIRST}", 10)
        book.save(clerk.home / "right.xlsx")
    assert clerk.tool("check", "right.xlsx").returncode == 0
    assert clerk.tool("queue", "right.xlsx").returncode == 0
    waiting = clerk.tool("status")
    assert waiting.returncode == 1 and words["waits"] in waiting.stdout, waiting
    sent = clerk.tool("send", "right.xlsx")
    number = re.search(r"STORED report_no=(\d+)", sent.stdout)[1]
    status = clerk.tool("status")
    assert status.returncode == 0 and "1 STORED" in status.stdout and words["waits"] not in status.stdout
    assert f"STORED report_no={number} " in clerk.tool("receipts").stdout

    made = clerk.tool("proof", number)
    assert made.returncode == 0, made
    (clerk.home / "receipt.txt").write_text(made.stdout)
    (clerk.home / "forged.txt").write_text(made.stdout.replace("2022-08-20", "2022-08-21"))
    daemon.stop()
    kept = clerk.tool("verify", "receipt.txt")  # by the key of the first receipt
    assert kept.returncode == 0 and kept.stdout.startswith(f"receipt.txt: {words['holds']}\n"), kept
    assert f"report_no {number}\n" in kept.stdout and "committed_at 20" in kept.stdout
    forged = clerk.tool("verify", "forged.txt")
    assert forged.returncode == 1 and words["forged"] in forged.stdout, forged
    (clerk.home / ".local/state/baocao/outbox.db").unlink()  # as with anybody else
    anybody = clerk.tool("verify", "receipt.txt")
    assert anybody.returncode == 1 and words["stranger"] in anybody.stdout, anybody
    published = clerk.tool("verify", "--signing-key", "signing.pub", "receipt.txt")
    assert published.returncode == 0 and words["holds"] in published.stdout, published


def test_a_copy_that_is_marked_again_has_only_what_is_still_wrong(office, form, language, clerk):
    words, first, second = WORDS[language], clerk.home / "a.xlsx", clerk.home / "b.xlsx"
    with office.open(form) as book:
        fill(book, words)
        book.type(f"H{FIRST}", 99999)
        book.type(f"N{FIRST}", -1)
        book.save(first)
    assert clerk.tool("check", "--mark", first).returncode == 1
    with office.open(clerk.home / "a-marked.xlsx") as book:  # corrected in part, and written by another program
        assert {f"H{FIRST}", f"N{FIRST}"} <= set(book.comments())
        book.type(f"N{FIRST}", 12)
        book.save(second)
    assert clerk.tool("check", "--mark", second).returncode == 1
    with office.open(clerk.home / "b-marked.xlsx") as book:
        comments = {cell for cell, text in book.comments().items() if "[baocao]" in text}
        assert comments == {f"H{FIRST}"}
        assert book.coloured() == [f"$Report.H{FIRST}"] or len(book.coloured()) == 1


def test_the_sheet_saved_as_text_is_the_same_report(office, form, language, send, clerk):
    words = WORDS[language]
    paths = [(clerk.home / "a.xlsx", None), (clerk.home / "a.csv", None), (clerk.home / "b.csv", SEMICOLONS), (clerk.home / "c.txt", UNICODE_TEXT)]
    with office.open(form) as book:
        fill(book, words)
        for path, how in paths:
            book.save(path, how)
    assert (clerk.home / "c.txt").read_bytes()[:2] == b"\xff\xfe"
    outcomes = [send(path) for path, _ in paths]
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


def test_an_empty_form_and_its_example_file_nothing(office, form, language, clerk):
    words, touched = WORDS[language], clerk.home / "touched.xlsx"
    untouched = clerk.tool("check", form)
    assert untouched.returncode == 2 and "0 " in untouched.stdout, untouched
    with office.open(form) as book:
        book.type("H6", 11)
        book.save(touched)
    said = clerk.tool("check", touched)
    assert said.returncode == 2 and "A6" in said.stderr, said
    with office.open(form) as book:
        book.cell("A6").setString("")
        book.save(touched)
    said = clerk.tool("check", touched)
    assert said.returncode == 1 and words["wrong"] in said.stdout and words["example"] in said.stdout.lower(), said


def test_every_kind_has_a_form_that_a_spreadsheet_reads_and_writes(office, language, clerk):
    kinds = [line.split()[0] for line in clerk.tool("describe", check=True).stdout.splitlines()]
    assert len(kinds) == 8
    for kind in kinds:
        path, saved = clerk.home / f"{kind}.xlsx", clerk.home / f"{kind}-saved.xlsx"
        assert clerk.tool("template", kind, path).returncode == 0
        with office.open(path) as book:
            for column in range(1, 40):  # the example, written below as a report of another unit
                source = book.sheet().getCellByPosition(column, 5)
                target = book.sheet().getCellByPosition(column, 6)
                target.setFormula(source.getFormula())
            book.type("B7", "01")
            book.save(saved)
        checked = clerk.tool("check", saved)
        expected = 1 if kind == "withdrawal" else 0  # whose example is revision 1, which there is nothing to withdraw of
        assert checked.returncode == expected, checked
