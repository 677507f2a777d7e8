"""A poor line: so many bytes a second each way, so long on the way, cut every few seconds. One line for all connections, as in a
house whose every desk shares it. What is sent faster waits in the sender, as behind a modem with a small buffer."""
import asyncio
import dataclasses
import random
import socket
import struct
import threading
import time

PACKET = 1400          # bytes handed on at once
KERNEL_BUFFER = 16384  # of a connection to the line, so that what waits is the sender's


@dataclasses.dataclass
class Carried:
    """What went over the line so far."""
    up: int = 0
    down: int = 0
    cuts: int = 0
    connections: int = 0


class Direction:
    """The bytes of all connections one after the other, at a fixed rate."""

    def __init__(self, rate):
        self.rate, self.free_at = rate, 0.0

    async def carry(self, size):
        now = time.monotonic()
        self.free_at = max(now, self.free_at) + size / self.rate
        await asyncio.sleep(self.free_at - now)


class Line:
    """Listens on a free port of loopback; address is where. round_trip: seconds there and back. cut_every: seconds, from and to;
    None: never. outage: seconds without a line after a cut."""

    def __init__(self, upstream, rate, round_trip, cut_every=None, outage=0.5, seed=1):
        self.upstream, self.delay, self.cut_every, self.outage = upstream, round_trip / 2, cut_every, outage
        self.ways = {"up": Direction(rate), "down": Direction(rate)}
        self.carried, self.rng, self.back_at = Carried(), random.Random(seed), 0.0
        self.writers = set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self.call(self.listen())
        self.address = "tcp://127.0.0.1:%d" % self.server.sockets[0].getsockname()[1]

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    async def listen(self):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BUFFER)  # connections inherit it
        listener.bind(("127.0.0.1", 0))
        if self.cut_every is not None:
            asyncio.get_running_loop().create_task(self.cut_again_and_again())
        return await asyncio.start_server(self.accept, sock=listener, limit=KERNEL_BUFFER)

    async def accept(self, reader, writer):
        self.writers.add(writer)
        ways = []
        try:
            await asyncio.sleep(max(self.back_at - time.monotonic(), 0) + 2 * self.delay)  # the line, and TCP's handshake
            up_reader, up_writer = await asyncio.open_connection(*self.upstream, limit=KERNEL_BUFFER)
            self.writers.add(up_writer)
            self.carried.connections += 1
            ways = [asyncio.create_task(self.pump(reader, up_writer, "up")),
                    asyncio.create_task(self.pump(up_reader, writer, "down"))]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass
        finally:
            for way in ways:
                way.cancel()
            for one in [writer, *([up_writer] if ways else [])]:
                self.reset(one)

    def reset(self, writer):
        if writer in self.writers:
            self.writers.discard(writer)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def pump(self, reader, writer, way):
        under_way = asyncio.Queue()

        async def arrive():
            while True:
                at, packet = await under_way.get()
                await asyncio.sleep(max(at - time.monotonic(), 0))
                writer.write(packet)
                await writer.drain()
        arriving = asyncio.create_task(arrive())
        try:
            while packet := await reader.read(PACKET):
                await self.ways[way].carry(len(packet))
                setattr(self.carried, way, getattr(self.carried, way) + len(packet))
                under_way.put_nowait((time.monotonic() + self.delay, packet))
        except OSError:
            pass
        finally:
            arriving.cancel()

    async def cut_again_and_again(self):
        while True:
            await asyncio.sleep(self.rng.uniform(*self.cut_every))
            self.back_at = time.monotonic() + self.outage
            if self.writers:
                self.carried.cuts += 1
            for writer in list(self.writers):
                self.reset(writer)

    def close(self):
        async def end():
            self.server.close()
            for writer in list(self.writers):
                self.reset(writer)
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        self.call(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
