"""Tanimoto similarities of many fingerprints, block by block.

Bits in common are a matrix product, exact in float32; the union follows from the counts. Memory is
that of a block, whatever the numbers of molecules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch

Progress = Callable[[int, int], None]

_ROWS, _COLUMNS = 1024, 2048  # 8 MB of similarities at a time


def nearest_similarities(
    fingerprints: np.ndarray, references: np.ndarray, *, progress: Progress | None = None
) -> np.ndarray:
    """Largest Tanimoto similarity of each fingerprint to any of the references.

    Args:
        fingerprints: packed bits, [n, bytes] uint8.
        references: the same of m molecules, m ≥ 1.
        progress: called as `progress(done, total)` in references; may raise to cancel.

    Returns:
        [n] float64 in [0, 1].
    """
    nearest = np.zeros(len(fingerprints))
    for first in range(0, len(references), _COLUMNS):
        columns = _unpacked(references[first : first + _COLUMNS])
        for start, rows in _blocks(fingerprints):
            best = _tanimoto(rows, columns).amax(dim=1).numpy()
            place = slice(start, start + len(best))
            nearest[place] = np.maximum(nearest[place], best)
        if progress is not None:
            progress(min(first + _COLUMNS, len(references)), len(references))
    return nearest


def mean_similarities(fingerprints: np.ndarray, power: int = 1) -> np.ndarray:
    """Mean over all molecules, itself among them, of each one's similarity to a power.

    Args:
        fingerprints: packed bits, [n, bytes] uint8.
        power: of the similarity, at least 1.

    Returns:
        [n] float64 in (0, 1].
    """
    sums = np.zeros(len(fingerprints))
    for first in range(0, len(fingerprints), _COLUMNS):
        columns = _unpacked(fingerprints[first : first + _COLUMNS])
        for start, rows in _blocks(fingerprints):
            block = _tanimoto(rows, columns) ** power
            sums[start : start + len(block)] += block.sum(dim=1, dtype=torch.float64).numpy()
    return sums / max(len(fingerprints), 1)


def _blocks(fingerprints: np.ndarray) -> Iterator[tuple[int, torch.Tensor]]:
    for start in range(0, len(fingerprints), _ROWS):
        yield start, _unpacked(fingerprints[start : start + _ROWS])


def _unpacked(fingerprints: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.unpackbits(fingerprints, axis=1)).float()


def _tanimoto(rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    common = rows @ columns.T
    union = rows.sum(dim=1)[:, None] + columns.sum(dim=1) - common
    return common / union.clamp(min=1)  # no atom is without a bit
