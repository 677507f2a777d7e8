"""PostgreSQL servers that can be killed: one of them, and a primary with its synchronous standby."""
import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile

import psycopg
from integration import as_postgres, free_port, wait_until

BIN = sorted(pathlib.Path("/usr/lib/postgresql").iterdir())[-1] / "bin"
# Segments that a killed server leaves behind lie in its data folder, and go with it.
SETTINGS = {"listen_addresses": "127.0.0.1", "shared_buffers": "32MB", "dynamic_shared_memory_type": "mmap",
            "wal_log_hints": "on", "max_connections": "60"}
# How an operator is to name the servers to the daemon: whichever accepts writes, and no long wait for one that is gone.
FAILOVER = "target_session_attrs=read-write connect_timeout=2 tcp_user_timeout=2000"

# The daemons' commits that wait for the synchronous standby.
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'baocaod' AND wait_event = 'SyncRep'"


@contextlib.contextmanager
def folder_of_postgres():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="baocao-failover-"))
    folder.chmod(0o755)
    if os.getuid() == 0:
        os.chown(folder, pwd.getpwnam("postgres").pw_uid, -1)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def run(program, *arguments):
    done = subprocess.run(as_postgres(str(program), *map(str, arguments)), cwd="/", stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"{program}: {done.stdout}"


def copy_data(seed, data):
    run("cp", "-a", "--reflink=auto", seed, data)


def is_gone(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def kill_server(data):
    """kill -9 of a postmaster and all its children: nobody says a last word, as when a machine loses its power."""
    lines = (data / "postmaster.pid").read_text().splitlines()
    postmaster = int(lines[0])
    os.kill(postmaster, signal.SIGSTOP)  # it makes no more children
    children = subprocess.run(["pgrep", "-P", str(postmaster)], stdout=subprocess.PIPE, text=True).stdout.split()
    pids = [postmaster, *map(int, children)]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: all(map(is_gone, pids)), "the server is gone")
    segment = lines[6].split()[1]  # nobody else will take it away
    subprocess.run(["ipcrm", "--shmem-id", segment], stderr=subprocess.DEVNULL)


class Node:
    """One server, reached on a loopback port."""

    def __init__(self, folder, name):
        self.name, self.folder, self.port = name, folder, free_port()
        self.data = folder / name

    def conninfo(self, database, user="postgres"):
        return f"host=127.0.0.1 port={self.port} user={user} dbname={database}"

    def connect(self, database, user="postgres"):
        return psycopg.connect(self.conninfo(database, user), autocommit=True)

    def value(self, query, *values, database="postgres"):
        with self.connect(database) as db:
            return db.execute(query, values).fetchone()[0]

    def copy(self, seed):
        copy_data(seed, self.data)
        self.set(**SETTINGS, port=self.port, unix_socket_directories=self.folder)
        return self

    def follow(self, primary):
        primary.value("SELECT pg_create_physical_replication_slot(%s)::text", self.name)
        run(BIN / "pg_basebackup", "-D", self.data, "-R", "-X", "stream", "-S", self.name, "-c", "fast", "-d",
            f"host=127.0.0.1 port={primary.port} user=postgres application_name={self.name}")
        self.set(port=self.port)
        return self

    def set(self, **settings):
        """Settings for the next start or reload; the last line of a name counts."""
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def start(self):
        run(BIN / "pg_ctl", "-D", self.data, "-l", self.folder / f"{self.name}.log", "-w", "start")
        return self

    def stop(self, mode="fast"):
        run(BIN / "pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def reload(self):
        run(BIN / "pg_ctl", "-D", self.data, "reload")

    @contextlib.contextmanager
    def hears_nothing(self):
        """As long as this lasts, a standby receives nothing of what its primary writes."""
        receiver = self.value("SELECT pid FROM pg_stat_wal_receiver")
        os.kill(receiver, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(receiver, signal.SIGCONT)

    def promote(self):
        run(BIN / "pg_ctl", "-D", self.data, "-w", "promote")

    def is_running(self):
        return (self.data / "postmaster.pid").exists()

    def kill(self):
        kill_server(self.data)
        (self.data / "postmaster.pid").unlink()


class Servers:
    """Several servers of which one accepts writes. Serves as the cluster of the fixtures of tests/integration."""

    def __init__(self, nodes):
        self.nodes = list(nodes)
        self.databases = 0  # counted by the fixture that makes them

    def conninfo(self, database, user="postgres"):
        hosts, ports = zip(*(("127.0.0.1", str(node.port)) for node in self.nodes))
        return f"host={','.join(hosts)} port={','.join(ports)} user={user} dbname={database} {FAILOVER}"

    def connect(self, database, user="postgres"):
        # The tests' own changes do not wait for the standby: a test that stops it must not stop itself.
        return psycopg.connect(self.writable().conninfo(database, user) + " options='-c synchronous_commit=local'",
                               autocommit=True)

    def writable(self):
        for node in self.nodes:
            with contextlib.suppress(psycopg.OperationalError):
                if not node.value("SELECT pg_is_in_recovery()"):
                    return node
        raise AssertionError("no server accepts writes")

    def wait_replayed(self):
        """What was committed so far can be seen on every server."""
        primary = self.writable()
        position = primary.value("SELECT pg_current_wal_flush_lsn()::text")
        for node in self.nodes:
            wait_until(lambda: node is primary or node.value("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", position),
                       "replayed")


class Pair(Servers):
    """n1 and its synchronous standby n2."""

    def __init__(self, folder, seed):
        super().__init__(Node(folder, name) for name in ("n1", "n2"))
        self.primary, self.standby = self.nodes
        self.primary.copy(seed)

    def start(self):
        self.primary.start()
        self.standby.follow(self.primary).start()
        self.primary.set(synchronous_standby_names="FIRST 1 (n2)")
        self.primary.reload()
        self.wait_synchronous()

    def wait_synchronous(self):
        wait_until(lambda: self.primary.value(
            "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync' AND state = 'streaming'"), "synchronous")

    def promote(self):
        """Makes the standby the only server: it must not wait for a standby of its own."""
        self.standby.set(synchronous_standby_names="")
        self.standby.promote()

    def stop(self):
        for node in (self.standby, self.primary):
            if node.is_running():
                node.stop("immediate")
