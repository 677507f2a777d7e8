"""What a registered sender can do wrong, each in one function. Each gets a peer that has shaken hands, and a source of chance;
it is a generator that yields how many seconds to wait until its next step. When the daemon ends the connection (raw_peer.Refused)
the sender connects again and goes on misbehaving; the one that returns does so at once."""
import functools
import os
import socket
import struct

import raw_peer as wire
from reports import festival_day

VERSION = b"baocao/1"


def submission(*reports, number=7):
    import protocol_pb2
    made = protocol_pb2.Submission(submission_id=number)
    made.report.extend(reports)
    return made.SerializeToString()


def a_report(chance, unit):
    return festival_day(unit=unit, revision=chance.randrange(1, 1001))


def fields(size):
    """As many fields as fit into that size."""
    return bytes([0x78, 0x01]) * (size // 2)


# bodies that are not right

def sends_garbage(peer, chance, unit):
    while True:
        peer.send(VERSION, os.urandom(chance.randrange(0, 2000)))
        yield 0.1


def sends_submissions_cut_short(peer, chance, unit):
    whole = submission(a_report(chance, unit))
    while True:
        peer.send(VERSION, whole[:chance.randrange(len(whole))])
        yield 0.1


def flips_bits(peer, chance, unit):
    while True:
        body = bytearray(submission(a_report(chance, unit)))
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        peer.send(VERSION, bytes(body))
        yield 0.1


def speaks_another_version(peer, chance, unit):
    while True:
        peer.send(os.urandom(chance.randrange(0, 300)), submission(a_report(chance, unit)))
        yield 0.1


def sends_the_wrong_number_of_frames(peer, chance, unit):
    while True:
        peer.send(*[VERSION] * chance.choice([1, 3, 4, 5, 1000]))
        yield 0.2


def sends_what_is_too_large(peer, chance, unit):
    while True:
        peer.send(VERSION, bytes(chance.randrange((1 << 20) + 1, (2 << 20) - 100)))
        yield 2


def sends_nothing_but_fields(peer, chance, unit):
    while True:
        peer.send(VERSION, b"\x08\x07" + fields((2 << 20) - 100))
        yield 2


def fills_the_arena(peer, chance, unit):
    report = fields(1000)
    while True:
        peer.send(VERSION, b"\x08\x07" + (b"\x12\xe8\x07" + report) * 1000)
        yield 5


@functools.cache
def all_wrong(unit):
    import report_pb2
    reports = []
    for n in range(1000):
        report = report_pb2.Report()
        report.MergeFrom(festival_day(unit=unit, revision=n + 1))
        report.ClearField("festival_day")
        for _ in range(20):
            report.social_support.activity.add(activities=1 << 63, quantity=1 << 63)
        reports.append(report)
    return submission(*reports)


def breaks_every_rule_a_thousand_times(peer, chance, unit):
    while True:
        peer.send(VERSION, all_wrong(unit))
        yield 5


def heaps_combining_marks(peer, chance, unit):
    import report_pb2
    report = report_pb2.Report()
    report.MergeFrom(a_report(chance, unit))
    report.ClearField("festival_day")
    report.security_model.model.add(model_name="a" + "\u0301" * 300_000)
    while True:
        peer.send(VERSION, submission(report))
        yield 2


def nests_deeply(peer, chance, unit):
    body = b""
    while len(body) < 100_000:
        body = b"\xa2\x1f" + bytes([0x80 | len(body) & 0x7f, 0x80 | len(body) >> 7 & 0x7f, len(body) >> 14]) + body
    while True:
        peer.send(VERSION, b"\x12" + bytes([0x80 | len(body) & 0x7f, 0x80 | len(body) >> 7 & 0x7f, len(body) >> 14]) + body)
        yield 1


def files_for_another_unit(peer, chance, unit):
    while True:
        peer.send(VERSION, submission(a_report(chance, "01"), a_report(chance, "99999")))
        yield 0.1


def files_the_same_for_ever(peer, chance, unit):
    body = submission(*[festival_day(unit=unit, revision=n) for n in range(1, 51)])
    while True:
        peer.send(VERSION, body)
        yield 0.5


def contradicts_itself(peer, chance, unit):
    while True:
        peer.send(VERSION, submission(festival_day(unit=unit, revision=1, held=chance.randrange(10_000))))
        yield 0.1


# messages that are not right

def never_ends_a_message(peer, chance, unit):
    payload = bytes(chance.choice([0, 1, 100, 60_000]))
    while True:
        peer.send_bytes(peer.message_frame(payload, more=True))
        yield 0.05


def sends_a_frame_byte_by_byte(peer, chance, unit):
    for byte in peer.message_frame(bytes(200)):
        peer.send_bytes(bytes([byte]))
        yield 0.05


def announces_a_frame_and_sends_none(peer, chance, unit):
    peer.send_bytes(wire.announced(chance.randrange(1 << 16, 2 << 20)) + bytes(chance.randrange(1000)))
    while True:
        yield 1


def announces_more_than_is_allowed(peer, chance, unit):
    peer.send_bytes(wire.announced(chance.choice([(2 << 20) + 1, 1 << 40, (1 << 64) - 1])))
    while not peer.is_closed():
        yield 0.1


def repeats_a_nonce(peer, chance, unit):
    data = peer.message_frame(VERSION, more=True)
    peer.send_bytes(data + data)
    while not peer.is_closed():
        yield 0.1


def damages_a_box(peer, chance, unit):
    data = bytearray(peer.message_frame(bytes(50)))
    data[-chance.randrange(1, 60)] ^= 1
    peer.send_bytes(bytes(data))
    while not peer.is_closed():
        yield 0.1


def sends_frames_in_clear(peer, chance, unit):
    peer.send_bytes(wire.frame(VERSION, wire.MORE) + wire.frame(submission(a_report(chance, unit))))
    while not peer.is_closed():
        yield 0.1


def sends_commands(peer, chance, unit):
    while True:
        name = chance.choice([b"\x05ERROR", b"\x05READY", b"\x09SUBSCRIBE", b"\x06CANCEL", b"\x04PING", b"\x04PONG", b"\xff", b""])
        peer.send_bytes(peer.message_frame(name + os.urandom(chance.randrange(0, 400)), command=True))
        yield 0.1


def floods_with_pings(peer, chance, unit):
    while True:
        peer.send_bytes(b"".join(peer.message_frame(b"\x04PING\x00\x00" + bytes(16), command=True) for _ in range(50)))
        yield 0.5


def floods_with_nothing(peer, chance, unit):
    while True:
        peer.send_bytes(b"".join(peer.message_frame(b"") for _ in range(100)))
        yield 0.5


# connections that are not right

def never_reads(peer, chance, unit):
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    while True:
        peer.send(VERSION, submission(*[festival_day(unit="01", revision=n) for n in range(1, 200)]))
        yield 1


def leaves_at_once(peer, chance, unit):
    peer.send(VERSION, submission(a_report(chance, unit)))
    peer.close()
    yield 0.5


def resets_in_the_middle_of_a_frame(peer, chance, unit):
    data = peer.message_frame(VERSION, more=True) + peer.message_frame(submission(a_report(chance, unit)))
    peer.send_bytes(data[:chance.randrange(len(data))])
    peer.close(abruptly=True)
    yield 0.5


def closes_one_way(peer, chance, unit):
    peer.send(VERSION, submission(a_report(chance, unit)))
    peer.socket.shutdown(socket.SHUT_WR)
    while not peer.is_closed():
        yield 0.1


def sends_urgent_bytes(peer, chance, unit):
    data = peer.message_frame(VERSION)
    peer.socket.send(data[:10], socket.MSG_OOB)
    peer.send_bytes(struct.pack(">Q", 0))
    while not peer.is_closed():
        yield 0.1


TABLE = [sends_garbage, sends_submissions_cut_short, flips_bits, speaks_another_version, sends_the_wrong_number_of_frames,
         sends_what_is_too_large, sends_nothing_but_fields, fills_the_arena, breaks_every_rule_a_thousand_times,
         heaps_combining_marks, nests_deeply, files_for_another_unit, files_the_same_for_ever, contradicts_itself,
         never_ends_a_message, sends_a_frame_byte_by_byte, announces_a_frame_and_sends_none, announces_more_than_is_allowed,
         repeats_a_nonce, damages_a_box, sends_frames_in_clear, sends_commands, floods_with_pings, floods_with_nothing,
         never_reads, leaves_at_once, resets_in_the_middle_of_a_frame, closes_one_way, sends_urgent_bytes]

# What a peer may call itself in the handshake: its own routing id is the one thing it can choose. token: four bytes that tell the
# connections apart. The same id in several connections is left to a test of its own: libzmq never frees what the second one
# sends (docs/security.md).
METADATA = {
    "nothing": lambda token: wire.metadata(),
    "a routing id": lambda token: wire.metadata(identity=b"province" + token),
    "an endless routing id": lambda token: wire.metadata(identity=b"x" * 251 + token),
    "a routing id like the daemon's own": lambda token: wire.metadata(identity=b"\0" + token),
    "another one's User-Id": lambda token: wire.metadata(User_Id=b"x" * 36 + token),
    "many properties": lambda token: wire.metadata(**{f"X_{n}": b"y" * 50 for n in range(20)}),
}
