"""Three machines as docs/operations.md sets them up: PostgreSQL under Patroni on two, a daemon on each."""
import pytest
from conftest import BASE, SERVERS, Server
from machine import wait_until

NAMES = ("db1", "db2", "db3")
SEND = ("baocao send --server tcp://db1:5570 --server tcp://db2:5570 --server tcp://db3:5570 --server-key /root/server.pub "
        "--key /root/hanoi.key --timeout 60")


class Site:
    """The machines by name, and who leads."""

    def __init__(self, make_machine, switch):
        self.servers = {}
        hosts = "127.0.0.1 localhost\n" + "".join(f"10.77.0.{i} {name}\n" for i, name in enumerate(NAMES, 1))
        for number, name in enumerate(NAMES, 1):
            machine = make_machine(name, base=(SERVERS, BASE), network=switch.plug(number))
            self.servers[name] = Server(machine)
            machine.write("/etc/hosts", hosts)
            machine.shell("apt-get install --yes ./baocao-server_*.deb ./baocao-collector_*.deb", folder="/packages")

    def follow(self, names, heading):
        for name in names:
            self.servers[name].follow("docs/operations.md", heading)

    def leader(self):
        """The name of the one that accepts writes, or None."""
        for name in ("db1", "db2"):
            server = self.servers[name]
            if server.machine.is_up() and server.shell("curl -sf http://localhost:8008/primary", check=False).returncode == 0:
                return name
        return None

    def has_standby(self):
        return any(self.servers[name].machine.is_up() and
                   self.servers[name].shell("curl -sf http://localhost:8008/synchronous", check=False).returncode == 0
                   for name in ("db1", "db2"))


@pytest.fixture(scope="module")
def site(make_machine, switch):
    made = Site(make_machine, switch)
    made.follow(NAMES, "The vote: on db1, db2 and db3")
    made.follow(("db1", "db2"), "PostgreSQL: on db1 and db2")
    leader = wait_until(made.leader, "one leads")
    made.follow((leader,), "The schema: on the one that leads")
    wait_until(made.has_standby, "the other follows it")
    key = made.servers[leader].run("cat", "/etc/baocao/server.key").stdout
    public = made.servers[leader].run("cat", "/etc/baocao/server.key.pub").stdout
    for server in made.servers.values():
        server.machine.write("/etc/baocao/server.key", key, "600")
    made.follow(NAMES, "The daemons: on db1, db2 and db3")
    made.clerk = made.servers["db3"]
    made.clerk.machine.write("/root/server.pub", public)
    made.clerk.run("baocao", "keygen", "/root/hanoi.key")
    collector = made.clerk.run("cat", "/root/hanoi.key.pub").stdout.strip()
    made.servers[leader].sql(f"SELECT baocao.register_collector('hanoi', '{collector}', '01')")
    return made


def file(site, count):
    site.clerk.write_reports("/root/fresh.jsonl", count)
    sent = site.clerk.shell(f"{SEND} /root/fresh.jsonl")
    assert f"{count} reports: {count} STORED" in sent.stdout, sent


def test_a_daemon_on_each_machine_writes_to_the_one_that_leads(site):
    for name in NAMES:
        site.servers[name].wait_active()
    for name in NAMES:
        site.clerk.write_reports("/root/fresh.jsonl", 2)
        one = SEND.replace("--server tcp://db1:5570 --server tcp://db2:5570 --server tcp://db3:5570", f"--server tcp://{name}:5570")
        assert "2 STORED" in site.clerk.shell(f"{one} /root/fresh.jsonl").stdout
    assert site.servers[site.leader()].stored() == 6


def test_reports_go_on_when_the_machine_that_leads_crashes_and_none_is_lost(site):
    leader = site.leader()
    other = {"db1": "db2", "db2": "db1"}[leader]
    before = site.servers[leader].stored()
    file(site, 10)
    site.servers[leader].machine.crash()
    file(site, 10)  # answered by the others, as soon as the standby leads
    assert site.leader() == other
    assert site.servers[other].stored() == before + 20
    for name in (other, "db3"):
        assert site.servers[name].property("NRestarts") == "0" and site.servers[name].property("ActiveState") == "active"


def test_the_machine_that_comes_back_follows(site):
    gone = next(name for name, server in site.servers.items() if not server.machine.is_up())
    site.servers[gone].machine.boot()
    wait_until(site.has_standby, "the machine that was away is the synchronous standby")
    site.servers[gone].wait_active()
    file(site, 5)
    assert site.servers[gone].sql("SELECT pg_is_in_recovery()") == "t"
    wait_until(lambda: site.servers[gone].stored() == site.servers[site.leader()].stored(), "it has what the other has")
