"""Expected calibration error with an interval, and what to expect of it under perfect calibration.

ECE = Σ_b |g_b| with g_b the gap of bin b: sum over its events of (correct − confidence), divided by
the number of all events. Estimated gaps have noise, and an absolute value turns noise into error:
the estimate is biased upwards, and resampling adds the bias once more. Percentile intervals of the
ECE therefore lie too high, and never hold 0.

**The interval** starts from a corrected estimate. A gap that is normal around g with standard error
s contributes sqrt(2/π) s exp(−g²/2s²) + g (1 − 2Φ(−g/s)) − g too much on average. That is evaluated
at the estimated gap, or at g = 0 where the estimate is within one s of 0: otherwise small gaps
would be taken to be as real as they look. The lower end lies z standard errors below, those of the
sum with the signs of the gaps held fixed (Σ_b sign(ĝ_b) g_b is linear, so that resampling adds no
bias). The upper end is the higher one of the percentile interval's and of z standard errors above
the estimate less its bootstrap bias. Where the estimate is no larger than expected under perfect
calibration the lower end is 0.

**Perfect calibration** is simulated by resampling molecules after the gap of its bin has been taken
from every event, evenly. What remains is noise with all the dependence that tokens and permutations
of one molecule have, which drawing each token's correctness by itself would miss. To bins that
have fewer errors than independent tokens of their confidence would vary by, the difference is added
(`core.calibration.reliability`).

How often these intervals hold the true value: docs/intervals.md, ECE.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, ndtri

from core.stats.estimates import Interval

_CALIBRATED_WITHIN = 1.0  # standard errors; gaps below are taken for 0 when correcting their bias


def expected_calibration_error(
    counts: np.ndarray, confidence: np.ndarray, correct: np.ndarray
) -> np.ndarray:
    """Σ_b counts_b / n |accuracy_b − confidence_b| from sums over events.

    Args:
        counts: events per bin, [..., B].
        confidence: sum of their confidences, [..., B].
        correct: how many of them are correct, [..., B].

    Returns:
        ECE, [...]; NaN without events.
    """
    with np.errstate(invalid="ignore"):
        return np.abs(correct - confidence).sum(-1) / counts.sum(-1)


def error_interval(
    gaps: np.ndarray, resampled: np.ndarray, *, tail: float, calibrated: Interval
) -> Interval:
    """Interval of Σ_j |gap_j|; see the head of this module.

    Args:
        gaps: estimated gaps, each already divided by the number of events, [J].
        resampled: the same in every resample, [R, J].
        tail: quantile level of the lower end, about 0.025.
        calibrated: see `calibrated_band`.

    Returns:
        The interval; it always holds the estimate itself.
    """
    estimate = float(np.abs(gaps).sum())
    in_resamples = np.abs(resampled).sum(axis=1)
    reach = -float(ndtri(tail)) * float(((resampled - gaps) @ np.sign(gaps)).std())
    low = max(0.0, estimate - _bias(np.abs(gaps), resampled.std(axis=0)) - reach)
    bootstrap_bias = float(in_resamples.mean()) - estimate
    high = max(float(np.quantile(in_resamples, 1 - tail)), estimate - bootstrap_bias + reach)
    if estimate <= calibrated.high:
        low = 0.0
    return Interval(min(low, estimate), max(high, estimate))


def calibrated_band(noise: np.ndarray, num_graphs: int) -> Interval:
    """Where 95% of estimates of Σ_j |gap_j| lie if all gaps are 0.

    Args:
        noise: gaps in every resample after the estimated ones have been taken away, [R, J].
        num_graphs: M, graphs resampled; their spread is that of M − 1.
    """
    errors = np.abs(noise).sum(axis=1) * math.sqrt(num_graphs / (num_graphs - 1))
    low, high = np.quantile(errors, [0.025, 0.975]).tolist()
    return Interval(low, high)


def _bias(size: np.ndarray, standard_error: np.ndarray) -> float:
    """By how much Σ |gap| is too large on average, from estimated |gaps| and their errors."""
    has_error = standard_error > 0
    size, error = size[has_error], standard_error[has_error]
    ratio = size / error
    mean_size = error * math.sqrt(2 / math.pi) * np.exp(-(ratio**2) / 2) + size * (
        1 - 2 * ndtr(-ratio))
    of_zero = error * math.sqrt(2 / math.pi)
    return float(np.where(ratio < _CALIBRATED_WITHIN, of_zero, mean_size - size).sum())
