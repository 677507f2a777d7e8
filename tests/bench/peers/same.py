"""Whether the Python daemon does the same job: both daemons get the same reports, right and wrong, and must answer alike and
store the same rows. A comparison of speed says nothing without it."""
import bench
import conftest
import contract
import reports as samples

SUBMISSIONS, PER_SUBMISSION = 2, 100  # of the load
ROWS = """SELECT (to_jsonb(report) - '{report_no,received_at}'::text[])::text, encode(raw, 'hex'),
    (to_jsonb(festival_day) - 'report_no')::text,
    (SELECT jsonb_agg(to_jsonb(venue) - 'report_no' ORDER BY line_no)::text FROM baocao.festival_day_venue venue
        WHERE (venue.top_unit_id, venue.report_no) = (report.top_unit_id, report.report_no))
    FROM baocao.report LEFT JOIN baocao.report_raw USING (top_unit_id, report_no)
    LEFT JOIN baocao.festival_day USING (top_unit_id, report_no)"""
REFUSALS = """SELECT encode(raw_digest, 'hex'), encode(raw, 'hex'), outcome, kind::text, unit_code, times, collector_id, top_unit_id,
    (SELECT array_agg(path || ' ' || rule ORDER BY path, rule) FROM baocao.refusal_violation violation
        WHERE (violation.top_unit_id, violation.refusal_no) = (refusal.top_unit_id, refusal.refusal_no)) FROM baocao.refusal"""
COUNTS = ("SELECT (SELECT count(*) FROM baocao.report), (SELECT count(*) FROM baocao.report_raw), "
          "(SELECT count(*) FROM baocao.festival_day), (SELECT count(*) FROM baocao.festival_day_venue)")


def submissions():
    """Lists of reports: what keeps each rule and what breaks it, then repeats, conflicts, corrections and strangers."""
    every = [*contract.kept_reports("festival_day"), *contract.broken_reports("festival_day")]
    for number, (what, report, *_) in enumerate(every):
        if not what.startswith(("period_", "revision")):
            report.revision = 3 + number  # a natural key of its own
        yield [report]
    day = samples.festival_day
    yield [day(), day(), day(held=13), day(unit="02"), day(unit="99"), day(first="2022-08-02")]
    yield [day(), day(revision=3), day(first="2021-08-01")]
    yield [day(revision=2), day(revision=3, held=14), day(first="2999-01-01", last="2999-01-02")]
    filed = [day(revision=n) for n in range(4, 8)]
    filed[0].filed_at, filed[1].filed_at, filed[2].filed_at = "2022-08-20T08:00:00+07:00", "2022-08-20", "2022-08-20T08:00:00.5Z"
    del filed[3].festival_day.venue[:]
    yield filed
    yield filed


def answers(client):
    """What the daemon says of each report, without numbers and times."""
    for reports in submissions():
        for outcome in client.file(*reports).outcome:
            yield (outcome.outcome, outcome.content_digest, outcome.HasField("report_no"), outcome.HasField("received_at"),
                   sorted((violation.path, violation.rule) for violation in outcome.violation))


def through(cluster, kind, name, running):
    """Files everything through a daemon; gives its answers, its load's counts, and what is in the tables."""
    database = bench.migrated(cluster, name)
    keys = bench.register(database, ["01"] + bench.PROVINCES)
    with running(database, kind) as daemon:
        client = conftest.Client(daemon, keys[0])
        said = list(answers(client))
        client.close()
        load = bench.Load(daemon, list(zip(bench.PROVINCES, keys[1:])), SUBMISSIONS, PER_SUBMISSION)
        first, again = vars(load.run()).copy(), vars(load.run())
    assert database.rows("SELECT * FROM baocao.check_integrity()") == []
    result = {"answers": said, "stored": (first["stored"], again["stored"]), "repeats": (first["duplicate"], again["duplicate"]),
              "counts": database.rows(COUNTS), "rows": sorted(database.rows(ROWS)), "refusals": sorted(database.rows(REFUSALS))}
    bench.drop(database)
    return result


def check(cluster, kinds, running):
    """Fails with the first difference; gives the number of reports, and of those that were refused."""
    one, other = (through(cluster, kind, f"same_{kind.__name__.lower()}", running) for kind in kinds)
    for what in one:
        if one[what] == other[what]:
            continue
        pair = next(((a, b) for a, b in zip(one[what], other[what]) if a != b), (len(one[what]), len(other[what])))
        raise AssertionError(f"{what} differ: {pair[0]!r} and {pair[1]!r}")
    return len(one["rows"]), len(one["refusals"])
