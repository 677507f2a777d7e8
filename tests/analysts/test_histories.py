"""Over random histories of mergers, splits and renamings no total is lost or doubled, on whatever day's provinces it is given.

The histories are of the years from 1900 on, when the catalogue that ships has no provinces yet. What is expected comes from
a model in a few lines of Python that knows nothing of the SQL.
"""
import collections
import datetime
import random

import pytest
from conftest import MARK_EVERYTHING

START = datetime.date(1900, 1, 1)
YEAR = datetime.timedelta(days=365)


class History:
    """Provinces with communes through time; every change makes new versions, as the catalogue does."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.units = {}         # number: [code, level, parent, first day, last day excluded or None]
        self.links = []         # predecessor, successor, extent, since
        self.day = START
        self.codes = {"province": iter(f"{n:02}" for n in range(100)), "commune": iter(f"{n:05}" for n in range(100000))}
        for _ in range(5):
            province = self.found("province", None)
            for _ in range(3):
                self.found("commune", province)

    def found(self, level, parent):
        number = len(self.units) + 1
        self.units[number] = [next(self.codes[level]), level, parent, self.day, None]
        return number

    def living(self, level, parent=None):
        return [n for n, u in self.units.items() if u[1] == level and u[4] is None and parent in (None, u[2])]

    def pass_on(self, old, successors):
        self.units[old][4] = self.day
        self.links += [(old, new, "part" if len(successors) > 1 else "whole", self.day) for new in successors]

    def move_communes(self, old, provinces):
        for commune in self.living("commune", old):
            self.pass_on(commune, [self.found("commune", self.random.choice(provinces))])

    def change(self):
        self.day += self.random.randrange(1, 3) * YEAR
        provinces, communes = self.living("province"), self.living("commune")
        kind = self.random.choice(["merge", "merge", "rename", "split", "merge communes", "split commune"])
        if kind == "merge" and len(provinces) > 1:
            pair, new = self.random.sample(provinces, 2), self.found("province", None)
            for old in pair:
                self.move_communes(old, [new])
                self.pass_on(old, [new])
        elif kind in ("rename", "split"):
            old = self.random.choice(provinces)
            new = [self.found("province", None) for _ in range(1 if kind == "rename" else 2)]
            self.move_communes(old, new)
            self.pass_on(old, new)
        elif kind == "merge communes":
            province = self.random.choice(provinces)
            pair, new = self.living("commune", province)[:2], self.found("commune", province)
            for old in pair:
                self.pass_on(old, [new])
        elif communes:
            old = self.random.choice(communes)
            self.pass_on(old, [self.found("commune", self.units[old][2]) for _ in range(2)])

    def exists(self, unit, day):
        return self.units[unit][3] <= day and (self.units[unit][4] is None or day < self.units[unit][4])

    def top(self, unit):
        return self.units[unit][2] or unit

    def placed(self, top, day):
        """The province of the day on which a province's figures count, or None."""
        while not self.exists(top, day):
            if self.units[top][3] <= day:   # it ended: on to what it became
                ways = [new for old, new, extent, _ in self.links if old == top and extent == "whole"]
            else:                           # it did not exist yet: back to what it was
                ways = [old for old, new, extent, _ in self.links if new == top and extent == "whole"]
                ways = ways if [new for _, new, _, _ in self.links].count(top) == 1 else []
            if len(ways) != 1:
                return None
            top = ways[0]
        return top


def store(connection, history, reports):
    ids = {}
    for number, (code, level, parent, first, last) in history.units.items():
        ids[number] = connection.execute(
            "INSERT INTO baocao.unit (code, level, kind, name, parent_id, valid) "
            "VALUES (%s, %s, %s, %s, %s, daterange(%s, least(%s, date '2000-01-01'))) RETURNING unit_id",
            [code, level, "province" if level == "province" else "commune", f"Đơn vị {number}", ids.get(parent), first, last]).fetchone()[0]
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO baocao.unit_succession VALUES (%s, %s, %s, %s)",
                           [(ids[a], ids[b], extent, since) for a, b, extent, since in history.links])
        collector = cursor.execute("SELECT baocao.register_collector('h', repeat('h', 40), 'V05', '2022-01-01')").fetchone()[0]
        cursor.executemany(
            "INSERT INTO baocao.report (report_no, top_unit_id, unit_id, kind, body, unit_code, period_type, period_first, period_last, "
            "revision, precision, received_at, collector_id, content_digest) "
            "VALUES (%s, %s, %s, 'festival_day', 'festival_day', '00', 'year', %s, %s, 1, 'exact', now(), %s, '')",
            [(no, ids[history.top(unit)], ids[unit], day, day, collector) for no, (unit, day, _) in enumerate(reports, 1)])
        cursor.executemany("INSERT INTO baocao.festival_day (top_unit_id, report_no, points_planned, points_held) VALUES (%s, %s, 0, %s)",
                           [(ids[history.top(unit)], no, held) for no, (unit, _, held) in enumerate(reports, 1)])
    connection.execute(MARK_EVERYTHING)
    return ids


def file_reports(history):
    last = history.day
    reports = {}
    for _ in range(120):
        day = START + (last - START) * history.random.random()
        unit = history.random.choice([n for n in history.units if history.exists(n, day)])
        reports[unit, day] = history.random.randrange(1, 1000)
    return [(unit, day, held) for (unit, day), held in reports.items()]


@pytest.mark.parametrize("seed", range(12))
def test_no_total_is_lost_or_doubled(connection, seed):
    history = History(seed)
    for _ in range(8):
        history.change()
    reports = file_reports(history)
    store(connection, history, reports)
    if seed % 2:
        connection.execute("SELECT baocao.fold()")
    for day in [START, history.day, *(START + (history.day - START) * history.random.random() for _ in range(4))]:
        wanted = collections.Counter()
        for unit, when, held in reports:
            place = history.placed(history.top(unit), day)
            wanted[when.year, place and f"Đơn vị {place}"] += held
        got = {(year, name if code else None): int(total) for year, code, name, total in connection.execute(
            "SELECT year, unit_code, unit_name, total FROM baocao.rebased_total('festival_day', 'points_held', %s)", [day])}
        assert got == dict(wanted), day
        assert sum(got.values()) == sum(held for _, _, held in reports)


@pytest.mark.parametrize("seed", range(4))
def test_successors_and_predecessors_are_one_relation(connection, seed):
    history = History(seed)
    for _ in range(10):
        history.change()
    store(connection, history, [])
    forth, back = (set(connection.execute(query, {"then": START, "now": history.day}).fetchall()) for query in (
        "SELECT u.unit_id, s.successor_id, s.extent::text FROM baocao.unit AS u, baocao.unit_successors(u.unit_id, %(now)s) AS s "
        "WHERE u.valid @> %(then)s::date",
        "SELECT p.predecessor_id, u.unit_id, p.extent::text FROM baocao.unit AS u, baocao.unit_predecessors(u.unit_id, %(then)s) AS p "
        "WHERE u.valid @> %(now)s::date"))
    assert forth == back
    living = {u for u, in connection.execute("SELECT unit_id FROM baocao.unit WHERE valid @> %s::date", [START])}
    assert {old for old, _, _ in forth} == living, "every unit of the first day became something"
