"""The dashboard in a process of its own, and what it takes of the machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

import psutil

from core.cli.app import check_free
from core.errors import InputError

_ROOT = Path(__file__).parents[2]
_START_S = 60.0


@contextmanager
def serve(port: int, command: Sequence[str] = ()) -> Iterator[psutil.Process]:
    """Serve on a port of this machine, as strangers are served; always ends the server.

    Args:
        port: to listen on.
        command: arguments to Python instead of those of `trailscope app`.

    Raises:
        InputError: if the port is taken or the server does not start.
    """
    check_free("localhost", port)
    arguments = command or ("-m", "core", "app", "--port", str(port))
    environment = {**os.environ, "TRAILSCOPE_HOSTED": "1", "OMP_NUM_THREADS": "1"}
    with TemporaryFile() as log:
        server = subprocess.Popen([sys.executable, *arguments], cwd=_ROOT, env=environment,
                                  stdout=log, stderr=subprocess.STDOUT)
        try:
            if not _is_up(server, port):
                log.seek(0)
                said = log.read().decode(errors="replace").strip().splitlines()[-1:]
                raise InputError(f"The dashboard did not start: {said[0] if said else 'silence'}")
            yield psutil.Process(server.pid)
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _is_up(server: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), urllib.request.urlopen(
                f"http://localhost:{port}/_stcore/health", timeout=1):
            return True
        time.sleep(0.1)
    return False


def is_alive(server: psutil.Process) -> bool:
    """Whether the server still runs; one that has ended is kept as a zombie until it is asked."""
    return server.is_running() and server.status() != psutil.STATUS_ZOMBIE


def processor_s(server: psutil.Process) -> float:
    """Seconds of the processors that the server and its children have taken."""
    total = 0.0
    for process in _family(server):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    # Those that have ended, where the system says so.
    times = server.cpu_times()
    return total + getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)


def others_processor_s(server: psutil.Process) -> float:
    """Seconds of the processors that neither the server nor this process has taken."""
    times = psutil.cpu_times()
    busy = sum(getattr(times, kind, 0.0) for kind in ("user", "nice", "system", "irq", "softirq"))
    own = psutil.Process().cpu_times()
    return busy - processor_s(server) - own.user - own.system


def rss_mib(server: psutil.Process) -> float:
    """Memory that the server and its children hold, in MiB."""
    total = 0
    for process in _family(server):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total / 2**20


def _family(server: psutil.Process) -> list[psutil.Process]:
    return [server, *server.children(recursive=True)]
