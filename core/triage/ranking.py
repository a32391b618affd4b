"""Rankings of a table of generated molecules, as commands and pages need them.

How good are the best ranked (risk–coverage), and which to keep at a promised error (keep-list)?
Whether a score tells stable from unstable at all is `core.stats.roc`'s question. All take the
same molecules: valid ones of known stability that have the scores (`select_molecules`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.stats.molecule_scores import RankingError, select_molecules
from core.stats.risk_coverage import RiskCoverage, risk_coverage
from core.triage.keep_list import KeepList, keep_list, split_for_calibration


@dataclass(frozen=True, eq=False)
class SplitKeepList:
    """A keep-list whose candidates are one half of a table, with the label of both halves known.

    Attributes:
        keep_list: of the candidates.
        calibration_rows: rows of the table that calibrated, [c] int.
        candidate_rows: rows of the candidates, [n] int, as in `keep_list.kept`.
        kept_rows: rows kept, lowest score first, [k] int.
        candidates_good, kept_good: stable molecules among the candidates and among the kept.
        repeated: rows left out because an earlier one is the same molecule.
        sentence: what was kept and how much of it is unstable in truth.
    """

    keep_list: KeepList
    calibration_rows: np.ndarray
    candidate_rows: np.ndarray
    kept_rows: np.ndarray
    candidates_good: int
    kept_good: int
    repeated: int
    sentence: str


def risk_coverage_of_samples(
    table: pd.DataFrame, quantity: str = "lu", *, seed: int, resamples: int = 1000,
    confidence: float = 0.95,
) -> RiskCoverage:
    """Stable share of the valid molecules with the lowest `quantity`, for growing coverage.

    Args:
        table: columns `valid`, `stable` and `quantity`.
        quantity: a column that ranks.
        seed: of the bootstrap.
        resamples: of molecules, at least 100.
        confidence: nominal coverage of the intervals.

    Raises:
        RankingError: without a valid molecule that has the score.
    """
    molecules = select_molecules(table, [quantity])
    return risk_coverage(molecules.good, molecules.scores[quantity], quantity=quantity, seed=seed,
                         resamples=resamples, confidence=confidence)


def keep_list_of_samples(
    table: pd.DataFrame, quantity: str = "lu", *, fdr: float, seed: int,
    calibration_share: float = 0.5,
) -> SplitKeepList:
    """Calibrate on one part of the different valid molecules, and keep from the other.

    Args:
        table: columns `smiles`, `valid`, `stable` and `quantity`.
        quantity: a column that ranks.
        fdr: α, in (0, 1).
        seed: of the division.
        calibration_share: share of the different molecules that calibrates, in (0, 1).

    Raises:
        RankingError: for fewer than two different molecules with the score, or another `fdr`.
    """
    molecules = select_molecules(table, [quantity])
    smiles = table["smiles"].iloc[molecules.rows]
    if smiles.isna().any():
        raise RankingError("A keep-list tells molecules apart by their SMILES, and some valid rows "
                           "have none.")
    split = split_for_calibration(smiles.tolist(), seed=seed, calibration_share=calibration_share)
    score, good = molecules.scores[quantity], molecules.good
    result = keep_list(score[split.candidates], score[split.calibration], good[split.calibration],
                       fdr=fdr)
    kept = split.candidates[result.kept]
    kept = kept[np.argsort(score[kept], kind="stable")]
    return SplitKeepList(
        keep_list=result,
        calibration_rows=molecules.rows[split.calibration],
        candidate_rows=molecules.rows[split.candidates],
        kept_rows=molecules.rows[kept],
        candidates_good=int(good[split.candidates].sum()), kept_good=int(good[kept].sum()),
        repeated=split.repeated,
        sentence=_sentence(len(kept), int(good[kept].sum()), len(split.candidates),
                           int(good[split.candidates].sum())),
    )


def _sentence(kept: int, kept_good: int, candidates: int, good: int) -> str:
    before = (f"{candidates - good:,} of the {candidates:,} candidates are unstable "
              f"({1 - good / candidates:.1%})")
    if not kept:
        return f"Nothing is kept; {before}."
    return (f"{kept:,} of {candidates:,} candidates are kept, {kept - kept_good:,} of them "
            f"unstable ({1 - kept_good / kept:.1%}); {before}.")
