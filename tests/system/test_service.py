"""The daemon as a service, on one machine and in this order: what an operator sees, and what happens to servers."""
import re
import time

import pytest
from conftest import CONFIG, ROOT
from machine import wait_until


@pytest.mark.quick
def test_at_most_five_commands_lead_from_the_package_to_the_first_receipt(server):
    assert len(server.said) <= 5
    assert "1 STORED" in server.said[-1] and "report_no=" in server.said[-1], server.said
    assert server.stored() == 1


@pytest.mark.quick
def test_it_is_ready_and_says_how_it_is(server):
    assert server.property("ActiveState") == "active"
    server.wait_status("receiving reports")
    assert server.property("NotifyAccess") == "main" and server.property("Type").startswith("notify")


def test_every_unit_is_correct_as_installed(server):
    units = server.shell("dpkg -L baocao-server | grep -E '/systemd/system/[^/]+$' | sed 's|@.service|@x.service|' "
                         "| xargs -n 1 basename").stdout.split()
    assert {"baocaod.service", "baocaod@x.service"} <= set(units)
    server.shell(": >/etc/baocao/x.conf")
    said = server.run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *units, check=False)
    server.run("rm", "/etc/baocao/x.conf")
    assert said.returncode == 0 and said.stderr == "", said


@pytest.mark.quick
def test_its_exposure_is_at_most_1_1(server):
    for unit in ("baocaod.service", "baocaod@x.service"):
        said = server.run("systemd-analyze", "security", "--threshold=11", "--no-pager", unit, check=False)
        assert said.returncode == 0, said.stdout[-300:]


@pytest.mark.quick
def test_the_sandbox_is_real(server):
    pid = server.property("MainPID")
    status = dict(line.split(":\t", 1) for line in server.run("cat", f"/proc/{pid}/status").stdout.splitlines() if ":\t" in line)
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2" and int(status["CapBnd"], 16) == 0
    inside = f"nsenter -t {pid} -m"
    assert "Read-only file system" in server.shell(f"{inside} touch /etc/mark", check=False).stderr
    assert server.shell(f"{inside} ls /home /root", check=False).stdout.split() in (["/home:", "/root:"], [])
    keys = server.shell(f"{inside} sh -c 'cat /run/credentials/baocaod.service/server.key'").stdout
    assert keys == server.run("cat", "/etc/baocao/server.key").stdout
    denied = server.run("runuser", "-u", "baocao", "--", "cat", "/etc/baocao/server.key", check=False)
    assert "Permission denied" in denied.stderr


def test_its_limits_bite(server):
    unit = (ROOT / "systemd/baocaod.service.in").read_text()
    assert server.property("LimitNOFILE") == re.search(r"^LimitNOFILE=(\d+)$", unit, re.M)[1]
    assert server.property("MemoryMax") == str(int(re.search(r"^MemoryMax=(\d+)M$", unit, re.M)[1]) << 20)
    try:
        server.drop_in("little", "[Service]\nMemoryMax=2M\n")
        server.run("systemctl", "restart", "--no-block", "baocaod")
        wait_until(lambda: int(server.property("NRestarts")) > 0 and server.property("ExecMainStatus") == "9",
                   "the kernel ends the daemon for its memory")
        server.drop_in("little", "[Service]\nTasksMax=3\n")
        server.run("systemctl", "restart", "--no-block", "baocaod")
        wait_until(lambda: int(server.property("NRestarts")) > 0 and server.property("Result") == "exit-code",
                   "the daemon cannot start its threads")
    finally:
        server.drop_in("little", "")
        server.run("systemctl", "restart", "baocaod")
    server.file()


def test_nobody_comes_in_from_a_network_that_is_not_allowed(server):
    connects = "timeout {} bash -c ': </dev/tcp/{}/5570'"
    soon, never = 60, 3
    server.shell("ip address add 10.20.30.40/32 dev lo; ip address add 203.0.113.9/32 dev lo")
    server.drop_in("everywhere", "[Service]\nExecStart=\nExecStart=/usr/sbin/baocaod --config /etc/baocao/baocaod.conf "
                   "--set secret_key_file=%d/server.key --set listen_router=tcp://0.0.0.0:5570\n")
    try:
        server.run("systemctl", "restart", "baocaod")
        assert server.shell(connects.format(soon, "10.20.30.40"), check=False).returncode == 0
        assert server.shell(connects.format(never, "203.0.113.9"), check=False).returncode == 124
        server.drop_in("wider", "[Service]\nIPAddressAllow=203.0.113.0/24\n")
        server.run("systemctl", "restart", "baocaod")
        assert server.shell(connects.format(soon, "203.0.113.9"), check=False).returncode == 0
    finally:
        server.drop_in("everywhere", "")
        server.drop_in("wider", "")
        server.run("systemctl", "restart", "baocaod")


