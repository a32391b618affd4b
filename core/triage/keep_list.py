"""Which molecules to keep so that few of the kept are bad: a false-discovery rate is promised.

Null hypothesis of a candidate: it is bad (unstable). Its conformal p-value compares its score with
those of the c bad molecules of a reference set that shares no molecule with the candidates,

    p = (1 + number of bad reference molecules with score ≤ this one's) / (c + 1),

low where it scores lower (better) than bad ones do; a tie counts against it. Benjamini and
Hochberg's procedure then keeps the k candidates with the lowest p, for the largest k such that the
k-th p-value is at most α k / n.

If bad candidates and bad reference molecules are exchangeable, the p-values are valid and
positively dependent on each other (PRDS), so the expected share of bad ones among the kept (0 if
none is kept) is at most α · (share of bad ones among the candidates) ≤ α. The expectation is over
reference sets as well as candidates, not for the reference set at hand (Bates, Candès, Lei,
Romano, Sesia, Annals of Statistics 51, 2023, arXiv 2104.08279).

This is of use where the label is known of the reference set only, because it costs something: a
relaxation, an assay, a chemist's look. Stability follows from the graph, so with it the promise can
be checked, but nobody needs the list. Good ones in the reference set play no part. As the bound
is α times the share of bad candidates, few of them make the list shorter than it need be; if that
share is below α, keeping all candidates holds the promise as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from core.stats.conformal import ROUNDING, benjamini_hochberg, conformal_p_values
from core.stats.labels import LabelNames, RankingError, checked_label, checked_score
from core.triage.scores import STABILITY, QualityLabel, select_molecules


@dataclass(frozen=True, eq=False)
class KeepList:
    """Candidates kept at a false-discovery rate.

    Attributes:
        p_values: of each candidate, [n] in [1 / (c + 1), 1].
        kept: [n] bool.
        threshold: largest score kept, and any candidate with it or a lower one is kept; None if
            nothing is kept.
        fdr: α, the promised bound.
        bad_reference: c, bad molecules in the reference set.
        smallest_p: 1 / (c + 1), the smallest p-value there can be.
        guarantee: one sentence, with its conditions.
        note: one sentence on why little or nothing can be kept, or None.
        labels: names of the classes and of the molecules.
    """

    p_values: np.ndarray
    kept: np.ndarray
    threshold: float | None
    fdr: float
    bad_reference: int
    smallest_p: float
    guarantee: str
    note: str | None
    labels: LabelNames


@dataclass(frozen=True, eq=False)
class ReferenceSplit:
    """Two sets of molecules without a common one.

    Attributes:
        reference: rows of the reference set, increasing, [c] int.
        candidates: rows of the candidates, increasing, [n] int.
        repeated: rows left out because an earlier row is the same molecule.
    """

    reference: np.ndarray
    candidates: np.ndarray
    repeated: int


@dataclass(frozen=True, eq=False)
class SplitKeepList:
    """A keep-list whose candidates are one half of a table, with the label of both halves known.

    Attributes:
        keep_list: of the candidates.
        reference_rows: rows of the reference set, [c] int.
        candidate_rows: rows of the candidates, [n] int, as in `keep_list.kept`.
        kept_rows: rows kept, lowest score first, [k] int.
        candidates_good, kept_good: good molecules among the candidates and among the kept.
        repeated: rows left out because an earlier one is the same molecule.
        sentence: what was kept and how much of it is bad in truth.
    """

    keep_list: KeepList
    reference_rows: np.ndarray
    candidate_rows: np.ndarray
    kept_rows: np.ndarray
    candidates_good: int
    kept_good: int
    repeated: int
    sentence: str


def keep_list(
    candidates: ArrayLike,
    reference: ArrayLike,
    reference_good: ArrayLike,
    *,
    fdr: float,
    labels: LabelNames = STABILITY,
) -> KeepList:
    """Keep candidates by Benjamini–Hochberg on conformal p-values.

    Args:
        candidates: scores, [n], finite, lower should be better.
        reference: scores of other molecules, [m], made in the same way.
        reference_good: their label, [m] bool.
        fdr: α, in (0, 1).
        labels: names for sentences.

    Raises:
        RankingError: without candidates, or for an `fdr` outside (0, 1).
        ValueError: naming the argument that does not fit.
    """
    if not 0 < fdr < 1:
        raise RankingError(f"A false-discovery rate lies between 0 and 1, got {fdr}.")
    label = checked_label(reference_good)
    bad = checked_score(reference, len(label), "reference score")[~label]
    scores = checked_score(candidates, np.size(candidates), "candidate score")
    if not len(scores):
        raise RankingError(f"There are no candidates to keep; sample more {labels.many}.")
    p_values = conformal_p_values(scores, bad)
    kept = benjamini_hochberg(p_values, fdr)
    return KeepList(
        p_values=p_values, kept=kept,
        threshold=float(scores[kept].max()) if kept.any() else None,
        fdr=fdr, bad_reference=len(bad), smallest_p=1 / (len(bad) + 1),
        guarantee=_guarantee(fdr, labels), note=_note(kept, p_values, fdr, len(bad), labels),
        labels=labels,
    )


def split_off_reference(
    names: Sequence[str], *, seed: int, reference_share: float = 0.5
) -> ReferenceSplit:
    """Divide molecules at random into a reference set and candidates.

    Of equal names only the first row takes part, so no molecule is on both sides, and which side a
    molecule is on does not depend on its score or label.

    Args:
        names: one per row, such as canonical SMILES; equal ones are the same molecule.
        seed: of the division.
        reference_share: share of the different molecules that is the reference set, in (0, 1).

    Raises:
        RankingError: for fewer than two different molecules.
    """
    if not 0 < reference_share < 1:
        raise ValueError(f"reference_share must lie between 0 and 1, got {reference_share}.")
    _, first = np.unique(np.asarray(names, dtype=str), return_index=True)
    if len(first) < 2:
        raise RankingError("A keep-list compares with one part of the molecules and chooses from "
                           f"the other, so it needs at least 2 different ones, got {len(first)}; "
                           "sample more.")
    size = min(max(round(reference_share * len(first)), 1), len(first) - 1)
    shuffled = np.random.default_rng(seed).permutation(np.sort(first))
    return ReferenceSplit(
        reference=np.sort(shuffled[:size]), candidates=np.sort(shuffled[size:]),
        repeated=len(names) - len(first),
    )


def keep_list_of_samples(
    table: pd.DataFrame, quantity: str = "lu", *, fdr: float, seed: int,
    reference_share: float = 0.5, label: QualityLabel = STABILITY, names: pd.Series | None = None,
) -> SplitKeepList:
    """Take one part of the different molecules as the reference set, and keep from the other.

    Args:
        table: columns `valid`, the label's and `quantity`, and `smiles` if there are no `names`.
        quantity: a column that ranks.
        fdr: α, in (0, 1).
        seed: of the division.
        reference_share: share of the different molecules that is the reference set, in (0, 1).
        label: which molecules are good, and among which.
        names: a row of the table each, equal ones for equal molecules; by default the SMILES, which
            only valid molecules have (`core.triage.quality.graph_names`).

    Raises:
        RankingError: for fewer than two different molecules with the score, or another `fdr`.
    """
    molecules = select_molecules(table, [quantity], label=label)
    names = (table["smiles"] if names is None else names).iloc[molecules.rows]
    if names.isna().any():
        raise RankingError("A keep-list tells molecules apart by their SMILES, and some "
                           f"{'valid' if label.of_valid else 'decoded'} rows have none.")
    split = split_off_reference(names.tolist(), seed=seed, reference_share=reference_share)
    score, good = molecules.scores[quantity], molecules.good
    result = keep_list(score[split.candidates], score[split.reference], good[split.reference],
                       fdr=fdr, labels=label)
    kept = split.candidates[result.kept]
    kept = kept[np.argsort(score[kept], kind="stable")]
    return SplitKeepList(
        keep_list=result,
        reference_rows=molecules.rows[split.reference],
        candidate_rows=molecules.rows[split.candidates],
        kept_rows=molecules.rows[kept],
        candidates_good=int(good[split.candidates].sum()), kept_good=int(good[kept].sum()),
        repeated=split.repeated,
        sentence=_sentence(len(kept), int(good[kept].sum()), len(split.candidates),
                           int(good[split.candidates].sum()), label),
    )


def _guarantee(fdr: float, labels: LabelNames) -> str:
    return (f"The expected share of {labels.bad} {labels.many} among the kept is at most "
            f"{100 * fdr:.3g}%, provided that reference {labels.many} and candidates are "
            "exchangeable (drawn alike, such as random halves of one sample); the expectation is "
            "over reference sets and candidates, so a single list can hold more.")


def _note(
    kept: np.ndarray, p_values: np.ndarray, fdr: float, bad: int, labels: LabelNames
) -> str | None:
    """Why little or nothing is kept: the k-th smallest p-value must be at most α k / n."""
    smallest = 1 / (bad + 1)
    if smallest > fdr * (1 + ROUNDING):
        return (f"Nothing can be kept at a rate of {100 * fdr:.3g}%: with {bad:,} {labels.bad} "
                f"reference {labels.many} the smallest p-value (how often {labels.bad} "
                f"{labels.many} score as well) is {smallest:.3g}; at least "
                f"{math.ceil(1 / fdr - ROUNDING) - 1:,} are needed.")
    if kept.any():
        return None
    needed = math.ceil(smallest * len(p_values) / fdr * (1 - ROUNDING))
    best = int((p_values == smallest).sum())
    return (f"Nothing is kept: the smallest p-value (how often {labels.bad} {labels.many} score as "
            f"well) is {smallest:.3g}, so {needed:,} of the {len(p_values):,} candidates would "
            f"have to score lower than all {bad:,} {labels.bad} reference {labels.many}, and "
            f"{best:,} do; allow a higher rate, or take a larger reference set.")


def _sentence(kept: int, kept_good: int, candidates: int, good: int, labels: LabelNames) -> str:
    if not kept:
        return (f"Nothing is kept; {candidates - good:,} of the {candidates:,} candidates are "
                f"{labels.bad} ({1 - good / candidates:.1%}).")
    return (f"{kept:,} of {candidates:,} candidates are kept. Of the kept, {kept - kept_good:,} "
            f"({1 - kept_good / kept:.1%}) are {labels.bad}; of all candidates, "
            f"{candidates - good:,} ({1 - good / candidates:.1%}).")
