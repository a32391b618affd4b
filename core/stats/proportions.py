"""Intervals of plain shares."""

from __future__ import annotations

from scipy.stats import binomtest

from core.stats.estimates import Interval


def wilson_interval(part: int, whole: int, *, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of `part` out of `whole` independent cases.

    Raises:
        ValueError: unless 0 ≤ part ≤ whole and whole ≥ 1.

    >>> interval = wilson_interval(9, 10)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.5958, 0.9821)
    """
    low, high = binomtest(part, whole).proportion_ci(confidence, method="wilson")
    return Interval(float(low), float(high))
