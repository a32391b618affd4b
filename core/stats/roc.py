"""How well scores tell good molecules from bad ones: ROC curves, AUCs, paired differences.

The positive class is the good one (stable), the score is *minus* a quantity such as LU or an NLL,
so AUC > 0.5 means "lower is better" (SPEC 5). Intervals: `core.stats.auc`. Molecules are the
unit of resampling; equal molecules that were sampled twice count twice, as they were sampled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.metrics import roc_auc_score, roc_curve

from core.stats.auc import AucResamples, auc_interval, difference_interval, resample_aucs
from core.stats.estimates import Estimate
from core.stats.molecule_scores import (
    QUANTITIES,
    STABILITY,
    LabelNames,
    RankingError,
    checked_label,
    checked_score,
    select_molecules,
)


@dataclass(frozen=True, eq=False)
class ScoreRoc:
    """ROC curve of minus one quantity.

    Attributes:
        quantity: its key, a column of the table of samples.
        name: its name in sentences.
        sentence: names label, score, direction and class counts.
        false_positive_rate: share of bad molecules above each threshold, increasing, [t] in [0, 1].
        true_positive_rate: share of good molecules there, [t]; points on a straight line are left
            out.
        auc: area under the curve with its 95% interval.
        positives, negatives: good and bad molecules.
    """

    quantity: str
    name: str
    sentence: str
    false_positive_rate: np.ndarray
    true_positive_rate: np.ndarray
    auc: Estimate
    positives: int
    negatives: int


@dataclass(frozen=True)
class AucDifference:
    """AUC of `first` minus AUC of `second` on the same molecules.

    Attributes:
        first, second: keys of the quantities.
        difference: with its paired interval.
        sentence: what it says of the two.
    """

    first: str
    second: str
    difference: Estimate
    sentence: str


@dataclass(frozen=True, eq=False)
class ScoreComparison:
    """Several scores of the same molecules.

    Attributes:
        rocs: one per quantity.
        differences: one per pair of quantities, in their order.
        positives, negatives: good and bad molecules compared.
        unscored: molecules left out because one of the scores is missing.
        absent: quantities left out because no molecule has them.
        seed, resamples: of the bootstrap.
        note: one sentence on what was left out, or None.
    """

    rocs: tuple[ScoreRoc, ...]
    differences: tuple[AucDifference, ...]
    positives: int
    negatives: int
    unscored: int
    absent: tuple[str, ...]
    seed: int
    resamples: int
    note: str | None

    def roc(self, quantity: str) -> ScoreRoc:
        """The curve of one quantity; KeyError if it is not among them."""
        for roc in self.rocs:
            if roc.quantity == quantity:
                return roc
        raise KeyError(quantity)


def compare_samples(
    table: pd.DataFrame, *, seed: int, resamples: int = 1000, confidence: float = 0.95
) -> ScoreComparison:
    """ROC curves, AUCs and paired differences of all scores, for stability.

    Args:
        table: columns `valid`, `stable` and those of `QUANTITIES`.
        seed: of the bootstrap.
        resamples: of molecules, at least 100.
        confidence: nominal coverage of the intervals.

    Raises:
        RankingError: without a valid molecule, or with only stable or only unstable ones.
    """
    molecules = select_molecules(table)
    return compare_scores(
        molecules.good, molecules.scores, seed=seed, resamples=resamples, confidence=confidence,
        unscored=molecules.unscored, absent=molecules.absent,
    )


def compare_scores(
    good: ArrayLike,
    quantities: Mapping[str, ArrayLike],
    *,
    seed: int,
    resamples: int = 1000,
    confidence: float = 0.95,
    labels: LabelNames = STABILITY,
    unscored: int = 0,
    absent: tuple[str, ...] = (),
) -> ScoreComparison:
    """ROC curves and AUCs of minus each quantity, and paired differences.

    Args:
        good: the label, [n] bool.
        quantities: key → [n], lower should be better; NaN where missing. Molecules that miss one
            are left out for all, so that every score sees the same molecules.
        seed: of the bootstrap; the same molecules and seed give the same intervals.
        resamples: of molecules, at least 100.
        confidence: nominal coverage of the intervals, in (0, 1).
        labels: names for sentences.
        unscored: molecules that are left out already.
        absent: quantities that are left out already.

    Raises:
        RankingError: with fewer than one molecule in either class.
        ValueError: naming the argument that does not fit.
    """
    if resamples < 100 or not 0 < confidence < 1 or not quantities:
        raise ValueError("Give at least one quantity, at least 100 resamples and a confidence "
                         f"between 0 and 1, got {len(quantities)}, {resamples} and {confidence}.")
    label, columns, missing = _complete(good, quantities)
    _check_classes(label, labels, missing + unscored)
    sample = resample_aucs(label, np.stack(list(columns.values())), seed=seed, resamples=resamples)
    rocs = tuple(
        _roc(key, column, label, sample, number, confidence, labels)
        for number, (key, column) in enumerate(columns.items())
    )
    return ScoreComparison(
        rocs=rocs,
        differences=tuple(_difference(sample, rocs, *pair)
                          for pair in combinations(range(len(rocs)), 2)),
        positives=sample.positives,
        negatives=sample.negatives,
        unscored=missing + unscored,
        absent=absent,
        seed=seed,
        resamples=resamples,
        note=_note(missing + unscored, absent, labels),
    )


def _complete(
    good: ArrayLike, quantities: Mapping[str, ArrayLike]
) -> tuple[np.ndarray, dict[str, np.ndarray], int]:
    """Label and quantities of the molecules that have all of them, and how many do not."""
    label = checked_label(good)
    table = pd.DataFrame({key: np.asarray(column, dtype=np.float64)
                          for key, column in quantities.items()})
    if len(table) != len(label):
        raise ValueError(f"quantities must have one number per molecule, {len(label)}, got "
                         f"{len(table)}.")
    keep = table.notna().all(axis=1).to_numpy()
    columns = {key: checked_score(table[key][keep], int(keep.sum()), key) for key in table}
    return label[keep], columns, int((~keep).sum())


def _check_classes(label: np.ndarray, labels: LabelNames, unscored: int) -> None:
    if label.any() and not label.all():
        return
    scored = " with all scores" if unscored else ""
    if not len(label):
        raise RankingError(f"There are no {labels.molecules}{scored}, so there is nothing to rank.")
    only, other = (labels.good, labels.bad) if label.all() else (labels.bad, labels.good)
    every = "both" if len(label) == 2 else f"all {len(label):,}"
    what = (f"The only one of the {labels.molecules}{scored} is {only}" if len(label) == 1 else
            f"The {labels.molecules}{scored} are {every} {only}")
    raise RankingError(f"{what}, and an AUC compares {labels.good} with {labels.bad} ones; sample "
                       f"more molecules to find {other} ones, or take another model.")


def _roc(
    key: str, quantity: np.ndarray, label: np.ndarray, sample: AucResamples, number: int,
    confidence: float, labels: LabelNames,
) -> ScoreRoc:
    false_positive, true_positive, _ = roc_curve(label, -quantity)
    name = QUANTITIES.get(key, key)
    sentence = (
        f"Score: minus {name}. Label: {labels.good}, among {labels.molecules} "
        f"({sample.positives:,} {labels.good}, {sample.negatives:,} {labels.bad}). An AUC above "
        f"0.5 means that {labels.good} molecules tend to have the lower {name}."
    )
    return ScoreRoc(
        quantity=key, name=name, sentence=sentence,
        false_positive_rate=false_positive, true_positive_rate=true_positive,
        auc=Estimate(float(roc_auc_score(label, -quantity)),
                     auc_interval(sample, number, confidence)),
        positives=sample.positives, negatives=sample.negatives,
    )


def _difference(
    sample: AucResamples, rocs: tuple[ScoreRoc, ...], first: int, second: int
) -> AucDifference:
    one, other = rocs[first], rocs[second]
    intervals = one.auc.interval, other.auc.interval
    assert intervals[0] is not None
    assert intervals[1] is not None
    interval = difference_interval(sample, first, second, (intervals[0], intervals[1]))
    value = one.auc.value - other.auc.value
    names = f"{one.name} and {other.name}"
    if interval is None:
        reason = _capitalized(f"{names} rank these molecules alike, so resampling them cannot tell "
                              "how far apart the two are.")
        return AucDifference(one.quantity, other.quantity, Estimate(value, None, reason), reason)
    if interval.low <= 0 <= interval.high:
        sentence = f"These molecules do not tell which of {names} ranks better."
    else:
        better, worse = (one, other) if value > 0 else (other, one)
        sentence = _capitalized(f"{better.name} ranks these molecules better than {worse.name}.")
    return AucDifference(one.quantity, other.quantity, Estimate(value, interval), sentence)


def _note(unscored: int, absent: tuple[str, ...], labels: LabelNames) -> str | None:
    parts = []
    if unscored:
        parts.append(f"{unscored:,} of the {labels.molecules} are left out because a score is "
                     "missing")
    if absent:
        names = ", ".join(QUANTITIES.get(key, key) for key in absent)
        parts.append(f"not compared because no molecule has it: {names}")
    return _capitalized("; ".join(parts) + ".") if parts else None


def _capitalized(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
