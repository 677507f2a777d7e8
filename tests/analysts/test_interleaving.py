"""Whatever the order in which writers store, mark, commit and give up, and folds begin, commit and give up: nobody waits for anybody,
and at every moment the views say what is committed.

Each actor has a connection of its own; a random schedule takes one step of one actor at a time, and after each step a reader
compares the views with a model of what has been committed.
"""
import random

import psycopg
import pytest

DAYS = ["2022-08-20", "2023-08-20"]
REPORT = """
INSERT INTO baocao.report (report_no, top_unit_id, unit_id, kind, body, unit_code, period_type, period_first, period_last, revision,
    precision, received_at, collector_id, content_digest)
SELECT %(no)s, unit_id, unit_id, 'festival_day', %(body)s, code, 'campaign', %(day)s::date - 19, %(day)s, %(revision)s, 'exact', now(), 1, ''
FROM baocao.unit WHERE unit_id = %(unit)s"""
BODY = "INSERT INTO baocao.festival_day (top_unit_id, report_no, points_planned, points_held) VALUES (%(unit)s, %(no)s, 1, %(held)s)"
MARK = """
SELECT baocao.mark_stored(ARRAY[(%(unit)s, 'festival_day', extract(year FROM %(day)s::date)::integer, %(no)s, %(last)s)::baocao_fold.touched],
    now())"""


class World:
    """What is committed: for each unit and day the revisions, with what each says held, or None for a withdrawal."""

    def __init__(self, conninfo, seed):
        self.random = random.Random(seed)
        self.conninfo = conninfo
        self.reader = self.connect()
        self.units = [u for u, in self.reader.execute("SELECT unit_id FROM baocao.unit WHERE level = 'province' "
                                                      "AND valid @> date '2022-08-20' ORDER BY unit_id LIMIT 3")]
        self.committed, self.next_no, self.folded = {}, 1, 0

    def connect(self):
        connection = psycopg.connect(self.conninfo, autocommit=True)
        connection.execute("SET statement_timeout = '5s'")  # nobody waits: whoever would is thrown out
        return connection

    def check(self):
        for day in DAYS:
            standing = {u: held for (u, d), said in self.committed.items() if d == day for held in [said[max(said)]]}
            wanted = {u: held for u, held in standing.items() if held is not None}
            year = int(day[:4])
            assert dict(self.reader.execute("SELECT top_unit_id, held::integer FROM baocao.festival_day_total WHERE year = %s "
                                            "AND top_unit_id IS NOT NULL", [year]).fetchall()) == wanted
            assert self.reader.execute("SELECT sum(reports)::integer, sum(withdrawn)::integer FROM baocao.receipt_count WHERE year = %s",
                                       [year]).fetchone() == ((len(wanted), len(standing) - len(wanted)) if standing else (None, None))
            assert sorted(self.reader.execute("SELECT unit_id, revision, filings FROM baocao.standing_report WHERE year = %s", [year])) == sorted(
                (u, max(said), len(said)) for (u, d), said in self.committed.items() if d == day)


class Writer:
    def __init__(self, world):
        self.world, self.connection, self.filed, self.state = world, world.connect(), [], "idle"

    def step(self):
        world, draw = self.world, self.world.random
        if self.state == "idle":
            self.connection.execute("BEGIN")
            self.filed = []
            for _ in range(draw.randrange(1, 4)):
                no = world.next_no
                world.next_no += 1
                # A revision may be lower than one that stands: numbers are given at random, once.
                values = {"no": no, "unit": draw.choice(world.units), "day": draw.choice(DAYS), "revision": no * 7919 % 10007,
                          "held": draw.randrange(1, 100)}
                values["body"] = "withdrawal" if draw.random() < 0.2 else "festival_day"
                self.connection.execute(REPORT, values)
                if values["body"] == "festival_day":
                    self.connection.execute(BODY, values)
                self.filed.append(values)
            self.state = "stored"
        elif self.state == "stored":
            for values in self.filed:  # a mark may lead to more than was stored
                self.connection.execute(MARK, {**values, "last": values["no"] + draw.choice([0, 0, 5])})
            self.state = "marked"
        else:
            if draw.random() < 0.2:
                self.connection.execute("ROLLBACK")
            else:
                self.connection.execute("COMMIT")
                for values in self.filed:
                    said = world.committed.setdefault((values["unit"], values["day"]), {})
                    said[values["revision"]] = values["held"] if values["body"] == "festival_day" else None
            self.state = "idle"


class Folder:
    def __init__(self, world):
        self.world, self.connection, self.busy = world, world.connect(), False

    def step(self):
        if self.busy:
            self.connection.execute("ROLLBACK" if self.world.random.random() < 0.2 else "COMMIT")
        else:
            self.connection.execute("BEGIN")
            self.world.folded += self.connection.execute("SELECT baocao_fold.fold_marked()").fetchone()[0]
        self.busy = not self.busy


@pytest.mark.parametrize("seed", range(6))
def test_nobody_waits_and_the_views_say_what_is_committed(database, seed):
    with psycopg.connect(database) as connection:
        connection.execute("SELECT baocao.register_collector('w', repeat('w', 40), 'V05', '2022-01-01')")
    world = World(database, seed)
    writers, folders = [Writer(world) for _ in range(3)], [Folder(world) for _ in range(2)]
    for _ in range(150):
        world.random.choice(writers + folders).step()
        world.check()
    for writer in writers:
        while writer.state != "idle":
            writer.step()
    for folder in folders:
        if folder.busy:
            folder.step()
    world.reader.execute("SELECT baocao.fold()")
    world.check()
    assert world.reader.execute("SELECT count(*) FROM baocao_fold.touched").fetchone() == (0,)
    assert world.folded > 20
    # check_everything() also looks at the bodies of withdrawals and the venues, which this test does not file.
    wrong = {row[0] for row in world.reader.execute("SELECT check_name FROM baocao.check_everything()")}
    assert "folded otherwise than filed" not in wrong


def test_it_would_be_seen(database):
    """A fold that takes away more marks than it has folded loses what was stored meanwhile, and the check above says so."""
    with psycopg.connect(database) as connection:
        connection.execute("SELECT baocao.register_collector('w', repeat('w', 40), 'V05', '2022-01-01')")
    world = World(database, 0)
    writer = Writer(world)
    for _ in range(3):
        writer.step()
    world.reader.execute("DELETE FROM baocao_fold.touched")
    with pytest.raises(AssertionError):
        world.check()
