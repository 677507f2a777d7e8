#!/usr/bin/env python3
"""Writes demo/input: the season of 2022 as one file per collector.

Known from the press of November 2022: 5,813 commune-level points held, every province above its plan; over 35,000 gifts
worth just under 35 billion VND; the prison police department's 60 activities and 150 orphans; Bạc Liêu's 2 bridges and 129
houses; Nghệ An's 3.5 billion VND; 27 collective and 22 individual commendations of the minister; five pilot wards.

SYNTHETIC: how the national figures are split over the 63 provinces, the venues by kind, attendees, and which wards stand
for the pilots of Hà Nội, Hải Phòng, Đà Nẵng and Cần Thơ. No split was ever published.
"""
import csv
import json
import pathlib

# Code, and communes, wards, townships on 2022-10-01: 8,248, 1,737 and 614.
PROVINCES = [
    ("01", 383, 175, 21), ("02", 175, 5, 13), ("04", 139, 8, 14), ("06", 96, 6, 6),
    ("08", 122, 10, 6), ("10", 127, 16, 9), ("11", 115, 9, 5), ("12", 94, 5, 7),
    ("14", 188, 7, 9), ("15", 150, 13, 10), ("17", 129, 12, 10), ("19", 128, 41, 9),
    ("20", 181, 5, 14), ("22", 98, 72, 7), ("24", 182, 10, 17), ("25", 197, 17, 11),
    ("26", 105, 15, 16), ("27", 89, 31, 6), ("30", 178, 47, 10), ("31", 141, 66, 10),
    ("33", 139, 14, 8), ("34", 241, 10, 9), ("35", 83, 20, 6), ("36", 188, 22, 16),
    ("37", 119, 17, 7), ("38", 469, 60, 30), ("40", 411, 32, 17), ("42", 182, 21, 13),
    ("44", 128, 15, 8), ("45", 101, 13, 11), ("46", 95, 39, 7), ("48", 11, 45, 0),
    ("49", 203, 25, 13), ("51", 148, 17, 8), ("52", 116, 32, 11), ("54", 83, 21, 6),
    ("56", 98, 35, 6), ("58", 47, 15, 3), ("60", 93, 19, 12), ("62", 85, 10, 7),
    ("64", 182, 24, 14), ("66", 152, 20, 12), ("67", 60, 6, 5), ("68", 111, 18, 13),
    ("70", 86, 20, 5), ("72", 71, 17, 6), ("74", 41, 45, 5), ("75", 121, 40, 9),
    ("77", 47, 29, 6), ("79", 58, 249, 5), ("80", 161, 12, 15), ("82", 142, 22, 8),
    ("83", 142, 8, 7), ("84", 85, 11, 10), ("86", 87, 14, 6), ("87", 115, 19, 9),
    ("89", 116, 21, 19), ("91", 116, 18, 10), ("92", 36, 42, 5), ("93", 51, 13, 11),
    ("94", 80, 17, 12), ("95", 49, 10, 5), ("96", 82, 10, 9),
]
POINTS, GIFTS, GIFTS_VALUE = 5813, 35210, 34_960_000_000
WARDS = [("01", "00004"), ("31", "11296"), ("48", "20242"), ("79", "26776"), ("92", "31117")]
SEASON = {"period_type": "campaign", "period_first": "2022-08-01", "period_last": "2022-08-20", "revision": 1}
YEAR = {"period_type": "year", "period_first": "2021-12-15", "period_last": "2022-12-14", "revision": 1}


def share(total, weights):
    """Whole numbers in proportion to the weights that add up to the total (largest remainders)."""
    exact = [total * w / sum(weights) for w in weights]
    parts = [int(e) for e in exact]
    by_rest = sorted(range(len(parts)), key=lambda i: parts[i] - exact[i])
    for i in by_rest[:total - sum(parts)]:
        parts[i] += 1
    return parts


def festival_row(code, held, kinds):
    by_kind = share(held, kinds)
    assert all(h <= k for h, k in zip(by_kind, kinds)), code
    planned = held - max(1, held // 12)
    venues = [("commune", by_kind[0]), ("ward", by_kind[1]), ("township", by_kind[2]), ("residential_area", held * 3),
              ("school", held // 2)]
    first = {"unit_code": code, **SEASON, "festival_day.points_planned": planned, "festival_day.points_held": held,
             "festival_day.attendees": held * 420, "festival_day.forums_held": held // 10}
    for number, (kind, count) in enumerate(venues):
        if count:
            yield {**(first if number == 0 else {**{k: first[k] for k in ["unit_code", *SEASON]}}),
                   "festival_day.venue.venue_kind": kind, "festival_day.venue.held": count}


def write_csv(path, rows):
    columns = list(rows[0])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def write_json(path, reports):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in reports), encoding="utf-8")


def support(code, *activities):
    return {"unit_code": code, **YEAR, "social_support": {"activity": list(activities)}}


def main():
    folder = pathlib.Path(__file__).parent / "input"
    folder.mkdir(exist_ok=True)
    weights = [sum(kinds) for _, *kinds in PROVINCES]
    points, gifts, values = share(POINTS, weights), share(GIFTS, weights), share(GIFTS_VALUE, weights)
    more = {
        "95": [{"activity_kind": "bridge_building", "beneficiary_kind": "general", "quantity": 2},
               {"activity_kind": "house_building", "beneficiary_kind": "comrade", "quantity": 129}],
        "40": [{"activity_kind": "poor_support", "beneficiary_kind": "poor_household", "value_vnd": 3_500_000_000}],
    }
    wards = dict(WARDS)
    for (code, *kinds), held, gift, value in zip(PROVINCES, points, gifts, values):
        write_csv(folder / f"{code}_festival_day.csv", list(festival_row(code, held, kinds)))
        gift_visit = {"activity_kind": "gift_visit", "beneficiary_kind": "policy_family", "quantity": gift, "value_vnd": value}
        reports = [support(code, gift_visit, *more.get(code, []))]
        if code in wards:
            reports.append({"unit_code": wards[code], **YEAR, "model_ward": {
                "stage": "pilot", "stage_date": "2022-01-01", "criteria_met": 22, "criteria_total": 22,
                "crimes_less_serious": 1, "crimes_serious": 0, "crimes_very_serious": 0, "crimes_especially_serious": 0,
                "gang_style_crimes": 0, "encroachment_points": 0}})
        write_json(folder / f"{code}_other.jsonl", reports)
    write_json(folder / "C10_other.jsonl", [support(
        "C10", {"activity_kind": "civic_outreach", "beneficiary_kind": "general", "activities": 60},
        {"activity_kind": "orphan_care", "beneficiary_kind": "orphan", "beneficiaries": 150})])
    awards = [{"award_level": "ministry_commendation", "recipient_kind": kind, "awards": count}
              for kind, count in [("collective", 27), ("individual", 22)]]
    write_json(folder / "V05_other.jsonl", [{"unit_code": "V05", **YEAR, "commendation": {"award": awards}}])


if __name__ == "__main__":
    main()
