#!/usr/bin/python3
"""units_test.py CONNINFO FOLDER: proves the shipped provinces, succession and census against lists of units.

FOLDER holds provinces_{2022,2025,2026}.csv, province_succession.csv and communes_{2022,2025}.csv. The list of 2026 spells
Thanh Hoá and Khánh Hoà where the others have Hóa and Hòa; a spelling is no change of a unit.
"""
import collections
import csv
import pathlib
import sys

import psycopg

DAYS = {"2022": ["2022-10-01", "2023-04-09"], "2025": ["2025-07-01", "2026-04-29"], "2026": ["2026-04-30"]}
SPELLING = {"Tỉnh Thanh Hoá": "Tỉnh Thanh Hóa", "Tỉnh Khánh Hoà": "Tỉnh Khánh Hòa"}
MERGER = "2025-07-01"


def read(folder, name):
    with open(folder / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def provinces(connection, day):
    return set(connection.execute(
        "SELECT code, name, kind::text FROM baocao.unit WHERE level = 'province' AND valid @> %s::date", [day]))


def succession(connection):
    """Old code to new code over the day of the merger, whether the unit went on or was succeeded."""
    return set(connection.execute("""
        SELECT old.code, coalesce(new.code, old.code)
        FROM baocao.unit AS old
        LEFT JOIN baocao.unit_succession AS s ON s.predecessor_id = old.unit_id AND s.since = %(day)s::date
            AND s.extent = 'whole'
        LEFT JOIN baocao.unit AS new ON new.unit_id = s.successor_id
        WHERE old.level = 'province' AND old.valid @> %(day)s::date - 1 AND (new.unit_id IS NOT NULL OR old.valid @> %(day)s::date)
        """, {"day": MERGER}))


def census(connection, day):
    return {(code, kind): units for code, kind, units in connection.execute(
        "SELECT u.code, c.kind::text, c.units FROM baocao.unit_census AS c JOIN baocao.unit AS u USING (unit_id) "
        "WHERE c.as_of = %s::date", [day])}


def main(conninfo, folder):
    failures = 0

    def check(what, got, wanted):
        nonlocal failures
        print("ok" if got == wanted else "not ok", "-", what)
        if got != wanted:
            failures += 1
            got, wanted = (set(x.items()) if isinstance(x, dict) else x for x in (got, wanted))
            print(f"#  missing: {sorted(wanted - got)}\n#  too many: {sorted(got - wanted)}")

    with psycopg.connect(conninfo) as connection:
        for year, days in DAYS.items():
            wanted = {(row["code"], SPELLING.get(row["name"], row["name"]), row["kind"])
                      for row in read(folder, f"provinces_{year}.csv")}
            for day in days:
                check(f"provinces on {day}", provinces(connection, day), wanted)
        check("succession", succession(connection),
              {(row["old_code"], row["new_code"]) for row in read(folder, "province_succession.csv")})
        for year, day in (("2022", "2022-10-01"), ("2025", MERGER)):
            counted = collections.Counter((row["province_code"], row["kind"]) for row in read(folder, f"communes_{year}.csv"))
            check(f"census on {day}", census(connection, day), dict(counted))
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
