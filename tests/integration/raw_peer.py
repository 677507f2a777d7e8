"""Peers that speak ZMTP 3 (ZeroMQ RFC 23, 25, 26) by themselves, over a plain socket: libzmq would not send half a handshake, half a
message, what does not fit a frame, or what another one is called. Every step can be taken alone, and anything may be sent in
between."""
import ctypes
import fcntl
import os
import select
import socket
import struct
import termios

from zmq.utils import z85

sodium = ctypes.CDLL("libsodium.so.23")
assert sodium.sodium_init() >= 0

SIGNATURE = b"\xff" + bytes(8) + b"\x7f"
COMMAND, LARGE = 0x04, 0x02
MORE = 0x01


class Refused(Exception):
    """The daemon said ERROR, or ended the connection."""


def box(message, nonce, key):
    assert len(nonce) == 24
    out = ctypes.create_string_buffer(len(message) + 16)
    sodium.crypto_box_easy_afternm(out, message, ctypes.c_ulonglong(len(message)), nonce, key)
    return out.raw


def open_box(cipher, nonce, key):
    out = ctypes.create_string_buffer(max(1, len(cipher) - 16))
    if sodium.crypto_box_open_easy_afternm(out, cipher, ctypes.c_ulonglong(len(cipher)), nonce, key) != 0:
        raise Refused("a box that cannot be opened")
    return out.raw[:len(cipher) - 16]


def shared(public, secret):
    key = ctypes.create_string_buffer(32)
    assert sodium.crypto_box_beforenm(key, public, secret) == 0
    return key.raw


def new_pair():
    public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(32)
    sodium.crypto_box_keypair(public, secret)
    return public.raw, secret.raw


def frame(body, flags=0):
    if len(body) > 255:
        return struct.pack(">BQ", flags | LARGE, len(body)) + body
    return bytes([flags, len(body)]) + body


def announced(size, flags=0):
    """The head of a frame of that size, and nothing of the frame."""
    return struct.pack(">BQ", flags | LARGE, size)


def metadata(socket_type=b"DEALER", identity=b"", **others):
    """What a peer says of itself. Names in Python have _ where the protocol has -."""
    values = {"Socket_Type": socket_type, "Identity": identity, **others}
    return b"".join(bytes([len(name)]) + name.replace("_", "-").encode() + struct.pack(">I", len(value)) + value
                    for name, value in values.items())


class RawPeer:
    """A connection, and nothing said yet."""

    def __init__(self, endpoint, timeout=20.0, receive_buffer=None):
        if endpoint.startswith("ipc://"):
            self.socket, address = socket.socket(socket.AF_UNIX), endpoint.removeprefix("ipc://")
        else:
            host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
            self.socket, address = socket.socket(), (host, int(port))
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(address)

    def close(self, abruptly=False):
        if abruptly:  # a reset instead of an end
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def send_bytes(self, data):
        """Who has no room to send looks for the end of the other direction: a kernel whose side was shut down while its window was closed
        never tells that it is open again (tcp_cleanup_rbuf() of Linux), and resets the connection minutes later."""
        events, left = select.poll(), memoryview(data)
        events.register(self.socket, select.POLLOUT | select.POLLRDHUP)
        while left:
            happened = events.poll(self.socket.gettimeout() * 1000)
            if not happened:
                raise TimeoutError("the daemon takes nothing and has not ended the connection")
            if not happened[0][1] & select.POLLOUT:
                raise Refused("the daemon ended the connection")
            try:
                left = left[self.socket.send(left):]
            except (BrokenPipeError, ConnectionResetError) as error:
                raise Refused(str(error)) from None

    def read(self, size):
        data = b""
        while len(data) < size:
            try:
                got = self.socket.recv(size - len(data))
            except ConnectionResetError as error:
                raise Refused(str(error)) from None
            if not got:
                raise Refused("the daemon ended the connection")
            data += got
        return data

    def read_frame(self):
        flags, size = self.read(2)
        if flags & LARGE:
            size = struct.unpack(">Q", bytes([size]) + self.read(7))[0]
        body = self.read(size)
        if flags & COMMAND and body.startswith(b"\x05ERROR"):
            raise Refused(body[7:].decode())
        return flags, body

    def is_closed(self):
        """Whether the daemon has ended the connection; whatever it sent is read and dropped."""
        timeout = self.socket.gettimeout()
        self.socket.settimeout(0)
        try:
            while self.socket.recv(65536):
                pass
        except BlockingIOError:
            return False
        except OSError:
            pass
        finally:
            self.socket.settimeout(timeout)
        return True

    def untaken(self):
        """Bytes that were sent and that the daemon's machine has not acknowledged."""
        return struct.unpack("i", fcntl.ioctl(self.socket, termios.TIOCOUTQ, bytes(4)))[0]

    def greet(self, mechanism=b"CURVE", version=b"\x03\x01"):
        self.send_bytes(SIGNATURE + version + mechanism.ljust(20, b"\0") + bytes(32))
        return self.read(64)


