"""The writing thread: batches form while the one before commits. A batch is one transaction: its reports are copied into a
temporary table, what is new among them goes on into the table of reports, and the rows of what was new are copied after it.
"""
import collections
import hashlib
import itertools
import json
import logging
import threading
import time

import psycopg

import judge
from protocol_pb2 import (OUTCOME_CONFLICT, OUTCOME_DUPLICATE, OUTCOME_REFUSED, OUTCOME_STORED, OUTCOME_SUPERSEDED)

BATCH_MAX = 10_000     # reports in one transaction
HELD_MAX = 30_000      # reports that wait or are written; then nothing is read, and senders feel it
NUMBERS_IN_BLOCK = 1000
KEY = "top_unit_id, unit_id, kind, period_type, period_first, period_last"

STAGE = "CREATE TEMPORARY TABLE new_report ON COMMIT DELETE ROWS AS SELECT * FROM baocao.report WITH NO DATA"
INSERT = (f"INSERT INTO baocao.report SELECT * FROM new_report ORDER BY {KEY}, revision, report_no "
          "ON CONFLICT DO NOTHING RETURNING report_no")
# What stands in the way of those that were not inserted, and what makes history of those that were.
LOOK = (f"SELECT new.report_no, old.revision > new.revision, old.report_no, old.content_digest, old.received_at "
        f"FROM new_report new JOIN baocao.report old USING ({KEY}) "
        "WHERE old.revision >= new.revision AND old.report_no <> new.report_no")
KEEP_REFUSAL = "SELECT baocao.keep_refusal(%s, %s, %s, %s, %s, %s, %s, %s, %s)"


def or_null(message, name):
    return getattr(message, name) if message.HasField(name) else r"\N"


def report_row(item):
    report, (top_unit_id, unit_id, *_) = item.report, item.key
    return (f"{item.report_no}\t{top_unit_id}\t{unit_id}\tfestival_day\tfestival_day\t{report.unit_code}\t"
            f"{judge.PERIOD_TYPE[report.period_type]}\t{report.period_first}\t{report.period_last}\t{report.revision}\t"
            f"{judge.PRECISION[report.precision]}\t{or_null(report, 'filed_at')}\t{item.submission.received_text}\t"
            f"{item.submission.sender.collector_id}\t\\\\x{item.digest.hex()}\n")


def raw_row(item):
    return f"{item.key[0]}\t{item.report_no}\t\\\\x{item.raw.hex()}\n"


def day_row(item):
    day = item.report.festival_day
    return (f"{item.key[0]}\t{item.report_no}\t{day.points_planned}\t{day.points_held}\t{or_null(day, 'attendees')}\t"
            f"{or_null(day, 'forums_held')}\n")


def venue_rows(item):
    return "".join([f"{item.key[0]}\t{item.report_no}\t{number}\t{judge.VENUE_KIND[venue.venue_kind]}\t"
                    f"{or_null(venue, 'planned')}\t{venue.held}\t{or_null(venue, 'attendees')}\n"
                    for number, venue in enumerate(item.report.festival_day.venue, 1)])


def copy(cursor, table, row, items):
    with cursor.copy(f"COPY {table} FROM STDIN") as stream:
        stream.write("".join(map(row, items)))


