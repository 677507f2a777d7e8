#!/usr/bin/python3
"""A client of baocaod in Python, with Debian's python3-zmq, python3-protobuf and python3-cryptography, made from docs/protocol.md
and the .proto files alone. Files the reports of a file, a JSON list, and prints what became of each.

    baocao_client.py ENDPOINT SERVER_KEY KEY_FILE SIGNING_KEY REPORTS.json

KEY_FILE is what `baocao keygen` wrote; KEY_FILE.pub lies beside it. SIGNING_KEY: the server's public signing key, in hexadecimal.
PYTHONPATH must have what protoc --python_out made of the .proto files.
"""
import json
import pathlib
import random
import sys
import time

import protocol_pb2
import report_pb2
import zmq
from google.protobuf import json_format

import baocao_proof

VERSION = b"baocao/1"
PER_SUBMISSION, IN_FLIGHT, TIMEOUT, LONGEST = 100, 8, 5.0, 60.0  # reports, submissions, seconds


class Flight:
    """A submission under way."""

    def __init__(self, number, first, reports):
        self.first, self.reports, self.wait = first, reports, TIMEOUT
        self.body = protocol_pb2.Submission(submission_id=number, report=reports).SerializeToString()
        self.due = 0.0


def connect(endpoint, server_key, key_file):
    socket = zmq.Context.instance().socket(zmq.DEALER)
    socket.linger, socket.immediate = 0, 1
    socket.heartbeat_ivl, socket.heartbeat_timeout = 5000, 30000
    socket.curve_serverkey = server_key.encode()
    socket.curve_secretkey = pathlib.Path(key_file).read_text().strip().encode()
    socket.curve_publickey = pathlib.Path(key_file + ".pub").read_text().strip().encode()
    socket.connect(endpoint)
    return socket


def send(socket, flight):
    try:
        socket.send_multipart([VERSION, flight.body], zmq.DONTWAIT)
    except zmq.Again:  # nobody is connected
        flight.due = time.monotonic() + 0.2
        return
    flight.due = time.monotonic() + flight.wait * random.uniform(0.5, 1)
    flight.wait = min(2 * flight.wait, LONGEST)


def file(socket, reports, signing_key):
    """Gives a ReportOutcome for each report, in order. Raises where a signature does not hold."""
    outcomes, flights, next_report, number = [None] * len(reports), {}, 0, 0
    while next_report < len(reports) or flights:
        while next_report < len(reports) and len(flights) < IN_FLIGHT:
            number += 1
            flights[number] = Flight(number, next_report, reports[next_report:next_report + PER_SUBMISSION])
            next_report += PER_SUBMISSION
        for flight in flights.values():
            if flight.due <= time.monotonic():
                send(socket, flight)
        nearest = min(flight.due for flight in flights.values())
        if not socket.poll(max(0, 1000 * (nearest - time.monotonic()))):
            continue
        receipt = protocol_pb2.Receipt.FromString(socket.recv_multipart()[1])
        flight = flights.get(receipt.submission_id)
        if flight is None:
            continue  # answered already: it was sent twice
        if receipt.whole == protocol_pb2.OUTCOME_BUSY:
            flight.due = time.monotonic() + receipt.retry_after_ms / 1000 * random.uniform(1, 2)
        elif receipt.HasField("whole"):
            raise ValueError(f"{receipt.problem.rule}: {receipt.problem.en}")
        elif len(receipt.outcome) == len(flight.reports):
            said = baocao_proof.check_receipt(flight.reports, receipt, protocol_pb2, report_pb2)
            if said["key"] != signing_key:
                raise ValueError("signed by another key")
            outcomes[flight.first:flight.first + len(flight.reports)] = receipt.outcome
            del flights[receipt.submission_id]
    return outcomes


def main():
    endpoint, server_key, key_file, signing_key, path = sys.argv[1:]
    reports = [json_format.ParseDict(report, report_pb2.Report()) for report in json.loads(pathlib.Path(path).read_text())]
    with connect(endpoint, server_key, key_file) as socket:
        for outcome in file(socket, reports, signing_key):
            name = protocol_pb2.Outcome.Name(outcome.outcome).removeprefix("OUTCOME_")
            print(name, outcome.report_no, *[f"{violation.path}:{violation.rule}" for violation in outcome.violation])
    print("signed by", signing_key)


if __name__ == "__main__":
    main()
