"""kill -9 at every moment: the agent is ended by the kernel before each call by which it changes anything, one after the other, and
begins anew. A file is then either still there, or its reports are queued and it is moved; in the end each report is stored
once, and each file is on its shelf."""
import collections
import re
import sqlite3

import pytest
from conftest import REPORT, WRONG, revision

CHANGING = "write,pwrite64,fsync,fdatasync,ftruncate,renameat2,unlink,unlinkat"
PARTS = 4  # of the moments, for several processors


def traced(desk, daemon, *strace):
    return desk.once(daemon, before=["strace", "-qq", "-o", str(desk.home / "trace"), "-e", f"trace=openat,{CHANGING}", *strace])


def queued(desk):
    with sqlite3.connect(desk.outbox) as db:
        there = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'entry'").fetchall()
        return [number for number, in db.execute("SELECT revision FROM entry ORDER BY 1")] if there else []


def refill(desk):
    for shelf in ("sent", "returned"):
        for name in desk.names(shelf):
            (desk.folder / shelf / name).unlink()
    for path in desk.home.glob("outbox.db*"):
        path.unlink()
    desk.drop("a.jsonl", revision(1), revision(2))
    desk.drop("b.jsonl", WRONG, revision(3))


def moments(desk, daemon):
    """Each changing call of an undisturbed run, from where the first file is opened to where the last is moved: its name, and
    its number among those of the name."""
    refill(desk)
    assert traced(desk, daemon).returncode == 1
    lines = (desk.home / "trace").read_text().splitlines()
    mentioned = [index for index, line in enumerate(lines) if re.search(r"[ab]\.jsonl", line)]
    counts, found = collections.Counter(), []
    for index, line in enumerate(lines):
        name = line.split("(", 1)[0]
        counts[name] += 1
        if name != "openat" and mentioned[0] < index <= mentioned[-1] + 3:  # and the folders are synced
            found.append((name, counts[name]))
    return found


def check(desk, moment):
    """Nothing is lost, nothing is half."""
    revisions = queued(desk)
    assert len(set(revisions)) == len(revisions), f"{moment}: queued twice: {revisions}"
    for name, own, shelf in (("a.jsonl", [1, 2], "sent"), ("b.jsonl", [3], "returned")):
        there, moved = (desk.folder / name).exists(), (desk.folder / shelf / name).exists()
        assert there != moved, f"{moment}: {name} is {'in two places' if there else 'nowhere'}"
        in_outbox = [number for number in revisions if number in own]
        assert in_outbox in ([], own), f"{moment}: half of {name} is queued"
        assert not moved or in_outbox == own, f"{moment}: {name} was moved, and is not queued"
        if moved and shelf == "returned":
            assert "revision" in (desk.folder / "returned/b.jsonl.txt").read_text()


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_before_any_change_it_makes_it_loses_no_file_and_queues_none_twice(desk, daemon, database, part):
    every = moments(desk, daemon)
    assert len(every) > 20 and {name for name, _ in every} >= {"pwrite64", "renameat2", "fsync"}, every
    for name, number in every[part::PARTS]:
        moment = f"before {name} no. {number}"
        refill(desk)
        done = traced(desk, daemon, "-e", f"inject={name}:signal=KILL:when={number}")
        assert done.returncode in (-9, 137), (moment, done)
        check(desk, moment)
        assert desk.once(daemon).returncode in (0, 1)
        check(desk, moment)
        assert (desk.names(), desk.names("sent"), desk.names("returned")) == (
            [], ["a.jsonl"], ["b-marked.jsonl", "b.jsonl", "b.jsonl.txt"]), moment
    assert database.value("SELECT count(*) FROM baocao.report") == 3


def test_killed_between_a_refusal_and_its_text_it_tells_of_it_once(desk, daemon):
    desk.drop("a.jsonl", {**REPORT, "unit_code": "79"})
    assert desk.once(daemon).returncode == 1
    text = (desk.folder / "returned/a.jsonl.txt").read_text()
    with sqlite3.connect(desk.outbox) as db:
        db.execute("UPDATE entry SET told = 0")  # as it was when the text was written and the outbox did not know yet
    assert desk.once(daemon).returncode == 1
    assert desk.names("returned") == ["a.jsonl.txt"] and (desk.folder / "returned/a.jsonl.txt").read_text() == text
