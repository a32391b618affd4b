"""Substructure search in a process that can be ended.

The time of a search is not bounded by the length of its pattern: nine atoms in nine pieces,
`[H].[H].[H].[H].[H].[H].[H].[H].[F]`, are tried in every order in every molecule, for minutes.
RDKit takes no limit and cannot be interrupted, so a process of its own searches, and the system
ends it once a search has used too much processor time. It is kept for the next search.
"""

from __future__ import annotations

import signal
import subprocess
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from multiprocessing.connection import Connection
from threading import Lock

import numpy as np
from rdkit import Chem

from core.chemistry.substructures import Pattern, PatternError
from core.work_process import piped_process

MAX_SEARCH_S = 2.0
"""Processor time that one search may take, seconds; 10,000 molecules take some 0.1."""

_SETS_HELD, _REFUSED_HELD = 2, 256
"""Sets of molecules that the process keeps, and searches that are known to take too long."""

_SERVE = "import sys; from core.chemistry.search_process import serve; serve(int(sys.argv[1]))"

Packed = Sequence[bytes | None]
"""Molecules as `packed` writes them; None for what is missing."""


def packed(molecules: Iterable[Chem.Mol | None]) -> Packed:
    """Molecules as they travel to the process."""
    return tuple(None if molecule is None else molecule.ToBinary() for molecule in molecules)


class SearchProcess:
    """A process that searches one pattern at a time, started by the first search.

    Args:
        limit_s: processor time of one search, seconds.
    """

    def __init__(self, limit_s: float = MAX_SEARCH_S) -> None:
        self._limit_s = limit_s
        self._lock = Lock()
        self._process: subprocess.Popen | None = None
        self._connection: Connection | None = None
        self._held: OrderedDict[Hashable, None] = OrderedDict()
        self._refused: OrderedDict[Hashable, None] = OrderedDict()

    def find(self, pattern: Pattern, key: Hashable, molecules: Packed) -> np.ndarray:
        """Whether a pattern occurs in each molecule, [n] bool; never in what is missing.

        Args:
            pattern: what is searched for.
            key: tells these molecules from others; those of the last keys are not sent again.
            molecules: to search in.

        Raises:
            PatternError: if it takes longer than the limit.
        """
        search = pattern.smarts, key
        with self._lock:
            try:
                if search in self._refused:
                    raise EOFError
                connection = self._started()
                connection.send((pattern.smarts, key, None if key in self._held else molecules,
                                 self._limit_s))
                _remember(self._held, key, None, _SETS_HELD)
                return np.frombuffer(connection.recv_bytes(), dtype=bool)
            except (EOFError, OSError):
                self._close()
                _remember(self._refused, search, None, _REFUSED_HELD)
                raise PatternError(
                    "The search for this SMARTS takes too long and was ended; give a pattern with "
                    "fewer pieces, wildcards or $(…).") from None

    def close(self) -> None:
        """End the process; the next search starts another."""
        with self._lock:
            self._close()

    def _started(self) -> Connection:
        if self._connection is None or self._process is None or self._process.poll() is not None:
            self._close()
            self._process, self._connection = piped_process(_SERVE)
        return self._connection

    def _close(self) -> None:
        self._held.clear()
        if self._connection is not None:
            self._connection.close()  # which ends a process that waits
            self._connection = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def serve(descriptor: int) -> None:
    """Search for whoever is at the other end of a pipe, until it is closed."""
    held: OrderedDict[Hashable, list[Chem.Mol | None]] = OrderedDict()
    with Connection(descriptor) as connection:
        while True:
            try:
                smarts, key, molecules, limit_s = connection.recv()
            except EOFError:
                return
            if molecules is not None:
                held[key] = [None if one is None else Chem.Mol(one) for one in molecules]
            _remember(held, key, held[key], _SETS_HELD)
            pattern = Pattern.from_smarts(smarts)
            signal.setitimer(signal.ITIMER_VIRTUAL, limit_s)  # the default is to end the process
            found = pattern.find(held[key])
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            connection.send_bytes(found.tobytes())


def _remember(held: OrderedDict, key: Hashable, value: object, most: int) -> None:
    """Keep the last keys; both ends of the pipe call it alike, so both know what is kept."""
    held[key] = value
    held.move_to_end(key)
    if len(held) > most:
        held.popitem(last=False)
