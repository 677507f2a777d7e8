"""Relays that stand between two programs, understand where their protocol is, and fail there when they are told to.

A relay cuts what goes through it into units and names the protocol step of each. arm(step, action) makes one fault happen
at the next unit of that step:

    cut          both connections are reset, the unit is not handed on
    half         half of the unit's bytes are handed on, then both are reset
    passed_cut   the unit is handed on, then both are reset
    stall        the unit, and all behind it, waits for some time
    stall_cut    it waits for some time and is then cut
"""
import asyncio
import socket
import struct
import threading

ACTIONS = ("cut", "half", "passed_cut", "stall", "stall_cut")
CHUNK = 1 << 16


class Fault:
    def __init__(self, step, action, seconds, on_fire):
        self.step, self.action, self.seconds, self.on_fire = step, action, seconds, on_fire


class Relay:
    """Listens on a unix socket (a path) or on a free loopback port; upstream() gives where to connect, at each connection."""
    UP, DOWN = staticmethod(lambda: None), staticmethod(lambda: None)  # make a parser for each direction
    STEPS = ()

    def __init__(self, upstream, path=None):
        self.upstream, self.path = upstream, path
        self.armed, self.lock = {}, threading.Lock()
        self.pairs = set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self.call(self.listen())
        self.address = path or "tcp://127.0.0.1:%d" % self.server.sockets[0].getsockname()[1]

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    async def listen(self):
        if self.path:
            return await asyncio.start_unix_server(self.accept, self.path)
        return await asyncio.start_server(self.accept, "127.0.0.1", 0)

    def arm(self, step, action, seconds, on_fire):
        with self.lock:
            self.armed[step] = Fault(step, action, seconds, on_fire)

    def take(self, step):
        if step not in self.armed:
            return None
        with self.lock:
            return self.armed.pop(step, None)

    async def accept(self, reader, writer):
        try:
            target = self.upstream()
            up_reader, up_writer = await (asyncio.open_unix_connection(target) if isinstance(target, str)
                                          else asyncio.open_connection(*target))
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, up_writer)
        self.pairs.add(pair)
        for side in pair:  # an aborted connection is reset, not ended in good order
            side.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        try:
            await asyncio.gather(self.pump(reader, up_writer, self.UP()), self.pump(up_reader, writer, self.DOWN()))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self.abort(pair)

    def abort(self, pair):
        self.pairs.discard(pair)
        for side in pair:
            side.transport.abort()

    async def pump(self, reader, writer, parser):
        while chunk := await reader.read(CHUNK):
            for step, unit in parser.feed(chunk):
                fault = self.take(step)
                if fault:
                    await self.strike(fault, writer, unit)
                else:
                    writer.write(unit)
            await writer.drain()
        raise ConnectionResetError  # the end of one direction is the end of both

    async def strike(self, fault, writer, unit):
        fault.on_fire()
        if fault.action in ("stall", "stall_cut"):
            await asyncio.sleep(fault.seconds)
        if fault.action in ("passed_cut", "stall"):
            writer.write(unit)
        elif fault.action == "half":
            writer.write(unit[:len(unit) // 2])
        if fault.action != "stall":
            await writer.drain()
            raise ConnectionResetError

    async def abort_all(self):
        for pair in list(self.pairs):
            self.abort(pair)

    def cut_all(self):
        self.call(self.abort_all())

    def close(self):
        async def end():
            self.server.close()
            await self.abort_all()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
        self.call(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


class Parser:
    """Gathers bytes; unit() of a subclass tells the size and step of the unit at the front, or None when more is needed."""

    def __init__(self):
        self.buffer = bytearray()

    def feed(self, chunk):
        self.buffer += chunk
        units, at = [], 0
        while found := self.unit(memoryview(self.buffer)[at:]):
            size, step = found
            units.append((step, bytes(self.buffer[at:at + size])))
            at += size
        del self.buffer[:at]
        return units


class PostgresUp(Parser):
    """PostgreSQL manual, Frontend/Backend Protocol: a start-up packet, then messages of type, length, content."""
    started = False
    queries = {b"BEGIN": "begin", b"COPY ": "copy_start", b"COMMI": "commit"}
    others = {b"d": "copy_data", b"c": "copy_done"}

    def unit(self, data):
        head = 0 if not self.started else 1
        if len(data) < head + 4 or len(data) < (size := head + int.from_bytes(data[head:head + 4], "big")):
            return None
        if not self.started:
            self.started = True
            return size, "connect"
        kind = bytes(data[:1])
        if kind == b"Q":
            return size, self.queries.get(bytes(data[5:10]), "query")
        if kind == b"B" and bytes(data[5:size]).split(b"\0")[1] == b"look":
            return size, "look"
        return size, self.others.get(kind)


class PostgresDown(Parser):
    def unit(self, data):
        if len(data) < 5 or len(data) < (size := 1 + int.from_bytes(data[1:5], "big")):
            return None
        return size, "committed" if data[0] == ord("C") and bytes(data[5:11]) == b"COMMIT" else None


class PostgresRelay(Relay):
    UP, DOWN = PostgresUp, PostgresDown
    STEPS = {"connect": ("cut", "half", "stall_cut"), "begin": ACTIONS, "look": ACTIONS, "copy_start": ACTIONS,
             "copy_data": ACTIONS, "copy_done": ACTIONS, "commit": ACTIONS, "committed": ("cut", "half", "stall", "stall_cut")}


class ZmtpParser(Parser):
    """ZMTP 3.1: a greeting of 64 bytes, then frames of flags, size, content. Under CURVE the content begins with a name."""
    greeting = 64  # bytes still to come; both sides send it in parts, each after having seen the other's
    HEARTBEAT = 80  # a version frame or a heartbeat is smaller, encrypted; a body is larger

    def unit(self, data):
        if self.greeting > 0 and len(data) > 0:
            size, first = min(self.greeting, len(data)), self.greeting == 64
            self.greeting -= size
            return size, self.steps["greeting"] if first else None
        if len(data) < 9:
            return None if len(data) < 2 or data[0] & 2 or len(data) < 2 + data[1] else (2 + data[1], None)
        size = 9 + int.from_bytes(data[1:9], "big") if data[0] & 2 else 2 + data[1]
        if len(data) < size:
            return None
        content = bytes(data[9 if data[0] & 2 else 2:][:12])
        name = content[1:1 + content[0]].decode("ascii", "replace")
        return size, self.steps.get(name if name != "MESSAGE" or size >= self.HEARTBEAT else "")


class ZmtpUp(ZmtpParser):
    steps = {"greeting": "greeting", "HELLO": "hello", "INITIATE": "initiate", "MESSAGE": "submission"}


class ZmtpDown(ZmtpParser):
    steps = {"greeting": "greeting_back", "WELCOME": "welcome", "READY": "ready", "MESSAGE": "receipt"}


class ZmtpRelay(Relay):
    UP, DOWN = ZmtpUp, ZmtpDown
    STEPS = {"greeting": ACTIONS, "greeting_back": ACTIONS, "hello": ACTIONS, "welcome": ACTIONS, "initiate": ACTIONS,
             "ready": ACTIONS, "submission": ACTIONS, "receipt": ACTIONS}
