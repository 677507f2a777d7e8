"""Everything that is done to the world, as one table. Each fault takes the world and a random generator, does its harm,
undoes what must not last, and says whether it could be done."""
import fcntl
import os
import resource
import signal
import struct
import subprocess
import time

import psycopg

from servers import fill, send_signal

EXT4_SHUTDOWN, WITHOUT_FLUSH = 0x8004587D, 2
UNMET = 1.0  # seconds after which a fault that waits for its victim counts as not met


def pause(rng, longest):
    time.sleep(rng.uniform(0.005, longest))  # how long the harm lasts, not a wait for anything


class Relayed:
    """A fault inside a relay, at the next time that its protocol step is reached: it is armed, and done when it fires."""
    HANDSHAKE = {"connect", "greeting", "greeting_back", "hello", "welcome", "initiate", "ready"}

    def __init__(self, relays, longest):
        self.relays, self.longest = relays, longest

    def arm(self, world, rng, on_fire):
        relay = rng.choice(self.relays(world))
        step = rng.choice(sorted(relay.STEPS))
        action = rng.choice(relay.STEPS[step])
        seconds = rng.uniform(0.01, self.longest)
        if step in relay.armed:
            return False
        relay.arm(step, action, seconds, on_fire)
        if step in self.HANDSHAKE:
            relay.cut_all()  # so that there is a new connection soon
        return True


def all_cut(world, rng):
    rng.choice(world.relays()).cut_all()
    return True


def kill_daemon(world, rng):
    return rng.choice(world.daemons).signal(signal.SIGKILL)


def end_daemon(world, rng):
    daemon = rng.choice(world.daemons)
    done = daemon.signal(signal.SIGTERM)
    if done and rng.random() < 0.3:
        daemon.signal(signal.SIGTERM)  # twice: at once
    return done


def freeze_daemon(world, rng):
    daemon = rng.choice(world.daemons)
    done = daemon.signal(signal.SIGSTOP)
    pause(rng, 0.4)
    daemon.signal(signal.SIGCONT)
    return done


def descriptors_out(world, rng):
    """No descriptor is left to the daemon for a moment in which everybody connects anew."""
    daemon = rng.choice(world.daemons)
    pid = daemon.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = max(map(int, os.listdir(f"/proc/{pid}/fd")), default=None)
    if used is None:
        return None  # it is ending
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 1, hard))
    for relay in world.relays():
        relay.cut_all()
    pause(rng, 0.4)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))
    return True


def kill_deliver(world, rng):
    return rng.choice(world.collectors).signal("delivering", signal.SIGKILL)


def freeze_deliver(world, rng):
    collector = rng.choice(world.collectors)
    process = collector.delivering
    if process is None or process.poll() is not None or not send_signal(process.pid, signal.SIGSTOP):
        return None
    pause(rng, 0.4)
    send_signal(process.pid, signal.SIGCONT)
    return True


def kill_queue(world, rng):
    collector = rng.choice(world.collectors)
    end = time.monotonic() + UNMET
    while time.monotonic() < end:
        if collector.signal("queueing", signal.SIGKILL):
            return True
        time.sleep(0.001)
    return None


def power_cut(world, rng):
    """The machine of a collector loses its power: what was not synced is gone."""
    collector = rng.choice(world.on_disks)
    with collector.halt_lock():
        folder = os.open(collector.folder, os.O_RDONLY)
        fcntl.ioctl(folder, EXT4_SHUTDOWN, struct.pack("I", WITHOUT_FLUSH))
        os.close(folder)
        subprocess.run(["umount", collector.folder], check=True)
        subprocess.run(["mount", "-o", "loop", collector.image, collector.folder], check=True)
    collector.work_waits.set()
    return True


def outbox_full(world, rng):
    collector = rng.choice(world.collectors)
    ballast = fill(collector.folder)
    pause(rng, 0.5)
    ballast.unlink()
    return True


def terminate_backend(world, rng):
    backends = world.servers.backends()
    if not backends:
        return None
    world.servers.run("SELECT pg_terminate_backend(%s)", values=(rng.choice(backends),))
    return True


