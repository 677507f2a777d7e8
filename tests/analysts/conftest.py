"""A PostgreSQL of this run with a migrated template; each test that changes data gets a copy of its own."""
import itertools
import pathlib
import shutil
import subprocess
import tempfile

import psycopg
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
numbers = itertools.count(1)

# Marks everything that is stored, as those who stored it would have.
MARK_EVERYTHING = """
SELECT baocao.mark_stored(ARRAY(
    SELECT (top_unit_id, kind, year, min(report_no), max(report_no))::baocao_fold.touched
    FROM (SELECT *, extract(year FROM period_last)::integer AS year FROM baocao.report) AS r GROUP BY top_unit_id, kind, year))"""


def shell(script, *arguments):
    return subprocess.run(["bash", "-euo", "pipefail", "-c", f'ROOT={ROOT}; . "$ROOT/tests/lib.sh"; {script}', "bash", *arguments],
                          check=True, capture_output=True, text=True).stdout


class Cluster:
    def __init__(self, folder):
        self.folder = folder
        shell('postgres_start "$1"', folder)
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")  # nothing here outlives the run
            connection.execute("SELECT pg_reload_conf()")

    def conninfo(self, name):
        return f"host={self.folder} user=postgres dbname={name}"

    def create(self, template=None):
        name = f"db{next(numbers)}"
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        return name

    def migrate(self, name, folder=ROOT):
        subprocess.run([folder / "schema/migrate", self.conninfo(name)], check=True, capture_output=True, text=True)

    def stop(self):
        shell('PG_BIN=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1); postgres_stop "$1"', self.folder)
        shutil.rmtree(self.folder)


@pytest.fixture(scope="session")
def cluster():
    cluster = Cluster(tempfile.mkdtemp(prefix="baocao-analysts-"))
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def template(cluster):
    name = cluster.create()
    cluster.migrate(name)
    return name


@pytest.fixture
def database(cluster, template):
    """The conninfo of a migrated database of its own."""
    return cluster.conninfo(cluster.create(template))


@pytest.fixture
def connection(database):
    with psycopg.connect(database) as connection:
        yield connection
