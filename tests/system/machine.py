"""A machine of its own: Debian, booted by systemd in a container, on a fresh overlay over one base image. Its network is its
own and leads nowhere; all that it writes is in a temporary folder. Needs root."""
import contextlib
import ctypes
import os
import pathlib
import re
import signal
import subprocess
import time

DEADLINE = 60.0  # seconds: no step of a test takes a quarter of it
HIERARCHIES = [path for path in pathlib.Path("/sys/fs/cgroup").iterdir() if (path / "cgroup.procs").exists()] \
    if not pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists() else [pathlib.Path("/sys/fs/cgroup")]
# Of the old kind systemd-nspawn gives these to the container read-only, and systemd there then limits nothing, without a word.
LIMITING = [path for path in map(pathlib.Path, ("/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/cpu",
                                                "/sys/fs/cgroup/cpuacct")) if path.exists()]
# Mounts and cgroups of the container live and die with its own mount namespace.
BOOT = """
mount -t overlay overlay -o "lowerdir=$BASE,upperdir=$FOLDER/upper,workdir=$FOLDER/work" "$FOLDER/root"
for group in $GROUPS_MADE; do
    mkdir -p "$group"
    echo $$ >"$group/cgroup.procs"
done
exec systemd-nspawn --quiet -D "$FOLDER/root" -M "$NAME" --boot --register=no --keep-unit --kill-signal=SIGRTMIN+3 \
    --console=pipe --link-journal=no $NETWORK --bind-ro="$PACKAGES:/packages" \
    --capability=CAP_BPF,CAP_PERFMON,CAP_SYS_RESOURCE --system-call-filter=bpf
"""

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT = 17, 0x4206, 0x4207  # sys/ptrace.h
WALL = 0x40000000  # waitpid: threads, too
_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def trace(request, thread):
    if _libc.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of {thread}")


def wait_until(condition, what, deadline=DEADLINE):
    end = time.monotonic() + deadline
    while not (value := condition()):
        assert time.monotonic() < end, f"not within {deadline:.0f} s: {what}"
        time.sleep(0.05)
    return value


def own_group(hierarchy):
    """The cgroup of this process in a hierarchy."""
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        name = controllers.removeprefix("name=") or "unified"
        if hierarchy.name in name.split(",") or (hierarchy.name == "cgroup" and name == "unified"):
            return hierarchy / path.lstrip("/")
    return hierarchy


class Switch:
    """A network that joins machines and leads nowhere else. The machine of number N has the address 10.77.0.N."""

    def __init__(self):
        self.prefix, self.plugged = f"baocao{os.getpid()}", []
        self._ip("netns", "add", f"{self.prefix}s")
        self._ip("-n", f"{self.prefix}s", "link", "add", "bridge0", "type", "bridge")
        self._ip("-n", f"{self.prefix}s", "link", "set", "bridge0", "up")

    @staticmethod
    def _ip(*words):
        subprocess.run(["ip", *words], check=True)

    def plug(self, number):
        """What systemd-nspawn is to be told for the machine of this number."""
        own, switch = f"{self.prefix}m{number}", f"{self.prefix}s"
        self._ip("netns", "add", own)
        self.plugged.append(own)
        self._ip("-n", own, "link", "add", "host0", "type", "veth", "peer", "name", f"port{number}", "netns", switch)
        self._ip("-n", switch, "link", "set", f"port{number}", "master", "bridge0", "up")
        self._ip("-n", own, "address", "add", f"10.77.0.{number}/24", "dev", "host0")
        for device in ("lo", "host0"):  # of a namespace that it is given systemd-nspawn brings up neither
            self._ip("-n", own, "link", "set", device, "up")
        return f"--network-namespace-path=/run/netns/{own}"

    def destroy(self):
        for name in [*self.plugged, f"{self.prefix}s"]:
            self._ip("netns", "delete", name)


