"""Bootstrap-t intervals of the coefficient of variation, for many small samples at once.

Each interval is built on θ = log CV = log(s / m), with m the mean and s the standard deviation
(ddof 0). With z = (x - m) / s and c = CV, one observation moves θ by its influence function

    ψ(x) = (z² - 1) / 2 - c z,

so the delta-method standard error of θ is SE = sqrt(mean ψ² / K), and in standardized moments

    mean ψ² = (mean z⁴ - 1) / 4 - c mean z³ + c².

Every resample is studentized by its own SE: t* = (θ* - θ) / SE*. With t_p the p-quantile of t*,
the interval is [CV exp(-t_{1-α} SE), CV exp(-t_α SE)] (Efron & Tibshirani 1993, section 12.5).

α is not (1 - confidence) / 2 but a little less, Φ(-sqrt(K / (K - 1)) T_{K-1}) with T the Student
quantile: Hesterberg's correction for small samples (arXiv 1411.5279, "expanded percentile"). It
lifts the coverage by about one point at K = 32 and vanishes as K grows.

How often these intervals hold the true value: docs/intervals.md, LU. No bootstrap can know of a
rare cluster that the sample missed.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, stdtrit

MAX_FACTOR = 10.0
"""An interval that reaches beyond this multiple of the estimate is worth nothing."""

_CHUNK = 500_000  # resampled values in memory at a time per quantity: 4 MB each
_MIN_VARIANCE = 1e-9  # of a standardized resample; below, its values are all the same


def bootstrap_t_intervals(
    samples: np.ndarray, *, seed: int, confidence: float = 0.95, resamples: int = 2000
) -> np.ndarray:
    """Interval of the coefficient of variation of each sample.

    All samples share their resamples, so a row is the same alone and in a batch. Memory is
    8 · resamples · (K + a few hundred) bytes whatever G is.

    Args:
        samples: [G, K] float, positive means, none of them constant.
        seed: of the resamples.
        confidence: nominal coverage, in (0, 1).
        resamples: number of resamples, at least 100.

    Returns:
        [G, 2] float64, low ≥ 0 and high ends; NaN where the high end is beyond `MAX_FACTOR` times
        the estimate, as happens if the spread rests on one or two observations.
    """
    num_samples, size = samples.shape
    weights = resample_weights(size, resamples, seed=seed)
    tail = tail_probability(size, confidence)
    step = max(1, _CHUNK // resamples)
    chunks = [
        _intervals(samples[first : first + step], weights, tail)
        for first in range(0, num_samples, step)
    ]
    return np.concatenate(chunks) if chunks else np.empty((0, 2))


def resample_weights(size: int, resamples: int, *, seed: int) -> np.ndarray:
    """Share of every observation in every resample, [R, K] float64, rows sum to 1."""
    drawn = np.random.default_rng(seed).integers(0, size, (resamples, size))
    drawn += size * np.arange(resamples)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=resamples * size)
    return counts.reshape(resamples, size) / size


def tail_probability(size: int, confidence: float) -> float:
    """Quantile level α of the lower end; see the head of this module."""
    student = stdtrit(size - 1, (1 + confidence) / 2)
    return float(ndtr(-math.sqrt(size / (size - 1)) * student))


def _intervals(samples: np.ndarray, weights: np.ndarray, tail: float) -> np.ndarray:
    """[G, 2] intervals of as many samples as fit into memory."""
    mean = samples.mean(axis=1)
    std = samples.std(axis=1)
    z = ((samples - mean[:, None]) / std[:, None]).T  # [K, G]
    cv = std / mean
    error = _standard_error((z**3).mean(axis=0), (z**4).mean(axis=0), cv, len(z))
    t = _studentized(z, cv, weights)
    # A discrete quantile never interpolates between infinities.
    t_low, t_high = np.quantile(t, [tail, 1 - tail], axis=0, method="inverted_cdf")
    with np.errstate(invalid="ignore"):  # ∞ · 0 is no interval either
        log_ends = np.stack([-t_high * error, -t_low * error], axis=1)
        is_usable = ~np.isnan(log_ends[:, 0]) & (log_ends[:, 1] <= math.log(MAX_FACTOR))
    log_ends[~is_usable] = np.nan
    return cv[:, None] * np.exp(log_ends)


def _studentized(z: np.ndarray, cv: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """t* of every resample [R, G] of standardized samples z [K, G] with the given cv [G].

    A resample without spread has t* = -∞: its log CV is -∞.
    """
    first, second, third, fourth = (weights @ z**power for power in (1, 2, 3, 4))
    square = first * first  # products: a power of an array takes ten times as long
    variance = second - square
    has_spread = variance > _MIN_VARIANCE
    variance = np.where(has_spread, variance, 1.0)
    std = np.sqrt(variance)
    skewness = (third - 3 * first * second + 2 * first * square) / (variance * std)
    kurtosis = (fourth - 4 * first * third + 6 * square * second - 3 * square * square) / (
        variance * variance)
    relative_cv = std / (1 + cv * first)  # CV* / CV
    error = _standard_error(skewness, kurtosis, cv * relative_cv, len(z))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.nan_to_num(np.log(relative_cv) / error, nan=0.0, posinf=np.inf, neginf=-np.inf)
    return np.where(has_spread, t, -np.inf)


def _standard_error(
    skewness: np.ndarray, kurtosis: np.ndarray, cv: np.ndarray, size: int
) -> np.ndarray:
    """Delta-method standard error of log CV; see the head of this module."""
    mean_square_influence = (kurtosis - 1) / 4 - cv * skewness + cv**2
    return np.sqrt(np.maximum(mean_square_influence, 0) / size)
