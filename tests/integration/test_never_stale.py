"""What was acknowledged is in every total from that moment on, whatever fold() does at that moment, with two daemons on one database."""
import threading

from conftest import wait_until
from reports import festival_day

PROVINCES = ["01", "79", "48", "92"]
ROUNDS = 25


class Folder(threading.Thread):
    """Folds as fast as it can until it is told to end."""

    def __init__(self, database):
        super().__init__()
        self.connection = database.cluster.connect(database.name)
        self.ends, self.cells, self.failure = threading.Event(), 0, None

    def run(self):
        try:
            while not self.ends.is_set():
                self.cells += self.connection.execute("SELECT baocao_fold.fold_marked()").fetchone()[0]
        except Exception as failure:  # told by the test
            self.failure = failure


def held(database):
    return dict(database.rows("SELECT unit_code, held::integer FROM baocao.festival_day_total WHERE year = 2022 "
                              "AND period_type = 'campaign'"))


def test_what_was_acknowledged_is_in_the_totals(start_daemon, collector, database):
    daemons = [start_daemon().wait_ready() for _ in range(2)]
    clients = {code: collector(code, of=daemons[i % 2]) for i, code in enumerate(PROVINCES)}
    folder = Folder(database)
    folder.start()
    try:
        revision = 1
        for number in range(ROUNDS):
            # One report goes the short way to the database, forty the long one.
            count = 40 if number % 5 == 4 else 1
            last = revision + count - 1
            for code, client in clients.items():
                client.send(*[festival_day(code, revision=r, held=r) for r in range(revision, revision + count)])
            for code, client in clients.items():
                assert all(outcome.outcome == 1 for outcome in client.receipt().outcome)
                assert held(database)[code] == last
            assert held(database) == {**dict.fromkeys(PROVINCES, last), None: last * len(PROVINCES)}
            revision += count
        wait_until(lambda: folder.failure or database.value("SELECT count(*) FROM baocao_fold.touched") == 0, "everything is folded")
    finally:
        folder.ends.set()
        folder.join()
    assert folder.failure is None
    assert folder.cells > ROUNDS
    assert held(database) == {**dict.fromkeys(PROVINCES, last), None: last * len(PROVINCES)}
    assert database.rows("SELECT * FROM baocao.check_everything()") == []


def test_every_batch_leaves_a_mark_for_each_cell(collector, database, daemon):
    client = collector("01")
    assert client.outcomes(*[festival_day(first=f"{year}-08-01", last=f"{year}-08-20", revision=revision)
                             for year in range(2009, 2022) for revision in (1, 2)]) == ["STORED"] * 26
    marks = database.rows("SELECT year, first_report_no, last_report_no FROM baocao_fold.touched")
    assert sorted(year for year, _, _ in marks) == list(range(2009, 2022))
    assert database.rows("SELECT r.report_no FROM baocao.report AS r WHERE NOT EXISTS (SELECT FROM baocao_fold.touched AS t "
                         "WHERE (t.top_unit_id, t.kind, t.year) = (r.top_unit_id, r.kind, extract(year FROM r.period_last)) "
                         "AND r.report_no BETWEEN t.first_report_no AND t.last_report_no)") == []
    before = len(marks)
    assert client.outcomes(festival_day(first="2009-08-01", last="2009-08-20")) == ["DUPLICATE"]
    assert database.value("SELECT count(*) FROM baocao_fold.touched") == before
