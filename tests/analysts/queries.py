#!/usr/bin/python3
"""queries.py CONNINFO [ROLE]: how long each documented view takes for one year, as a tool would ask it, taking on a role when
given; medians of five, by the clock and of the backend's processor.

The database is one that fill.py filled. The list is what docs/analysts.md shows, without its narrowing to a few rows.
"""
import pathlib
import statistics
import sys
import time

import psycopg

YEAR = 2024
QUERIES = {
    "1 festival_plan": "SELECT * FROM baocao.festival_plan WHERE year = 2024",
    "2 festival_share": "SELECT * FROM baocao.festival_share WHERE year = 2024",
    "3 festival_venue_total": "SELECT * FROM baocao.festival_venue_total WHERE year = 2024",
    "4 gift_total": "SELECT * FROM baocao.gift_total WHERE year = 2024",
    "5 social_support_total": "SELECT * FROM baocao.social_support_total WHERE year = 2024",
    "6 model_ward_share": "SELECT * FROM baocao.model_ward_share('2024-12-31')",
    "7 without_model_ward": "SELECT * FROM baocao.without_model_ward('urban_district', '2023-12-31')",
    "8 without_model_ward": "SELECT * FROM baocao.without_model_ward('province', '2023-12-31')",
    "9 model_ward_pace": "SELECT * FROM baocao.model_ward_pace('2024-12-31')",
    "10 model_ward_incident": "SELECT * FROM baocao.model_ward_incident WHERE year = 2024",
    "11 rural_security_total": "SELECT * FROM baocao.rural_security_total WHERE year = 2024",
    "11 rural_security_fallen_back": "SELECT * FROM baocao.rural_security_fallen_back(2024, 'half_year')",
    "12 circular_124_total": "SELECT * FROM baocao.circular_124_total WHERE year = 2024",
    "12 circular_124_unit, one period": "SELECT * FROM baocao.circular_124_unit WHERE year = 2024 AND period_last = '2024-12-14' "
                                       "AND fails = 'registered'",
    "13 commendation_rate": "SELECT * FROM baocao.commendation_rate WHERE year = 2024",
    "14 completeness": "SELECT * FROM baocao.completeness WHERE year = 2024",
    "14 report_status, one period": "SELECT * FROM baocao.report_status WHERE year = 2024 AND kind = 'social_support' "
                                    "AND period_last = '2024-06-14' AND status = 'missing'",
    "14 revision_changes": "SELECT * FROM baocao.revision_changes((SELECT unit_id FROM baocao.standing_report WHERE year = 2024 "
                           "AND kind = 'commendation' AND filings > 1 LIMIT 1), 'commendation', '2024-06-14')",
    "14 refusal_reason": "SELECT * FROM baocao.refusal_reason",
    "15 rebased_total": "SELECT * FROM baocao.rebased_total('festival_day', 'points_held', '2026-01-01')",
    "festival_day_total": "SELECT * FROM baocao.festival_day_total WHERE year = 2024",
    "festival_day_total_rebased": "SELECT * FROM baocao.festival_day_total_rebased WHERE year = 2024",
    "commendation_total": "SELECT * FROM baocao.commendation_total WHERE year = 2024",
    "model_ward_progress": "SELECT * FROM baocao.model_ward_progress WHERE stands @> date '2024-12-31'",
    "communication_output_sum": "SELECT top_unit_id, channel, sum(items) FROM baocao.communication_output_sum WHERE year = 2024 GROUP BY 1, 2",
    "current_report, one kind": "SELECT count(*) FROM baocao.current_report WHERE year = 2024 AND kind = 'festival_day'",
    "target_progress": "SELECT * FROM baocao.target_progress('2024-12-31')",
}


def processor_ms(pid):
    """What a process has had of the processors (Linux, sched-stats.rst): unlike the clock it does not depend on what else runs."""
    return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def timings(conninfo, role=None, rounds=5):
    """Name, median milliseconds by the clock and of the processor, and rows of each query; the server runs on this machine."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        if role:
            connection.execute(f"SET ROLE {role}")
        pid = connection.info.backend_pid
        for name, query in QUERIES.items():
            taken, used = [], []
            for _ in range(rounds):
                before, start = processor_ms(pid), time.perf_counter()
                rows = connection.pgconn.exec_(query.encode()).ntuples  # received whole, not made into Python objects
                taken.append(1000 * (time.perf_counter() - start))
                used.append(processor_ms(pid) - before)
            yield name, statistics.median(taken), statistics.median(used), rows


if __name__ == "__main__":
    for name, median, processor, rows in timings(*sys.argv[1:]):
        print(f"{name:32} {median:8.1f} ms {processor:8.1f} ms of processor {rows:6} rows")
