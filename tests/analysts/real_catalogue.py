"""The lists of real units as the two files that schema/import-units reads.

The lists lie beside the project where it is developed (UNITS) and are not part of it; a test that needs them is skipped
without them. What the lists do not say is filled in here: districts exist from 2008-08-01 or their first commune to
2025-07-01 or their last, a code that goes on before 2025-07-01 is the same commune (the lists have no succession before
that day), and a commune of which one successor is said to be whole and others parts went to all of them in part.
"""
import collections
import csv
import os
import pathlib

UNITS = pathlib.Path(os.environ.get("BAOCAO_UNITS", pathlib.Path(__file__).resolve().parents[2] / "../shared/data/units"))
ALWAYS, REFORM = "2008-08-01", "2025-07-01"
UNITS_HEADER = ["code", "level", "kind", "name", "parent_code", "valid_from", "valid_to"]
SUCCESSION_HEADER = ["old_code", "new_code", "since", "extent"]


def available():
    return (UNITS / "commune_history.csv").exists()


def read(name):
    with open(UNITS / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def districts(history):
    days = collections.defaultdict(list)
    for row in history:
        if row["district_code"]:
            days[row["district_code"], row["province_code"]].append((row["valid_from"] or ALWAYS, row["valid_to"]))
    known = {row["code"]: row for row in read("districts_2022.csv")}
    for row in known.values():
        days.setdefault((row["code"], row["province_code"]), [(ALWAYS, REFORM)])
    for (code, province), spans in sorted(days.items()):
        row = known.get(code, {"kind": "town", "name": f"Thị xã {code}"})
        yield [code, "district", row["kind"], row["name"], province, min(s[0] for s in spans), max(s[1] for s in spans)]


def communes(history):
    for row in sorted(history, key=lambda row: (row["code"], row["valid_from"])):
        yield [row["code"], "commune", row["kind"], row["name"], row["district_code"] or row["province_code"],
               row["valid_from"] or ALWAYS, row["valid_to"]]


def succession(history):
    by_code = collections.defaultdict(list)
    for row in history:
        by_code[row["code"]].append(row)
    for code, rows in sorted(by_code.items()):
        rows.sort(key=lambda row: row["valid_from"])
        for row, following in zip(rows, rows[1:]):
            if row["valid_to"] == following["valid_from"] != REFORM:
                yield [code, code, row["valid_to"], "whole"]
    ways = collections.Counter(row["old_code"] for row in read("commune_succession.csv"))
    for row in read("commune_succession.csv"):
        yield [row["old_code"], row["new_code"], REFORM, "part" if ways[row["old_code"]] > 1 else "whole"]


def write(folder):
    """Writes units.csv and succession.csv into a folder and returns their paths."""
    history = read("commune_history.csv")
    files = pathlib.Path(folder, "units.csv"), pathlib.Path(folder, "succession.csv")
    for path, header, rows in ((files[0], UNITS_HEADER, [*districts(history), *communes(history)]),
                               (files[1], SUCCESSION_HEADER, [*succession(history)])):
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return files
