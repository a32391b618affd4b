"""Literal loops for AUCs, risk–coverage, conformal p-values and Benjamini–Hochberg."""

import math
from itertools import pairwise, permutations


def auc(good: list[float], bad: list[float]) -> float:
    """Share of pairs in which the good one has the lower quantity, ties half."""
    return sum(beats(g, b) for g in good for b in bad) / (len(good) * len(bad))


def beats(good: float, bad: float) -> float:
    return 1.0 if good < bad else 0.5 if good == bad else 0.0


def delong_error(good: list[float], bad: list[float]) -> float:
    """Standard error of the AUC from the spread of the placements in both classes."""
    of_good = [sum(beats(g, b) for b in bad) / len(bad) for g in good]
    of_bad = [sum(beats(g, b) for g in good) / len(good) for b in bad]
    return math.sqrt(sum(variance(part) / len(part) for part in (of_good, of_bad)))


def variance(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def bootstrap_t(
    auc: float, error: float, resampled: list[tuple[float, float]], tail: float
) -> tuple[float, float]:
    """Interval on the logit scale from AUCs and errors of resamples."""
    def logit(p: float) -> float:
        return math.inf if p == 1 else -math.inf if p == 0 else math.log(p / (1 - p))

    studentized = []
    for again, its_error in resampled:
        if again in (0.0, 1.0):
            studentized.append(logit(again))
        elif its_error == 0:
            studentized.append(math.copysign(math.inf, again - auc) if again != auc else 0.0)
        else:
            shift = logit(again) - logit(auc)
            studentized.append(shift / (its_error / (again * (1 - again))))
    studentized.sort()
    low, high = (studentized[math.ceil(level * len(studentized)) - 1] for level in (tail, 1 - tail))
    scale = error / (auc * (1 - auc))
    ends = [min(max(logit(auc) - t * scale, -700), 700) for t in (high, low)]
    return 1 / (1 + math.exp(-ends[0])), 1 / (1 + math.exp(-ends[1]))


def accuracies(good: list[bool], score: list[float]) -> list[float]:
    """Share of good ones among the k lowest, k = 1 … n, as a mean over all orders of ties."""
    orders = [order for order in permutations(range(len(good)))
              if all(score[a] <= score[b] for a, b in pairwise(order))]
    return [
        sum(sum(good[i] for i in order[:k]) / k for order in orders) / len(orders)
        for k in range(1, len(good) + 1)
    ]


def conformal_p(score: float, reference: list[float], good: list[bool]) -> float:
    lower, bad = 0, 0
    for other, is_good in zip(reference, good, strict=True):
        if not is_good:
            bad += 1
            if other <= score:
                lower += 1
    return (1 + lower) / (bad + 1)


def benjamini_hochberg(p_values: list[float], fdr: float) -> list[bool]:
    """Step up from the largest p-value; the first that holds is rejected with all below."""
    for k in range(len(p_values), 0, -1):
        bound = sorted(p_values)[k - 1]
        if bound <= fdr * k / len(p_values):
            return [p <= bound for p in p_values]
    return [False] * len(p_values)
