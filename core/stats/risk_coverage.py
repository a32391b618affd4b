"""What share of the molecules is good if only the best ranked are kept.

At coverage k / n the k molecules with the lowest quantity are kept; their accuracy is the share of
good ones, the risk is one minus it (El-Yaniv & Wiener, JMLR 11, 2010). Where the k-th place is
within a tie, the accuracy is its mean over all orders of the tied molecules. AURC is the mean risk
over k = 1 … n (Geifman et al., arXiv 1805.08206).

**Band**: pointwise, from molecules resampled with replacement. The standard error SE of the
accuracy A over resamples gives the number of independent molecules that it is worth,
A (1 - A) / SE², and that goes into Agresti and Coull's interval; it is at most the number of
molecules kept and tied with them, and is that number where A is 0 or 1. (Percentiles of the
resampled accuracies would say [1, 1] wherever the kept molecules are all good.)

**Interval of AURC**: Student's, with one degree of freedom less than the smaller class has
molecules, on the logit of AURC, whose standard error comes from the same resamples.

How often these hold the true value: docs/intervals.md, Risk and coverage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit, ndtri, stdtrit

from core.stats.estimates import Estimate, Interval
from core.stats.labels import (
    GOOD_OR_BAD,
    LabelNames,
    RankingError,
    checked_label,
    checked_score,
)

MAX_POINTS = 200
"""Coverages at which the curve is given."""

_CHUNK = 500_000  # drawn molecules in memory at a time: 4 MB per array


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """Accuracy against coverage, at c ≤ 200 coverages.

    Attributes:
        quantity: what molecules are ordered by, lowest first: its key.
        sentence: names order, label and class counts.
        kept: molecules kept, increasing from 1 to n, [c] int.
        coverage: `kept / n`, [c] in (0, 1].
        threshold: largest quantity kept, [c].
        accuracy: share of good molecules among the kept, [c]; the risk is one minus it.
        band_low, band_high: pointwise 95% interval of the accuracy, [c].
        perfect: accuracy if all good molecules came first, [c].
        base_rate: share of good molecules among all: the accuracy of a random order.
        aurc: area under the risk–coverage curve, the mean risk over all n coverages.
        perfect_aurc: that of the perfect order; that of a random order is one minus the base rate.
        number: n.
        labels: names of the classes and of the molecules.
    """

    quantity: str
    sentence: str
    kept: np.ndarray
    coverage: np.ndarray
    threshold: np.ndarray
    accuracy: np.ndarray
    band_low: np.ndarray
    band_high: np.ndarray
    perfect: np.ndarray
    base_rate: Estimate
    aurc: Estimate
    perfect_aurc: float
    number: int
    labels: LabelNames


def risk_coverage(
    good: ArrayLike,
    score: ArrayLike,
    *,
    quantity: str = "score",
    name: str | None = None,
    seed: int,
    resamples: int = 1000,
    confidence: float = 0.95,
    labels: LabelNames = GOOD_OR_BAD,
) -> RiskCoverage:
    """Accuracy of the molecules with the lowest score, for growing coverage.

    Args:
        good: the label, [n] bool.
        score: [n], finite, lower should be better.
        quantity: key of the score.
        name: of the score in sentences, by default its key.
        seed: of the bootstrap.
        resamples: of molecules, at least 100.
        confidence: nominal coverage of the intervals, in (0, 1).
        labels: names for sentences.

    Raises:
        RankingError: without molecules.
        ValueError: naming the argument that does not fit.
    """
    label = checked_label(good)
    number = len(label)
    if not number:
        raise RankingError(f"There are no {labels.molecules}, so there is nothing to rank.")
    if resamples < 100 or not 0 < confidence < 1:
        raise ValueError("Give at least 100 resamples and a confidence between 0 and 1, got "
                         f"{resamples} and {confidence}.")
    values = checked_score(score, number)
    kept = np.unique(np.rint(np.linspace(1, number, MAX_POINTS)).astype(int))
    groups, rank = np.unique(values, return_inverse=True)
    accuracies, risks = _resampled(label, rank, kept, seed, resamples)
    accuracy, aurc = _curve(np.bincount(2 * rank + label, minlength=2 * len(groups))[None], number)
    threshold = np.sort(values)[kept - 1]
    at_most = np.searchsorted(np.sort(values), threshold, side="right")
    low, high = _band(accuracy[0, kept - 1], accuracies.std(axis=0), at_most, confidence)
    perfect = np.minimum(np.arange(1, number + 1), label.sum()) / np.arange(1, number + 1)
    return RiskCoverage(
        quantity=quantity,
        sentence=_sentence(name or quantity, label, labels),
        kept=kept, coverage=kept / number, threshold=threshold,
        accuracy=accuracy[0, kept - 1], band_low=low, band_high=high, perfect=perfect[kept - 1],
        base_rate=Estimate(float(label.mean()), Interval(float(low[-1]), float(high[-1]))),
        aurc=_aurc(float(aurc[0]), risks, confidence, label, labels),
        perfect_aurc=float(1 - perfect.mean()),
        number=number,
        labels=labels,
    )


def _sentence(name: str, label: np.ndarray, labels: LabelNames) -> str:
    return (f"Share of {labels.good} {labels.many} among those kept, lowest {name} first, of "
            f"{len(label):,} {labels.molecules} ({label.sum():,} {labels.good}, "
            f"{(~label).sum():,} {labels.bad}).")


def _curve(counts: np.ndarray, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy [R, n] after 1 … n molecules and mean risk [R].

    Args:
        counts: bad and good molecules of every group of equal scores, in turn, [R, 2 · groups].
        number: n, the sum of every row.
    """
    bad, good = counts[:, ::2], counts[:, 1::2]
    size = bad + good
    share = np.divide(good, size, out=np.zeros(size.shape), where=size > 0)
    expected = np.repeat(share.ravel(), size.ravel()).reshape(-1, number)
    accuracy = np.cumsum(expected, axis=1) / np.arange(1, number + 1)
    return accuracy, 1 - accuracy.mean(axis=1)


