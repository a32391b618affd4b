"""The area under the ROC curve with intervals, from one set of resamples for all scores.

AUC is the probability that a positive has the lower quantity than a negative, ties counted half.
A molecule's placement is the share of the other class on its right side; AUC is the mean placement
of the positives, and also of the negatives. Its standard error is DeLong's (Biometrics 44, 1988):

    SE² = var(placements of positives) / positives + var(placements of negatives) / negatives.

Molecules are resampled within each class, all scores from the same draws; so no resample lacks a
class. To first order the spread is that of sampling from both classes together, as generation does
and as the simulations of docs/intervals.md do. Molecules that are pooled from several models are
resampled within each class and model, as each model was asked for so many.

**Interval of one AUC**: bootstrap-t on θ = logit AUC, each resample studentized by its own DeLong
SE; never wider than the Clopper–Pearson interval of AUC · h successes among h = (1 / positives +
1 / negatives)⁻¹ trials. That one is for the largest variance that an AUC can have, AUC (1 - AUC) /
h (Bhatia–Davis inequality for placements in [0, 1]); it bounds what resampling cannot know if few
molecules are on the wrong side, and stands alone if none is (AUC exactly 0 or 1).

**Interval of a difference**: built from the two intervals and the correlation r of the two AUCs
over the paired resamples (Zou, Psychological Methods 12, 2007; "MOVER"). With d = A - B,

    low  = d - sqrt((A - A_low)² + (B_high - B)² - 2 r (A - A_low) (B_high - B)),

high likewise.

How often these intervals hold the true value: docs/intervals.md, AUC.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv, expit, logit

from core.stats.estimates import Interval

_CHUNK = 500_000  # drawn molecules in memory at a time: 4 MB per array


@dataclass(frozen=True, eq=False)
class AucResamples:
    """AUCs of Q scores for the molecules at hand and for R resamples of them.

    Attributes:
        auc: [Q], in [0, 1].
        error: DeLong's standard error, [Q]; NaN if a class has a single molecule.
        resampled: [R, Q]; all scores of a row come from the same draws.
        resampled_error: [R, Q].
        positives, negatives: molecules in each class.
    """

    auc: np.ndarray
    error: np.ndarray
    resampled: np.ndarray
    resampled_error: np.ndarray
    positives: int
    negatives: int


def resample_aucs(
    good: np.ndarray, quantities: np.ndarray, *, seed: int, resamples: int = 1000,
    strata: np.ndarray | None = None,
) -> AucResamples:
    """AUCs of several quantities, and of the same resamples of molecules for all of them.

    Memory is a few times 8 bytes times 500,000 (or one resample, if that is more) whatever the
    number of resamples, besides the result.

    Args:
        good: the label, [n] bool, both classes present.
        quantities: [Q, n] float, finite; lower should be better.
        seed: of the resamples.
        resamples: R.
        strata: what each molecule is of, [n]; resampled one by one. By default all are of one.
    """
    places = [_Places.of(good, quantity) for quantity in quantities]
    positives, negatives = int(good.sum()), int((~good).sum())
    here = np.arange(positives)[None], np.arange(negatives)[None]
    auc, error = _aucs(places, *here)
    kinds = np.zeros(len(good)) if strata is None else strata
    groups = [_groups(kinds[good]), _groups(kinds[~good])]
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(2)]
    step = max(1, _CHUNK // len(good))
    chunks = [
        _aucs(places, *(_draw(stream, of_class, min(step, resamples - first))
                        for stream, of_class in zip(streams, groups, strict=True)))
        for first in range(0, resamples, step)
    ]
    resampled, resampled_error = (np.concatenate(part) for part in zip(*chunks, strict=True))
    return AucResamples(auc[0], error[0], resampled, resampled_error, positives, negatives)


def _groups(strata: np.ndarray) -> list[np.ndarray]:
    """Numbers of the molecules of each stratum, increasing."""
    return [np.flatnonzero(strata == name) for name in np.unique(strata)]


def _draw(stream: np.random.Generator, groups: list[np.ndarray], rows: int) -> np.ndarray:
    """Resampled numbers of molecules, [rows, n], as many of each group as it holds."""
    return np.concatenate([group[stream.integers(0, len(group), (rows, len(group)))]
                           for group in groups], axis=1)


def auc_interval(sample: AucResamples, score: int, confidence: float = 0.95) -> Interval:
    """Interval of the AUC of the score number `score`; see the head of this module."""
    auc = float(sample.auc[score])
    low, high = widest_interval(auc, sample.positives, sample.negatives, confidence)
    if 0 < auc < 1 and min(sample.positives, sample.negatives) > 1:
        ends = _bootstrap_t(auc, sample.error[score], sample.resampled[:, score],
                            sample.resampled_error[:, score], confidence)
        low, high = max(low, ends[0]), min(high, ends[1])
    return Interval(min(low, auc), max(high, auc))


def widest_interval(
    auc: float, positives: int, negatives: int, confidence: float = 0.95
) -> tuple[float, float]:
    """The Clopper–Pearson interval for the largest variance that an AUC can have."""
    tail = (1 - confidence) / 2
    trials = 1 / (1 / positives + 1 / negatives)
    wins, losses = auc * trials, (1 - auc) * trials
    low = float(betaincinv(wins, losses + 1, tail)) if wins > 0 else 0.0
    high = float(betaincinv(wins + 1, losses, 1 - tail)) if losses > 0 else 1.0
    return low, high


def difference_interval(
    sample: AucResamples, first: int, second: int, intervals: tuple[Interval, Interval]
) -> Interval | None:
    """Interval of AUC `first` - AUC `second`; None if the scores rank alike in every resample.

    Args:
        sample: the AUCs.
        first, second: numbers of the scores.
        intervals: of the two AUCs, for the same confidence.
    """
    resampled = sample.resampled[:, [first, second]]
    spread = resampled.std(axis=0)
    if spread.any() and np.array_equal(resampled[:, 0], resampled[:, 1]):
        return None
    covariance = float(np.mean(np.prod(resampled - resampled.mean(axis=0), axis=1)))
    correlation = covariance / float(spread.prod()) if spread.all() else 0.0
    one, other = float(sample.auc[first]), float(sample.auc[second])
    below = _combine(one - intervals[0].low, intervals[1].high - other, correlation)
    above = _combine(intervals[0].high - one, other - intervals[1].low, correlation)
    return Interval(one - other - below, one - other + above)


def _combine(one: float, other: float, correlation: float) -> float:
    return math.sqrt(max(one**2 + other**2 - 2 * correlation * one * other, 0.0))


def _bootstrap_t(
    auc: float, error: float, resampled: np.ndarray, resampled_error: np.ndarray, confidence: float
) -> tuple[float, float]:
    """Bootstrap-t interval on the logit scale; an end is 0 or 1 where resamples give none."""
    slope, slopes = auc * (1 - auc), resampled * (1 - resampled)
    with np.errstate(divide="ignore", invalid="ignore"):  # logit AUC* is infinite at 0 and 1
        shift = logit(resampled) - logit(auc)
        t = np.where(np.isinf(shift), shift, shift * slopes / resampled_error)
    t = np.nan_to_num(t, nan=0.0, posinf=np.inf, neginf=-np.inf)
    tail = (1 - confidence) / 2
    # A discrete quantile never interpolates between infinities.
    t_low, t_high = np.quantile(t, [tail, 1 - tail], method="inverted_cdf")
    scale = error / slope
    return (float(expit(logit(auc) - t_high * scale)), float(expit(logit(auc) - t_low * scale)))


@dataclass(frozen=True, eq=False)
class _Places:
    """Where molecules stand in the order of one quantity.

    A place is a run of molecules of one class without one of the other between, or a group of equal
    quantities that holds both classes: AUC depends on nothing else.

    Attributes:
        of_positives: place of each positive, in their order in the data; 0 is lowest.
        of_negatives: place of each negative.
        number: of places.
    """

    of_positives: np.ndarray
    of_negatives: np.ndarray
    number: int

    @classmethod
    def of(cls, good: np.ndarray, quantity: np.ndarray) -> _Places:
        _, group = np.unique(quantity, return_inverse=True)
        has_good, has_bad = (np.bincount(group, weights=label) > 0 for label in (good, ~good))
        is_mixed = has_good & has_bad
        starts = is_mixed | np.r_[True, (has_good[1:] != has_good[:-1]) | is_mixed[:-1]]
        place = (np.cumsum(starts) - 1)[group]
        return cls(place[good], place[~good], int(place.max()) + 1)


def _aucs(
    places: list[_Places], positives: np.ndarray, negatives: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """AUC and standard error [C, Q] of C draws of positives [C, p] and negatives [C, q]."""
    found = [_auc(_counts(place.of_positives[positives], place.number),
                  _counts(place.of_negatives[negatives], place.number)) for place in places]
    auc, error = (np.stack(part, axis=1) for part in zip(*found, strict=True))
    return auc, error


def _counts(places: np.ndarray, number: int) -> np.ndarray:
    """How often each place occurs in each row, [C, number] float64."""
    rows = len(places)
    flat = places + number * np.arange(rows)[:, None]
    return np.bincount(flat.ravel(), minlength=rows * number).reshape(rows, number).astype(float)


def _auc(good: np.ndarray, bad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """AUC and standard error [C] of counts of positives and negatives by place, [C, S] each."""
    positives, negatives = good.sum(axis=1), bad.sum(axis=1)
    placement_of_good = 1 - (np.cumsum(bad, axis=1) - bad / 2) / negatives[:, None]
    placement_of_bad = (np.cumsum(good, axis=1) - good / 2) / positives[:, None]
    auc = np.einsum("cs,cs->c", good, placement_of_good) / positives
    placement_of_good -= auc[:, None]
    placement_of_bad -= auc[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (
            np.einsum("cs,cs,cs->c", good, placement_of_good, placement_of_good)
            / (positives * (positives - 1))
            + np.einsum("cs,cs,cs->c", bad, placement_of_bad, placement_of_bad)
            / (negatives * (negatives - 1))
        )
    return auc, np.sqrt(variance)
