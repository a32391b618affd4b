"""AUC per model and pooled over models, which are answers to two questions.

Within a model an AUC says how well a score tells its good molecules from its bad ones. Pooled, all
molecules stand in one ranking, so that a score also ranks models: where a model has both a lower
quantity and more good molecules, the pooled AUC is higher than that of any model; where it has a
lower quantity and fewer good ones, it is lower. Definition: docs/definitions.md, Generation and
quality.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from core.stats.estimates import Estimate
from core.stats.labels import RankingError
from core.stats.roc import ScoreComparison
from core.triage.ranking import compare_samples, ranking_of
from core.triage.samples import Samples, SamplesError
from core.triage.scores import CONNECTEDNESS, PLANARITY, SCORES, STABILITY, VALIDITY, QualityLabel

POOLED = "pooled"
"""What the ranking of all models' molecules is called beside the models' names."""

_SEED = 0
_SETTINGS = ("permutations", "temperature", "top_k", "mask")
"""Of samples, what their scores depend on."""


@dataclass(frozen=True, eq=False)
class PooledRanking:
    """How well each score ranks the molecules of each of several models, and of all together.

    Attributes:
        dataset: that all models learnt.
        label: what makes a molecule a good one.
        models: comparison of the scores by model; models that cannot be ranked alone are missing.
        reasons: one sentence on each of those, by model.
        pooled: the comparison over the molecules of all of them.
    """

    dataset: str
    label: QualityLabel
    models: Mapping[str, ScoreComparison]
    reasons: Mapping[str, str]
    pooled: ScoreComparison

    @property
    def number(self) -> int:
        """Models that are pooled."""
        return len(self.models) + len(self.reasons)

    @property
    def comparisons(self) -> dict[str, ScoreComparison]:
        """By model, and `POOLED` last."""
        return {**self.models, POOLED: self.pooled}

    def aucs(self, score: str) -> dict[str, Estimate]:
        """AUC of one score by model, and `POOLED` last; what lacks the score is missing."""
        return {name: roc.auc for name, found in self.comparisons.items()
                for roc in found.rocs if roc.quantity == score}

    @property
    def note(self) -> str:
        """What a pooled AUC is, in one or two sentences."""
        return (f"Pooled, the molecules of all {self.number} models of {self.dataset} stand in one "
                "ranking, so a pooled AUC also ranks the models: by how high their quantity is, "
                f"and how many of their molecules are {self.label.good}.")

    def to_frame(self) -> pd.DataFrame:
        """A row per model or `POOLED` and score, with all that an AUC needs to be understood.

        Columns: models, score, auc, auc_low, auc_high, label, among, direction, and the number of
        molecules in each class, by its name.
        """
        return pd.DataFrame([
            {"models": name, "score": f"minus {roc.name}", **roc.auc.columns("auc"),
             "label": self.label.good, "among": self.label.molecules,
             "direction": f"{SCORES[roc.quantity].better} is better",
             self.label.good: roc.positives, self.label.bad: roc.negatives}
            for name, found in self.comparisons.items() for roc in found.rocs])


def pool_samples(
    found: Sequence[Samples], *, label: QualityLabel | None = None, resamples: int = 1000
) -> PooledRanking:
    """Rank the molecules of each model, and of all together.

    Intervals of the pooled AUCs resample molecules within each class and model.

    Args:
        found: samples of at least two models of one data set, sampled and scored alike.
        label: what makes a molecule a good one; by default as the tables allow: stable, or valid
            where no molecule is unstable.
        resamples: of the pooled molecules, at least 100.

    Raises:
        SamplesError: for samples that do not belong together.
        RankingError: if all molecules together cannot be ranked.
    """
    _check(found)
    good = label or _label(found)
    models, reasons = {}, {}
    for samples in found:
        try:
            models[samples.model] = ranking_of(samples, label=good)
        except RankingError as error:
            reasons[samples.model] = str(error)
    table = pd.concat([samples.table.assign(model=samples.model) for samples in found],
                      ignore_index=True)
    return PooledRanking(found[0].dataset, good, models, reasons,
                         compare_samples(table, seed=_SEED, resamples=resamples, label=good,
                                         strata="model"))


def _label(found: Sequence[Samples]) -> QualityLabel:
    """By what the tables know: stable molecules, molecules, or graphs."""
    def knows(column: str) -> bool:
        return any(samples.table[column].notna().any() for samples in found)

    if knows("stable") or knows("smiles"):
        return STABILITY if knows("stable") else VALIDITY
    return PLANARITY if found[0].dataset in ("", "planar") else CONNECTEDNESS


def _check(found: Sequence[Samples]) -> None:
    names = [samples.model for samples in found]
    if len(set(names)) < len(names) or len(names) < 2:
        raise SamplesError("Pooling needs samples of at least two different models, got "
                           f"{', '.join(names) or 'none'}.")
    datasets = sorted({samples.dataset for samples in found})
    if len(datasets) > 1:
        raise SamplesError("Only models of one data set can be pooled, and these learnt "
                           f"{', '.join(datasets)}.")
    for name in _SETTINGS:
        values = {getattr(samples.config, name) for samples in found}
        if len(values) > 1:
            raise SamplesError(
                f"The samples differ in {name.replace('_', '-')} "
                f"({', '.join(sorted(map(str, values)))}), so their scores cannot be pooled; "
                "sample all of them alike.")
