"""The six rows of a report, each with a prepared INSERT of its own: how a program writes that knows nothing of batches."""
import datetime
import hashlib
import time

import bench

from .measured import Measured

INSERTS = [
    "INSERT INTO baocao.report VALUES (%s, %s, %s, 'festival_day', 'festival_day', %s, 'campaign', %s, %s, 1, 'exact', NULL, %s, 1, %s)",
    "INSERT INTO baocao.report_raw VALUES (%s, %s, %s)",
    "INSERT INTO baocao.festival_day VALUES (%s, %s, 50, 60, NULL, NULL)",
    "INSERT INTO baocao.festival_day_venue VALUES (%s, %s, %s, %s, NULL, %s, 4200)",
]
VENUES = [(1, "commune", 10), (2, "ward", 20), (3, "township", 30)]
RAW_SIZE = 66  # bytes of such a report as the load generator encodes it


def values_of(units, number):
    """(index of the statement, values) for each row of a report; the reports are those of the load generator."""
    unit_id, code = units[number % len(units)]
    season, days = divmod(number // len(units), 300)
    first = datetime.date(2009, 8, 1) + datetime.timedelta(days=season)
    raw = b"%0*d" % (RAW_SIZE, number)
    report_no, now = number + 1, datetime.datetime.now(datetime.timezone.utc)
    yield 0, (report_no, unit_id, unit_id, code, first, first + datetime.timedelta(days=days), now,
              hashlib.blake2b(raw, digest_size=32).digest())
    yield 1, (unit_id, report_no, raw)
    yield 2, (unit_id, report_no)
    for venue in VENUES:
        yield 3, (unit_id, report_no, *venue)


def insert(db, cursor, every, reports_in_transaction):
    """Gives the seconds; with 0 reports in a transaction each row is one of its own."""
    db.autocommit = reports_in_transaction == 0
    start = time.monotonic()
    for number, rows in enumerate(every, 1):
        for statement, values in rows:
            cursor.execute(INSERTS[statement], values, prepare=True)
        if reports_in_transaction and number % reports_in_transaction == 0:
            db.commit()
    if reports_in_transaction:
        db.commit()
    return time.monotonic() - start


def row_by_row(cluster, reports, reports_in_transaction, name="row_by_row"):
    """Rows inserted into an empty database, with foreign keys as unchecked as baocaod has them."""
    database = bench.migrated(cluster, name)
    units = database.rows("SELECT unit_id, code FROM baocao.unit WHERE valid @> '2009-08-01'::date AND code = ANY (%s)", bench.PROVINCES)
    every = [list(values_of(units, number)) for number in range(reports)]
    database.run("CHECKPOINT")
    with cluster.connect(name) as db:
        db.execute("SET session_replication_role = replica")
        seconds = insert(db, db.cursor(), every, reports_in_transaction)
        rows = sum(db.execute(f"SELECT count(*) FROM baocao.{table}").fetchone()[0]
                   for table in ("report", "report_raw", "festival_day", "festival_day_venue"))
    assert rows == 6 * reports
    bench.drop(database)
    return Measured(rows, seconds)
