"""A PostgreSQL cluster that looks after itself: two servers under Patroni, and an etcd in which they agree on a leader."""
import json
import os
import subprocess
import urllib.request

from integration import DEADLINE, free_port, wait_until
from nodes import BIN, SETTINGS, Node, Servers, copy_data, kill_server

SCOPE = "baocao"
# The leader's lease: the cluster is without one for so long at most when it dies without a word. Patroni asks for
# loop_wait + 2 * retry_timeout at least.
TIMES = {"ttl": 7, "loop_wait": 1, "retry_timeout": 3}


def spawn(command, log):
    """Starts a process that lives until it is ended here; as postgres, where the tests are run by root."""
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
    with log.open("a") as output:
        return subprocess.Popen([str(word) for word in command], cwd="/", stdin=subprocess.DEVNULL, stdout=output,
                                stderr=output, start_new_session=True, **user)


def answers(url, body=None):
    """Whether the URL answers with 200 (Patroni says by it what a server is)."""
    try:
        request = urllib.request.Request(url, data=body and json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            return answer.status == 200
    except OSError:  # refused, or another status
        return False


def end(processes):
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


COPIED = 4 * DEADLINE  # a standby copies the leader's data first, on a slow disk too


class Etcd:
    def __init__(self, folder):
        self.folder, self.processes = folder, []
        self.host = f"127.0.0.1:{free_port()}"

    def start(self):
        own, peers = f"http://{self.host}", f"http://127.0.0.1:{free_port()}"
        self.processes.append(spawn(
            ["etcd", "--name", "e1", "--data-dir", self.folder / "etcd", "--listen-client-urls", own,
             "--advertise-client-urls", own, "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
             "--initial-cluster", f"e1={peers}"], self.folder / "etcd.log"))
        wait_until(lambda: answers(f"{own}/health"), "etcd is there")

    def put(self, key, value):
        subprocess.run(["etcdctl", "--endpoints", self.host, "put", key, json.dumps(value)], check=True,
                       env={**os.environ, "ETCDCTL_API": "3"}, stdout=subprocess.DEVNULL)


class Member(Node):
    """One server and the Patroni that runs it."""

    def __init__(self, folder, name, etcd):
        super().__init__(folder, name)
        self.api = f"127.0.0.1:{free_port()}"
        self.process = None
        self.config = folder / f"{name}.json"
        self.config.write_text(json.dumps(self.configuration(etcd)))  # JSON is YAML

    def configuration(self, etcd):
        address = f"127.0.0.1:{self.port}"
        role = {"username": "postgres"}
        return {"scope": SCOPE, "name": self.name, "etcd3": {"host": etcd.host},
                "restapi": {"listen": self.api, "connect_address": self.api},
                "postgresql": {"listen": address, "connect_address": address, "bin_dir": str(BIN), "data_dir": str(self.data),
                               "pgpass": str(self.folder / f"{self.name}.pgpass"),
                               "parameters": {**SETTINGS, "unix_socket_directories": str(self.folder)},
                               "authentication": {"superuser": role, "replication": role}}}

    def start(self):
        self.process = spawn(["patroni", self.config], self.folder / f"{self.name}.log")

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """Patroni first, or it would start again what dies."""
        self.process.kill()
        self.process.wait()
        kill_server(self.data)

    def has_role(self, role):
        """primary or synchronous"""
        return answers(f"http://{self.api}/{role}")

    def switch_over(self, candidate):
        assert answers(f"http://{self.api}/switchover", {"leader": self.name, "candidate": candidate.name})


class Patroni(Servers):
    def __init__(self, folder, seed):
        self.etcd = Etcd(folder)
        super().__init__(Member(folder, name, self.etcd) for name in ("p1", "p2"))
        copy_data(seed, self.nodes[0].data)

    def start(self):
        self.etcd.start()
        self.etcd.put(f"/service/{SCOPE}/config",
                      {**TIMES, "synchronous_mode": True, "postgresql": {"use_slots": True, "use_pg_rewind": True}})
        for member in self.nodes:  # the one without data waits for the other to lead, then copies it
            member.start()

    def leader_and_standby(self):
        """Both run, whatever was done to them before, and the standby is synchronous."""
        for member in self.nodes:
            if not member.is_running():
                member.start()

        def roles():
            leaders = [m for m in self.nodes if m.has_role("primary")]
            standbys = [m for m in self.nodes if m.has_role("synchronous")]
            return leaders and standbys and (leaders[0], standbys[0])
        return wait_until(roles, "a leader and a synchronous standby", COPIED)

    def stop(self):
        """A Patroni that ends stops its server."""
        end([member.process for member in self.nodes if member.is_running()])
        for member in self.nodes:
            if (member.data / "postmaster.pid").exists() and not member.is_running():
                kill_server(member.data)
        end(self.etcd.processes)
