"""Processes, ports and HTTP for the live tests. Everything started here is stopped by its own process id."""
import atexit
import ctypes
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
RUNNING = []


class StartError(Exception):
    """A server did not come up. The text says why, with the end of its log."""


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds, interval=0.05):
    """Returns the first true value of condition() within `seconds`, or None. OSError counts as not yet."""
    end = time.monotonic() + seconds
    while True:
        try:
            value = condition()
            if value:
                return value
        except OSError:
            pass
        if time.monotonic() >= end:
            return None
        time.sleep(interval)


def tail(path, lines=12):
    try:
        with open(path, encoding='utf-8', errors='replace') as file:
            return ''.join(file.readlines()[-lines:])
    except OSError as error:
        return str(error)


class Process:
    """A program in the background with its output in a file."""

    def __init__(self, arguments, log, stop_signal=signal.SIGTERM, environment=None, cwd=None, typed=None):
        """typed: text for its standard input, which then stays open."""
        self.name = os.path.basename(arguments[0])
        self.log = log
        self.stop_signal = stop_signal
        self.before_stop = None  # called once while the process still runs
        with open(log, 'ab') as output:
            self.child = subprocess.Popen(
                arguments, stdin=subprocess.PIPE if typed else subprocess.DEVNULL, stdout=output, stderr=output, cwd=cwd, start_new_session=True,
                env=None if environment is None else {**os.environ, **environment},
                # Should the test itself be killed, its servers go with it.
                preexec_fn=lambda: LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM))
        if typed:
            self.child.stdin.write(typed.encode())
            self.child.stdin.flush()
        self.pid = self.child.pid
        RUNNING.append(self)

    def alive(self):
        return self.child.poll() is None

    def wait_ready(self, condition, seconds=20, interval=0.05):
        def ready():
            if not self.alive():
                raise StartError(f'{self.name} ended with status {self.child.returncode}:\n{tail(self.log)}')
            return condition()

        if not wait_for(ready, seconds, interval):
            raise StartError(f'{self.name} is not ready after {seconds} s:\n{tail(self.log)}')

    def stop(self, seconds=10):
        """Returns the exit status. A process that does not obey is killed."""
        if self in RUNNING:
            RUNNING.remove(self)
        if self.alive():
            self.child.send_signal(signal.SIGCONT)
            if self.before_stop:
                self.before_stop()
            self.child.send_signal(self.stop_signal)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        return self.child.returncode


@atexit.register
def stop_all():
    for process in reversed(RUNNING[:]):
        try:
            process.stop()
        except Exception as error:  # pylint: disable=broad-except
            print(f'# {process.name}: {error}')  # the others have to be stopped all the same


def children(pid):
    """Process ids of the direct children."""
    try:
        found = []
        for task in os.listdir(f'/proc/{pid}/task'):
            with open(f'/proc/{pid}/task/{task}/children', encoding='ascii') as file:
                found += [int(word) for word in file.read().split()]
        return found
    except OSError:
        return []


class Frozen:
    """with Frozen(pid): the process and its children are stopped, and continue afterwards."""

    def __init__(self, pid):
        self.pid = pid
        self.pids = []

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)  # first, so that no child is added
        self.pids = [self.pid] + children(self.pid)
        for pid in self.pids[1:]:
            os.kill(pid, signal.SIGSTOP)
        return self

    def __exit__(self, *_):
        for pid in reversed(self.pids):
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass


def run(*arguments, timeout=60, check=True, **options):
    """Runs to the end and returns stdout, stripped. Raises StartError with stderr when it fails."""
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=timeout, check=False, **options)
    if check and done.returncode != 0:
        raise StartError(f'{" ".join(arguments)}: status {done.returncode}: {done.stderr.strip()[-500:]}')
    return done.stdout.strip()


def get(url, headers=None, timeout=30):
    """(status, headers, text); an HTTP error status is an answer, not an exception."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=timeout) as reply:
            return reply.status, reply.headers, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def get_json(url, **query):
    if query:
        url += '?' + urllib.parse.urlencode(query)
    return json.loads(get(url)[2])
