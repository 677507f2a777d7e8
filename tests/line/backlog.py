"""A collector's backlog over a poor line, against the real daemon and the real tool. Called by tests/line/run."""
import argparse
import contextlib
import datetime
import json
import os
import pathlib
import select
import sqlite3
import subprocess
import sys
import tempfile
import time

import zmq

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/integration"))
import conftest  # noqa: E402  the private cluster and the daemon of the integration tests
from line import Line  # noqa: E402

START = datetime.date(2009, 1, 1)
LENGTHS = 300  # of campaigns: so many end on different days for each first day
CLIENT_MIB, DAEMON_MIB = 32, 64  # resident at most
SPARE_SECONDS = 20


def small(number):
    """Some 100 bytes packed, each of another campaign."""
    first = START + datetime.timedelta(days=number // LENGTHS)
    return {"unit_code": "01", "period_type": "campaign", "period_first": str(first),
            "period_last": str(first + datetime.timedelta(days=number % LENGTHS)), "revision": 1,
            "festival_day": {"points_planned": number % 1000, "points_held": 12, "venue": [
                {"venue_kind": "ward", "held": 12, "attendees": number}, {"venue_kind": "school", "held": 40, "attendees": 9000},
                {"venue_kind": "agency", "held": 3, "attendees": 200}, {"venue_kind": "enterprise", "held": 2}]}}


def large(number):
    """Some 8 KB packed: a full submission of such is not through before a poor line is cut."""
    first = START + datetime.timedelta(days=number)
    return {"unit_code": "01", "period_type": "campaign", "period_first": str(first),
            "period_last": str(first + datetime.timedelta(days=20)), "revision": 1, "security_model": {"model": [
                {"model_kind": "other", "model_name": f"mô hình số {number}-{line} " + "x" * 170, "active": line} for line in range(40)]}}


@contextlib.contextmanager
def world():
    """A cluster, a database, a daemon that signs, a collector for Hà Nội with an outbox of its own."""
    cluster = conftest.Cluster()
    daemon = None
    with tempfile.TemporaryDirectory(prefix="baocao-line-") as name:
        folder = pathlib.Path(name)
        try:
            with cluster.connect("postgres") as db:
                db.execute("CREATE DATABASE line")
                db.execute("CREATE ROLE baocaod LOGIN")
            subprocess.run([ROOT / "schema/migrate", cluster.conninfo("line")], check=True, stdout=subprocess.DEVNULL)
            database = conftest.Database(cluster, "line")
            database.run("GRANT baocao_ingest TO baocaod")
            public, secret = zmq.curve_keypair()
            (folder / "key").touch(mode=0o600)
            (folder / "key").write_bytes(secret)
            database.run("SELECT baocao.register_collector('desk', %s, '01', '2022-09-01')", public.decode())
            subprocess.run([conftest.BUILD / "baocao", "keygen", "--signing", folder / "signing"], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            daemon = conftest.Daemon(database, folder, signing_key_file=folder / "signing").wait_ready()
            yield folder, database, daemon
        finally:
            if daemon is not None:
                daemon.process.terminate()
                daemon.wait_exit()
            cluster.stop()


def run(*command, folder, outbox):
    """Gives the exit status, the last line, seconds, and the highest resident memory in MiB."""
    started = time.monotonic()
    memory = 0.0
    with (folder / "out").open("w") as out:
        process = subprocess.Popen([conftest.BUILD / "baocao", *command], stdout=out, env={**os.environ, "BAOCAO_OUTBOX": str(outbox)})
        while process.poll() is None:  # what wait4() tells has this process's own memory in it
            memory = max(memory, highest(process))
            select.select([], [], [], 0.05)
    last = (folder / "out").read_text().strip().rpartition("\n")[2]
    return process.returncode, last, time.monotonic() - started, memory


def highest(process):
    """Resident memory at its highest so far, in MiB; 0 when it has ended."""
    lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def write(folder, make, count, per_file=1000):
    paths = []
    for first in range(0, count, per_file):
        paths.append(folder / f"{make.__name__}-{first}.jsonl")
        paths[-1].write_text("".join(json.dumps(make(n), ensure_ascii=False) + "\n" for n in range(first, min(first + per_file, count))))
    return paths


class Failed(Exception):
    pass


def require(holds, what):
    if not holds:
        raise Failed(what)


def drain(title, make, count, rate, round_trip, cut_every, world, most_bytes, most_time):
    """Queues so many reports without a network, and delivers them over the line. most_bytes: of the reports' own that may go up.
    most_time: times the line's own limit; SPARE_SECONDS come on top for a machine that is busy with other things."""
    folder, database, daemon = world
    outbox = folder / f"{title}.db"
    before = database.value("SELECT count(*) FROM baocao.report")
    status, last, queueing, queue_mib = run("queue", *write(folder, make, count), folder=folder, outbox=outbox)
    require(status == 0 and last.endswith(f"{count} queued, 0 INVALID"), f"queue: {status} {last}")
    with contextlib.closing(sqlite3.connect(outbox)) as db:
        size = db.execute("SELECT sum(length(report)) FROM entry").fetchone()[0]
    host, port = daemon.router.removeprefix("tcp://").split(":")
    line = Line((host, int(port)), rate, round_trip, cut_every)
    try:
        status, last, draining, client_mib = run("deliver", "--server", line.address, "--server-key", daemon.server_key.decode(),
                                                 "--key", folder / "key", "--timeout", "60", folder=folder, outbox=outbox)
    finally:
        line.close()
    stored = database.value("SELECT count(*) FROM baocao.report") - before
    with contextlib.closing(sqlite3.connect(outbox)) as db:
        proven = db.execute("SELECT count(*) FROM entry WHERE receipt_no IS NOT NULL").fetchone()[0]
        submissions = db.execute("SELECT count(*) FROM receipt").fetchone()[0]
    limit, carried, daemon_mib = size / rate, line.carried, highest(daemon.process)
    print(f"{title}: {count} reports, {size / count:.0f} bytes each, {rate * 8 / 1000:.0f} kbit/s, {round_trip * 1000:.0f} ms, "
          f"{carried.cuts} cuts\n"
          f"  queued in {queueing:.1f} s ({queue_mib:.0f} MiB), drained in {draining:.1f} s: {draining / limit:.2f} times the line's own "
          f"{limit:.1f} s\n"
          f"  {submissions} submissions, {carried.up / size:.2f} times their bytes went up, {carried.down / count:.0f} bytes a report came "
          f"down\n"
          f"  highest resident memory: client {client_mib:.0f} MiB, daemon {daemon_mib:.0f} MiB", flush=True)
    require(status == 0, f"deliver: {status} {last}")
    require(stored == count and proven == count, f"{stored} are stored, {proven} are proven")
    require(client_mib <= CLIENT_MIB and daemon_mib <= DAEMON_MIB, "too much memory")
    require(carried.up <= most_bytes * size, f"more than {most_bytes} times the reports' bytes went up: they are sent again and again")
    require(draining <= most_time * limit + SPARE_SECONDS, f"more than {most_time} times the line's own limit")
    require(cut_every is None or carried.cuts > 0, "the line was never cut")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reports", type=int, default=100_000)
    parser.add_argument("--large", type=int, default=300)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.reports, options.large = 8_000, 80
    with world() as made:
        drain("whole", small, options.reports // 4, 125_000, 0.3, None, made, 1.2, 1.5)
        drain("cut", small_later(options.reports // 4), options.reports, 125_000, 0.3, (4, 9), made, 1.7, 3)
        drain("large", large, options.large, 125_000, 0.3, (4, 6), made, 2, 4)
    print("poor lines: all is delivered, once, and proven")


def small_later(first):
    def small_after(number):
        return small(first + number)
    return small_after


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"poor lines: {failure}")
