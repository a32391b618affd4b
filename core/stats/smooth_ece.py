"""Smooth ECE: calibration error without bins (Błasiok & Nakkiran 2023, arXiv 2309.12236).

Gaps (correct − confidence) are smoothed over confidence by a Gaussian, reflected at 0 and 1, and
the error is the mean size of what is left. The width of the Gaussian is the smallest that is not
below the error it leads to.

Events are first spread onto a grid by linear interpolation. The reflected Gaussian is then a factor
for each cosine of the grid's cosine transform, so a million events cost no more than a thousand,
and a resample of molecules is a sum of rows.

The authors' library `relplot` (1.0.3) agrees to 1e-4 unless confidences are within a thousandth of
0 or 1: its reflection counts an event at the very end as half, so that the error of models that are
often sure comes out too large, by a third and more on molecules.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.fft import dct, idct

from core.stats.ece import calibrated_band, error_interval
from core.stats.estimates import Estimate
from core.stats.molecule_bootstrap import MoleculeBootstrap

GRID_POINTS = 4097
"""Points from 0 to 1 that events are spread onto."""

SMOOTH_RESAMPLES = 200
"""Resamples behind the interval."""

_WIDTH_STEPS = 10  # halvings of the range in which the width is looked for; as relplot
_MIN_WIDTH = 0.001


@dataclass(frozen=True, eq=False)
class ConfidenceGrid:
    """Events spread onto a grid over confidence, for the estimate and for every resample.

    Attributes:
        gaps: sum of (correct − confidence) at each grid point, [1 + R, P]; row 0 is of the graphs
            as they are, the others of resamples.
        num_events: [1 + R].
    """

    gaps: np.ndarray
    num_events: np.ndarray

    @classmethod
    def from_events(
        cls,
        graph: np.ndarray,
        confidence: np.ndarray,
        correct: np.ndarray,
        multiplicity: np.ndarray,
        *,
        weights: np.ndarray,
    ) -> ConfidenceGrid:
        """Spread n events.

        Args:
            graph: column of `weights` that each event's graph has, [n].
            confidence: in [0, 1], [n].
            correct: [n] bool.
            multiplicity: how often each counts, [n].
            weights: of graphs in the estimate and in every resample, [1 + R, M].
        """
        confidence = confidence.astype(np.float64)
        at = confidence * (GRID_POINTS - 1)
        left = np.clip(at.astype(np.int64), 0, GRID_POINTS - 2)
        to_right = at - left
        gap = (correct - confidence) * multiplicity
        of_graph = sparse.coo_array(
            (np.concatenate([gap * (1 - to_right), gap * to_right]),
             (np.concatenate([graph, graph]), np.concatenate([left, left + 1]))),
            shape=(weights.shape[1], GRID_POINTS),
        ).tocsr()
        num_events = np.bincount(graph, weights=multiplicity, minlength=weights.shape[1])
        return cls((of_graph.T @ weights.T).T, weights @ num_events)

    def __add__(self, other: ConfidenceGrid) -> ConfidenceGrid:
        """Both sets of events together."""
        return ConfidenceGrid(self.gaps + other.gaps, self.num_events + other.num_events)


def grid_weights(bootstrap: MoleculeBootstrap) -> np.ndarray:
    """What `ConfidenceGrid.from_events` needs of all M graphs, [1 + R, M]."""
    whole = np.full((1, bootstrap.num_graphs), 1 / bootstrap.num_graphs)
    if bootstrap.weights is None:
        return whole
    return np.concatenate([whole, bootstrap.weights[:SMOOTH_RESAMPLES]])


def smooth_ece(grid: ConfidenceGrid, bootstrap: MoleculeBootstrap) -> Estimate:
    """Smooth ECE with its interval, at the width that is chosen for all graphs together.

    Args:
        grid: the events.
        bootstrap: resamples of the graphs; the grid holds the first `SMOOTH_RESAMPLES`.
    """
    shares = grid.gaps / np.maximum(grid.num_events, np.finfo(np.float64).tiny)[:, None]
    width = smoothing_width(shares[0])
    value = error_at_width(shares[0], width)
    if bootstrap.tail is None:
        return Estimate(value, reason=bootstrap.reason)
    smoothed = _smooth(shares, width)
    return Estimate(value, error_interval(
        smoothed[0], smoothed[1:], tail=bootstrap.tail,
        calibrated=calibrated_band(smoothed[1:] - smoothed[0], bootstrap.num_graphs),
    ))


def smoothing_width(gaps: np.ndarray) -> float:
    """The smallest width, to 1/1024, that is not below the error it leads to.

    Args:
        gaps: on the grid, divided by the number of events, [P].
    """
    low, high = 0.0, 1.0
    for _ in range(_WIDTH_STEPS):
        middle = (low + high) / 2
        if middle < _MIN_WIDTH or middle < error_at_width(gaps, middle):
            low = middle
        else:
            high = middle
    return high


def error_at_width(gaps: np.ndarray, width: float) -> float:
    """Smooth ECE at one width.

    Args:
        gaps: on the grid, divided by the number of events, [P].
        width: standard deviation of the Gaussian, in units of confidence.
    """
    return float(np.abs(_smooth(gaps[None], width)).sum())


def _smooth(rows: np.ndarray, width: float) -> np.ndarray:
    """Masses on the grid after smoothing, each row keeping its sum, [R, P]."""
    density = rows.copy()
    density[:, [0, -1]] *= 2  # a mass at the end coincides with its own reflection
    damping = np.exp(-((width * np.pi * np.arange(rows.shape[1])) ** 2) / 2)
    smoothed = idct(dct(density, type=1, axis=1) * damping, type=1, axis=1)
    smoothed[:, [0, -1]] /= 2
    return smoothed
