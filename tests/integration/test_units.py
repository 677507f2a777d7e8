import itertools

import pytest
from conftest import three_chances, wait_until
from reports import festival_day
from test_every_kind import add_ward


def unit_name(database):
    return database.value("SELECT u.name FROM baocao.report JOIN baocao.unit u USING (unit_id)")


def test_code_15_of_2024_is_yen_bai(collector, database):
    client = collector("15", on="2024-06-01")
    assert client.outcomes(festival_day("15", first="2024-08-01", last="2024-08-20")) == ["STORED"]
    assert unit_name(database) == "Tỉnh Yên Bái"


def test_code_15_of_august_2025_is_lao_cai(collector, database):
    client = collector("15", on="2025-08-01")
    assert client.outcomes(festival_day("15", first="2025-08-01", last="2025-08-20")) == ["STORED"]
    assert unit_name(database) == "Tỉnh Lào Cai"


def test_the_successor_files_what_its_predecessor_left_late(collector, database):
    client = collector("15", on="2025-08-01")
    assert client.outcomes(festival_day("15", first="2024-08-01", last="2024-08-20")) == ["STORED"]
    assert unit_name(database) == "Tỉnh Yên Bái"
    assert client.outcomes(festival_day("10", first="2024-08-01", last="2024-08-20")) == ["STORED"]


def test_a_predecessor_does_not_file_for_the_merged_province(collector):
    client = collector("15", on="2024-06-01")
    outcome = client.file(festival_day("15", first="2025-08-01", last="2025-08-20")).outcome[0]
    assert [v.rule for v in outcome.violation] == ["out_of_scope"]


def test_a_province_that_became_a_city_goes_on_filing(collector, database):
    client = collector("75", on="2025-08-01")
    assert client.outcomes(festival_day("75", first="2026-05-01", last="2026-05-20")) == ["STORED"]
    assert unit_name(database) == "Thành phố Đồng Nai"


@pytest.mark.parametrize("code, first, last", [("10", "2025-08-01", "2025-08-20"), ("99", "2022-08-01", "2022-08-20"),
                                               ("00001", "2022-08-01", "2022-08-20")])
def test_a_unit_that_did_not_exist_in_the_period_is_refused(collector, code, first, last):
    outcome = collector("01").file(festival_day(code, first=first, last=last)).outcome[0]
    assert [(v.path, v.rule) for v in outcome.violation] == [("unit_code", "unit_unknown")]


def test_a_ward_files_under_its_province(collector, database, daemon):
    add_ward(database, daemon)
    client = collector("01")
    assert client.outcomes(festival_day("00001", held=1)) == ["STORED"]
    assert unit_name(database) == "Phường Phúc Xá"
    assert database.value("SELECT u.name FROM baocao.report r JOIN baocao.unit u ON u.unit_id = r.top_unit_id") == (
        "Thành phố Hà Nội")


def test_a_period_that_has_not_begun_is_refused(collector):
    outcome = collector("01").file(festival_day(first="2090-08-01", last="2090-08-20")).outcome[0]
    assert [v.rule for v in outcome.violation] == ["period_not_begun"]


def test_a_kind_that_the_level_does_not_file_is_refused(collector):
    outcome = collector("V05", on="2022-09-01").file(festival_day("V05")).outcome[0]
    assert [v.rule for v in outcome.violation] == ["no_form"]


def test_a_report_outside_the_scope_is_logged_once_a_minute_with_collector_and_unit(collector, daemon):
    nosy, mistaken = collector("01"), collector("79")
    for revision in range(1, 6):
        outcome = nosy.file(festival_day("79", revision=revision), festival_day("48", revision=revision)).outcome
        assert [[v.rule for v in o.violation] for o in outcome] == [["out_of_scope"]] * 2
    mistaken.file(festival_day("01"))
    said = [line.partition("warning: ")[2] for line in daemon.log_text().splitlines() if "refused a report" in line]
    assert said == ["refused a report of 01 no. 0 (collector 1) for unit 79 on 2022-08-20: "
                    "its scope is unit 01 as from 2008-08-01",
                    "refused a report of 79 no. 1 (collector 2) for unit 01 on 2022-08-20: "
                    "its scope is unit 79 as from 2008-08-01"]


def test_the_scope_is_that_of_the_report_s_day_and_of_this_moment(collector, database, daemon):
    """15 was Yên Bái, then Lào Cai: which of them is spoken for, the day says. A new scope counts from the next message on."""
    client = collector("15", on="2024-06-01")
    assert client.outcomes(festival_day("15", first="2024-08-01", last="2024-08-20")) == ["STORED"]
    assert client.outcomes(festival_day("15", first="2025-08-01", last="2025-08-20")) == ["REFUSED"]
    revision = itertools.count(1)

    def files(outcome):
        return client.outcomes(festival_day("15", revision=next(revision), first="2025-08-01", last="2025-08-20")) == [outcome]

    def widened_and_taken_away():
        database.run("SELECT baocao.limit_collector('15 no. 0', '15', '2025-08-01')")
        wait_until(lambda: files("STORED"), "the new scope counts")
        database.run("SELECT baocao.limit_collector('15 no. 0', '01', '2025-08-01')")
        wait_until(lambda: files("REFUSED"), "the new scope counts", deadline=1)
    three_chances(widened_and_taken_away)