def number(cursor, items):
    blocks = -(-len(items) // NUMBERS_IN_BLOCK)
    cursor.execute("SELECT nextval('baocao.report_block') FROM generate_series(1, %s)", [blocks])
    numbers = itertools.chain.from_iterable(range(first, first + NUMBERS_IN_BLOCK) for first, in cursor.fetchall())
    for item, item.report_no in zip(items, numbers):
        item.outcome, item.received_at = OUTCOME_STORED, item.submission.received_at
        item.violations.clear()  # a conflict of an earlier try


def look(cursor, items):
    """Gives each item what has become of it."""
    by_number = {item.report_no: item for item in items}
    cursor.execute(LOOK)
    for report_no, is_history, old_no, digest, received_at in cursor.fetchall():
        item = by_number[report_no]
        if not is_history:
            item.report_no, item.received_at = old_no, received_at
            item.outcome = OUTCOME_DUPLICATE if digest == item.digest else OUTCOME_CONFLICT
        elif item.outcome == OUTCOME_STORED and not (old_no in by_number and old_no > report_no):  # that one came later
            item.outcome = OUTCOME_SUPERSEDED


def insert(cursor, items):
    number(cursor, items)
    copy(cursor, "new_report", report_row, items)
    cursor.execute(INSERT)
    new = items
    if cursor.rowcount < len(items):
        inserted = {report_no for report_no, in cursor.fetchall()}
        new = [item for item in items if item.report_no in inserted]
    look(cursor, items)
    copy(cursor, "baocao.report_raw", raw_row, new)
    copy(cursor, "baocao.festival_day", day_row, new)
    copy(cursor, "baocao.festival_day_venue", venue_rows, new)


def keep_refusal(cursor, item):
    if item.outcome == OUTCOME_CONFLICT:
        item.add("revision", "conflict")
    sender, report = item.submission.sender, item.report
    violations = [{"path": v.path, "rule": v.rule, "vi": v.vi, "en": v.en} for v in item.violations]
    has_day = report is not None and report.WhichOneof("body") == "festival_day"
    cursor.execute(KEEP_REFUSAL, [
        sender.scope_top_unit_id, sender.collector_id, hashlib.blake2b(item.raw, digest_size=32).digest(),
        "conflict" if item.outcome == OUTCOME_CONFLICT else "refused", "festival_day" if has_day else None,
        report.unit_code if report is not None and report.HasField("unit_code") else None,
        item.raw, item.submission.received_at, json.dumps(violations)])


def write(connection, items):
    """One transaction. What it raises, it has rolled back."""
    with connection.transaction(), connection.cursor() as cursor:
        accepted = [item for item in items if item.outcome != OUTCOME_REFUSED]
        if accepted:
            insert(cursor, accepted)
        for item in items:
            if item.outcome in (OUTCOME_REFUSED, OUTCOME_CONFLICT):
                keep_refusal(cursor, item)


class Store:
    """put() from the intake thread; done(submissions) is called from the writing thread, after their COMMIT."""

    def __init__(self, conninfo, done):
        self.conninfo, self.done = conninfo, done
        self.changed, self.waiting, self.held, self.ending = threading.Condition(), collections.deque(), 0, False
        self.thread = threading.Thread(target=self.run, name="store")
        self.thread.start()

    def put(self, submission):
        with self.changed:
            self.waiting.append(submission)
            self.held += len(submission.items)
            self.changed.notify()

    def has_room(self):
        return self.held < HELD_MAX

    def stop(self):
        """Ends when all that was put is written."""
        with self.changed:
            self.ending = True
            self.changed.notify()
        self.thread.join()

    def take(self):
        """The next batch, at least one submission; empty at the end."""
        batch, count = [], 0
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.ending)
            while self.waiting and (not batch or count + len(self.waiting[0].items) <= BATCH_MAX):
                batch.append(self.waiting.popleft())
                count += len(batch[-1].items)
        return batch

    def connect(self):
        connection = psycopg.connect(self.conninfo, autocommit=True)
        # As baocaod has it: foreign keys are not checked row by row, and the look goes by the index from the first report on.
        connection.execute("SET ROLE baocao_ingest; SET session_replication_role = replica; "
                           "SET enable_hashjoin = off; SET enable_mergejoin = off")
        connection.execute(STAGE)
        return connection

    def run(self):
        connection = self.connect()
        while batch := self.take():
            items = [item for submission in batch for item in submission.items]
            connection = self.write_all(connection, items)
            with self.changed:
                self.held -= len(items)
            self.done(batch)

    def write_all(self, connection, items):
        """Until it is written; gives the connection, which may be a new one."""
        while True:
            try:
                write(connection, items)
                return connection
            except (psycopg.DataError, psycopg.IntegrityError):  # one of them is not for the database: find it by halving
                return self.halve(connection, items)
            except psycopg.OperationalError as error:
                logging.warning("database: %s", error)
                connection = self.connect_again(connection)

    def halve(self, connection, items):
        if len(items) == 1:
            items[0].outcome = OUTCOME_REFUSED
            items[0].report_no = items[0].received_at = None
            items[0].add("", "store")
            return self.write_all(connection, items)
        middle = len(items) // 2
        return self.write_all(self.write_all(connection, items[:middle]), items[middle:])

    def connect_again(self, connection):
        connection.close()
        while True:
            try:
                return self.connect()
            except psycopg.OperationalError as error:
                logging.warning("database: %s", error)
                time.sleep(1)
