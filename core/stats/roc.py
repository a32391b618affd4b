"""How well scores tell good molecules from bad ones: ROC curves, AUCs, paired differences.

The positive class is the good one, the score is *minus* a quantity, so AUC > 0.5 means "lower is
better". Intervals: `core.stats.auc`. Molecules are the unit of resampling; equal molecules that
were sampled twice count twice, as they were sampled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.metrics import roc_auc_score, roc_curve

from core.stats.auc import auc_interval, difference_interval, resample_aucs
from core.stats.estimates import Estimate, Interval
from core.stats.labels import (
    GOOD_OR_BAD,
    LabelNames,
    RankingError,
    checked_label,
    checked_score,
)

_EQUAL = 1e-9  # AUCs that differ by less are of the same molecules and scores


@dataclass(frozen=True, eq=False)
class ScoreRoc:
    """ROC curve of minus one quantity.

    Attributes:
        quantity: its key.
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
    """

    first: str
    second: str
    difference: Estimate


@dataclass(frozen=True)
class AucEstimates:
    """What resampling says of the AUCs of several scores of the same molecules.

    Attributes:
        aucs: with their intervals, by key of the score.
        differences: paired intervals of AUC of the first minus AUC of the second, by keys; None
            where both rank alike in every resample.
        positives, negatives: good and bad molecules.
        seed, resamples: of the bootstrap.
        confidence: nominal coverage of the intervals.
    """

    aucs: Mapping[str, Estimate]
    differences: Mapping[tuple[str, str], Interval | None]
    positives: int
    negatives: int
    seed: int
    resamples: int
    confidence: float = 0.95

    def agrees(self, asked: AucEstimates) -> bool:
        """Whether these answer what is asked: same molecules, scores and resamples."""
        return (
            self.differences.keys() == asked.differences.keys()
            and self.aucs.keys() == asked.aucs.keys()
            and all(abs(self.aucs[key].value - auc.value) < _EQUAL
                    for key, auc in asked.aucs.items())
            and all(getattr(self, name) == getattr(asked, name) for name in (
                "positives", "negatives", "seed", "resamples", "confidence"))
        )


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
        labels: names of the classes and of the molecules.
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
    labels: LabelNames

    def roc(self, quantity: str) -> ScoreRoc:
        """The curve of one quantity; KeyError if it is not among them."""
        for roc in self.rocs:
            if roc.quantity == quantity:
                return roc
        raise KeyError(quantity)

    def difference(self, first: str, second: str) -> Estimate:
        """AUC of one quantity minus AUC of another; KeyError if they are not among them."""
        for pair in self.differences:
            if (pair.first, pair.second) == (first, second):
                return pair.difference
            if (pair.second, pair.first) == (first, second):
                back = pair.difference.interval
                turned = None if back is None else Interval(-back.high, -back.low)
                return Estimate(-pair.difference.value, turned, pair.difference.reason)
        raise KeyError((first, second))


def compare_scores(
    good: ArrayLike,
    quantities: Mapping[str, ArrayLike],
    *,
    seed: int,
    resamples: int = 1000,
    confidence: float = 0.95,
    labels: LabelNames = GOOD_OR_BAD,
    names: Mapping[str, str] | None = None,
    unscored: int = 0,
    absent: tuple[str, ...] = (),
    known: AucEstimates | None = None,
    strata: ArrayLike | None = None,
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
        names: of quantities in sentences, by key; by default the keys.
        unscored: molecules that are left out already.
        absent: quantities that are left out already.
        known: intervals that were stored; taken if they are of these molecules, scores, seed,
            resamples and confidence, so that nothing is resampled again.
        strata: what each molecule is of, [n], such as its model; resampled one by one.

    Raises:
        RankingError: with fewer than one molecule in either class.
        ValueError: naming the argument that does not fit.
    """
    if resamples < 100 or not 0 < confidence < 1 or not quantities:
        raise ValueError("Give at least one quantity, at least 100 resamples and a confidence "
                         f"between 0 and 1, got {len(quantities)}, {resamples} and {confidence}.")
    names = names or {}
    keep, label, columns = _complete(good, quantities)
    missing = int((~keep).sum())
    kinds = None if strata is None else np.asarray(strata)[keep]
    _check_classes(label, labels, missing + unscored)
    asked = AucEstimates(
        aucs={key: Estimate(float(roc_auc_score(label, -column)))
              for key, column in columns.items()},
        differences=dict.fromkeys(combinations(columns, 2)),
        positives=int(label.sum()), negatives=int((~label).sum()),
        seed=seed, resamples=resamples, confidence=confidence,
    )
    found = known if known is not None and known.agrees(asked) else _resample(
        asked, label, columns, kinds)
    return ScoreComparison(
        rocs=tuple(_roc(found, label, column, key, names.get(key, key), labels)
                   for key, column in columns.items()),
        differences=tuple(_difference(found, first, second, names)
                          for first, second in asked.differences),
        positives=found.positives,
        negatives=found.negatives,
        unscored=missing + unscored,
        absent=absent,
        seed=seed,
        resamples=resamples,
        note=_note(missing + unscored, [names.get(key, key) for key in absent], labels),
        labels=labels,
    )


