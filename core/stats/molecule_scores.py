"""What rankings of molecules are made of: a label that is good or not, and scores.

Every score here is a quantity of which less should be better: an NLL, or LU (SPEC 5).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from core.errors import InputError

QUANTITIES = {
    "self_nll": "self NLL",
    "nll_mean": "mean resampled NLL",
    "lu": "LU",
    "nll_marginal": "order-marginal NLL",
}
"""Columns of a table of generated molecules that can rank them, and their names in sentences."""


class RankingError(InputError):
    """Molecules that cannot be ranked or compared; the message says why and what would help."""


@dataclass(frozen=True)
class LabelNames:
    """How sentences call the two classes and the molecules they are in.

    Attributes:
        good: an adjective for the positive class.
        bad: an adjective for the negative class.
        molecules: what is ranked, in the plural.
    """

    good: str
    bad: str
    molecules: str


STABILITY = LabelNames("stable", "unstable", "valid generated molecules")


@dataclass(frozen=True, eq=False)
class ScoredMolecules:
    """The n molecules of a table that have a label and every score.

    Attributes:
        rows: their row numbers in the table, increasing, [n] int.
        good: whether each is stable, [n] bool.
        scores: column → [n] float64, finite.
        unscored: valid molecules left out because a score or the label is missing.
        absent: columns left out because no valid molecule has a value there.
    """

    rows: np.ndarray
    good: np.ndarray
    scores: Mapping[str, np.ndarray]
    unscored: int
    absent: tuple[str, ...]


def select_molecules(
    table: pd.DataFrame, quantities: Collection[str] = tuple(QUANTITIES)
) -> ScoredMolecules:
    """The valid molecules of a table of samples, with label `stable` and the given scores.

    Args:
        table: columns `valid`, `stable` and all of `quantities`; missing values are allowed.
        quantities: columns that are scores.

    Raises:
        RankingError: if no molecule is left, or none of the scores is known.
    """
    valid = table["valid"].to_numpy(dtype=bool, na_value=False)
    if not valid.any():
        what = {0: "There are no molecules", 1: "The only molecule is not valid"}.get(
            len(table), f"None of the {len(table):,} molecules is valid")
        raise RankingError(f"{what}, so there is nothing to rank; sample more molecules or use "
                           "another model.")
    scores = {name: table[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in quantities}
    absent = tuple(name for name, score in scores.items() if not np.isfinite(score[valid]).any())
    scores = {name: score for name, score in scores.items() if name not in absent}
    if not scores:
        raise RankingError(f"None of the {valid.sum():,} valid molecules has a score; score them "
                           "first.")
    is_complete = valid & table["stable"].notna().to_numpy()
    if not is_complete.any():
        raise RankingError(f"Stability is known for none of the {valid.sum():,} valid graphs; only "
                           "molecules have one.")
    for score in scores.values():
        is_complete &= np.isfinite(score)
    if not is_complete.any():
        raise RankingError(f"None of the {valid.sum():,} valid molecules has all of the scores "
                           f"{', '.join(scores)}; compare fewer scores.")
    rows = np.flatnonzero(is_complete)
    return ScoredMolecules(
        rows=rows,
        good=table["stable"].to_numpy(dtype=bool, na_value=False)[rows],
        scores={name: score[rows] for name, score in scores.items()},
        unscored=int(valid.sum() - len(rows)),
        absent=absent,
    )


def checked_label(good: ArrayLike) -> np.ndarray:
    """A label as [n] bool.

    Raises:
        ValueError: for anything that is not one truth value per molecule.
    """
    label = np.asarray(good)
    if label.ndim != 1 or (label.dtype != bool and label.size):
        raise ValueError(f"good must be [molecules] of booleans, got {label.dtype} of shape "
                         f"{label.shape}.")
    return label.astype(bool)


def checked_score(score: ArrayLike, number: int, name: str = "score") -> np.ndarray:
    """A score as [n] float64.

    Raises:
        ValueError: naming the score if it is not one finite number per molecule.
    """
    values = np.asarray(score, dtype=np.float64)
    if values.shape != (number,):
        raise ValueError(f"{name} must have one number per molecule, {number}, got shape "
                         f"{values.shape}.")
    if not np.isfinite(values).all():
        raise ValueError(f"Every {name} must be finite; leave molecules without it out.")
    return values
