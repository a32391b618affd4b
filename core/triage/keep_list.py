"""Which molecules to keep so that few of the kept are bad: a false-discovery rate is promised.

Null hypothesis of a candidate: it is bad (unstable). Its conformal p-value compares its score with
those of the c bad molecules of a calibration set that shares no molecule with the candidates,

    p = (1 + number of bad calibration molecules with score ≤ this one's) / (c + 1),

low where it scores lower (better) than bad ones do; a tie counts against it. Benjamini and
Hochberg's procedure then keeps the k candidates with the lowest p, for the largest k such that the
k-th p-value is at most α k / n.

If bad candidates and bad calibration molecules are exchangeable, the p-values are valid and
positively dependent on each other (PRDS), so the expected share of bad ones among the kept (0 if
none is kept) is at most α · (share of bad ones among the candidates) ≤ α. The expectation is over
calibration sets as well as candidates, not for the calibration set at hand (Bates, Candès, Lei,
Romano, Sesia, Annals of Statistics 51, 2023, arXiv 2104.08279).

This is of use where the label is known of the calibration set only, because it costs something: a
relaxation, an assay, a chemist's look. Stability follows from the graph, so with it the promise can
be checked, but nobody needs the list. Good ones in the calibration set play no part. As the bound
is α times the share of bad candidates, few of them make the list shorter than it need be; if that
share is below α, keeping all candidates holds the promise as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.stats.molecule_scores import (
    STABILITY,
    LabelNames,
    RankingError,
    checked_label,
    checked_score,
)

_ROUNDING = 1e-12  # relative; α k / n may miss a p-value it equals by the last digit


@dataclass(frozen=True, eq=False)
class KeepList:
    """Candidates kept at a false-discovery rate.

    Attributes:
        p_values: of each candidate, [n] in [1 / (c + 1), 1].
        kept: [n] bool.
        threshold: largest score kept, and any candidate with it or a lower one is kept; None if
            nothing is kept.
        fdr: α, the promised bound.
        bad_calibration: c, bad molecules in the calibration set.
        smallest_p: 1 / (c + 1), the smallest p-value there can be.
        guarantee: one sentence, with its conditions.
        note: one sentence on why little or nothing can be kept, or None.
    """

    p_values: np.ndarray
    kept: np.ndarray
    threshold: float | None
    fdr: float
    bad_calibration: int
    smallest_p: float
    guarantee: str
    note: str | None


@dataclass(frozen=True, eq=False)
class CalibrationSplit:
    """Two sets of molecules without a common one.

    Attributes:
        calibration: rows of the calibration set, increasing, [c] int.
        candidates: rows of the candidates, increasing, [n] int.
        repeated: rows left out because an earlier row is the same molecule.
    """

    calibration: np.ndarray
    candidates: np.ndarray
    repeated: int


def keep_list(
    candidates: ArrayLike,
    calibration: ArrayLike,
    calibration_good: ArrayLike,
    *,
    fdr: float,
    labels: LabelNames = STABILITY,
) -> KeepList:
    """Keep candidates by Benjamini–Hochberg on conformal p-values.

    Args:
        candidates: scores, [n], finite, lower should be better.
        calibration: scores of other molecules, [m], made in the same way.
        calibration_good: their label, [m] bool.
        fdr: α, in (0, 1).
        labels: names for sentences.

    Raises:
        RankingError: without candidates, or for an `fdr` outside (0, 1).
        ValueError: naming the argument that does not fit.
    """
    if not 0 < fdr < 1:
        raise RankingError(f"A false-discovery rate lies between 0 and 1, got {fdr}.")
    label = checked_label(calibration_good)
    bad = checked_score(calibration, len(label), "calibration score")[~label]
    scores = checked_score(candidates, np.size(candidates), "candidate score")
    if not len(scores):
        raise RankingError("There are no candidates to keep; sample more molecules.")
    p_values = conformal_p_values(scores, bad)
    kept = benjamini_hochberg(p_values, fdr)
    return KeepList(
        p_values=p_values, kept=kept,
        threshold=float(scores[kept].max()) if kept.any() else None,
        fdr=fdr, bad_calibration=len(bad), smallest_p=1 / (len(bad) + 1),
        guarantee=_guarantee(fdr, labels), note=_note(kept, p_values, fdr, len(bad), labels),
    )


def conformal_p_values(scores: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """p-values [n] of scores [n] against the scores of bad calibration molecules [c].

    >>> conformal_p_values(np.array([0.1, 0.2, 0.9]), np.array([0.2, 0.3, 0.4])).tolist()
    [0.25, 0.5, 1.0]
    """
    lower_or_equal = np.searchsorted(np.sort(bad), scores, side="right")
    return (1 + lower_or_equal) / (len(bad) + 1)


def benjamini_hochberg(p_values: np.ndarray, fdr: float) -> np.ndarray:
    """Which of n hypotheses the step-up procedure rejects, [n] bool.

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, 0.9]), 0.06).tolist()
    [True, True, True, False]
    """
    number = len(p_values)
    bounds = fdr * np.arange(1, number + 1) / number
    holds = np.sort(p_values) <= bounds * (1 + _ROUNDING)
    if not holds.any():
        return np.zeros(number, dtype=bool)
    return p_values <= np.sort(p_values)[np.flatnonzero(holds)[-1]]


def split_for_calibration(
    smiles: Sequence[str], *, seed: int, calibration_share: float = 0.5
) -> CalibrationSplit:
    """Divide molecules at random into a calibration set and candidates.

    Of equal SMILES only the first row takes part, so no molecule is on both sides, and which side a
    molecule is on does not depend on its score or label.

    Args:
        smiles: one per row, all written in the same way.
        seed: of the division.
        calibration_share: share of the different molecules that calibrates, in (0, 1).

    Raises:
        RankingError: for fewer than two different molecules.
    """
    if not 0 < calibration_share < 1:
        raise ValueError(f"calibration_share must lie between 0 and 1, got {calibration_share}.")
    _, first = np.unique(np.asarray(smiles, dtype=str), return_index=True)
    if len(first) < 2:
        raise RankingError("A keep-list calibrates on one part of the molecules and chooses from "
                           f"the other, so it needs at least 2 different ones, got {len(first)}; "
                           "sample more.")
    size = min(max(round(calibration_share * len(first)), 1), len(first) - 1)
    shuffled = np.random.default_rng(seed).permutation(np.sort(first))
    return CalibrationSplit(
        calibration=np.sort(shuffled[:size]), candidates=np.sort(shuffled[size:]),
        repeated=len(smiles) - len(first),
    )


def _guarantee(fdr: float, labels: LabelNames) -> str:
    return (f"The expected share of {labels.bad} molecules among the kept is at most {fdr:.3g}, "
            "provided that calibration molecules and candidates are exchangeable, such as random "
            "halves of one sample; the expectation is over calibration sets and candidates, so a "
            "single list can hold more.")


def _note(
    kept: np.ndarray, p_values: np.ndarray, fdr: float, bad: int, labels: LabelNames
) -> str | None:
    """Why little or nothing is kept: the k-th smallest p-value must be at most α k / n."""
    smallest = 1 / (bad + 1)
    if smallest > fdr * (1 + _ROUNDING):
        return (f"Nothing can be kept at a rate of {fdr:.3g}: with {bad:,} {labels.bad} calibration"
                f" molecules the smallest p-value is {smallest:.3g}; at least "
                f"{math.ceil(1 / fdr - _ROUNDING) - 1:,} are needed.")
    if kept.any():
        return None
    needed = math.ceil(smallest * len(p_values) / fdr * (1 - _ROUNDING))
    best = int((p_values == smallest).sum())
    return (f"Nothing is kept: the smallest p-value is {smallest:.3g}, so {needed:,} of the "
            f"{len(p_values):,} candidates would have to score lower than all {bad:,} {labels.bad} "
            f"calibration molecules, and {best:,} do; allow a higher rate, or calibrate on more "
            "molecules.")
