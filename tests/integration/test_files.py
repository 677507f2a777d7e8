"""baocao check, template and marked copies, without a daemon: workbooks, CSV, JSON Lines."""
import json
import pathlib
import shutil
import subprocess
import zipfile

import pytest
from conftest import BUILD, ROOT

CASES = ROOT / "tests/fuzz/cases/xlsx"
KINDS = ["festival_day", "social_support", "security_model", "model_ward", "rural_security", "commendation", "communication",
         "withdrawal"]


def tool(*arguments):
    return subprocess.run([BUILD / "baocao", *[str(a) for a in arguments]], capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin"})


@pytest.mark.parametrize("case, said", [
    ("bomb", "unpacks to more than a workbook of its size can hold"),
    ("bomb-of-shared-texts", "unpacks to more than a workbook of its size can hold"),
    ("bomb-of-relations", "unpacks to more than a workbook of its size can hold"),
    ("sheets-that-are-one-part", "over 100 sheets"),
    ("entities-in-the-sheet", "DOCTYPE"),
    ("entities-in-shared-texts", "DOCTYPE"),
    ("entity-of-a-file", "DOCTYPE"),
    ("nested-too-deeply", "nested too deeply"),
    ("rows-out-of-order", "rows of a sheet are not in their order"),
    ("cells-out-of-order", "cells of a row are not in their order"),
    ("cell-without-a-row", "in no row"),
    ("row-beyond-all", "not in their order"),
    ("not-xml", "is not XML"),
    ("old-workbook", "an old workbook (.xls), or one with a password"),
    ("cut", "not a workbook (.xlsx), or a broken one"),
    ("cut-in-a-part", "not a workbook (.xlsx), or a broken one"),
    ("with-a-password", "not a workbook (.xlsx), or a broken one"),
    ("no-workbook", "not a workbook (.xlsx), or a broken one"),
    ("no-sheet", "not a workbook (.xlsx), or a broken one"),
    ("target-out-of-the-archive", "not a workbook (.xlsx), or a broken one"),
    ("external-target", "there is no report in it"),
])
def test_a_hostile_workbook_is_refused_for_what_it_is(tmp_path, case, said):
    path = tmp_path / f"{case}.xlsx"
    shutil.copy(CASES / case, path)
    checked = tool("check", path)
    assert checked.returncode == 2 and said in checked.stderr, checked
    assert "passwd" not in checked.stdout and "root:" not in checked.stdout + checked.stderr


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("ending", ["xlsx", "csv", "jsonl"])
def test_a_template_files_nothing_until_it_is_filled_in(tmp_path, kind, language, ending):
    path = tmp_path / f"form.{ending}"
    assert tool("--lang", language, "template", kind, path).returncode == 0
    checked = tool("check", path)
    assert checked.stdout == "0 reports: 0 right, 0 INVALID\n", checked
    assert tool("template", kind, path).returncode == 2, "a file is never overwritten"


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_is_right_once_it_is_of_a_unit_and_without_its_mark(tmp_path, kind):
    example = json.loads(tool("template", kind, "-", "--format", "json").stdout)
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(example) + "\n")
    assert tool("check", path).stdout.startswith("0 reports")
    del example["#"]
    path.write_text(json.dumps(example) + "\n")
    assert "template's example" in tool("check", path).stderr
    path.write_text(json.dumps({**example, "unit_code": "01", "revision": 2}) + "\n")
    assert tool("check", path).returncode == 0


def test_a_new_kind_of_report_has_its_form_by_being_there():
    headings = tool("--lang", "vi", "template", "commendation", "-", "--format", "csv").stdout.splitlines()
    assert headings[0].endswith("Khen thưởng: hình thức *,Khen thưởng: đối tượng *,Khen thưởng: số lượng *")
    assert headings[1].endswith("commendation.award.award_level,commendation.award.recipient_kind,commendation.award.awards")


CSV = ("unit_code;period_type;period_first;period_last;revision;festival_day.points_planned;festival_day.points_held;"
       "festival_day.venue.venue_kind;festival_day.venue.held\r\n"
       "01;campaign;2022-08-01;2022-08-20;1;10;12;ward;12\r\n"
       "\r\n"
       '79;campaign;2022-08-01;2022-08-20;1;99999;"3,500 tỷ";ward;7\r\n')


