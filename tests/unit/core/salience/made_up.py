"""Scores made up for tests: three matrices in two layers."""

from collections.abc import Sequence

import torch

from core.salience.matrices import WeightMatrix
from core.salience.salience import Salience

SHAPES = {"blocks.0.q.weight": (0, "q", (3, 4)), "blocks.0.up.weight": (0, "up", (5, 2)),
          "blocks.1.q.weight": (1, "q", (4, 4))}
MATRICES = tuple(WeightMatrix(name, layer, module, shape)
                 for name, (layer, module, shape) in SHAPES.items())
NUM_ENTRIES = sum(matrix.numel for matrix in MATRICES)


def made_up_salience(values: Sequence[float], **fields) -> Salience:
    """Scores in the order of `MATRICES`, row by row."""
    parts = torch.tensor(values, dtype=torch.float32).split([m.numel for m in MATRICES])
    scores = {matrix.name: part.view(matrix.shape)
              for matrix, part in zip(MATRICES, parts, strict=True)}
    return Salience(**{"scores": scores, "matrices": MATRICES, "criterion": "magnitude",
                       "is_signed": False, "model": "made-up", "weights_sha256": "0" * 64,
                       **fields})


def as_lists(salience: Salience) -> dict[str, list[float]]:
    """Scores as flat lists."""
    return {name: score.reshape(-1).tolist() for name, score in salience.scores.items()}


def as_set(entries: dict[str, torch.Tensor]) -> set[tuple[str, int]]:
    """Selected entries as (name, place)."""
    return {(name, place) for name, chosen in entries.items()
            for place in chosen.reshape(-1).nonzero().squeeze(1).tolist()}
