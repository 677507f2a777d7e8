"""A real daemon, a real PostgreSQL, and a client that shares no code with either.

One private cluster per test process, migrated once; a fresh database and a fresh daemon for each test.
"""
import atexit
import contextlib
import itertools
import os
import pathlib
import pwd
import select
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import psycopg
import pytest
import zmq

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BAOCAO_BUILD", ROOT / "build"))
DEADLINE = float(os.environ.get("BAOCAO_DEADLINE", 20))  # seconds: nothing here takes a tenth of it

_generated = tempfile.mkdtemp(prefix="baocao-pb-")
atexit.register(shutil.rmtree, _generated, ignore_errors=True)
subprocess.run(["protoc", f"-I{ROOT}/proto", "-I/usr/include", f"--python_out={_generated}",
                *[str(p) for p in sorted((ROOT / "proto").glob("*.proto"))]], check=True)
sys.path.insert(0, _generated)


def as_postgres(*command):
    if os.getuid() == 0:
        return ["runuser", "-u", "postgres", "--", *command]
    return list(command)


class Cluster:
    """A private PostgreSQL reached through a socket in its own folder."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="baocao-pg-")
        os.chmod(self.folder, 0o755)
        if os.getuid() == 0:
            os.chown(self.folder, pwd.getpwnam("postgres").pw_uid, -1)
        self.bin = sorted(pathlib.Path("/usr/lib/postgresql").iterdir())[-1] / "bin"
        self.databases = 0
        self.run("initdb", "-D", f"{self.folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
                 "--data-checksums")
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log", "-w",
                 "-o", f"-k {self.folder} -c listen_addresses= -c shared_buffers=32MB", "start")

    def run(self, program, *arguments):
        subprocess.run(as_postgres(str(self.bin / program), *arguments), check=True, cwd="/",
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def conninfo(self, database, user="postgres"):
        return f"host={self.folder} user={user} dbname={database}"

    def connect(self, database, user="postgres"):
        return psycopg.connect(self.conninfo(database, user), autocommit=True)

    def stop(self):
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster():
    made = Cluster()
    try:
        with made.connect("postgres") as db:
            db.execute("CREATE DATABASE template_baocao")
        subprocess.run([ROOT / "schema/migrate", made.conninfo("template_baocao")], check=True, stdout=subprocess.DEVNULL)
        with made.connect("postgres") as db:
            db.execute("CREATE ROLE baocaod LOGIN IN ROLE baocao_ingest")
            db.execute("CREATE ROLE checker LOGIN IN ROLE baocao_verifier")
        yield made
    finally:
        made.stop()


class Database:
    verifier = BUILD / "baocao-verify"
    is_harmed = False  # by a test, in what is stored: then it is not checked at the end

    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name
        self.connection = cluster.connect(name)

    def rows(self, query, *values):
        return self.connection.execute(query, values).fetchall()

    def value(self, query, *values):
        return self.rows(query, *values)[0][0]

    def run(self, query, *values):
        self.connection.execute(query, values)

    def verify(self, *options, user="postgres"):
        """Exit status and lines of baocao-verify."""
        done = subprocess.run([self.verifier, *options, self.cluster.conninfo(self.name, user)], capture_output=True, text=True)
        return done.returncode, (done.stdout + done.stderr).splitlines()

    def check_at_end(self):
        """Whatever a test has done: every row is what its raw bytes say, and everything hangs together."""
        if not self.is_harmed and self.value("SELECT EXISTS (SELECT FROM baocao.report)"):
            status, lines = self.verify()
            assert status == 0, "\n".join(lines)


@pytest.fixture
def database(cluster):
    cluster.databases += 1
    name = f"baocao_{cluster.databases}"
    with cluster.connect("postgres") as db:
        db.execute(f"CREATE DATABASE {name} TEMPLATE template_baocao")
    made = Database(cluster, name)
    yield made
    try:
        made.check_at_end()
    finally:
        made.connection.close()
        drop(cluster, name)


def drop(cluster, name):
    with cluster.connect("postgres") as db:
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")


def free_port():
    """A port of this process's own: below those that the kernel gives to connections, and apart from other processes' ports."""
    for port in itertools.islice(PORTS, 200):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


PORTS = itertools.cycle(range(10000 + os.getpid() % 100 * 200, 10200 + os.getpid() % 100 * 200))


def wait_until(condition, what, deadline=DEADLINE):
    end = time.monotonic() + deadline
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {deadline} s: {what}"
        select.select([], [], [], 0.01)
    return value


def three_chances(attempt):
    """For a promise in seconds, which the host may have taken away: whoever does not keep it, never does."""
    for _ in range(2):
        with contextlib.suppress(AssertionError):
            return attempt()
    return attempt()


class Daemon:
    """baocaod with a configuration of its own on loopback ports that nobody else uses."""
    program = [*shlex.split(os.environ.get("BAOCAO_UNDER", "")), BUILD / "baocaod"]  # under valgrind, say

    def __init__(self, home, folder, environment=None, **options):
        self.folder = folder
        public, secret = zmq.curve_keypair()
        self.server_key = public
        (folder / "server.key").write_text(secret.decode() + "\n")
        (folder / "server.key").chmod(0o600)
        self.router = f"tcp://127.0.0.1:{free_port()}"
        self.pull = f"tcp://127.0.0.1:{free_port()}"
        settings = {"listen_router": self.router, "listen_pull": self.pull, "secret_key_file": folder / "server.key",
                    "listen_http": "", "database": home.cluster.conninfo(home.name, "baocaod"), **options}
        (folder / "baocaod.conf").write_text("".join(f"{k} = {v}\n" for k, v in settings.items()))
        self.log = folder / "baocaod.log"
        self.process = subprocess.Popen([*self.program, "--config", folder / "baocaod.conf"],
                                        stderr=self.log.open("w"), stdin=subprocess.DEVNULL,
                                        env={**os.environ, **(environment or {})})

    def log_text(self):
        return self.log.read_text()

    def wait_ready(self):
        wait_until(lambda: "\nready\n" in self.log_text() or self.process.poll() is not None, "the daemon is ready")
        assert self.process.poll() is None, self.log_text()
        return self

    def wait_exit(self):
        return self.process.wait(timeout=DEADLINE)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        status = self.wait_exit()
        print(self.log_text())
        assert status == 0, f"exit status {status}"


@pytest.fixture
def start_daemon(database, tmp_path):
    daemons = []

    def start(**options):
        folder = tmp_path / f"daemon{len(daemons)}"
        folder.mkdir()
        daemons.append(Daemon(database, folder, **options))
        return daemons[-1]

    yield start
    running = [made for made in daemons if made.process.poll() is None]
    for made in running:  # all of them, before the first that ends badly fails the test
        made.process.terminate()
    for made in running:
        made.process.wait(timeout=DEADLINE)
    for made in running:
        made.stop()


@pytest.fixture
def daemon(start_daemon):
    return start_daemon().wait_ready()


class Client:
    """An independent collector: pyzmq and the classes that plain protoc generates."""

    context = zmq.Context()

    def __init__(self, daemon, keys, kind=zmq.DEALER, endpoint=None, **options):
        import protocol_pb2
        self.protocol = protocol_pb2
        self.socket = self.context.socket(kind)
        self.socket.linger = 5000 if kind == zmq.PUSH else 0
        self.socket.curve_serverkey = daemon.server_key
        self.socket.curve_publickey, self.socket.curve_secretkey = keys
        for option, value in options.items():
            setattr(self.socket, option, value)
        self.socket.connect(endpoint or (daemon.pull if kind == zmq.PUSH else daemon.router))
        self.last_id = 0

    def send(self, *reports):
        self.last_id += 1
        submission = self.protocol.Submission(submission_id=self.last_id)
        submission.report.extend(reports)
        self.send_frames(b"baocao/1", submission.SerializeToString())
        return self.last_id

    def send_frames(self, *frames):
        self.socket.send_multipart(list(frames))

    def answered(self, seconds=DEADLINE):
        return bool(self.socket.poll(int(seconds * 1000)))

    def receipt(self):
        assert self.answered(), "no receipt"
        frames = self.socket.recv_multipart()
        assert len(frames) == 2 and frames[0] == b"baocao/1"
        return self.protocol.Receipt.FromString(frames[1])

    def file(self, *reports):
        sent = self.send(*reports)
        receipt = self.receipt()
        assert receipt.submission_id == sent
        return receipt

    def outcomes(self, *reports):
        return [self.protocol.Outcome.Name(o.outcome).removeprefix("OUTCOME_") for o in self.file(*reports).outcome]

    def close(self):
        self.socket.close()


@pytest.fixture
def collector(database, daemon):
    """Makes a registered client: collector("01") may file for Hà Nội."""
    made = []

    def make(scope="01", on="2022-09-01", kind=zmq.DEALER, of=None, keys=None, **options):
        if keys is None:
            keys = zmq.curve_keypair()
            database.run("SELECT baocao.register_collector(%s, %s, %s, %s::date)", f"{scope} no. {len(made)}",
                         keys[0].decode(), scope, on)
            keys_there = database.value("SELECT count(*) FROM baocao.collector_key")  # as many were never before; valid ones may have been
            # The daemon hears of it by NOTIFY; a connection before that would be refused for good.
            wait_until(lambda: f" of {keys_there} keys valid" in (of or daemon).log_text(), "the daemon knows the key")
        client = Client(of or daemon, keys, kind, **options)
        made.append(client)
        client.keys = keys
        return client

    yield make
    for client in made:
        client.close()
