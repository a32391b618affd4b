"""Whose long job works now, and who waits: at most so many at once, in the order of asking.

A long job works for some seconds in every run of its page, so a place is kept between two of them
for a short while. It is given back when the job is over, when its visitor leaves, and in any case
once nothing was heard of it for that while: of a visitor who looks at another page, for one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from threading import Lock

from core.errors import InputError

KEPT_S = 15.0
"""Seconds that a place is kept for whom nothing is heard of."""

_LOOK_S = 0.3
"""Seconds between two looks whether it is one's turn."""


class QueueFullError(InputError):
    """As many jobs wait as may wait."""


class JobQueue:
    """The line of all jobs of a server; those at its head work. Every visitor has one place.

    Args:
        at_once: jobs that work at the same time.
        waiting: jobs that may wait beside them.
        clock: seconds, for tests.
    """

    def __init__(
        self, at_once: int, waiting: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._at_once, self._waiting, self._clock = at_once, waiting, clock
        self._line: dict[Hashable, float] = {}  # visitor → last heard of, in order of asking
        self._working: set[Hashable] = set()
        self._gone: set[Hashable] = set()
        self._lock = Lock()

    @property
    def at_once(self) -> int:
        """Jobs that work at the same time."""
        return self._at_once

    def others(self, visitor: Hashable) -> int:
        """Jobs of other visitors, those at work and those that wait."""
        with self._lock:
            self._forget_unheard()
            return len(self._line) - (visitor in self._line)

    def begin(self, visitor: Hashable) -> int:
        """Start to work if it is one's turn; else wait in line.

        Returns:
            Jobs that must end before; 0 says that the work has begun, and `end` has to follow.

        Raises:
            QueueFullError: if too many wait already; a visitor who has a place keeps it.
        """
        with self._lock:
            self._forget_unheard()
            if visitor not in self._line and len(self._line) >= self._at_once + self._waiting:
                raise QueueFullError(
                    f"All places are taken: {self._at_once} of {self._at_once} jobs at work, "
                    f"{len(self._line) - self._at_once} waiting; try again in some minutes.")
            self._line[visitor] = self._clock()
            if visitor in self._working:  # in another run of the page, which is about to end
                return 1
            before = max(0, list(self._line).index(visitor) - self._at_once + 1)
            if not before:
                self._working.add(visitor)
                self._gone.discard(visitor)
            return before

    def end(self, visitor: Hashable) -> None:
        """Stop working; the place is kept for a while, unless the visitor has left."""
        with self._lock:
            self._working.discard(visitor)
            if visitor in self._line:
                self._line[visitor] = self._clock()
            if visitor in self._gone:
                self._gone.discard(visitor)
                self._line.pop(visitor, None)

    def leave(self, visitor: Hashable) -> None:
        """Give the place back: at once, or when the work that goes on ends."""
        with self._lock:
            if visitor in self._working:
                self._gone.add(visitor)
            else:
                self._line.pop(visitor, None)

    @contextmanager
    def turn(
        self, visitor: Hashable, waits: Callable[[int], None], *, keeps: type[BaseException]
    ) -> Iterator[None]:
        """Wait for one's turn, then work.

        Args:
            visitor: whose job it is.
            waits: hears of the number of jobs before, again and again; may raise to give up.
            keeps: what may end waiting or work without giving up the place: another run of the
                same page.

        Raises:
            QueueFullError: as `begin`.
        """
        try:
            while before := self.begin(visitor):
                waits(before)
                time.sleep(_LOOK_S)
            try:
                yield
            finally:
                self.end(visitor)
        except keeps:
            raise
        except BaseException:
            self.leave(visitor)
            raise

    def _forget_unheard(self) -> None:
        until = self._clock() - KEPT_S
        for visitor in [one for one, heard in self._line.items()
                        if heard < until and one not in self._working]:
            del self._line[visitor]
