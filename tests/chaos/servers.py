"""The server side of the world: a primary with a synchronous standby, and daemons on it."""
import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import threading
import time

import psycopg

from relay import PostgresRelay

BIN = sorted(pathlib.Path("/usr/lib/postgresql").iterdir())[-1] / "bin"
DEADLINE = 60.0
LIBRARY_OF_TIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


def wait_until(condition, what, deadline=DEADLINE):
    end = time.monotonic() + deadline
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"not within {deadline} s: {what}")
        time.sleep(0.01)
    return value


def small_file_system(path, size):
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path], check=True)


def fill(folder):
    """Takes all room in the file system of a folder, until the returned file is removed."""
    ballast = folder / "ballast"
    with ballast.open("wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, max(1, shutil.disk_usage(folder).free))
        except OSError:
            pass  # something else was quicker: full all the same
    return ballast


def send_signal(pid, number):
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False


class FakeClock:
    """A clock that jumps for the programs that run with its environment; what they measure durations with stays right."""

    def __init__(self, path):
        self.path = path
        self.set("+0")

    def set(self, offset):
        self.path.write_text(offset + "\n")

    def environment(self):
        return {**os.environ, "LD_PRELOAD": LIBRARY_OF_TIME, "FAKETIME_TIMESTAMP_FILE": str(self.path),
                "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}


class Node:
    """One PostgreSQL on a small file system of its own, reached through the socket in its folder."""

    def __init__(self, folder, name):
        self.folder, self.name = folder / name, name
        small_file_system(self.folder, "700m")
        os.chown(self.folder, pwd.getpwnam("postgres").pw_uid, -1)
        self.data = self.folder / "data"
        self.socket = str(self.folder / ".s.PGSQL.5432")

    def run(self, program, *arguments, check=True):
        done = subprocess.run(["runuser", "-u", "postgres", "--", str(BIN / program), *map(str, arguments)], cwd="/",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if check and done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stdout}")
        return done.returncode == 0

    def initialise(self):
        self.run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-k")
        self.configure(listen_addresses="", unix_socket_directories=self.folder, shared_buffers="32MB", wal_log_hints="on",
                       max_wal_size="128MB", max_connections="40", wal_sender_timeout="5s", log_min_messages="fatal",
                       dynamic_shared_memory_type="mmap", max_slot_wal_keep_size="200MB")

    def configure(self, **settings):
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def conninfo(self, database="baocao", user="postgres"):
        return f"host={self.folder} user={user} dbname={database}"

    def start(self):
        return self.run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-w", "-t", "30", "start", check=False)

    def stop(self, mode="immediate"):
        return self.run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop", check=False)

    def reload(self):
        self.run("pg_ctl", "-D", self.data, "reload")

    def pids(self):
        """Postmaster first, then its children."""
        try:
            postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError):
            return []
        children = subprocess.run(["pgrep", "-P", str(postmaster)], capture_output=True, text=True).stdout.split()
        return [postmaster, *map(int, children)]

    def kill(self):
        """As when the machine loses its power."""
        pids = self.pids()
        for number in (signal.SIGSTOP, signal.SIGKILL):  # it makes no child in between
            for pid in pids[:1] if number == signal.SIGSTOP else pids:
                send_signal(pid, number)
        wait_until(lambda: not any(pathlib.Path(f"/proc/{pid}/maps").exists() and
                                   pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
                                   for pid in pids), "the server is gone")
        for left in (self.data / "postmaster.pid", self.folder / ".s.PGSQL.5432.lock"):  # its number may be that of a zombie
            left.unlink(missing_ok=True)

    def answers(self):
        try:
            with psycopg.connect(self.conninfo("postgres") + " connect_timeout=2"):
                return True
        except psycopg.Error:
            return False

    def ensure_running(self):
        """After whatever happened to it: on its feet again."""
        def on_its_feet():
            if not self.answers():
                self.start()
            return self.answers()
        wait_until(on_its_feet, f"{self.name} answers")


class Servers:
    """The primary, and a standby that every commit waits for."""

    def __init__(self, folder, root):
        self.primary, self.standby = Node(folder, "north"), Node(folder, "south")
        self.primary.initialise()
        self.primary.start()
        self.run("CREATE DATABASE baocao", "postgres")
        subprocess.run([root / "schema/migrate", self.primary.conninfo()], check=True, stdout=subprocess.DEVNULL)
        self.run("CREATE ROLE baocaod LOGIN IN ROLE baocao_ingest")
        self.follow()

    def connect(self, database="baocao"):
        return psycopg.connect(self.primary.conninfo(database) + " options='-c synchronous_commit=local'", autocommit=True)

    def run(self, statement, database="baocao", values=()):
        with self.connect(database) as db:
            db.execute(statement, values)

    def rows(self, query, values=()):
        with self.connect() as db:
            return db.execute(query, values).fetchall()

    def follow(self):
        """Makes the standby anew from the primary, and the primary wait for it."""
        shutil.rmtree(self.standby.data, ignore_errors=True)
        self.standby.run("pg_basebackup", "-D", self.standby.data, "-R", "-X", "stream", "-c", "fast", "-d",
                         f"host={self.primary.folder} user=postgres application_name={self.standby.name}")
        self.standby.configure(unix_socket_directories=self.standby.folder)
        self.standby.start()
        wait_until(lambda: self.rows("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"), "the standby streams")
        self.primary.configure(synchronous_standby_names=f"FIRST 1 ({self.standby.name})")
        self.primary.reload()
        wait_until(lambda: self.rows("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"), "commits wait for it")

    def fail_over(self):
        self.primary.kill()
        self.standby.configure(synchronous_standby_names="")
        self.standby.reload()
        self.standby.run("pg_ctl", "-D", self.standby.data, "-w", "promote")
        self.primary, self.standby = self.standby, self.primary
        self.follow()

    def cancel_waits(self):
        """Ends the waits of commits for the standby: they are committed here, and nobody knows whether there. Gives how many."""
        return len(self.rows("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename = 'baocaod' "
                             "AND wait_event = 'SyncRep'"))

    def senders(self):
        """The processes that send to the standby what is committed."""
        return [pid for (pid,) in self.rows("SELECT pid FROM pg_stat_replication")]

    def backends(self):
        return [pid for (pid,) in self.rows("SELECT pid FROM pg_stat_activity WHERE usename = 'baocaod'")]

    def stop(self):
        for node in (self.primary, self.standby):
            node.stop()


class Daemon:
    """baocaod behind a relay to the database, started again whenever it ends."""

    def __init__(self, folder, name, program, keys, servers):
        self.folder, self.program, self.servers = folder / name, program, servers
        self.folder.mkdir()
        self.clock = FakeClock(self.folder / "clock")
        (self.folder / "key").write_text(keys[1].decode() + "\n")
        self.relay = PostgresRelay(lambda: servers.primary.socket, str(self.folder / ".s.PGSQL.5432"))
        self.port = free_port()
        self.ending, self.process, self.starts = False, None, 0
        self.thread = threading.Thread(target=self.keep_running, daemon=True)
        self.thread.start()

    def keep_running(self):
        while not self.ending:
            self.starts += 1
            with (self.folder / "log").open("a") as log:
                self.process = subprocess.Popen(
                    [self.program, "--set", f"listen_router=tcp://127.0.0.1:{self.port}", "--set",
                     f"secret_key_file={self.folder}/key", "--set", f"database=host={self.folder} user=baocaod dbname=baocao",
                     "--set", "busy_retry_ms=100", "--set", "listen_http="], stderr=log, stdin=subprocess.DEVNULL, env=self.clock.environment())
            self.process.wait()

    def signal(self, number):
        return self.process is not None and self.process.poll() is None and send_signal(self.process.pid, number)

    def stop(self):
        self.ending = True
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
        self.thread.join()
        self.relay.close()


def free_port():
    """Below those that the kernel gives to the relays, which come before the daemon has bound its own; each only once."""
    for port in PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")


PORTS = iter(range(10000 + os.getpid() % 100 * 200, 10200 + os.getpid() % 100 * 200))
