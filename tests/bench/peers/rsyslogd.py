"""rsyslog from ZeroMQ to PostgreSQL (imczmq, ompgsql): one narrow row for each message. It acknowledges nothing, checks
nothing and knows no repeats; what it is measured for is the way through the database.

Debian's packages are unpacked, not installed: their installation starts a system logger and asks for a database of its own.
The libraries they need are in tests/packages-extra.
"""
import contextlib
import subprocess
import tempfile
import time
import urllib.parse

import zmq

import bench
import conftest

from .measured import Measured

PACKAGES = ["rsyslog", "rsyslog-czmq", "rsyslog-pgsql"]
FOLDER = conftest.BUILD / "rsyslog"
QUIET = 5       # seconds without a new row after which those that are missing are lost
BATCH = 4096    # from 512 to 10,000, and with linked lists, it makes no difference; with one worker it is a fifth slower
UNITS = [unit.encode() for unit in bench.PROVINCES]

# A batch of the queue is a transaction of ompgsql, an INSERT for each message in it. The queue never throws away: without
# the long time-out imczmq, which cannot be slowed down, would lose what comes while the queue is full.
CONFIGURATION = f"""
global(workDirectory="%(folder)s")
module(load="imczmq")
module(load="ompgsql")
main_queue(queue.type="FixedArray" queue.size="100000" queue.dequeueBatchSize="{BATCH}" queue.workerThreads="%(workers)d"
    queue.workerThreadMinimumMessages="500" queue.timeoutEnqueue="60000")
template(name="narrow" type="list" option.stdsql="on") {{
    constant(value="INSERT INTO narrow VALUES ('")
    property(name="rawmsg" field.delimiter="44" field.number="1")
    constant(value="', '")
    property(name="rawmsg" field.delimiter="44" field.number="2")
    constant(value="', ")
    property(name="rawmsg" field.delimiter="44" field.number="3")
    constant(value=")")
}}
input(type="imczmq" endpoints="@%(endpoint)s" socktype="PULL")
if $inputname == "imczmq" then action(type="ompgsql" conninfo="%(conninfo)s" template="narrow")
"""


class Unavailable(Exception):
    """rsyslog cannot be had or does not run here; the text says why."""


def unpack():
    """Gives the folder in which the packages lie unpacked; what is there already is taken."""
    if (FOLDER / "usr/sbin/rsyslogd").exists():
        return FOLDER
    with tempfile.TemporaryDirectory(prefix="baocao-bench-") as folder:
        done = subprocess.run(["apt-get", "download", "-q", *PACKAGES], cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise Unavailable(f"its packages cannot be downloaded: {done.stderr.strip()}")
        for name in PACKAGES[::-1]:  # the program last: it says that all are there
            subprocess.run(f"dpkg -x {folder}/{name}_*.deb {FOLDER}", shell=True, check=True)
    return FOLDER


@contextlib.contextmanager
def running(conninfo, endpoint, workers):
    """A private rsyslogd in the foreground: its own configuration, folder and pid file, and no socket of the system's."""
    unpacked = unpack()
    modules = next(unpacked.glob("usr/lib/*/rsyslog"))
    with tempfile.TemporaryDirectory(prefix="baocao-bench-") as folder:
        with open(f"{folder}/rsyslog.conf", "w") as file:
            file.write(CONFIGURATION % {"folder": folder, "endpoint": endpoint, "conninfo": conninfo, "workers": workers})
        with open(f"{folder}/log", "w+") as log:
            process = subprocess.Popen([unpacked / "usr/sbin/rsyslogd", "-n", "-f", f"{folder}/rsyslog.conf", "-i", f"{folder}/pid",
                                        "-M", modules], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                yield process
            except Unavailable as problem:
                log.seek(0)
                raise Unavailable(f"{problem}; it says: {log.read()[:1000].strip() or 'nothing'}") from None
            finally:
                process.terminate()
                process.wait(timeout=conftest.DEADLINE)


def as_uri(cluster, database):
    """ompgsql takes no blanks in its conninfo."""
    return f"postgresql://postgres@/{database}?host={urllib.parse.quote(cluster.folder, safe='')}"


def wait_for(db, wanted):
    """Gives how many rows are there, and when the last of them was seen: when all are, or no more come."""
    count, seen = 0, time.monotonic()
    while count < wanted and time.monotonic() < seen + QUIET:
        time.sleep(0.1)
        now_there = db.execute("SELECT count(*) FROM narrow").fetchone()[0]
        if now_there > count:
            count, seen = now_there, time.monotonic()
    return count, seen


def push(db, process, socket, rows):
    """Sends one row and waits for it, then the others. Gives what arrived of these."""
    socket.send(b"01,2022-08-20,0")
    if wait_for(db, 1)[0] != 1:
        raise Unavailable(f"no row arrives, status {process.poll()}")
    db.execute("CHECKPOINT")
    start = time.monotonic()
    for number in range(rows):
        socket.send(b"%b,2022-08-20,%d" % (UNITS[number % len(UNITS)], number % 2000))
    count, seen = wait_for(db, rows + 1)
    return Measured(count - 1, seen - start, rows + 1 - count)


def rsyslog(cluster, rows=100_000, workers=4, name="rsyslog"):
    """Rows that arrived, from the first send until all are visible, and how many were lost. Raises Unavailable."""
    with cluster.connect("postgres") as db:
        db.execute(f"CREATE DATABASE {name}")
    endpoint = f"tcp://127.0.0.1:{conftest.free_port()}"
    context = zmq.Context()
    try:
        with cluster.connect(name) as db, running(as_uri(cluster, name), endpoint, workers) as process:
            db.execute("CREATE TABLE narrow (unit_code text NOT NULL, period_last date NOT NULL, held bigint NOT NULL)")
            socket = context.socket(zmq.PUSH)
            socket.linger = 0
            socket.sndtimeo = 10_000
            socket.connect(endpoint)
            return push(db, process, socket, rows)
    except zmq.Again:
        raise Unavailable("it stopped taking messages") from None
    finally:
        context.destroy(linger=0)
        with cluster.connect("postgres") as db:
            db.execute(f"DROP DATABASE {name} WITH (FORCE)")
