"""What observers of the daemon use: HTTP, the readiness protocol of systemd, and a debugger's stop of one thread."""
import ctypes
import http.client
import os
import pathlib
import re
import socket

from conftest import DEADLINE, free_port, wait_until

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def http_options():
    return {"listen_http": f"tcp://127.0.0.1:{free_port()}"}


class LocalConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE)
        self.sock.connect(self.path)


def get(address, path, method="GET", body=None, **headers):
    """Status, headers and text."""
    if address.startswith("ipc://"):
        connection = LocalConnection(address.removeprefix("ipc://"))
    else:
        connection = http.client.HTTPConnection(address.removeprefix("tcp://"), timeout=DEADLINE)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, response.headers, text


SAMPLE = re.compile(r'^([a-z_:0-9]+)(\{.*\})? (\S+)$')


def samples(text):
    """{'name{labels}': number} of a page of either format."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, number = SAMPLE.match(line).groups()
            assert name + (labels or "") not in found, f"{name}{labels} twice"
            found[name + (labels or "")] = float(number)
    return found


def metrics(address):
    status, _, text = get(address, "/metrics")
    assert status == 200
    return samples(text)


class Manager:
    """What systemd does with a Type=notify service: hears what it says."""

    def __init__(self, folder, watchdog_s=None):
        self.path = folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.setblocking(False)
        self.heard = []
        self.environment = {"NOTIFY_SOCKET": str(self.path)}
        if watchdog_s is not None:
            self.environment["WATCHDOG_USEC"] = str(int(watchdog_s * 1e6))

    def listen(self):
        while True:
            try:
                self.heard.append(dict(line.split("=", 1) for line in self.socket.recv(65536).decode().splitlines()))
            except BlockingIOError:
                return self.heard

    def pings(self):
        return sum("WATCHDOG" in message for message in self.listen())

    def status(self):
        said = [message["STATUS"] for message in self.listen() if "STATUS" in message]
        return said[-1] if said else ""

    def wait_pings(self, more):
        wanted = self.pings() + more
        wait_until(lambda: self.pings() >= wanted, f"{more} more pings")


PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


class StoppedThread:
    """One thread of a child process, held as a debugger holds it; all others run on."""

    def __init__(self, process, name):
        tasks = pathlib.Path(f"/proc/{process.pid}/task")
        self.tid = next(int(task.name) for task in tasks.iterdir() if (task / "comm").read_text().strip() == name)
        self.trace(PTRACE_SEIZE)
        self.trace(PTRACE_INTERRUPT)
        os.waitpid(self.tid, WALL)

    def trace(self, request):
        assert libc.ptrace(request, self.tid, None, None) == 0, os.strerror(ctypes.get_errno())

    def go_on(self):
        self.trace(PTRACE_DETACH)
