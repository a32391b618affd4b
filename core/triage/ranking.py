"""How well each score tells good generated molecules from bad ones.

ROC curves and AUCs of all scores with paired differences, and the share of good molecules among
the best ranked. A folder of samples stores the AUCs in its record, so that they are read, not
resampled again.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from core.chemistry.chemistry import QM9, Chemistry
from core.stats.estimates import Estimate
from core.stats.labels import RankingError
from core.stats.risk_coverage import RiskCoverage, risk_coverage
from core.stats.roc import AucEstimates, ScoreComparison, compare_scores
from core.triage.samples import Samples
from core.triage.scores import SCORE_NAMES, STABILITY, QualityLabel, select_molecules

PAPER_AUC = {"lu": 0.85, "self_nll": 0.43, "nll_mean": 0.55}
"""AUC for stability on QM9 that the LU paper reports, by column; the last at second hand."""


def paper_auc(chemistry: Chemistry | None) -> dict[str, float]:
    """What the LU paper reports for molecules like these, by column; empty where it has none."""
    return PAPER_AUC if chemistry == QM9 else {}


def compare_samples(
    table: pd.DataFrame, *, seed: int, resamples: int = 1000, confidence: float = 0.95,
    label: QualityLabel = STABILITY, known: AucEstimates | None = None, strata: str | None = None,
) -> ScoreComparison:
    """ROC curves, AUCs and paired differences of all scores.

    Args:
        table: columns of `SCORES` and those of the label (`select_molecules`).
        seed: of the bootstrap.
        resamples: of molecules, at least 100.
        confidence: nominal coverage of the intervals.
        label: which molecules are good, and among which.
        known: intervals that were stored; see `core.stats.roc.compare_scores`.
        strata: a column whose values are resampled one by one, such as the model's name.

    Raises:
        RankingError: without a molecule that counts, or with only good or only bad ones.
    """
    molecules = select_molecules(table, label=label)
    return compare_scores(
        molecules.good, molecules.scores, seed=seed, resamples=resamples, confidence=confidence,
        labels=label, names=SCORE_NAMES, unscored=molecules.unscored, absent=molecules.absent,
        known=known,
        strata=None if strata is None else table[strata].to_numpy()[molecules.rows],
    )


def ranking_of(samples: Samples, *, label: QualityLabel = STABILITY) -> ScoreComparison:
    """All scores compared at the samples' own seed; what their record stores is not computed again.

    Raises:
        RankingError: as `compare_samples`.
    """
    return compare_samples(samples.table, seed=samples.config.seed, label=label,
                           known=_stored(samples.ranking, label))


def risk_coverage_of_samples(
    table: pd.DataFrame, quantity: str = "lu", *, seed: int, resamples: int = 1000,
    confidence: float = 0.95, label: QualityLabel = STABILITY,
) -> RiskCoverage:
    """Good share of the molecules with the lowest `quantity`, for growing coverage.

    Args:
        table: columns `quantity` and those of the label (`select_molecules`).
        quantity: a column that ranks.
        seed: of the bootstrap.
        resamples: of molecules, at least 100.
        confidence: nominal coverage of the intervals.
        label: which molecules are good, and among which.

    Raises:
        RankingError: without a molecule that has the score.
    """
    molecules = select_molecules(table, [quantity], label=label)
    return risk_coverage(
        molecules.good, molecules.scores[quantity], quantity=quantity,
        name=SCORE_NAMES.get(quantity), seed=seed, resamples=resamples, confidence=confidence,
        labels=label)


def ranking_record(
    table: pd.DataFrame, *, seed: int, label: QualityLabel = STABILITY
) -> dict[str, Any]:
    """What a record stores: every AUC with interval and sentence, and the paired differences.

    Of samples that cannot be ranked it stores the reason under `error`.
    """
    try:
        found = compare_samples(table, seed=seed, label=label)
    except RankingError as error:
        return {"error": str(error)}
    return {
        label.good: found.positives, label.bad: found.negatives, "unscored": found.unscored,
        "bootstrap": {"seed": found.seed, "resamples": found.resamples},
        "auc": {roc.quantity: roc.auc.to_json() | {"of": roc.sentence} for roc in found.rocs},
        "auc_differences": [
            {"first": pair.first, "second": pair.second, **pair.difference.to_json()}
            for pair in found.differences
        ],
    }


def _stored(record: dict[str, Any] | None, label: QualityLabel) -> AucEstimates | None:
    """The intervals of a record, None where it has none of this label."""
    if record is None or "auc" not in record or not {label.good, label.bad} <= record.keys():
        return None
    return AucEstimates(
        aucs={key: Estimate.from_json(auc) for key, auc in record["auc"].items()},
        differences={(pair["first"], pair["second"]): Estimate.from_json(pair).interval
                     for pair in record["auc_differences"]},
        positives=record[label.good], negatives=record[label.bad],
        seed=record["bootstrap"]["seed"], resamples=record["bootstrap"]["resamples"],
    )