def test_a_csv_is_marked_in_a_column_that_is_passed_over(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(CSV)
    checked = tool("check", "--mark", path)
    assert checked.returncode == 1 and "F4 festival_day.points_planned [max]" in checked.stdout, checked
    marked = (tmp_path / "a-marked.csv").read_text(encoding="utf-8-sig").splitlines()
    assert marked[0].endswith(";# problems") and marked[1].endswith(";ward;12;") and marked[2] == ""
    assert "F4: points planned is 99999" in marked[3] and "3500000000 or as 3500000000000" in marked[3]
    again = tool("check", "--mark", tmp_path / "a-marked.csv")
    assert again.stdout.replace("a-marked-marked", "a-marked").replace("a-marked.csv:4", "a.csv:4").split("\n")[:3] == \
        checked.stdout.split("\n")[:3]
    assert (tmp_path / "a-marked-marked.csv").read_bytes() == (tmp_path / "a-marked.csv").read_bytes()
    corrected = tmp_path / "a-marked.csv"
    corrected.write_text(corrected.read_text(encoding="utf-8-sig").replace(";99999;", ";7;").replace(";3,500 tỷ;", ";7;"))
    assert tool("check", corrected).stdout == "2 reports: 2 right, 0 INVALID\n"


def test_lines_of_json_are_marked_by_a_member_that_is_passed_over(tmp_path):
    report = {"unit_code": "01", "period_type": "campaign", "period_first": "2022-08-01", "period_last": "2022-08-20",
              "revision": 0, "festival_day": {"points_planned": 1, "points_held": 0}}
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(report) + "\n" + json.dumps({**report, "revision": 1}) + "\nnonsense\n")
    assert tool("check", "--mark", path).returncode == 2
    marked = (tmp_path / "a-marked.jsonl").read_text().splitlines()
    assert json.loads(marked[0]) == {**report, "# problems": "revision is 0, it must be at least 1"}
    assert json.loads(marked[1]) == {**report, "revision": 1} and marked[2] == "nonsense"
    tool("check", "--mark", tmp_path / "a-marked.jsonl")
    assert (tmp_path / "a-marked-marked.jsonl").read_text() == (tmp_path / "a-marked.jsonl").read_text()


def test_the_marked_copy_of_a_workbook_keeps_every_other_part_byte_by_byte(tmp_path):
    form = tmp_path / "form.xlsx"
    assert tool("template", "festival_day", form).returncode == 0
    with zipfile.ZipFile(form) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    row = '<row r="7"><c r="B7" t="inlineStr"><is><t>01</t></is></c><c r="H7"><v>99999</v></c></row></sheetData>'
    parts["xl/worksheets/sheet1.xml"] = sheet.replace("</sheetData>", row).encode()
    with zipfile.ZipFile(form, "w") as whole:
        for name, data in parts.items():
            whole.writestr(name, data)
    assert tool("check", "--mark", form).returncode == 1
    with zipfile.ZipFile(tmp_path / "form-marked.xlsx") as whole:
        assert whole.testzip() is None
        marked = {name: whole.read(name) for name in whole.namelist()}
    changed = {name for name in parts if marked[name] != parts[name]}
    assert changed <= {"xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml"}, changed
    assert row.removesuffix("</sheetData>") in marked["xl/worksheets/sheet1.xml"].decode()
    assert "points planned is 99999, it must be at most 2000" in marked["xl/comments1.xml"].decode()


def test_every_problem_of_several_sheets_is_named_with_sheet_row_and_column(tmp_path):
    main, relations = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    row = lambda number, *cells: f'<row r="{number}">' + "".join(f'<c t="inlineStr"><is><t>{c}</t></is></c>' for c in cells) + "</row>"
    sheet = lambda *rows: f'<worksheet xmlns="{main}"><sheetData>{"".join(rows)}</sheetData></worksheet>'
    names = ["Quý I", "Quý II", "nháp", "# ghi chú"]
    parts = {
        "_rels/.rels": f'<Relationships><Relationship Id="r" Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>' + "".join(
            f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"/>' for i, name in enumerate(names)) + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": "<Relationships>" + "".join(
            f'<Relationship Id="r{i}" Type="{relations}/worksheet" Target="worksheets/{i}.xml"/>' for i in range(4)) + "</Relationships>",
        "xl/worksheets/0.xml": sheet(row(3, "unit_code", "revision"), row(5, "01", "x")),
        "xl/worksheets/1.xml": sheet(row(1, "unit_code", "revision"), row(2, "1", "1")),
        "xl/worksheets/2.xml": sheet(row(1, "chưa xong")),
        "xl/worksheets/3.xml": sheet(row(1, "# của tôi"), row(2, "abc")),
    }
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as whole:
        for name, data in parts.items():
            whole.writestr(name, data)
    checked = tool("check", path)
    assert "Quý I!B5 revision [malformed]" in checked.stdout and "Quý II!A2 unit_code [pattern]" in checked.stdout, checked
    assert "nháp: the sheet has no row of headings" in checked.stderr and "ghi chú" not in checked.stdout + checked.stderr


def test_an_excel_serial_date_and_a_lost_zero_are_told_apart(tmp_path):
    form, path = tmp_path / "form.xlsx", tmp_path / "a.xlsx"
    assert tool("template", "festival_day", form).returncode == 0
    with zipfile.ZipFile(form) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    row = '<row r="7"><c r="B7"><v>1</v></c><c r="D7"><v>44774</v></c><c r="E7"><v>44793.5</v></c><c r="F7"><v>1.5</v></c></row></sheetData>'
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].decode().replace("</sheetData>", row).encode()
    with zipfile.ZipFile(path, "w") as whole:
        for name, data in parts.items():
            whole.writestr(name, data)
    said = tool("check", path).stdout
    assert "Report!B7 unit_code [unreadable] the number 1 has lost the zeros in front of it" in said and "like 01" in said, said
    assert "D7" not in said and "E7 period_last [date]" in said and "F7 revision [malformed]" in said
