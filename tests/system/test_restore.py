"""An older backup is restored: what was acknowledged since comes back from the collectors' outboxes."""
from machine import wait_until

RECONCILE = "baocao reconcile --server tcp://127.0.0.1:5570 --server-key /etc/baocao/server.key.pub --key /root/hanoi.key --timeout 60"
DOCUMENT = "docs/operations.md"


def reconcile(server, missing):
    said = server.file(1)  # the first answer from the restored database
    assert "another point of its history" in said.stderr, said
    assert "baocao reconcile" in server.shell("baocao status", check=False).stdout
    done = server.shell(RECONCILE)
    assert f"{missing} filed again" in done.stdout, done
    assert "baocao reconcile" not in server.shell("baocao status", check=False).stdout
    again = server.shell(RECONCILE)
    assert " 0 filed again" in again.stdout, again


def all_revisions(server):
    return server.sql("SELECT count(*) || ' of ' || max(revision) FROM baocao.report WHERE kind = 'social_support'")


def test_what_was_acknowledged_after_a_dump_is_filed_again(server):
    server.file(5)
    server.follow(DOCUMENT, "A dump")
    server.file(7)
    server.follow(DOCUMENT, "To restore a dump")
    server.wait_active()
    assert all_revisions(server) == "5 of 5"
    reconcile(server, 7)
    assert all_revisions(server) == "13 of 13"


def test_what_was_archived_is_there_after_a_base_backup_was_restored_and_the_rest_is_filed_again(server):
    server.follow(DOCUMENT, "A base backup, and the log from then on")
    server.wait_active()
    server.file(3)
    last = server.sql("SELECT pg_walfile_name(pg_switch_wal())")
    wait_until(lambda: server.sql(f"SELECT last_archived_wal >= '{last}' FROM pg_stat_archiver") == "t", "the log is archived")
    server.file(4)
    server.run("systemctl", "kill", "--signal=KILL", "postgresql@15-main")  # what was not archived dies with the machine
    server.follow(DOCUMENT, "To restore a base backup")
    server.wait_active()
    assert all_revisions(server) == "16 of 16"
    reconcile(server, 4)
    assert all_revisions(server) == "21 of 21"
