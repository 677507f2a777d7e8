"""A ZMTP 3.0 peer made of plain sockets, for what no library would send: it says in its metadata what it likes, and stops where
it likes. CURVE as in RFC 26, by libsodium."""
import ctypes
import os
import socket
import struct

from zmq.utils import z85

_sodium = ctypes.CDLL("libsodium.so.23")
KEY, NONCE, MAC = 32, 24, 16
MORE, LONG, COMMAND = 1, 2, 4


def _box(plain, nonce, public, secret):
    out = ctypes.create_string_buffer(len(plain) + MAC)
    assert len(nonce) == NONCE and _sodium.crypto_box_easy(out, plain, ctypes.c_ulonglong(len(plain)), nonce, public, secret) == 0
    return out.raw


def _open(boxed, nonce, public, secret):
    out = ctypes.create_string_buffer(max(len(boxed) - MAC, 1))
    assert _sodium.crypto_box_open_easy(out, boxed, ctypes.c_ulonglong(len(boxed)), nonce, public, secret) == 0, "a box does not open"
    return out.raw[:len(boxed) - MAC]


def _keys():
    public, secret = ctypes.create_string_buffer(KEY), ctypes.create_string_buffer(KEY)
    _sodium.crypto_box_keypair(public, secret)
    return public.raw, secret.raw


def metadata(**properties):
    """Names in Python have _ where the protocol has -."""
    return b"".join(bytes([len(name)]) + name.replace("_", "-").encode() + struct.pack(">I", len(value)) + value
                    for name, value in properties.items())


class Refused(Exception):
    """The server said ERROR, or ended the connection."""


class RawPeer:
    def __init__(self, endpoint, mechanism, timeout=5.0):
        if endpoint.startswith("ipc://"):
            self.socket = socket.socket(socket.AF_UNIX)
            address = endpoint.removeprefix("ipc://")
        else:
            self.socket = socket.socket()
            host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
            address = (host, int(port))
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        self.socket.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + mechanism.ljust(20, b"\0") + bytes(32))
        self.read(64)

    def read(self, size):
        data = b""
        while len(data) < size:
            try:
                part = self.socket.recv(size - len(data))
            except ConnectionResetError:
                part = b""
            if not part:
                raise Refused("the connection was ended")
            data += part
        return data

    def write_frame(self, flags, body):
        long = len(body) > 255
        size = struct.pack(">Q", len(body)) if long else bytes([len(body)])
        self.socket.sendall(bytes([flags | (LONG if long else 0)]) + size + body)

    def read_frame(self):
        flags = self.read(1)[0]
        size = struct.unpack(">Q", self.read(8))[0] if flags & LONG else self.read(1)[0]
        body = self.read(size)
        if flags & COMMAND and body.startswith(b"\x05ERROR"):
            raise Refused(body[7:].decode())
        return flags, body

    def command(self, name, body):
        self.write_frame(COMMAND, bytes([len(name)]) + name + body)

    def expect(self, name):
        body = self.read_frame()[1]
        assert body[1:1 + body[0]] == name, body
        return body[1 + body[0]:]

    def close(self):
        self.socket.close()


class NullPeer(RawPeer):
    """A peer without keys."""

    def __init__(self, endpoint, **properties):
        super().__init__(endpoint, b"NULL")
        self.command(b"READY", metadata(Socket_Type=b"DEALER", Identity=b"", **properties))
        self.expect(b"READY")

    def send(self, *frames):
        for frame in frames[:-1]:
            self.write_frame(MORE, frame)
        self.write_frame(0, frames[-1])


class CurvePeer(RawPeer):
    """A peer with a key, in Z85 as zmq.curve_keypair() gives it."""

    def __init__(self, endpoint, server_key, keys, **properties):
        super().__init__(endpoint, b"CURVE")
        server, public, secret = (z85.decode(key) for key in (server_key, *keys))
        self.public, self.secret = _keys()  # of this connection
        self.sent = 0
        self.command(b"HELLO", b"\1\0" + bytes(72) + self.public + self.short_nonce() +
                     _box(bytes(64), b"CurveZMQHELLO---" + self.nonce, server, self.secret))
        welcome = self.expect(b"WELCOME")
        plain = _open(welcome[16:], b"WELCOME-" + welcome[:16], server, self.secret)
        self.server, cookie = plain[:KEY], plain[KEY:]
        vouch_nonce = os.urandom(16)
        vouch = _box(self.public + server, b"VOUCH---" + vouch_nonce, self.server, secret)
        plain = public + vouch_nonce + vouch + metadata(Socket_Type=b"DEALER", Identity=b"", **properties)
        self.command(b"INITIATE", cookie + self.short_nonce() +
                     _box(plain, b"CurveZMQINITIATE" + self.nonce, self.server, self.secret))
        self.expect(b"READY")

    def short_nonce(self):
        self.sent += 1
        self.nonce = struct.pack(">Q", self.sent)
        return self.nonce

    def send(self, *frames):
        for number, frame in enumerate(frames):
            nonce = self.short_nonce()
            more = bytes([1 if number + 1 < len(frames) else 0])
            boxed = _box(more + frame, b"CurveZMQMESSAGEC" + nonce, self.server, self.secret)
            self.write_frame(0, b"\x07MESSAGE" + nonce + boxed)

    def receive(self):
        frames, more = [], True
        while more:
            body = self.read_frame()[1]
            assert body.startswith(b"\x07MESSAGE")
            plain = _open(body[16:], b"CurveZMQMESSAGES" + body[8:16], self.server, self.secret)
            more = bool(plain[0] & 1)
            frames.append(plain[1:])
        return frames
