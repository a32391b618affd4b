"""What benchmarks share that let several ways take turns: their molecules and what rounds tell."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import pandas as pd
import torch

from core.chemistry.molecules import from_smiles
from core.model.card import ModelCard
from core.sent.batch import GraphBatch
from core.triage.samples import shipped_samples


def sampled_molecules(card: ModelCard, number: int) -> GraphBatch:
    """The first different valid molecules among a model's shipped samples."""
    assert card.chemistry is not None
    table = pd.read_parquet(shipped_samples()[card.name] / "samples.parquet",
                            columns=["smiles", "unique"])
    smiles = table.loc[table["unique"].fillna(False), "smiles"].head(number)
    return GraphBatch.from_graphs([from_smiles(one, card.chemistry).graph for one in smiles],
                                  with_automorphisms=False)


def has_bf16() -> bool:
    """Whether the processor computes in bf16; emulated, it says nothing."""
    return bool(torch.cpu._is_avx512_bf16_supported())


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Round by round."""
    return [one / other for one, other in zip(above, below, strict=True)]


def ends(values: Sequence[float]) -> dict[str, float]:
    """Median, least and most of what rounds gave."""
    return {"median": round(statistics.median(values), 3), "least": round(min(values), 3),
            "most": round(max(values), 3)}