def test_a_local_socket_is_for_the_group_and_nobody_else(server):
    server.shell("useradd --groups baocao clerk; useradd stranger")
    server.drop_in("local", "[Service]\nExecStart=\nExecStart=/usr/sbin/baocaod --config /etc/baocao/baocaod.conf --set "
                   "secret_key_file=%d/server.key --set listen_router=ipc:///run/baocao/router --set 'anonymous_collector=Công an Hà Nội'\n")
    connects = "runuser -u {} -- perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Peer => \"/run/baocao/router\") or die $!'"
    try:
        server.run("systemctl", "restart", "baocaod")
        assert server.shell(connects.format("clerk"), check=False, folder="/").returncode == 0
        assert "Permission denied" in server.shell(connects.format("stranger"), check=False, folder="/").stderr
    finally:
        server.drop_in("local", "")
        server.run("systemctl", "restart", "baocaod")
    server.file()


@pytest.mark.quick
def test_it_goes_on_when_postgresql_stops_and_comes_back(server):
    before, pid = server.stored(), server.property("MainPID")
    server.write_reports("/root/meanwhile.jsonl", 20)
    with server.without_postgresql():
        sending = server.machine.start(f"{server.SEND} /root/meanwhile.jsonl")
        wait_until(lambda: "20 PENDING" in server.shell("baocao status", check=False).stdout, "the reports are in the outbox")
        assert server.property("ActiveState") == "active"
    said, _ = sending.communicate(timeout=60)
    assert sending.returncode == 0 and "20 reports: 20 STORED" in said, said
    assert server.property("MainPID") == pid
    assert server.stored() == before + 20


def test_it_waits_for_a_postgresql_that_is_away_when_it_starts(server):
    with server.without_postgresql():
        server.run("systemctl", "restart", "--no-block", "baocaod")
        server.wait_status("waiting for the database")
        assert server.property("ActiveState") == "activating"
    server.wait_active()
    server.file()


@pytest.mark.quick
def test_it_is_back_after_kill_9(server):
    before = server.property("MainPID")
    server.run("systemctl", "kill", "--signal=KILL", "baocaod")
    begun = time.monotonic()
    server.file(10)
    print(f"acknowledged again {time.monotonic() - begun:.1f} s after kill -9")
    server.wait_active()
    assert server.property("MainPID") not in ("0", before)


@pytest.mark.quick
def test_a_writer_that_stands_still_is_noticed_by_the_watchdog(server):
    """Its thread is stopped while there is work for it: what was sent meanwhile is stored by the daemon that comes after."""
    assert server.property("WatchdogUSec") == "30s"
    with server.watched_closely():
        before, stored = server.property("MainPID"), server.stored()
        server.write_reports("/root/stuck.jsonl", 4)
        with server.machine.stopped_threads(before, "writer-"):
            sending = server.machine.start(f"{server.SEND} /root/stuck.jsonl")
            wait_until(lambda: "Watchdog timeout" in server.journal(), "systemd ends it")
        said, _ = sending.communicate(timeout=60)
        assert sending.returncode == 0 and "4 reports: 4 STORED" in said, said
        assert server.property("MainPID") not in ("0", before) and server.property("NRestarts") == "1"
        assert "writer 0 has not moved for" in server.journal() or "writer 1 has not moved for" in server.journal()
        assert server.stored() == stored + 4
    assert server.property("WatchdogUSec") == "30s"
    server.file()


def test_postgresql_that_is_away_for_longer_than_the_watchdog_waits_is_no_hang(server):
    with server.watched_closely():
        pid = server.property("MainPID")
        server.write_reports("/root/away.jsonl")
        with server.without_postgresql():
            sending = server.machine.start(f"{server.SEND} /root/away.jsonl")
            server.wait_status("the database is away")
            begun = int(server.property("WatchdogTimestampMonotonic"))
            wait_until(lambda: int(server.property("WatchdogTimestampMonotonic")) > begun + 7_000_000, "it is pinged for longer than two time-outs")
        said, _ = sending.communicate(timeout=60)
        assert sending.returncode == 0 and "1 reports: 1 STORED" in said, said
        assert server.property("MainPID") == pid


@pytest.mark.quick
def test_a_reload_takes_over_what_it_can_and_refuses_what_is_wrong(server):
    """While one collector stays connected and files."""
    assert server.property("CanReload") == "yes"
    pid = server.property("MainPID")
    server.write_reports("/root/flow.jsonl", 2000)
    server.run("baocao", "queue", "/root/flow.jsonl")
    with server.machine.start(server.SEND.replace("send", "deliver", 1)) as delivering, server.kept_configuration():
        for value, said in (("31", "reload: hang_seconds has changed"), ("none", "reload: refused; the configuration stays as it was"),
                            ("30", "reload: hang_seconds has changed")):
            before = server.journal().count(said)
            server.run("sed", "-i", f"s/^hang_seconds = .*/hang_seconds = {value}/", CONFIG)
            server.run("systemctl", "reload", "baocaod")
            wait_until(lambda: server.journal().count(said) > before, said)  # noqa: B023
            assert server.property("ActiveState") in ("active", "reloading")
        said, _ = delivering.communicate(timeout=90)
    assert delivering.returncode == 0, said[-2000:]
    server.wait_status("receiving reports")
    server.file()
    assert server.property("MainPID") == pid and server.property("ActiveState") == "active"


