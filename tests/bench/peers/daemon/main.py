#!/usr/bin/python3
"""The job of baocaod as a Python engineer would do it in a day: pyzmq, protobuf, psycopg. The benchmark holds baocaod
against it; nobody should run it for anything else.

    main.py --config FILE        the file that baocaod has

One thread owns the socket, decodes, judges and answers; another writes (store.py). What it leaves out: PUSH without receipts,
catalogues that change, counts of unknown fields, kinds other than the festival day, limits against hostile senders.
"""
import argparse
import datetime
import logging
import pathlib
import queue
import signal

import psycopg
import zmq
import zmq.auth.thread
from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

import judge
import store
from catalogue import Catalogue
from protocol_pb2 import OUTCOME_PROTOCOL, OUTCOME_REFUSED, Receipt

VERSION = b"baocao/1"
REPORTS_MAX, BYTES_MAX = 1000, 1 << 20


def envelope_class():
    """A submission whose reports stay bytes: the archive wants them as they came, and one that cannot be read is refused alone."""
    kind = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="envelope.proto", package="baocao.peer")
    envelope = file.message_type.add(name="Envelope")
    envelope.field.add(name="submission_id", number=1, type=kind.TYPE_UINT64, label=kind.LABEL_OPTIONAL)
    envelope.field.add(name="report", number=2, type=kind.TYPE_BYTES, label=kind.LABEL_REPEATED)
    pool = descriptor_pool.Default()
    pool.Add(file)
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("baocao.peer.Envelope"))


Envelope = envelope_class()


class Submission:
    def __init__(self, routing_id, sender):
        self.routing_id, self.sender = routing_id, sender
        self.received_at = datetime.datetime.now(datetime.timezone.utc)
        self.received_text = self.received_at.isoformat()
        self.today = self.received_at.astimezone(judge.VIET_NAM).date()
        self.submission_id, self.items, self.problem = None, [], None

    def decode(self, frames, catalogue):
        """Judges the reports; what is wrong with the whole is in problem."""
        if len(frames) != 2 or frames[0] != VERSION or len(frames[1]) > BYTES_MAX:
            self.problem = "frames"
            return
        try:
            envelope = Envelope.FromString(frames[1])
        except message.DecodeError:
            self.problem = "malformed"
            return
        self.submission_id = envelope.submission_id if envelope.HasField("submission_id") else None
        if not 1 <= len(envelope.report) <= REPORTS_MAX:
            self.problem = "report_count"
            return
        for raw in envelope.report:
            item = judge.Item(self, raw)
            judge.judge(catalogue, self.sender, item)
            self.items.append(item)


def receipt_of(submission):
    receipt = Receipt(submission_id=submission.submission_id)
    if submission.problem:
        receipt.whole = OUTCOME_PROTOCOL
        receipt.problem.rule = submission.problem
    stamps = {}
    for item in submission.items:
        outcome = receipt.outcome.add(outcome=item.outcome, violation=item.violations)
        refused = item.outcome == OUTCOME_REFUSED
        received_at = submission.received_at if refused else item.received_at
        stamp = stamps.get(received_at)
        if stamp is None:
            stamp = received_at.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            stamps[received_at] = stamp
        outcome.received_at = stamp
        if not refused:
            outcome.report_no, outcome.content_digest = item.report_no, item.digest
    return receipt.SerializeToString()


class Gatekeeper:
    """Whose keys are let in; zmq.auth asks."""

    def __init__(self, catalogue):
        self.catalogue = catalogue

    def callback(self, domain, key):
        return key.decode() in self.catalogue.senders


class Intake:
    def __init__(self, settings):
        self.context = zmq.Context()
        with psycopg.connect(settings["database"]) as connection:
            connection.execute("SET ROLE baocao_ingest")
            self.catalogue = Catalogue(connection)
        self.authenticator = zmq.auth.thread.ThreadAuthenticator(self.context)
        self.authenticator.start()
        self.authenticator.configure_curve_callback("baocao", Gatekeeper(self.catalogue))
        self.router = self.open_router(settings)
        self.answers, self.ending = queue.SimpleQueue(), False
        self.bell, self.rung = self.open_bell(zmq.PUSH), self.open_bell(zmq.PULL)
        self.store = store.Store(settings["database"], self.on_written)

    def open_router(self, settings):
        router = self.context.socket(zmq.ROUTER)
        router.linger = 1000
        router.curve_server = True
        router.curve_secretkey = pathlib.Path(settings["secret_key_file"]).read_text().strip().encode()
        router.zap_domain = b"baocao"
        router.bind(settings["listen_router"])
        return router

    def open_bell(self, kind):
        socket = self.context.socket(kind)
        (socket.bind if kind == zmq.PUSH else socket.connect)("inproc://written")
        return socket

    def on_written(self, submissions):
        """From the writing thread: sockets are not for two threads, so the other one answers."""
        for submission in submissions:
            self.answers.put(submission)
        self.bell.send(b"")

    def answer(self, submission):
        self.router.send_multipart([submission.routing_id, VERSION, receipt_of(submission)])

    def answer_written(self):
        while not self.answers.empty():
            self.answer(self.answers.get())

    def receive(self):
        routing_id, *frames = self.router.recv_multipart(copy=False)
        sender = self.catalogue.senders[frames[-1]["User-Id"]]
        submission = Submission(routing_id.bytes, sender)
        submission.decode([frame.bytes for frame in frames], self.catalogue)
        if submission.problem:
            self.answer(submission)
        else:
            self.store.put(submission)

    def run(self):
        logging.info("%d units, %d keys", len(self.catalogue.by_id), len(self.catalogue.senders))
        logging.info("ready")  # as baocaod says it: who starts it waits for that line
        while not self.ending:
            poller = zmq.Poller()
            poller.register(self.rung, zmq.POLLIN)
            if self.store.has_room():
                poller.register(self.router, zmq.POLLIN)
            events = dict(poller.poll(1000))
            if self.rung in events:
                self.rung.recv()
                self.answer_written()
            if self.router in events:
                self.receive()

    def close(self):
        self.store.stop()
        self.answer_written()
        self.authenticator.stop()
        self.context.destroy()


def read_settings(path):
    lines = [line.split("=", 1) for line in path.read_text().splitlines() if "=" in line and not line.startswith("#")]
    return {name.strip(): value.strip() for name, value in lines}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=pathlib.Path, required=True)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    intake = Intake(read_settings(parser.parse_args().config))

    def end(*_):
        intake.ending = True

    signal.signal(signal.SIGTERM, end)
    intake.run()
    intake.close()


if __name__ == "__main__":
    main()
