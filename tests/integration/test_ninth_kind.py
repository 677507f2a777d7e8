"""A new form is a .proto message and a migration, and no line of C: a ninth kind is added to a copy of the tree, built,
filed and read back."""
import os
import shutil
import subprocess

from conftest import ROOT

PATROL = '''syntax = "proto2";
package baocao;

import "rules.proto";

// Who walks.
enum PatrolKind {
  option (enumeration) = { vi: "loại tổ tuần tra", en: "kind of patrol" };

  // People's defence groups.
  PATROL_KIND_CIVIL = 1 [(value) = { vi: "dân phòng", en: "civil" }];
  // Commune police.
  PATROL_KIND_POLICE = 2 [(value) = { vi: "công an xã", en: "police" }];
}

// Patrols at night.
message Patrol {
  option (message) = { vi: "tuần tra" en: "patrol" };

  // Hours walked.
  optional uint64 hours = 1 [(field) = { vi: "số giờ" en: "hours" required: true max: 100000 measure: "hour" }];
  // The groups, one line for each kind.
  repeated Group group = 2 [(field) = { vi: "tổ" en: "groups" max_items: 2 unique_by: "patrol_kind" }];

  // Groups of one kind.
  message Group {
    option (message) = { vi: "tổ" en: "group" };

    // Which kind.
    optional PatrolKind patrol_kind = 1 [(field) = { vi: "loại" en: "kind" required: true }];
    // How many.
    optional uint64 groups = 2 [(field) = { vi: "số tổ" en: "groups" required: true max: 10000 measure: "group" }];
  }
}
'''

def insert_after(path, mark, text):
    source = path.read_text()
    assert source.count(mark) == 1
    path.write_text(source.replace(mark, mark + text))


def fingerprint(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.suffix in (".c", ".h")}


def grow(tree):
    """The ninth kind: its message, its value of Kind and its member of Report.body."""
    (tree / "proto/patrol.proto").write_text(PATROL)
    insert_after(tree / "proto/kind.proto", 'en: "withdrawal" }];\n',
                 '  // Patrols.\n  KIND_PATROL = 109 [(value) = { vi: "tuần tra", en: "patrol" }];\n')
    insert_after(tree / "proto/report.proto", "    Withdrawal withdrawal = 108;\n", "    Patrol patrol = 109;\n")
    insert_after(tree / "proto/report.proto", 'import "withdrawal.proto";\n', 'import "patrol.proto";\n')


def build(tree, targets):
    def run(*command):
        result = subprocess.run(command, capture_output=True, text=True)
        assert result.returncode == 0, result.stdout + result.stderr
    run("cmake", "-S", str(tree), "-B", str(tree / "build"), "-G", "Ninja", "-DBUILD_TESTING=OFF", "-DCMAKE_BUILD_TYPE=Debug")
    run("cmake", "--build", str(tree / "build"), "--target", *targets)


def migrate(tree, cluster, name):
    sql = subprocess.run([tree / "build/baocao-contract", "sql", "patrol"], check=True, capture_output=True, text=True).stdout
    (tree / "schema/migrations/9001_patrol.sql").write_text(sql)
    (tree / "schema/migrations/9002_patrol_form.sql").write_text(
        "INSERT INTO baocao.form (kind, level, period_type, due_days, valid)\n"
        "VALUES ('patrol', 'province', 'month', 15, '[2022-01-01,)');\n")
    result = subprocess.run([tree / "schema/migrate", cluster.conninfo(name)], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_ninth_kind_needs_a_message_and_a_migration_and_no_line_of_c(cluster, database, tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    for part in ("CMakeLists.txt", "cmake", "proto", "daemon", "client", "verify", "schema", "systemd", "packages", "observe", "po",
                 "docs", "tests", "README.md", "CHANGELOG.md", "LICENSE"):
        source = ROOT / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tree / part)
    before = fingerprint(tree)
    grow(tree)
    assert fingerprint(tree) == before
    build(tree, ["baocaod", "baocao", "baocao-contract", "baocao-verify"])
    migrate(tree, cluster, database.name)
    database.verifier = tree / "build/baocao-verify"  # which knows the ninth kind, when all is looked at in the end

    # In a process of its own: this one has the classes of the eight kinds loaded.
    script = tree / "tests/integration/run_ninth.py"
    script.write_text(NINTH)
    environment = {**os.environ, "BAOCAO_BUILD": str(tree / "build")}
    result = subprocess.run(["/usr/bin/python3", script, cluster.folder, database.name, tmp_path],
                            capture_output=True, text=True, env=environment, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    assert database.rows("SELECT hours FROM baocao.patrol") == [(120,)]
    assert database.rows("SELECT line_no, patrol_kind::text, groups FROM baocao.patrol_group") == [(1, "police", 7)]
    assert database.rows("SELECT tablename::text FROM pg_policies WHERE policyname = 'branch' AND tablename ~ '^patrol' ORDER BY 1") == [
        ("patrol",), ("patrol_group",)]  # and who may see which rows of it
    assert "patrol" in subprocess.run([tree / "build/baocao", "describe", "patrol"], capture_output=True, text=True).stdout


NINTH = '''
import pathlib, sys, types, zmq
import conftest
folder, name, tmp = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
cluster = conftest.Cluster.__new__(conftest.Cluster)
cluster.folder = folder
database = conftest.Database(cluster, name)
keys = zmq.curve_keypair()
database.run("SELECT baocao.register_collector('ninth', %s, '01', '2022-09-01')", keys[0].decode())
daemon = conftest.Daemon(database, tmp).wait_ready()
import report_pb2, patrol_pb2
report = report_pb2.Report(unit_code="01", period_type=report_pb2.PERIOD_TYPE_MONTH, period_first="2022-08-15",
                           period_last="2022-09-14", revision=1)
report.patrol.hours = 120
report.patrol.group.add(patrol_kind=patrol_pb2.PATROL_KIND_POLICE, groups=7)
client = conftest.Client(daemon, keys)
try:
    assert client.outcomes(report) == ["STORED"]
    report.patrol.hours = 100001
    report.revision = 2
    assert [(v.path, v.rule) for v in client.file(report).outcome[0].violation] == [("patrol.hours", "max")]
finally:
    daemon.stop()
'''
