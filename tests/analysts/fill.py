#!/usr/bin/python3
"""fill.py CONNINFO [--years FIRST LAST] [--one-in N]: ten years of commune-level filing in a migrated, empty database.

Uses the lists of real units where they lie beside the project and a synthetic catalogue of 63 x 168 communes otherwise.
Every commune files social support each month; communication, models and commendations each quarter; the rural criterion
each half year; the festival day each year; 3 reports in 100 are corrected, 2 never come, some come late. Over ten years of
all communes that makes about 3 million reports. Figures are made up. --one-in N lets every Nth commune file only.
"""
import argparse
import csv
import pathlib
import subprocess
import tempfile

import psycopg
import real_catalogue

ROOT = pathlib.Path(__file__).resolve().parents[2]

# kind, type of period, condition on the unit u, and its bodies: table, columns, values from the report r, how often
FORMS = [
    ("social_support", "month", "true", [
        ("social_support_activity", "activity_kind, activities, quantity, value_vnd, beneficiary_kind, beneficiaries",
         "(ARRAY['gift_visit','civic_outreach','poor_support'])[line]::baocao.activity_kind, ceil(random() * 5), "
         "5 + floor(random() * 40), 10000000 + floor(random() * 5000000), 'general'::baocao.beneficiary_kind, "
         "floor(random() * 200)", 2)]),
    ("communication", "quarter", "true", [
        ("communication_output", "channel, items, sessions, attendances",
         "(ARRAY['meeting','radio','social_network'])[line]::baocao.channel, floor(random() * 30), floor(random() * 20), "
         "floor(random() * 900)", 2)]),
    ("security_model", "quarter", "true", [
        ("security_model_model", "model_kind, model_name, launched, active, members",
         "(ARRAY['security_camera','self_managed_group'])[line]::baocao.model_kind, 'Mô hình ' || line, floor(random() * 2), "
         "1 + floor(random() * 9), floor(random() * 200)", 2)]),
    ("commendation", "quarter", "true", [
        ("commendation_award", "award_level, recipient_kind, awards",
         "'local_certificate'::baocao.award_level, (ARRAY['collective','individual'])[line]::baocao.recipient_kind, "
         "floor(random() * 6)", 2)]),
    ("rural_security", "half_year", "u.kind = 'commune'", [
        ("rural_security", "level_reached, contents_met, working_models",
         "(ARRAY['none','standard','standard','advanced','model'])[1 + floor(random() * 5)::integer]::baocao.rural_level, 8, 1", 0),
        ("rural_security_registration", "subject_kind, total, registered, recognised",
         "(ARRAY['residential_area','school'])[line]::baocao.subject_kind, 20, 20 - floor(random() * 1.2), 13 + floor(random() * 6)",
         2)]),
    ("model_ward", "quarter", "u.kind = 'ward' AND hashint4(u.unit_id) & 127 < 4 * (r.year - 2015)", [
        ("model_ward", "stage, stage_date, crimes_less_serious, crimes_serious, crimes_very_serious, crimes_especially_serious, "
         "gang_style_crimes, encroachment_points",
         "(CASE WHEN r.revision % 2 = 1 THEN 'recognised' ELSE 'registered' END)::baocao.model_ward_stage, r.period_last, "
         "floor(random() * 3), floor(random() * 1.1), 0, 0, 0, floor(random() * 1.2)", 0)]),
    ("festival_day", "year", "true", [
        ("festival_day", "points_planned, points_held, attendees, forums_held", "1, 1, floor(random() * 500), 1", 0),
        ("festival_day_venue", "venue_kind, planned, held, attendees",
         "(CASE line WHEN 1 THEN u.kind::text ELSE 'residential_area' END)::baocao.venue_kind, 1, 1, floor(random() * 200)", 2)]),
]

REPORTS = """
CREATE TEMP TABLE filed ON COMMIT DROP AS
SELECT (%(base)s + row_number() OVER (ORDER BY period_last, random()))::bigint AS report_no, r.*
FROM (
    SELECT u.top_unit_id, u.unit_id, u.code AS unit_code, p.period_first, p.period_last, %(year)s AS year, revision,
        p.period_last + interval '1 day' * (revision - 1 + random() * CASE WHEN random() < 0.1 THEN 40 ELSE 14 END) AS received_at
    FROM baocao.periods_of(%(period_type)s, %(year)s) AS p
    JOIN baocao.unit AS u ON u.level = 'commune' AND u.valid @> p.period_last AND u.unit_id %% %(one_in)s = 0
    CROSS JOIN LATERAL generate_series(1, CASE WHEN (hashint4(u.unit_id) # hashint4(p.period_last - '2000-01-01'::date)) & 31 = 1
        THEN 2 ELSE 1 END) AS revision
    WHERE (hashint4(u.unit_id) # hashint4(p.period_last - '2010-01-01'::date)) & 63 <> 1
) AS r JOIN baocao.unit AS u USING (unit_id)
WHERE {condition}
"""

HEADERS = """
INSERT INTO baocao.report (report_no, top_unit_id, unit_id, kind, body, unit_code, period_type, period_first, period_last, revision,
    precision, received_at, collector_id, content_digest)
SELECT report_no, top_unit_id, unit_id, %(kind)s, %(kind)s, unit_code, %(period_type)s, period_first, period_last, revision,
    'exact', received_at, %(collector)s, sha256(report_no::text::bytea)
FROM filed ORDER BY report_no
"""


