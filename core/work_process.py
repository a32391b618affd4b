"""Work in a process of its own, at low priority, that can be ended at any moment.

What a page computes beside others in the same process takes Python's interpreter from them, and
ends only where it looks whether it should. A process of its own does neither. It is kept for the
next call: starting one imports all that the work needs, a matter of seconds.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from core.errors import InputError

Result = TypeVar("Result")

_NICENESS = 10
_LOOK_S = 0.5
"""Seconds between two reports, if the work itself reports nothing."""

_IDLE_S, _EARLIER_S = 60.0, 10.0
"""A process that is not used for so long ends and gives its memory back; one that is about to, this
much earlier, is not used any more."""

_SERVE = "import sys; from core.work_process import serve; serve(int(sys.argv[1]))"


def piped_process(code: str) -> tuple[subprocess.Popen, Connection]:
    """Start Python on some code that is given the descriptor of a pipe, `sys.argv[1]`.

    It sees the modules of this process, not its standard input, and ends with the pipe if it reads
    from it.
    """
    ours, theirs = Pipe()
    with theirs:
        return subprocess.Popen(
            [sys.executable, "-c", code, str(theirs.fileno())], pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}), ours


class WorkEndedError(InputError):
    """The process that worked is gone."""


class WorkProcess:
    """A process that does one thing at a time, started by the first call.

    Attributes:
        spent_s: processor time of the last call, seconds, as far as it was heard of.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None
        self._connection: Connection | None = None
        self._used_at = 0.0
        self.spent_s = 0.0

    def call(
        self, function: Callable[..., Result], *args: Any, progress: Callable[..., None]
    ) -> Result:
        """What a function of a module returns; it is called with `progress` as a keyword, too.

        Args:
            function: to be called; it, its arguments and its result can be pickled.
            args: positional ones.
            progress: hears what the function reports, and again every half second; may raise to end
                the work, and the process with it.

        Raises:
            InputError: and whatever else the function raises.
            WorkEndedError: if the system ended the process.
        """
        self.spent_s, report = 0.0, None
        try:
            connection = self._started()
            _send(connection, function, args)
            while True:
                if connection.poll(_LOOK_S):
                    kind, content, self.spent_s = _received(connection)
                    if kind != "report":
                        break
                    report = content
                if report is not None:
                    progress(*report)
        except EOFError:
            self.close()
            raise WorkEndedError("The process that worked on this was ended by the system, most "
                                 "likely for lack of memory; try again with less.") from None
        except BaseException:
            self.close()
            raise
        self._used_at = time.monotonic()
        if kind == "fault":
            raise content
        return content

    def close(self) -> None:
        """End the process; the next call starts another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _started(self) -> Connection:
        if self._connection is None or self._process is None or (
                time.monotonic() - self._used_at > _IDLE_S - _EARLIER_S):
            self.close()
            self._process, self._connection = piped_process(_SERVE)
        return self._connection


def _send(connection: Connection, *content: Any) -> None:
    # Not `Connection.send`: with torch it hands over tensors as open files of shared memory, for
    # which both processes would have to be of one family.
    connection.send_bytes(pickle.dumps(content))


def _received(connection: Connection) -> tuple[Any, ...]:
    return pickle.loads(connection.recv_bytes())


def serve(descriptor: int) -> None:
    """Work for whoever is at the other end of a pipe, until it is closed or unused."""
    os.nice(_NICENESS)
    with Connection(descriptor) as connection:
        while True:
            try:
                if not connection.poll(_IDLE_S):
                    return
                function, args = _received(connection)
            except EOFError:
                return
            start = time.process_time()

            def send(kind: str, content: Any, start: float = start) -> None:
                _send(connection, kind, content, time.process_time() - start)

            def report(*content: Any, send: Callable[..., None] = send) -> None:
                send("report", content)

            try:
                send("result", function(*args, progress=report))
            except BrokenPipeError:
                return
            except Exception as fault:
                send("fault", fault)