def _resampled(
    label: np.ndarray, rank: np.ndarray, kept: np.ndarray, seed: int, resamples: int
) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy [R, c] and AURC [R] of resamples of the molecules."""
    number, cell = len(label), 2 * rank + label
    cells = 2 * (int(rank.max()) + 1)
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // number)
    accuracies, risks = [], []
    for first in range(0, resamples, step):
        rows = min(step, resamples - first)
        drawn = cell[rng.integers(0, number, (rows, number))] + cells * np.arange(rows)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=rows * cells).reshape(rows, cells)
        accuracy, risk = _curve(counts, number)
        accuracies.append(accuracy[:, kept - 1])
        risks.append(risk)
    return np.concatenate(accuracies), np.concatenate(risks)


def _band(
    accuracy: np.ndarray, error: np.ndarray, at_most: np.ndarray, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Interval for the number of independent molecules that the accuracy is worth."""
    variance = accuracy * (1 - accuracy)
    is_known = (variance > 0) & (error > 0)
    worth = np.divide(variance, error**2, out=np.full(len(error), np.inf), where=is_known)
    square = ndtri((1 + confidence) / 2) ** 2 / np.minimum(worth, at_most)
    centre = (accuracy + square / 2) / (1 + square)
    half = np.sqrt(centre * (1 - centre) * square / (1 + square))
    return (np.clip(np.minimum(centre - half, accuracy), 0, 1),
            np.clip(np.maximum(centre + half, accuracy), 0, 1))


def _aurc(
    value: float, risks: np.ndarray, confidence: float, label: np.ndarray, labels: LabelNames
) -> Estimate:
    smaller = min(int(label.sum()), int((~label).sum()))
    if smaller < 2:
        fewer = labels.bad if label.mean() > 0.5 else labels.good
        return Estimate(value, None, f"{smaller or 'No'} {fewer} molecule among {len(label):,} "
                                     f"{labels.molecules}: too few for an interval of the area.")
    error = float(risks.std()) / (value * (1 - value))
    quantile = stdtrit(smaller - 1, (1 + confidence) / 2)
    low, high = expit(logit(value) + error * quantile * np.array([-1, 1]))
    return Estimate(value, Interval(float(low), float(high)))
