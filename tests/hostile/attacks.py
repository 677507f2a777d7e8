"""Crowds that attack a daemon, each in a process of its own and with little claim on the processor, as they would be on machines
of their own. An attack is a generator over a crowd's turns; it ends when its time is over, and gives what it counted."""
import collections
import contextlib
import heapq
import itertools
import multiprocessing
import os
import random
import socket
import time

import misbehaviours
import raw_peer as wire

TARGET = None  # of this process: endpoint and server's key
SLOWEST = 120  # seconds that a busy machine may take until everybody has begun


def connect(keys=None, **options):
    return wire.CurveSteps(*TARGET, keys, **options)


class Crowd:
    """Steps of many generators, each when it is due, for so long after each has had its first. make(n) gives the n-th; one that ends
    is made anew."""

    def __init__(self, size, make):
        self.make, self.counts, self.order = make, collections.Counter(), itertools.count()
        self.due = [(0.0, next(self.order), n, None) for n in range(size)]
        self.waiting = set(range(size))  # for their first step

    def step(self, n, running):
        self.waiting.discard(n)
        try:
            running = running or self.make(n, self.counts)
            return running, next(running)
        except StopIteration:
            return None, 0.2
        except wire.Refused:
            self.counts["ended by the daemon"] += 1
            return None, 0.5
        except OSError as error:  # no descriptor or no port left, nobody accepts
            self.counts[type(error).__name__] += 1
            return None, 0.5

    def run(self, seconds):
        started, ready = time.monotonic(), None
        while (now := time.monotonic()) < (started + SLOWEST if ready is None else ready + seconds):
            at, _, n, running = self.due[0]
            if at > now:
                time.sleep(min(at - now, 0.05))
                continue
            running, pause = self.step(n, running)
            heapq.heapreplace(self.due, (time.monotonic() + pause, next(self.order), n, running))
            if ready is None and not self.waiting:
                ready = time.monotonic()
        self.counts["never begun"] = len(self.waiting)
        return self.counts


# strangers

def half_a_handshake(n, counts):
    """Goes as far as it is told to, and then nothing; or byte by byte."""
    chance = random.Random(n)
    peer = connect(timeout=3)
    counts["connections"] += 1
    steps = [b"", wire.SIGNATURE[:5], wire.SIGNATURE + b"\x03\x01" + b"CURVE".ljust(20, b"\0") + bytes(32), None]
    sent = steps[n % len(steps)]
    if sent is None:
        peer.greet()
        peer.hello()
        sent = peer.initiate_command()[:chance.randrange(1, 200)]
    if n % 8 < 4:
        peer.send_bytes(sent)
    else:
        for byte in sent:
            peer.send_bytes(bytes([byte]))
            yield 0.2
    while not peer.is_closed():
        yield 1
    counts["ended by the daemon"] += 1


def large_frames_before_the_handshake(n, counts):
    peer = connect(timeout=3)
    peer.greet()
    left = (2 << 20) - 10
    peer.send_bytes(wire.announced(left, wire.COMMAND))
    while left > 0:
        left -= len(piece := bytes(min(left, 128 << 10)))
        peer.send_bytes(piece)
        counts["MiB"] += len(piece) / (1 << 20)
        yield 0.05
    while not peer.is_closed():
        yield 0.2


def unknown_keys(n, counts):
    peer = connect(timeout=5)
    try:
        peer.shake_hands()
        counts["LET IN"] += 1
    finally:
        counts["handshakes"] += 1
        peer.close()
    yield 0


def idle_connections(n, counts):
    """A connection on which nothing is said. Nobody waits for it: when the daemon accepts no more, the others are to be tried."""
    host, port = TARGET[0].removeprefix("tcp://").rsplit(":", 1)
    with socket.socket() as made:
        made.setblocking(False)
        made.connect_ex((host, int(port)))
        counts["connections"] += 1
        while True:
            yield 1
            with contextlib.suppress(BlockingIOError):
                if not made.recv(4096):
                    raise wire.Refused("by the daemon")


# with a key

def idle_collectors(keys):
    """Each has sent something, has been answered, and stays."""
    def make(n, counts):
        peer = connect(keys[n % len(keys)]).shake_hands()
        peer.send(misbehaviours.VERSION, b"\x08\x07")
        counts["connections"] += 1
        while not peer.is_closed():
            yield 1
    return make


def endless_messages(keys):
    """Frames of a message that never ends, as fast as they go."""
    def make(n, counts):
        peer = connect(keys[n % len(keys)]).shake_hands()
        payload = bytes([0, 1000, 1 << 20][n % 3])
        while True:
            data = b"".join(peer.message_frame(payload, more=True) for _ in range(1 if n % 3 == 2 else 200))
            peer.send_bytes(data)
            counts["MiB"] += len(data) / (1 << 20)
            yield 0
    return make


def full_messages(keys):
    """The largest messages that a connection may send, of what takes longest to look at, as fast as they go."""
    body = b"\x08\x07" + misbehaviours.fields((2 << 20) - 100)

    def make(n, counts):
        peer = connect(keys[n % len(keys)]).shake_hands()
        while True:
            peer.send(misbehaviours.VERSION, body)
            counts["MiB"] += len(body) / (1 << 20)
            peer.is_closed()  # reads what came
            yield 0
    return make


def deaf_and_verbose(keys, units):
    """Ask for large receipts and read none."""
    def make(n, counts):
        peer = connect(keys[n % len(keys)], receive_buffer=4096).shake_hands()
        while True:
            peer.send(misbehaviours.VERSION, misbehaviours.all_wrong(units[n % len(units)]))
            counts["submissions"] += 1
            yield 0.5
    return make


def misbehaving(keys, units, seed):
    """Each key belongs to a sender that misbehaves in a way of its own, drawn by the seed."""
    chances = [random.Random(f"{seed} {n}") for n in range(len(keys))]
    ways = [chance.choice(misbehaviours.TABLE) for chance in chances]
    names = [chance.choice(sorted(misbehaviours.METADATA)) for chance in chances]

    def make(n, counts):
        peer = connect(keys[n], timeout=20).shake_hands(misbehaviours.METADATA[names[n]](os.urandom(4)))
        peer.socket.settimeout(20)
        counts[ways[n].__name__] += 1
        for pause in ways[n](peer, chances[n], units[n]):
            yield pause * chances[n].uniform(0.5, 1.5)
            if ways[n] is not misbehaviours.never_reads and peer.socket.fileno() >= 0 and peer.is_closed():
                raise wire.Refused("by the daemon")
        peer.close()
    return make


class Attack:
    """start() it, and result() gives the sums of what its processes counted."""

    def __init__(self, target, size, make, processes=1):
        self.target, self.size, self.make, self.processes = target, size, make, processes

    def start(self, seconds):
        context = multiprocessing.get_context("fork")
        self.results = context.SimpleQueue()
        self.running = [context.Process(target=self._run, args=(index, seconds)) for index in range(self.processes)]
        for process in self.running:
            process.start()

    def _run(self, index, seconds):
        global TARGET
        TARGET = self.target
        os.nice(10)
        share = range(index, self.size, self.processes)
        counts = Crowd(len(share), lambda n, counts: self.make(share[n], counts)).run(seconds)
        self.results.put(dict(counts))
        os._exit(0)

    def is_over(self):
        return not any(process.is_alive() for process in self.running)

    def result(self):
        total = collections.Counter()
        for process in self.running:
            process.join()
            assert process.exitcode == 0
            total.update(self.results.get())
        return total
