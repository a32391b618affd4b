"""Literal loops for LU, its interval and the order-marginal NLL."""

import math

EPSILON = 1e-6


def log_cv(values: list[float], weights: list[float]) -> float:
    total = sum(weights)
    mean = sum(w * x for w, x in zip(weights, values, strict=True)) / total
    variance = sum(w * (x - mean) ** 2 for w, x in zip(weights, values, strict=True)) / total
    return math.log(math.sqrt(variance) / mean)


def standard_error(values: list[float]) -> float:
    """Infinitesimal jackknife: move a little weight to each observation and see log CV move."""
    size = len(values)
    squares = 0.0
    for i in range(size):
        shifted = [(1 - EPSILON) / size] * size
        shifted[i] += EPSILON
        base = [1 / size] * size
        squares += ((log_cv(values, shifted) - log_cv(values, base)) / EPSILON) ** 2
    return math.sqrt(squares / size / size)


def bootstrap_t(values: list[float], counts: list[list[int]], tail: float) -> tuple[float, float]:
    """Interval of the CV; row r of `counts` says how often resample r holds each observation."""
    estimate = log_cv(values, [1.0] * len(values))
    studentized = []
    for row in counts:
        resample = [x for x, count in zip(values, row, strict=True) for _ in range(count)]
        if len(set(resample)) == 1:
            studentized.append(-math.inf)
            continue
        deviation = log_cv(resample, [1.0] * len(resample)) - estimate
        studentized.append(deviation / standard_error(resample))
    low, high = (quantile(studentized, level) for level in (tail, 1 - tail))
    error = standard_error(values)
    return math.exp(estimate - high * error), math.exp(estimate - low * error)


def percentile(values: list[float], counts: list[list[int]], tail: float) -> tuple[float, float]:
    """The percentile interval, which covers too little; kept for comparison."""
    resampled = [math.exp(log_cv(values, row)) for row in counts]
    return quantile(resampled, tail), quantile(resampled, 1 - tail)


def quantile(values: list[float], level: float) -> float:
    """Smallest value with at least the share `level` of all values at or below it."""
    return sorted(values)[max(0, math.ceil(level * len(values)) - 1)]


def order_marginal(nll: list[float], log_q: list[float]) -> tuple[float, float]:
    """-log of the mean weight, and the effective sample size."""
    weights = [math.exp(-n - q) for n, q in zip(nll, log_q, strict=True)]
    size = sum(weights) ** 2 / sum(w * w for w in weights)
    return -math.log(sum(weights) / len(weights)), size