def _resample(
    asked: AucEstimates, label: np.ndarray, columns: Mapping[str, np.ndarray],
    strata: np.ndarray | None,
) -> AucEstimates:
    """Fill in all intervals."""
    sample = resample_aucs(label, np.stack(list(columns.values())), seed=asked.seed,
                           resamples=asked.resamples, strata=strata)
    intervals = {key: auc_interval(sample, place, asked.confidence)
                 for place, key in enumerate(columns)}
    places = {key: place for place, key in enumerate(columns)}
    return replace(
        asked,
        aucs={key: Estimate(auc.value, intervals[key]) for key, auc in asked.aucs.items()},
        differences={
            (first, second): difference_interval(sample, places[first], places[second],
                                                 (intervals[first], intervals[second]))
            for first, second in asked.differences
        },
    )


def _complete(
    good: ArrayLike, quantities: Mapping[str, ArrayLike]
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Which molecules have all quantities, [n] bool; label and quantities of those."""
    label = checked_label(good)
    table = pd.DataFrame({key: np.asarray(column, dtype=np.float64)
                          for key, column in quantities.items()})
    if len(table) != len(label):
        raise ValueError(f"quantities must have one number per molecule, {len(label)}, got "
                         f"{len(table)}.")
    keep = table.notna().all(axis=1).to_numpy()
    columns = {key: checked_score(table[key][keep], int(keep.sum()), key) for key in table}
    return keep, label[keep], columns


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
                       f"more {labels.many} to find {other} ones, or take another model.")


def _roc(
    found: AucEstimates, label: np.ndarray, quantity: np.ndarray, key: str, name: str,
    labels: LabelNames,
) -> ScoreRoc:
    false_positive, true_positive, _ = roc_curve(label, -quantity)
    sentence = (
        f"Score: minus {name}. Label: {labels.good}, among {labels.molecules} "
        f"({found.positives:,} {labels.good}, {found.negatives:,} {labels.bad}). An AUC above "
        f"0.5 means that {labels.good} {labels.many} tend to have the lower {name}."
    )
    return ScoreRoc(
        quantity=key, name=name, sentence=sentence,
        false_positive_rate=false_positive, true_positive_rate=true_positive,
        auc=found.aucs[key], positives=found.positives, negatives=found.negatives,
    )


def _difference(
    found: AucEstimates, first: str, second: str, names: Mapping[str, str]
) -> AucDifference:
    interval = found.differences[first, second]
    value = found.aucs[first].value - found.aucs[second].value
    reason = None if interval is not None else _capitalized(
        f"{names.get(first, first)} and {names.get(second, second)} rank these molecules alike, so "
        "resampling them cannot tell how far apart the two are.")
    return AucDifference(first, second, Estimate(value, interval, reason))


def _note(unscored: int, absent: Sequence[str], labels: LabelNames) -> str | None:
    parts = []
    if unscored:
        parts.append(f"{unscored:,} of the {labels.molecules} are left out because a score is "
                     "missing")
    if absent:
        parts.append(f"not compared because no molecule has it: {', '.join(absent)}")
    return _capitalized("; ".join(parts) + ".") if parts else None


def _capitalized(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