class Machine:
    def __init__(self, base, packages, folder, name="baocao", network="--private-network"):
        """base: folders, the topmost first; network: what systemd-nspawn is to be told."""
        self.folder, self.name = folder, name
        for part in ("upper", "work", "root"):
            (folder / part).mkdir()
        (folder / "upper/etc").mkdir()
        (folder / "upper/etc/hostname").write_text(f"{name}\n")  # in the image it is the builder's
        self.groups = [own_group(path) / f"{name}-{os.getpid()}" for path in HIERARCHIES if path.name != "cpuset"]
        self.environment = {**os.environ, "BASE": ":".join(map(str, base)), "FOLDER": str(folder), "NAME": name,
                            "NETWORK": network, "PACKAGES": str(packages),
                            "GROUPS_MADE": " ".join(map(str, self.groups))}
        self.nspawn = self.leader = None

    def boot(self):
        with (self.folder / "console.log").open("a") as log:
            self.nspawn = subprocess.Popen(["unshare", "--mount", "bash", "-euc", BOOT], env=self.environment,
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.leader = wait_until(self._find_leader, "the container has a process 1")
        wait_until(lambda: self.run("systemctl", "is-system-running", check=False).stdout.strip()
                   in ("running", "degraded", "starting"), f"{self.name} boots")
        if LIMITING:
            for path in LIMITING:
                subprocess.run(["nsenter", "-t", str(self.leader), "-m", "mount", "-o", "remount,rw,bind", path], check=True)
            self.run("systemctl", "daemon-reexec")
        state = self.run("systemctl", "is-system-running", "--wait", check=False).stdout.strip()
        assert state == "running", self.run("systemctl", "--failed", "--plain", "--no-legend").stdout
        return self

    def _find_leader(self):
        """Process 1 as this side sees it: the child of systemd-nspawn that has become systemd."""
        assert self.nspawn.poll() is None, self.console()
        children = pathlib.Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children").read_text().split()
        for pid in children:
            with contextlib.suppress(OSError):  # bash's mount and mkdir before it are gone as soon as they are seen
                if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "systemd":
                    return int(pid)
        return None

    def console(self):
        return (self.folder / "console.log").read_text(errors="replace")

    def command(self, *words, folder="/root"):
        return ["nsenter", "-t", str(self.leader), "-a", "env", "-i", f"--chdir={folder}",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "HOME=/root",
                "DEBIAN_FRONTEND=noninteractive", *map(str, words)]

    def run(self, *words, check=True, folder="/root", timeout=120):
        done = subprocess.run(self.command(*words, folder=folder), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout)
        assert not check or done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def shell(self, script, **options):
        return self.run("bash", "-euo", "pipefail", "-c", script, **options)

    def start(self, script):
        """A process that goes on beside the test. One that says much is started by `with`: it must not wait for a reader that failed."""
        return subprocess.Popen(self.command("bash", "-euo", "pipefail", "-c", script), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def write(self, path, text, mode="644"):
        done = subprocess.run(self.command("bash", "-c", f"mkdir -p $(dirname {path}); cat >{path}; chmod {mode} {path}"),
                              input=text, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr

    def is_up(self):
        return self.nspawn is not None and self.nspawn.poll() is None

    def reboot(self):
        """What the machine does when it is told to; systemd-nspawn ends then, and is begun again."""
        self.run("systemctl", "reboot", check=False)
        self._wait_down()
        self.boot()

    def crash(self):
        """Every process of the machine is gone at once."""
        os.kill(self.leader, signal.SIGKILL)
        self._wait_down()

    def _wait_down(self):
        try:
            self.nspawn.wait(timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            os.kill(self.leader, signal.SIGKILL)
            self.nspawn.wait(timeout=DEADLINE)
            raise
        self.leader = None

    def destroy(self):
        """Nothing of it is wanted any more: a clean end may wait for machines that are gone already."""
        try:
            if self.is_up():
                self.crash()
        finally:
            for group in self.groups:
                for folder, _, _ in os.walk(group, topdown=False):
                    os.rmdir(folder)

    @contextlib.contextmanager
    def stopped_threads(self, pid, prefix):
        """The threads of a process whose names begin so stand still, as if they hung; the others go on. pid is the machine's."""
        process = self._outside(int(pid))
        threads = [int(task.name) for task in pathlib.Path(f"/proc/{process}/task").iterdir()
                   if (task / "comm").read_text().startswith(prefix)]
        assert threads, f"no thread of {pid} is called {prefix}"
        for thread in threads:
            trace(PTRACE_SEIZE, thread)
        try:
            for thread in threads:
                trace(PTRACE_INTERRUPT, thread)
                os.waitpid(thread, WALL)
            yield
        finally:
            for thread in threads:
                try:
                    trace(PTRACE_DETACH, thread)
                except OSError:  # it has died meanwhile, and its process is not gone before we have taken notice
                    with contextlib.suppress(ChildProcessError):
                        os.waitpid(thread, WALL)

    def _outside(self, pid):
        """The number by which this side knows a process of the machine."""
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):
                numbers = re.search(r"^NSpid:\t(.*)$", status.read_text(), re.M)[1].split()
                if len(numbers) > 1 and int(numbers[-1]) == pid and self._is_ours(status.parent):
                    return int(numbers[0])
        raise LookupError(f"no process {pid}")

    def _is_ours(self, process):
        return os.readlink(process / "ns/pid") == os.readlink(f"/proc/{self.leader}/ns/pid")
