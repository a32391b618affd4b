"""What a matrix looks like from inside: where its selected entries lie, and how scores are spread.

Scores of most criteria span many powers of ten, and some have a sign. Histograms therefore have a
*signed logarithmic* axis: a score s stands at sign(s) · max(0, log10(|s| / floor)), where floor is
the largest score of the matrix divided by 10^`DECADES`; whatever is smaller stands at 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from core.salience.masks import Mask
from core.salience.matrices import WeightMatrix
from core.salience.salience import Salience

DECADES = 6
"""Powers of ten below the largest score that a histogram tells apart."""

MAX_BINS = 48
"""Rows and columns of a density map."""


@dataclass(frozen=True, eq=False)
class DensityMap:
    """Selected share of the entries in blocks of neighbouring rows and columns.

    Attributes:
        shares: [R, C], each in [0, 1].
        row_edges: [R + 1] first row of every block, and the number of rows.
        column_edges: [C + 1] likewise.
    """

    shares: np.ndarray
    row_edges: np.ndarray
    column_edges: np.ndarray


@dataclass(frozen=True, eq=False)
class ScoreHistogram:
    """Entries by score, on the signed logarithmic axis.

    Attributes:
        edges: [B + 1] on that axis, increasing.
        selected: [B] entries in the mask.
        rest: [B] all others.
        floor: score that stands at 0, and whatever is nearer to 0; 0 if all scores are.
        cut: lowest selected score of this matrix, None if none is selected.
    """

    edges: np.ndarray
    selected: np.ndarray
    rest: np.ndarray
    floor: float
    cut: float | None

    def place(self, score: float) -> float:
        """Where a score stands on the axis."""
        return float(_place(np.array([score]), self.floor)[0])

    def score_at(self, place: float) -> float:
        """Score at a place of the axis; 0 at 0, which stands for all that is nearer to 0."""
        return float(np.sign(place) * self.floor * 10 ** abs(place)) if place else 0.0


def density_map(entries: Tensor, *, max_bins: int = MAX_BINS) -> DensityMap:
    """Bin a mask of one matrix by rows and columns.

    Args:
        entries: bool [rows, columns].
        max_bins: blocks in either direction, as equal as whole rows and columns allow.
    """
    rows, columns = (_edges(size, max_bins) for size in entries.shape)
    sums = np.add.reduceat(np.add.reduceat(entries.numpy().astype(np.int64), rows[:-1], axis=0),
                           columns[:-1], axis=1)
    return DensityMap(sums / np.outer(np.diff(rows), np.diff(columns)), rows, columns)


def half_lies_in(entries: Tensor) -> tuple[int, int]:
    """The fewest rows, and the fewest columns, that hold half of what is selected.

    Args:
        entries: bool [rows, columns], at least one of them True.
    """
    needed = []
    for axis in (1, 0):
        counts = entries.sum(axis).sort(descending=True).values
        needed.append(int((counts.cumsum(0) * 2 < counts.sum()).sum()) + 1)
    return needed[0], needed[1]


def mean_scores(salience: Salience) -> dict[str, float]:
    """Mean score of every matrix."""
    return {matrix.name: float(salience.scores[matrix.name].double().mean())
            for matrix in salience.matrices}


def score_histogram(
    salience: Salience, mask: Mask, matrix: WeightMatrix, *, bins: int = 60
) -> ScoreHistogram:
    """Spread of the scores of one matrix, selected and not.

    Args:
        salience: scores.
        mask: which of them are selected.
        matrix: the matrix to look into.
        bins: of equal width on the signed logarithmic axis, from the lowest to the highest score.
    """
    scores = salience.scores[matrix.name].double().numpy().reshape(-1)
    selected = mask.entries[matrix.name].numpy().reshape(-1)
    floor = float(np.abs(scores).max()) / 10**DECADES
    places = _place(scores, floor)
    low, high = float(places.min()), float(places.max())
    edges = np.linspace(low, high if high > low else low + 1, bins + 1)
    chosen, _ = np.histogram(places[selected], edges)
    every, _ = np.histogram(places, edges)
    return ScoreHistogram(edges, chosen, every - chosen, floor,
                          float(scores[selected].min()) if selected.any() else None)


def _place(scores: np.ndarray, floor: float) -> np.ndarray:
    if not floor:
        return np.zeros_like(scores)
    size = np.maximum(np.abs(scores) / floor, 1.0)
    return np.sign(scores) * np.log10(size)


def _edges(size: int, max_bins: int) -> np.ndarray:
    bins = min(size, max_bins)
    return np.arange(bins + 1) * size // bins
