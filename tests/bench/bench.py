"""What the benchmarks share: a cluster that is set up for load, migrated databases, registered collectors, the load generator."""
import contextlib
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

import ending
import zmq

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))
import conftest  # noqa: E402  the private cluster and the daemon of the integration tests

PROVINCES = ("01 02 04 06 08 10 11 12 14 15 17 19 20 22 24 25 26 27 30 31 33 34 35 36 37 38 40 42 44 45 46 48 49 51 52 54 56 58 "
             "60 62 64 66 67 68 70 72 74 75 77 79 80 82 83 84 86 87 89 91 92 93 94 95 96").split()  # the 63 of before 2025-07-01


@contextlib.contextmanager
def cluster(**settings):
    """A private cluster with the role baocaod, and with these settings of the server."""
    ending.in_order()
    made = conftest.Cluster()
    try:
        with made.connect("postgres") as db:
            db.execute("CREATE ROLE baocaod LOGIN")
            for setting, value in settings.items():
                db.execute(f"ALTER SYSTEM SET {setting} = '{value}'")
        stop_server(made, "fast")
        start_server(made)
        yield made
    finally:
        made.stop()


def stop_server(cluster, mode):
    cluster.run("pg_ctl", "-D", f"{cluster.folder}/data", "-w", "-m", mode, "stop")


def start_server(cluster):
    cluster.run("pg_ctl", "-D", f"{cluster.folder}/data", "-l", f"{cluster.folder}/log", "-w", "-o",
                f"-k {cluster.folder} -c listen_addresses=", "start")


def migrated(cluster, name):
    """A fresh database into which the daemon may write."""
    with cluster.connect("postgres") as db:
        db.execute(f"CREATE DATABASE {name}")
    subprocess.run([ROOT / "schema/migrate", cluster.conninfo(name)], check=True, stdout=subprocess.DEVNULL)
    database = conftest.Database(cluster, name)
    database.run("GRANT baocao_ingest TO baocaod")
    return database


def drop(database):
    database.connection.close()
    with database.cluster.connect("postgres") as db:
        db.execute(f"DROP DATABASE {database.name} WITH (FORCE)")


def register(database, scopes):
    """A collector with a fresh key pair for each scope. Gives the pairs, in order."""
    pairs = [zmq.curve_keypair() for _ in scopes]
    with database.connection.transaction():
        for number, (scope, (public, _)) in enumerate(zip(scopes, pairs)):
            database.run("SELECT baocao.register_collector(%s, %s, %s, '2022-09-01')", f"{scope} no. {number}", public.decode(), scope)
    return pairs


def add_communes(database, count):
    """So many communes under each province, with the codes that the load generator uses for them (filing.c)."""
    for place, province in enumerate(PROVINCES):
        database.run("INSERT INTO baocao.unit (code, level, kind, name, parent_id, top_unit_id, valid) "
                     "SELECT (10000 + n)::text, 'commune', 'commune', 'Commune ' || n, p.unit_id, p.unit_id, '[2009-01-01,)' "
                     "FROM generate_series(%s::integer, %s::integer) AS n, baocao.unit AS p WHERE p.code = %s AND p.valid @> date '2022-09-01'",
                     place * count, (place + 1) * count - 1, province)


def register_for_all(database):
    """A collector who may file for every province, for an endpoint without keys; gives its name. No unit has such a scope:
    the benchmark's own is the heir of all."""
    database.run("DELETE FROM baocao.unit_succession")
    heir = database.value("SELECT baocao.add_unit('B99', 'department', 'department', 'Heir of all', NULL, '2009-01-01')")
    database.run("INSERT INTO baocao.unit_succession SELECT unit_id, %s, 'whole', '2009-01-01' FROM baocao.unit "
                 "WHERE level = 'province'", heir)
    database.run("SELECT baocao.register_collector('for all', %s, 'B99', '2022-09-01')", zmq.curve_keypair()[0].decode())
    return "for all"


NO_KEYS = (b"-", b"-")  # of a collector on an endpoint without keys


@contextlib.contextmanager
def daemon(database, ipc_collector=None, **options):
    """A daemon that is ready, in a folder of its own. ipc_collector: the name of the one for whom everybody files over ipc,
    without CURVE."""
    with tempfile.TemporaryDirectory(prefix="baocao-bench-") as folder:
        if ipc_collector is not None:
            options.update(listen_router=f"ipc://{folder}/router", anonymous_collector=ipc_collector)
        made = conftest.Daemon(database, pathlib.Path(folder), **options)
        made.router = options.get("listen_router", made.router)
        try:
            yield made.wait_ready()
        finally:
            if made.process.poll() is None:
                made.process.terminate()
            status = made.wait_exit()
        assert status == 0, made.log_text()


class Load:
    """The load generator: collectors that file festival days of their own, 8 submissions in flight each. A second run with
    the same arguments files the same. busy: how often one was told to send again later."""

    def __init__(self, daemon, collectors, submissions, per_submission, bad_every=0, first=0, communes=0, repeat_every=0):
        """collectors: pairs of a unit and its key pair. bad_every: one report in so many has 13 points held; 0 for none.
        first: the number of each unit's first report. communes: so many of each unit file in turn, season after season (see
        add_communes); with 0 the unit files. repeat_every: one report in so many was sent before; 0 for none."""
        listing = daemon.folder / f"collectors-{collectors[0][0]}"
        listing.write_text("".join(f"{unit} {secret.decode()}\n" for unit, (_, secret) in collectors))
        self.command = [conftest.BUILD / "tests/bench_load", daemon.router, daemon.server_key.decode(), str(listing),
                        str(submissions), str(per_submission), str(bad_every), str(first), str(communes), str(repeat_every)]
        self.stored = self.duplicate = self.refused = self.seconds = self.busy = 0

    def run(self):
        done = subprocess.run(self.command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr + done.stdout
        *counts, seconds, busy = done.stdout.split()
        self.stored, self.duplicate, self.refused = map(int, counts)
        self.seconds, self.busy = float(seconds), int(busy)
        return self


def allow_files_for(collectors):
    """Each connection takes descriptors of the daemon and of the load generator, which inherit the limit."""
    files = 4 * collectors + 1000
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, max(files, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))


def resident(daemon):
    """Resident memory now and at its highest, in MiB."""
    lines = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return tuple(int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))


def processor_seconds(pid):
    """Processor time that the process has taken so far, of all its threads: utime and stime of proc(5), stat. 0 when it has ended."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_seconds(daemon):
    return processor_seconds(daemon.process.pid)


def backend_seconds(database):
    """Of the backends that serve the daemon. Some come and go: what they took is not counted, it is little."""
    return sum(processor_seconds(pid) for pid, in database.rows("SELECT pid FROM pg_stat_activity WHERE usename = 'baocaod'"))


def write_json(path, **figures):
    if path is not None:
        path.write_text(json.dumps(figures) + "\n")


def write_data(path, heading, rows):
    """Columns for gnuplot."""
    if path is not None:
        path.write_text("".join([f"# {heading}\n", *(" ".join(f"{value:g}" for value in row) + "\n" for row in rows)]))
