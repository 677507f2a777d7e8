"""What baocaod is held against beside plain COPY: a Python daemon that does the same job, rsyslog from ZeroMQ to PostgreSQL, and
rows that are inserted one by one. Each gives a Measured from a cluster of bench.cluster()."""
import contextlib
import pathlib
import tempfile

import bench
import conftest

from .measured import Measured
from .rows import row_by_row
from .rsyslogd import Unavailable, rsyslog

__all__ = ["Measured", "PythonDaemon", "Unavailable", "python_daemon", "row_by_row", "rsyslog", "running"]

PER_SUBMISSION = 500


class PythonDaemon(conftest.Daemon):
    """daemon/main.py with the configuration and the ports of a baocaod."""
    program = ["/usr/bin/env", f"PYTHONPATH={conftest._generated}", "/usr/bin/python3",
               pathlib.Path(__file__).parent / "daemon/main.py"]


@contextlib.contextmanager
def running(database, kind=PythonDaemon):
    """A daemon that is ready, in a folder of its own. The keys of its collectors are registered before."""
    with tempfile.TemporaryDirectory(prefix="baocao-bench-") as folder:
        made = kind(database, pathlib.Path(folder))
        try:
            yield made.wait_ready()
        finally:
            if made.process.poll() is None:
                made.process.terminate()
            status = made.wait_exit()
        assert status == 0, made.log_text()


def python_daemon(cluster, reports=126_000, name="python_daemon", kind=PythonDaemon):
    """Acknowledged reports of the Python daemon, filed into an empty database by the load generator that baocaod has."""
    database = bench.migrated(cluster, name)
    collectors = list(zip(bench.PROVINCES, bench.register(database, bench.PROVINCES)))
    submissions = max(1, reports // (len(collectors) * PER_SUBMISSION))
    database.run("CHECKPOINT")
    with running(database, kind) as daemon:
        load = bench.Load(daemon, collectors, submissions, PER_SUBMISSION).run()
    assert load.stored == database.value("SELECT count(*) FROM baocao.report")
    bench.drop(database)
    return Measured(load.stored, load.seconds)
