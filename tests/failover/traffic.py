"""Collectors that file fresh reports without a pause, as docs/protocol.md asks of them: at most 8 submissions in flight,
the same sent again after a time without an answer, with exponential back-off and jitter."""
import collections
import datetime
import random
import threading
import time

from integration import DEADLINE, wait_until
from reports import festival_day

IN_FLIGHT = 4
REPORTS = 5
FIRST_TIMEOUT = 5.0
LONGEST_TIMEOUT = 30.0
PERIODS = 300  # before a revision is raised

Sent = collections.namedtuple("Sent", "bytes timeout again_at")


def fresh_report(unit, number):
    first = datetime.date(2022, 1, 1) + datetime.timedelta(days=number % PERIODS)
    last = first + datetime.timedelta(days=19)
    report = festival_day(unit, number // PERIODS + 1, first=first.isoformat(), last=last.isoformat())
    return report, (unit, report.period_first, report.revision)


class Filer(threading.Thread):
    """One collector. What it was told about a report is in `numbers`: its key and every report_no it got for it."""

    def __init__(self, client, unit):
        super().__init__()
        self.client, self.unit = client, unit
        self.filed = 0
        self.keys = []  # of the reports of each submission; its number is the place in here
        self.in_flight = {}
        self.numbers = collections.defaultdict(set)
        self.moments = []  # of receipts that acknowledged
        self.unexpected = []
        self.ending, self.given_up = threading.Event(), threading.Event()

    def run(self):
        while not self.given_up.is_set() and (self.in_flight or not self.ending.is_set()):
            while len(self.in_flight) < IN_FLIGHT and not self.ending.is_set():
                self.file_fresh()
            if self.client.answered(0.02):
                self.settle(self.client.receipt())
            self.send_overdue()

    def file_fresh(self):
        submission = self.client.protocol.Submission(submission_id=len(self.keys))
        keys = []
        for self.filed in range(self.filed + 1, self.filed + 1 + REPORTS):
            report, key = fresh_report(self.unit, self.filed)
            submission.report.append(report)
            keys.append(key)
        self.keys.append(keys)
        self.send(submission.submission_id, Sent(submission.SerializeToString(), FIRST_TIMEOUT, 0))

    def send(self, submission_id, sent):
        wait = sent.timeout * random.uniform(1, 1.5)
        self.in_flight[submission_id] = sent._replace(again_at=time.monotonic() + wait)
        self.client.send_frames(b"baocao/1", sent.bytes)

    def send_overdue(self):
        for submission_id, sent in list(self.in_flight.items()):
            if time.monotonic() > sent.again_at:
                self.send(submission_id, sent._replace(timeout=min(2 * sent.timeout, LONGEST_TIMEOUT)))

    def settle(self, receipt):
        if receipt.whole == self.client.protocol.OUTCOME_BUSY:
            again_at = time.monotonic() + receipt.retry_after_ms / 1000
            if sent := self.in_flight.get(receipt.submission_id):
                self.in_flight[receipt.submission_id] = sent._replace(again_at=again_at)
            return
        self.in_flight.pop(receipt.submission_id, None)  # not there: the second answer to what was sent twice
        self.moments.append(time.monotonic())
        for key, outcome in zip(self.keys[receipt.submission_id], receipt.outcome, strict=True):
            name = self.client.protocol.Outcome.Name(outcome.outcome).removeprefix("OUTCOME_")
            if name in ("STORED", "DUPLICATE", "SUPERSEDED"):
                self.numbers[key].add(outcome.report_no)
            else:
                self.unexpected.append((key, name))


class Traffic:
    def __init__(self, clients):
        """clients: by the province that each files for."""
        self.filers = [Filer(client, unit) for unit, client in clients.items()]
        for filer in self.filers:
            filer.start()
        self.wait_acknowledged_since(time.monotonic())

    def wait_acknowledged_since(self, moment):
        """Every collector has been acknowledged since. Returns when the first was."""
        def first():
            later = [[m for m in list(filer.moments) if m > moment] for filer in self.filers]
            return all(later) and min(map(min, later))
        return wait_until(first, "reports are acknowledged")

    def longest_gap(self):
        """The longest time in which nobody was acknowledged."""
        moments = sorted(m for filer in self.filers for m in filer.moments)
        return max(later - earlier for earlier, later in zip(moments, moments[1:]))

    def stop(self):
        """No more fresh reports; returns when all that were filed have their receipt."""
        for filer in self.filers:
            filer.ending.set()
        for filer in self.filers:
            filer.join(DEADLINE)
            assert not filer.is_alive(), f"without a receipt: {filer.in_flight.keys()}"

    def give_up(self):
        for filer in self.filers:
            filer.given_up.set()
        for filer in self.filers:
            filer.join()

    def check_stored_once(self, database):
        """Everything that was acknowledged is there, once, under the number that its receipts told; and nothing else."""
        stored = collections.defaultdict(list)
        for unit, first, revision, number in database.execute(
                "SELECT unit_code, period_first::text, revision, report_no FROM baocao.report"):
            stored[unit, first, revision].append(number)
        for filer in self.filers:
            assert filer.unexpected == []
            assert len(filer.numbers) == filer.filed
        told = {key: numbers for filer in self.filers for key, numbers in filer.numbers.items()}
        assert {key: sorted(numbers) for key, numbers in told.items()} == stored
        assert database.execute("SELECT * FROM baocao.check_integrity()").fetchall() == []
