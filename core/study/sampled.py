"""Counts of a small sample: valid, unique, novel, stable."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.model.card import ModelCard
from core.model.generation import GeneratedGraph
from core.stats.estimates import Estimate
from core.triage.judge import judge
from core.triage.quality import Share, mark_novel, mark_unique


@dataclass(frozen=True)
class Sampled:
    """A sample in numbers; the shares are those of `core.triage.quality.SampleQuality`.

    Attributes:
        number: sequences.
        valid: of these.
        unique: different ones among the valid.
        novel: of the unique, those that were not learnt; None where that is not known.
        stable: valid and of atoms that all have their valence; None where they have none to miss.
    """

    number: int
    valid: int
    unique: int
    novel: int | None = None
    stable: int | None = None

    @property
    def shares(self) -> dict[str, Share | None]:
        """`valid` of all, `unique` of the valid, `novel` of the unique, `stable` of all, and `vun`,
        valid, unique and novel, of all."""
        return {
            "valid": Share(self.valid, self.number),
            "unique": Share(self.unique, self.valid),
            "novel": None if self.novel is None else Share(self.novel, self.unique),
            "stable": None if self.stable is None else Share(self.stable, self.number),
            "vun": None if self.novel is None else Share(self.novel, self.number),
        }

    @property
    def values(self) -> dict[str, float | None]:
        """The shares as numbers in [0, 1]; None for a share of nothing."""
        return {name: None if share is None else share.value
                for name, share in self.shares.items()}

    @property
    def estimates(self) -> dict[str, Estimate]:
        """The shares with Wilson's intervals; without those that are of nothing."""
        return {name: share.estimate for name, share in self.shares.items()
                if share is not None and share.whole}


def judge_samples(
    samples: Sequence[GeneratedGraph], card: ModelCard, training_smiles: Collection[str] | None
) -> Sampled:
    """Count a sample.

    Args:
        samples: at least one.
        card: of the model that wrote them.
        training_smiles: of the molecules that it learnt; None where nothing is said to be novel.
    """
    rows: list[dict[str, Any]] = [
        {"tokens": one.tokens, "smiles": None, "stable": None,
         **judge(one.graph, card.chemistry, is_planar=card.is_planar)} for one in samples]
    table = mark_unique(pd.DataFrame(rows).astype({"smiles": "string"}), card.vocabulary)
    unique = table["unique"].fillna(value=False).astype(bool)
    has_stability = card.chemistry is not None and card.chemistry.has_hydrogen_nodes
    return Sampled(
        number=len(table), valid=int(table["valid"].sum()), unique=int(unique.sum()),
        novel=None if training_smiles is None else
        int(mark_novel(table, training_smiles)["novel"][unique].sum()),
        stable=int(table["stable"].eq(other=True).sum()) if has_stability else None)
