"""Intervals of statistics of a whole sample, from what each of its members contributes.

The influence of a member is n times the change of the statistic, to first order, as its weight
grows at the cost of all others; influences sum to 0. Their standard deviation divided by √n is the
standard error (the infinitesimal jackknife: Jaeckel 1972; Efron, *The Jackknife, the Bootstrap and
Other Resampling Plans*, 1982, chapter 6). For a mean it is the usual one.

A bootstrap of molecules tends to the same, but for statistics of pairs it is off: it draws a
molecule twice and then finds it most similar to itself.

How often these intervals hold the true value: docs/intervals.md, Set metrics.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import stdtrit

from core.stats.estimates import Estimate, Interval

MIN_MEMBERS = 16
"""Below, a standard error says too little."""


def influence_estimate(
    value: float, influences: np.ndarray, *, low: float = -math.inf, high: float = math.inf,
    confidence: float = 0.95,
) -> Estimate:
    """A statistic with Student's interval.

    Args:
        value: the statistic.
        influences: of each member, [n] float; their mean does not matter.
        low, high: ends of what the statistic can be.
        confidence: nominal coverage, in (0, 1).

    >>> found = influence_estimate(2.5, np.repeat([1.0, 2.0, 3.0, 4.0], 25)).interval
    >>> round(found.low, 3), round(found.high, 3)
    (2.277, 2.723)
    """
    number = len(influences)
    if number < MIN_MEMBERS:
        return Estimate(value, None, f"An interval needs at least {MIN_MEMBERS} molecules, here "
                                     f"{'is' if number == 1 else 'are'} {number}.")
    reach = float(stdtrit(number - 1, (1 + confidence) / 2)
                  * np.std(influences, ddof=1) / math.sqrt(number))
    return Estimate(value, Interval(max(low, value - reach), min(high, value + reach)))
