"""The collectors' side of the world: outboxes that are fed by `baocao queue` and emptied by `baocao deliver`."""
import contextlib
import datetime
import json
import random
import signal
import sqlite3
import subprocess
import threading

import zmq

from exchange import Exchange
from relay import ZmtpRelay
from servers import FakeClock, send_signal

FILE_REPORTS = 100
START = datetime.date(2009, 1, 1)
DAYS = 5800            # until 2024: long past, whatever a clock says
REVISIONS = 3          # of every report
ABROAD = "79"          # a unit in nobody's scope here


def report(unit, number, held):
    """The number-th report of a unit: three revisions of each of many one-unit campaigns."""
    series, revision = divmod(number, REVISIONS)
    first = START + datetime.timedelta(days=series % DAYS)
    last = first + datetime.timedelta(days=series // DAYS)
    return {"unit_code": unit, "period_type": "campaign", "period_first": str(first), "period_last": str(last),
            "revision": revision + 1,
            "festival_day": {"points_planned": number % 1000, "points_held": held, "venue": [
                {"venue_kind": "ward", "held": held}, {"venue_kind": "school", "held": number % 7, "attendees": number}]}}


class Collector:
    """One outbox. `change` makes of the usual number of points held what this collector says instead: a conflict."""

    def __init__(self, name, unit, folder, program, rng, change=0):
        self.name, self.unit, self.program, self.rng, self.change = name, unit, program, rng, change
        self.folder = folder
        self.outbox = folder / "outbox.db"
        self.keys = zmq.curve_keypair()
        self.work = folder.parent / f"{name}-work"
        self.work.mkdir()
        (self.work / "key").write_text(self.keys[1].decode() + "\n")
        (self.work / "key").chmod(0o600)
        self.clock = FakeClock(self.work / "clock")
        self.relays, self.addresses = [], []
        self.queued = []          # files of which `baocao queue` said that they are queued: the numbers of their reports
        self.next_number = 0
        self.said = 0             # reports that were said to be queued
        self.queueing = self.delivering = None
        self.halted = threading.Lock()  # held while the file system of the outbox is away
        self.work_waits, self.ending = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.keep_delivering, daemon=True)

    def connect(self, daemons, server_keys, deep):
        """Through a relay to each daemon; deep: one that reads the messages lies in between."""
        for daemon in daemons:
            upstream = ("127.0.0.1", daemon.port)
            if deep:
                self.relays.append(Exchange(f"tcp://127.0.0.1:{daemon.port}", server_keys, self.keys))
                port = int(self.relays[-1].address.rsplit(":", 1)[1])
                upstream = ("127.0.0.1", port)
            self.relays.append(ZmtpRelay(lambda upstream=upstream: upstream))
            self.addresses.append(self.relays[-1].address)
        self.server_key = server_keys[0].decode()
        self.thread.start()

    def spawn(self, *arguments):
        return subprocess.Popen([self.program, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True, env=self.clock.environment())

    def deliver(self, timeout):
        servers = [word for address in self.addresses for word in ("--server", address)]
        return self.spawn("deliver", "--outbox", self.outbox, *servers, "--server-key", self.server_key, "--key",
                          self.work / "key", "--timeout", timeout)

    def keep_delivering(self):
        while not self.ending.is_set():
            if not self.work_waits.wait(0.2):
                continue
            with self.halted:
                self.work_waits.clear()
                self.delivering = self.deliver(5)
            self.delivering.communicate()
            if self.delivering.returncode != 0:
                self.work_waits.set()  # something is pending still
                self.ending.wait(0.02)

    def numbers_of_next_file(self):
        numbers = list(range(self.next_number, self.next_number + FILE_REPORTS))
        random.Random(self.next_number).shuffle(numbers)  # the same for everybody who files these
        return numbers

    def feed(self):
        """Queues the next file. True when the tool said that it is queued."""
        numbers = self.numbers_of_next_file()
        path = self.work / "next.jsonl"
        reports = [report(self.unit, n, n % 500 + self.change * (n % 10 == 0)) for n in numbers]
        reports.append(report(ABROAD, self.next_number, 1))
        path.write_text("".join(json.dumps(one) + "\n" for one in reports))
        with self.halted:
            self.queueing = self.spawn("queue", "--outbox", self.outbox, path)
        output, _ = self.queueing.communicate()
        if f"{len(reports)} queued" not in output:
            return False  # killed, or the disk is full: the same file again
        self.queued.append((self.next_number, numbers))
        self.next_number += FILE_REPORTS
        self.said += len(reports)
        self.work_waits.set()
        return True

    @contextlib.contextmanager
    def halt_lock(self):
        """Ends both programs at once, and keeps them from coming back as long as this lasts."""
        with self.halted:
            for which in ("delivering", "queueing"):
                self.signal(which, signal.SIGKILL)
                if getattr(self, which) is not None:
                    getattr(self, which).wait()
            yield

    def signal(self, which, number):
        process = getattr(self, which)
        return process is not None and process.poll() is None and send_signal(process.pid, number)

    def ask(self, query):
        """Nothing from an outbox that cannot be read: then all that was said to be queued is missed."""
        try:
            with sqlite3.connect(f"file:{self.outbox}?mode=ro", uri=True, timeout=30) as db:
                return db.execute(query).fetchall()
        except sqlite3.DatabaseError as error:
            print(f"  the outbox of {self.name} cannot be read: {error}", flush=True)
            return []

    def pending(self):
        return len(self.ask("SELECT 1 FROM entry WHERE outcome IS NULL"))

    def entries(self):
        return self.ask("SELECT entry_no, digest, report, outcome, answer FROM entry ORDER BY entry_no")

    def stop(self):
        self.ending.set()
        self.work_waits.set()
        self.signal("delivering", signal.SIGCONT)
        self.signal("delivering", signal.SIGKILL)
        self.thread.join()
        for relay in reversed(self.relays):
            relay.close()