class NullPeer(RawPeer):
    """A peer without keys that is let in, or Refused."""

    def __init__(self, endpoint, **properties):
        super().__init__(endpoint)
        self.greet(b"NULL")
        self.send_bytes(frame(b"\x05READY" + metadata(**properties), COMMAND))
        self.read_frame()

    def send(self, *frames):
        self.send_bytes(b"".join(frame(body, MORE if index + 1 < len(frames) else 0) for index, body in enumerate(frames)))


class CurveSteps(RawPeer):
    """A peer with keys, in Z85 as zmq.curve_keypair() gives them, or with new ones. Its steps: greet(), hello(), initiate(), or all
    of them by shake_hands(); and then frames."""

    def __init__(self, endpoint, server_key, keys=None, **options):
        super().__init__(endpoint, **options)
        self.server_key = z85.decode(server_key)
        self.keys = tuple(z85.decode(key) for key in keys) if keys else new_pair()
        self.transient, self.nonce = new_pair(), 0

    def next_nonce(self, prefix):
        self.nonce += 1
        return prefix, struct.pack(">Q", self.nonce)

    # the handshake

    def hello_command(self):
        prefix, nonce = self.next_nonce(b"CurveZMQHELLO---")
        sealed = box(bytes(64), prefix + nonce, shared(self.server_key, self.transient[1]))
        return frame(b"\x05HELLO\x01\x00" + bytes(72) + self.transient[0] + nonce + sealed, COMMAND)

    def hello(self):
        self.send_bytes(self.hello_command())
        _, welcome = self.read_frame()
        opened = open_box(welcome[24:], b"WELCOME-" + welcome[8:24], shared(self.server_key, self.transient[1]))
        self.cookie = opened[32:]
        self.traffic_key = shared(opened[:32], self.transient[1])
        self.server_transient = opened[:32]

    def initiate_command(self, said=None):
        vouch_nonce = os.urandom(16)
        vouch = box(self.transient[0] + self.server_key, b"VOUCH---" + vouch_nonce, shared(self.server_transient, self.keys[1]))
        prefix, nonce = self.next_nonce(b"CurveZMQINITIATE")
        sealed = box(self.keys[0] + vouch_nonce + vouch + (said or metadata()), prefix + nonce, self.traffic_key)
        return frame(b"\x08INITIATE" + self.cookie + nonce + sealed, COMMAND)

    def initiate(self, said=None):
        self.send_bytes(self.initiate_command(said))
        _, ready = self.read_frame()
        if ready[:6] != b"\x05READY":
            raise Refused(f"instead of READY: {ready[:40]}")

    def shake_hands(self, said=None):
        self.greet()
        self.hello()
        self.initiate(said)
        return self

    # frames of messages

    def message_frame(self, payload, more=False, command=False):
        """One frame of a message, sealed. more: another one of the same message is to follow."""
        prefix, nonce = self.next_nonce(b"CurveZMQMESSAGEC")
        flags = (0x01 if more else 0) | (0x02 if command else 0)
        return frame(b"\x07MESSAGE" + nonce + box(bytes([flags]) + payload, prefix + nonce, self.traffic_key),
                     COMMAND if command else 0)

    def send(self, *frames):
        self.send_bytes(b"".join(self.message_frame(payload, index + 1 < len(frames)) for index, payload in enumerate(frames)))

    def receive(self):
        frames, more = [], True
        while more:
            flags, body = self.read_frame()
            opened = open_box(body[16:], b"CurveZMQMESSAGES" + body[8:16], self.traffic_key)
            if flags & COMMAND:
                continue
            more = opened[0] & 0x01
            frames.append(opened[1:])
        return frames


class CurvePeer(CurveSteps):
    """A peer with a key that is let in, or Refused."""

    def __init__(self, endpoint, server_key, keys, **properties):
        super().__init__(endpoint, server_key, keys)
        self.shake_hands(metadata(**properties))
