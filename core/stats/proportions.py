"""Intervals of plain shares."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from core.stats.estimates import Interval


def wilson_interval(part: int, whole: int, *, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of `part` out of `whole` independent cases.

    Raises:
        ValueError: unless 0 ≤ part ≤ whole and whole ≥ 1.

    >>> interval = wilson_interval(9, 10)
    >>> round(interval.low, 4), round(interval.high, 4)
    (0.5958, 0.9821)
    """
    from scipy.stats import binomtest  # as slow to import as the rest of this package

    low, high = binomtest(part, whole).proportion_ci(confidence, method="wilson")
    return Interval(float(low), float(high))


def wilson_ends(share: np.ndarray, number: np.ndarray, *, confidence: float = 0.95) -> np.ndarray:
    """Wilson's interval of many shares, with Student's quantile for the few cases behind each.

    SciPy's takes whole counts and the normal quantile. Here the shares are of tokens while the
    independent cases are the molecules that these come from, so that share · number is no count,
    and ten molecules or fewer need the wider quantile; with many, both agree.

    Args:
        share: in [0, 1], [B].
        number: independent cases behind each, at least 1, [B].
        confidence: nominal coverage, in (0, 1).

    Returns:
        [2, B] float64, low and high ends within [0, 1].
    """
    z = stdtrit(np.maximum(number - 1, 1), (1 + confidence) / 2)
    centre = (share + z**2 / (2 * number)) / (1 + z**2 / number)
    reach = z / (1 + z**2 / number) * np.sqrt(
        share * (1 - share) / number + z**2 / (4 * number**2))
    return np.stack([np.clip(centre - reach, 0, 1), np.clip(centre + reach, 0, 1)])