def synthetic_catalogue(connection, folder):
    """Every province of each day has one district of 168 communes, or after the reform 98 communes of its own."""
    units = pathlib.Path(folder, "units.csv")
    rows = []
    provinces = connection.execute("SELECT code, lower(valid), upper(valid) FROM baocao.unit WHERE level = 'province' "
                                   "AND valid && '[2010-01-01,2026-01-01)' ORDER BY code, valid").fetchall()
    reform = real_catalogue.REFORM
    for code in sorted({p[0] for p in provinces}):
        rows.append([f"9{code}", "district", "rural_district", f"Huyện {code}", code, "2008-08-01", reform])
        for number in range(168):
            kind = "ward" if number < 28 else "commune"
            rows.append([f"{code}{number:03}", "commune", kind, f"Xã {number}", f"9{code}", "2008-08-01", reform])
    for code in sorted({p[0] for p in provinces if p[2] is None or str(p[2]) > reform}):
        rows += [[f"{code}{number:03}", "commune", "ward" if number < 20 else "commune", f"Xã {number}", code, reform, ""]
                 for number in range(98)]
    with open(units, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([real_catalogue.UNITS_HEADER, *rows])
    return [units]


def import_catalogue(connection, conninfo):
    with tempfile.TemporaryDirectory() as folder:
        files = real_catalogue.write(folder) if real_catalogue.available() else synthetic_catalogue(connection, folder)
        subprocess.run([ROOT / "schema/import-units", conninfo, *files], check=True, stdout=subprocess.DEVNULL)


def file_form(connection, form, year, collector, one_in):
    kind, period_type, condition, bodies = form
    values = {"kind": kind, "period_type": period_type, "year": year, "collector": collector, "one_in": one_in,
              "base": connection.execute("SELECT coalesce(max(report_no), 0) FROM baocao.report").fetchone()[0]}
    cursor = psycopg.ClientCursor(connection)
    cursor.execute(REPORTS.format(condition=condition), values)
    cursor.execute(HEADERS, values)
    count = cursor.rowcount
    for table, columns, figures, lines in bodies:
        line_no, series = ("line_no, ", f"CROSS JOIN generate_series(1, {lines}) AS line") if lines else ("", "")
        cursor.execute(f"INSERT INTO baocao.{table} (top_unit_id, report_no, {line_no}{columns}) "
                       f"SELECT r.top_unit_id, r.report_no, {'line, ' if lines else ''}{figures} "
                       f"FROM filed AS r JOIN baocao.unit AS u USING (unit_id) {series} ORDER BY r.report_no")
    connection.commit()
    return count


def fill(conninfo, first=2016, last=2025, one_in=1):
    """Returns how many reports were filed."""
    filed = 0
    with psycopg.connect(conninfo) as connection:
        import_catalogue(connection, conninfo)
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        connection.execute("SELECT setseed(0.5)")
        collector = connection.execute("SELECT baocao.register_collector('fill', repeat('f', 40), 'V05', '2020-01-01')").fetchone()[0]
        connection.commit()
        for year in range(first, last + 1):
            for form in FORMS:
                filed += file_form(connection, form, year, collector, one_in)
                if form[1] != "year" and form[0] != "model_ward":
                    connection.execute("SELECT baocao.open_periods(%s, 'commune', %s, %s, %s)", [
                        form[0], form[1], year, "commune" if form[0] == "rural_security" else None])
        connection.execute("SET session_replication_role = origin")
        connection.execute("SELECT baocao.refold()")
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    return filed


LATE = """
INSERT INTO baocao.report (report_no, top_unit_id, unit_id, kind, body, unit_code, period_type, period_first, period_last, revision,
    precision, received_at, collector_id, content_digest)
SELECT (SELECT max(report_no) FROM baocao.report) + row_number() OVER (ORDER BY top_unit_id, report_no), top_unit_id, unit_id, kind,
    body, unit_code, period_type, period_first, period_last, revision + 1, precision, now(), collector_id, ''
FROM baocao.standing_report WHERE kind = 'social_support' AND period_last = %(day)s AND hashint4(unit_id) %% %(one_in)s = 0
RETURNING top_unit_id, kind, period_type, period_first, period_last, report_no"""


def file_late(connection, day, one_in=1):
    """Every unit (or one in so many) that filed social support for a month that ends on the day corrects it; marked and not folded.
    Returns how many did."""
    with connection.transaction():
        return connection.execute(f"""
            WITH filed AS ({LATE}), line AS (
                INSERT INTO baocao.social_support_activity (top_unit_id, report_no, line_no, activity_kind, activities, quantity, value_vnd,
                    beneficiary_kind, beneficiaries)
                SELECT top_unit_id, report_no, 1, 'gift_visit', 1, 10, 10000000, 'general', 10 FROM filed
            ), marked AS (
                SELECT baocao.mark_stored(array_agg((top_unit_id, kind, year, first, last)::baocao_fold.touched))
                FROM (SELECT top_unit_id, kind, extract(year FROM period_last)::integer AS year, min(report_no) AS first, max(report_no) AS last
                    FROM filed GROUP BY 1, 2, 3) AS cell
            )
            SELECT count(*) FROM filed, marked""", {"day": day, "one_in": one_in}).fetchone()[0]


def make_analysts(connection):
    """The roles ministry, which sees everything, and province, which sees Hà Nội. Roles belong to the cluster, and end with it."""
    connection.execute("CREATE ROLE ministry IN ROLE baocao_analyst")
    connection.execute("CREATE ROLE province IN ROLE baocao_branch_analyst")
    connection.execute("SELECT baocao.limit_analyst('province', '01', '2024-12-31')")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("conninfo")
    parser.add_argument("--years", type=int, nargs=2, default=(2016, 2025), metavar=("FIRST", "LAST"))
    parser.add_argument("--one-in", type=int, default=1, metavar="N")
    options = parser.parse_args()
    print(f"{fill(options.conninfo, *options.years, options.one_in)} reports")
