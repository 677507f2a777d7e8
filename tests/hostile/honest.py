"""Collectors that do nothing wrong: one report at a time, and again until it is acknowledged. What they wait for is measured."""
import datetime
import threading
import time

import zmq

from reports import festival_day

PAUSE = 0.05     # between a receipt and the next report
RESEND = 5.0     # seconds without an answer after which a report is sent again, as the protocol says
REVISIONS = 1000 # as many as a period may have; the campaign that ends a day later follows
FIRST_END = datetime.date(2022, 8, 20)


def natural_key(number):
    """Last day of the period, and revision, of an honest collector's report with that number, from 1."""
    return FIRST_END + datetime.timedelta((number - 1) // REVISIONS), (number - 1) % REVISIONS + 1


class Honest:
    def __init__(self, context, daemon, keys, unit):
        import protocol_pb2
        self.protocol, self.unit, self.daemon, self.keys, self.context = protocol_pb2, unit, daemon, keys, context
        self.number, self.acknowledged, self.due = 0, [], 0.0
        self.began = self.sent = None
        self.connect()

    def connect(self):
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.linger, self.socket.immediate, self.socket.reconnect_ivl = 0, True, 100
        self.socket.curve_serverkey = self.daemon.server_key
        self.socket.curve_publickey, self.socket.curve_secretkey = self.keys
        self.socket.connect(self.daemon.router)

    def act(self, now, measured):
        """Sends what is to be sent, and takes what has come."""
        if self.began is None and now >= self.due:
            self.number += 1
            self.began = now
        if self.began is not None and (self.sent is None or now > self.sent + RESEND):
            self.send(now)
        while self.socket.poll(0):
            receipt = self.protocol.Receipt.FromString(self.socket.recv_multipart()[1])
            if receipt.submission_id != self.number or self.began is None:
                continue
            if receipt.whole == self.protocol.OUTCOME_BUSY:
                measured.busies += 1
                self.sent = now + receipt.retry_after_ms / 1000 - RESEND
                continue
            assert receipt.outcome[0].outcome in (self.protocol.OUTCOME_STORED, self.protocol.OUTCOME_DUPLICATE), receipt
            measured.waits.append(now - self.began)
            self.acknowledged.append(natural_key(self.number))
            self.began = self.sent = None
            self.due = now + PAUSE

    def send(self, now):
        last, revision = natural_key(self.number)
        made = self.protocol.Submission(submission_id=self.number,
                                        report=[festival_day(unit=self.unit, last=str(last), revision=revision)])
        try:
            self.socket.send_multipart([b"baocao/1", made.SerializeToString()], zmq.DONTWAIT)
            self.sent = now
        except zmq.Again:
            pass  # not connected now


class Measured:
    """What was measured between two looks."""

    def __init__(self):
        self.waits, self.busies = [], 0

    def quantile(self, q):
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else float("inf")


class Crowd:
    """They go on in a thread of their own until stop()."""

    def __init__(self, daemon, keys, units):
        self.context = zmq.Context()
        self.context.max_sockets = len(keys) + 10
        self.members = [Honest(self.context, daemon, pair, unit) for pair, unit in zip(keys, units)]
        self.measured, self.ending, self.failure = Measured(), threading.Event(), None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        poller = zmq.Poller()
        for member in self.members:
            poller.register(member.socket, zmq.POLLIN)
        try:
            while not self.ending.is_set():
                poller.poll(10)
                now = time.monotonic()
                for member in self.members:
                    member.act(now, self.measured)
        except BaseException as error:  # an assertion is for the main thread to tell
            self.failure = error
            raise

    def take(self):
        """What was measured since the last time."""
        measured, self.measured = self.measured, Measured()
        return measured

    def waiting(self, now):
        """The longest wait of a report that is not acknowledged yet."""
        return max((now - member.began for member in self.members if member.began is not None), default=0.0)

    def stop(self):
        self.ending.set()
        self.thread.join()
        self.context.destroy(linger=0)
        assert self.failure is None, self.failure