def test_it_comes_back_with_a_reboot(server):
    before = server.stored()
    server.machine.reboot()
    server.wait_active()
    server.file()
    assert server.stored() == before + 1


def test_what_was_acknowledged_is_there_after_the_machine_crashed(server):
    server.write_reports("/root/flow.jsonl", 2000)
    server.run("baocao", "queue", "/root/flow.jsonl")
    with server.machine.start(server.SEND.replace("send", "deliver", 1)) as delivering:
        said = [delivering.stdout.readline() for _ in range(500)]  # the first answers are there
        server.machine.crash()
        said += delivering.communicate()[0].splitlines()
    server.machine.boot()
    server.wait_active()
    acknowledged = {int(line.split("report_no=")[1].split()[0]) for line in said if "report_no=" in line and "received_at" in line}
    stored = {int(no) for no in server.sql("SELECT report_no FROM baocao.report").split()}
    assert len(acknowledged) >= 499 and acknowledged <= stored
    rest = server.shell(server.SEND.replace("send", "deliver", 1))
    assert rest.returncode == 0
    assert "PENDING" not in server.shell("baocao status", check=False).stdout
    assert int(server.sql("SELECT count(*) FROM baocao.report WHERE kind = 'social_support'")) == server.filed


@pytest.mark.quick
def test_timers_run_and_their_services_succeed(server):
    timers = server.shell("dpkg -L baocao-server | grep -E '/systemd/system/.*[.]timer$' | xargs -rn 1 basename").stdout.split()
    assert timers, "there are no timers"
    begun = server.sql("SELECT now()")
    for timer in timers:
        assert server.property("ActiveState", timer) == "active", timer
        server.run("systemctl", "start", timer.replace(".timer", ".service"))
        assert server.property("Result", timer.replace(".timer", ".service")) == "success"
        assert server.property("ExecMainStartTimestampMonotonic", timer.replace(".timer", ".service")) != "0", "its condition kept it from running"
    # Of the day before there may be one, too: the timer's own, when it is just past midnight in Viet Nam.
    assert server.sql(f"SELECT count(*) FROM baocao.completeness_day WHERE taken_at > '{begun}'") == "1"


def test_a_second_daemon_runs_from_the_template(server):
    server.follow("docs/operations.md", "A second daemon on the same machine")
    try:
        server.wait_active("baocaod@second.service")
        second = server.SEND.replace(":5570", ":5571")
        server.write_reports("/root/second.jsonl")
        assert "1 STORED" in server.shell(f"{second} /root/second.jsonl").stdout
    finally:
        server.run("systemctl", "disable", "--now", "baocaod@second")


def test_the_secret_key_can_be_an_encrypted_credential(server):
    server.follow("docs/operations.md", "The key as an encrypted credential")
    server.wait_active()
    assert server.run("ls", "/etc/baocao/server.key", check=False).returncode != 0
    server.file()
    assert server.run("baocaod-setup", "--check").returncode == 0


def test_postgresql_can_be_reached_by_password_over_verified_tls(server):
    server.shell("echo 127.0.0.1 db1.example >>/etc/hosts")
    server.follow("docs/operations.md", "PostgreSQL on another machine")
    server.wait_active()
    server.file()
    ways = server.sql("SELECT DISTINCT s.ssl, a.usename, s.version FROM pg_stat_activity a JOIN pg_stat_ssl s USING (pid) "
                      "WHERE a.application_name = 'baocaod'")
    assert ways == "t|baocao|TLSv1.3"
    # Another server with the same name, whose certificate nobody trusts, gets nothing.
    server.shell("cd /var/lib/postgresql/15/main; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=db1.example "
                 "-keyout other.key -out other.crt 2>/dev/null; chown postgres other.*; chmod 600 other.key")
    server.sql("ALTER SYSTEM SET ssl_cert_file = 'other.crt'")
    server.sql("ALTER SYSTEM SET ssl_key_file = 'other.key'")
    server.run("systemctl", "restart", "postgresql")
    server.run("systemctl", "restart", "--no-block", "baocaod")
    wait_until(lambda: "certificate verify failed" in server.journal(), "the daemon refuses the certificate")
    assert server.property("ActiveState") == "activating"