def cancel_backend(world, rng):
    """A statement of a writer is cancelled; where it hits the wait for the standby, the commit is only a local one."""
    backends = world.servers.backends()
    if not backends:
        return None
    world.servers.run("SELECT pg_cancel_backend(%s)", values=(rng.choice(backends),))
    return True


def freeze_backend(world, rng):
    backends = world.servers.backends()
    if not backends or not send_signal(victim := rng.choice(backends), signal.SIGSTOP):
        return None
    pause(rng, 0.4)
    send_signal(victim, signal.SIGCONT)
    return True


def kill_backend(world, rng):
    """kill -9 of one: the server ends all others and recovers."""
    backends = world.servers.backends()
    if not backends or not send_signal(rng.choice(backends), signal.SIGKILL):
        return None
    world.servers.primary.ensure_running()
    return True


def freeze_server(world, rng):
    pids = world.servers.primary.pids()
    for pid in pids:
        send_signal(pid, signal.SIGSTOP)
    pause(rng, 0.4)
    for pid in pids:
        send_signal(pid, signal.SIGCONT)
    return True


def stop_server(world, rng):
    world.servers.primary.stop("immediate")
    world.servers.primary.ensure_running()
    return True


def server_full(world, rng):
    ballast = fill(world.servers.primary.folder)
    pause(rng, 0.6)
    ballast.unlink()
    world.servers.primary.ensure_running()
    return True


def cancel_waits(world):
    """Gives whether a commit that waited for the standby was met."""
    end = time.monotonic() + UNMET
    while not (met := world.servers.cancel_waits()) and time.monotonic() < end:
        time.sleep(0.002)
    return met > 0


def standby_away(world, rng):
    """Commits wait; some of the waits are cancelled."""
    pids = world.servers.standby.pids()
    for pid in pids:
        send_signal(pid, signal.SIGSTOP)
    pause(rng, 0.3)
    met = cancel_waits(world)
    pause(rng, 0.1)
    for pid in pids:
        send_signal(pid, signal.SIGCONT)
    return met


def fail_over(world, rng):
    world.servers.fail_over()
    return True


def unreplicated_fail_over(world, rng):
    """The primary sends nothing any more; waits for the standby are cancelled, so that commits are visible on the primary
    only; then it is lost, and they with it."""
    for pid in world.servers.senders():
        send_signal(pid, signal.SIGSTOP)
    met = cancel_waits(world)
    pause(rng, 0.2)
    world.servers.fail_over()
    return met


def clock_jump(world, rng):
    target = rng.choice(world.daemons + world.collectors)
    target.clock.set(rng.choice(["-400d", "-1d", "-1h", "+1h", "+1d", "+400d"]))
    pause(rng, 0.3)
    target.clock.set("+0")
    return True


# name, weight, fault
TABLE = [
    ("between daemon and database", 300, Relayed(lambda world: [d.relay for d in world.daemons], 0.3)),
    ("between collector and daemon", 220, Relayed(lambda world: world.wires(), 0.3)),
    ("messages lost, doubled, reordered", 150, Relayed(lambda world: world.exchanges(), 0.5)),
    ("connections cut", 60, all_cut),
    ("daemon killed", 50, kill_daemon),
    ("daemon stopped", 10, end_daemon),
    ("daemon frozen", 20, freeze_daemon),
    ("daemon out of descriptors", 10, descriptors_out),
    ("collector killed", 70, kill_deliver),
    ("collector frozen", 20, freeze_deliver),
    ("collector killed while queueing", 30, kill_queue),
    ("power cut at a collector", 20, power_cut),
    ("outbox disk full", 10, outbox_full),
    ("backend terminated", 40, terminate_backend),
    ("backend cancelled", 40, cancel_backend),
    ("backend frozen", 20, freeze_backend),
    ("backend killed", 8, kill_backend),
    ("server frozen", 10, freeze_server),
    ("server stopped at once", 5, stop_server),
    ("server disk full", 6, server_full),
    ("standby away", 12, standby_away),
    ("failover", 3, fail_over),
    ("failover after an unreplicated commit", 3, unreplicated_fail_over),
    ("clock jump", 20, clock_jump),
]

UNAVAILABLE = (psycopg.Error, ProcessLookupError, FileNotFoundError)  # the victim is gone already: the fault was not met
