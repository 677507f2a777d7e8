"""What must hold at the end, from the tables and the outboxes alone."""
import subprocess

import protocol_pb2
import report_pb2

STORED, DUPLICATE, CONFLICT, SUPERSEDED, REFUSED = 1, 2, 3, 4, 5

TABLES = """
CREATE TEMP TABLE entry (collector text, public_key text, digest bytea, raw bytea, outcome int, report_no bigint,
    unit_code text, first date, last date, revision int, planned bigint, held bigint, attendees bigint);
CREATE TEMP TABLE stored AS
    SELECT r.report_no, r.unit_code, r.period_first AS first, r.period_last AS last, r.revision, r.content_digest AS digest,
        f.points_planned AS planned, f.points_held AS held, v.held AS lines_held, v.attendees, w.raw
    FROM baocao.report r LEFT JOIN baocao.festival_day f USING (top_unit_id, report_no)
    LEFT JOIN baocao.report_raw w USING (top_unit_id, report_no)
    LEFT JOIN (SELECT top_unit_id, report_no, sum(held) FILTER (WHERE venue_kind = 'ward') AS held, sum(attendees) AS attendees
        FROM baocao.festival_day_venue GROUP BY 1, 2) v USING (top_unit_id, report_no);
CREATE INDEX ON stored (unit_code, first, last, revision);
"""

# name, what it is, a query whose rows are the offenders
QUERIES = [
    ("lost", "acknowledged to an outbox, but not stored with its content", """
        SELECT e.* FROM entry e WHERE e.outcome IN (1, 2, 4) AND NOT EXISTS (SELECT 1 FROM stored s
            WHERE (s.unit_code, s.first, s.last, s.revision, s.report_no, s.digest, s.planned, s.held, s.lines_held, s.attendees)
                = (e.unit_code, e.first, e.last, e.revision, e.report_no, e.digest, e.planned, e.held, e.held, e.attendees))"""),
    ("doubled", "stored more than once", """
        SELECT unit_code, first, last, revision FROM stored GROUP BY 1, 2, 3, 4 HAVING count(*) > 1"""),
    ("numbered twice", "one number for two reports", "SELECT report_no FROM stored GROUP BY 1 HAVING count(*) > 1"),
    ("strange", "stored, but in no outbox with this content", """
        SELECT s.* FROM stored s WHERE NOT EXISTS (SELECT 1 FROM entry e WHERE e.digest = s.digest AND e.raw = s.raw)"""),
    ("unanswered", "still pending though the faults have stopped", "SELECT * FROM entry WHERE outcome IS NULL"),
    ("false conflict", "called a conflict, but no other content is stored", """
        SELECT e.* FROM entry e WHERE e.outcome = 3 AND NOT EXISTS (SELECT 1 FROM stored s WHERE s.digest <> e.digest
            AND (s.unit_code, s.first, s.last, s.revision) = (e.unit_code, e.first, e.last, e.revision))"""),
    ("refused in secret", "refused or in conflict, and not kept with its sender and reasons", """
        SELECT e.* FROM entry e WHERE e.outcome IN (3, 5, 7) AND NOT EXISTS (SELECT 1 FROM baocao.refusal r
            JOIN baocao.collector_key k USING (collector_id) JOIN baocao.refusal_violation v USING (top_unit_id, refusal_no)
            WHERE k.public_key = e.public_key AND r.raw = e.raw)"""),
    ("refused wrongly", "refused, though right and in its scope", """
        SELECT * FROM entry WHERE outcome = 7 OR (outcome = 5 AND unit_code <> '79')"""),
    ("orphaned", "a row without its report, or a report without its rows", "SELECT * FROM baocao.check_integrity()"),
    ("total", "the total over the tables is not the sum over the outboxes", """
        SELECT * FROM (SELECT count(*), sum(held) FROM stored) a (n, held) FULL JOIN
            (SELECT count(*), sum(held) FROM (SELECT DISTINCT ON (digest) held FROM entry WHERE outcome IN (1, 2, 4)) d)
            b (n, held) USING (n, held) WHERE a.n IS NULL OR b.n IS NULL"""),
]


def rows_of(collector):
    for _, digest, raw, outcome, answer in collector.entries():
        report = report_pb2.Report.FromString(raw)
        body = report.festival_day
        number = protocol_pb2.ReportOutcome.FromString(answer).report_no if answer else None
        yield (collector.name, collector.keys[0].decode(), digest, raw, outcome, number, report.unit_code, report.period_first,
               report.period_last, report.revision, body.points_planned, body.points_held,
               sum(venue.attendees for venue in body.venue))


def said_but_absent(collector):
    """Reports that the tool said are queued, and the outbox does not have."""
    there = set()
    for _, _, raw, _, _ in collector.entries():
        report = report_pb2.Report.FromString(raw)
        if report.unit_code == collector.unit:
            there.add((report.period_first, report.period_last, report.revision))
    from collectors import report as made
    said = {(one["period_first"], one["period_last"], one["revision"]) for _, numbers in collector.queued
            for one in (made(collector.unit, n, 0) for n in numbers)}
    return len(said - there)


def check(db, collectors):
    """Gives {name: offenders} of every invariant, and the number of reports stored."""
    db.execute(TABLES)
    with db.cursor() as cursor, cursor.copy("COPY entry FROM STDIN") as copy:
        for collector in collectors:
            for row in rows_of(collector):
                copy.write_row(row)
    db.execute("CREATE INDEX ON entry (digest); ANALYZE entry; ANALYZE stored")
    found = {name: len(db.execute(query).fetchall()) for name, _, query in QUERIES}
    found["never queued"] = sum(map(said_but_absent, collectors))
    return found, db.execute("SELECT count(*) FROM stored").fetchone()[0]


def verify(program, conninfo):
    """How much baocao-verify finds: rows that are not what the raw bytes say, digests, keys."""
    done = subprocess.run([program, conninfo], capture_output=True, text=True)
    if done.returncode == 0:
        return 0
    print(*done.stdout.splitlines()[:20], done.stderr, sep="\n", flush=True)
    return max(1, len(done.stdout.splitlines()) - 1)
