"""A benchmark that is ended by a signal ends by way of its finally blocks, which stop the servers that it started."""
import signal
import subprocess
import sys


def _end(number, _frame):
    """Once: what is being stopped is not interrupted, nor are the programs that stop it by one more SIGINT of the terminal."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: None)
    sys.exit(128 + number)


def in_order():
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _end)


def status_of(command):
    """Runs a command that ends in order, too, and waits for its end whatever happens here."""
    with subprocess.Popen(command) as process:
        try:
            return process.wait()
        except BaseException:
            process.terminate()  # with a terminal's SIGINT it is ending already, and does not hear this
            process.wait()
            raise
