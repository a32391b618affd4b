"""How fast work goes and how long what is left of it takes."""

from __future__ import annotations

import time
from collections.abc import Callable

from dashboard.shared.format import duration

_FIRST_S = 1.0
"""Seconds before anything is said: the first pieces of work are slower, or not timed yet."""


class Pace:
    """The rate of one piece of work, from what it tells of itself.

    The time between two sittings counts: it is part of how long a visitor waits.

    Args:
        clock: seconds, from anywhere.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: tuple[float, float] | None = None

    def heard(self, done: float, total: float) -> str:
        """The rate and the time left, as what follows in a sentence; empty while they are unknown.

        Args:
            done: of the work; less than before begins anew.
            total: of it.

        >>> seconds = iter([0.0, 4.0, 8.0])
        >>> pace = Pace(lambda: next(seconds))
        >>> pace.heard(0, 100), pace.heard(20, 100), pace.heard(22, 100)
        ('', ', 5 a second, 16 seconds left', ', 2.8 a second, 28 seconds left')
        """
        now = self._clock()
        if self._began is None or done < self._began[1]:
            self._began = now, done
        spent, worked = now - self._began[0], done - self._began[1]
        if spent < _FIRST_S or worked <= 0:
            return ""
        rate = worked / spent
        left = f", {duration((total - done) / rate)} left" if done < total else ""
        return f", {_rate(rate)}{left}"


def _rate(per_s: float) -> str:
    """A rate in a unit that gives it one digit or more before the point.

    >>> _rate(120.4), _rate(2.75), _rate(5.0), _rate(0.2), _rate(0.001)
    ('120 a second', '2.8 a second', '5 a second', '12 a minute', '3.6 an hour')
    """
    for unit, size in (("a second", 1.0), ("a minute", 60.0), ("an hour", 3600.0)):
        number = per_s * size
        if number >= 1 or unit == "an hour":
            shown = f"{number:,.0f}" if number >= 10 else f"{number:.1f}".removesuffix(".0")
            return f"{shown} {unit}"
    raise AssertionError
