"""The Fréchet ChemNet distance (Preuer et al., J. Chem. Inf. Model. 58, 1736, 2018).

ChemNet is a network that was trained on bioactivities; its last hidden layer has 512 units. With
mean m and covariance C of them over each of two sets of molecules,

    FCD = |m₁ − m₂|² + tr(C₁ + C₂ − 2 (C₁ C₂)^½).

The network comes with the package `fcd_torch`, which MOSES takes as well and which is optional.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch

from core.errors import InputError
from core.triage.molecule_set import MoleculeSet

WITHOUT_CHEMNET = ("The Fréchet ChemNet distance needs the package fcd_torch; install it with "
                   "`pip install 'trailscope[fcd]'`.")

Progress = Callable[[str, int, int], None]
_BATCH = 512


class FcdError(InputError):
    """There is no ChemNet here; the message says how to get it."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean [d] and covariance [d, d], float64, of the activations of a set of molecules."""

    mean: np.ndarray
    covariance: np.ndarray

    @classmethod
    def of(cls, activations: Sequence[np.ndarray]) -> Moments:
        """Of pieces [n, d] of a set of two molecules or more, one after the other."""
        number = sum(map(len, activations))
        mean = sum(piece.sum(axis=0, dtype=np.float64) for piece in activations) / number
        products = sum((piece - mean).T @ (piece - mean) for piece in activations)
        return cls(mean, products / (number - 1))


def frechet_distance(first: Moments, second: Moments) -> float:
    """Squared Fréchet distance of two normal distributions, at least 0."""
    values, vectors = np.linalg.eigh(first.covariance)
    root = vectors * np.sqrt(np.clip(values, 0, None)) @ vectors.T
    # C₁ C₂ has the eigenvalues of this, which is symmetric.
    product = np.linalg.eigvalsh(root @ second.covariance @ root)
    trace = np.trace(first.covariance) + np.trace(second.covariance)
    distance = ((first.mean - second.mean) ** 2).sum() + trace - 2 * np.sqrt(
        np.clip(product, 0, None)).sum()
    return max(float(distance), 0.0)


class ChemNet:
    """The network, loaded once; moments of a set are computed once.

    Args:
        device: that it works on.

    Raises:
        FcdError: where `fcd_torch` is not installed.
    """

    def __init__(self, *, device: torch.device | str = "cpu") -> None:
        if find_spec("fcd_torch") is None:
            raise FcdError(WITHOUT_CHEMNET)
        from fcd_torch import FCD

        self._network: Any = FCD(device="cpu").model.to(device).eval()
        self._device = device
        self._known: dict[int, tuple[MoleculeSet, Moments]] = {}

    def distance(
        self, found: MoleculeSet, reference: MoleculeSet, *, progress: Progress | None = None
    ) -> float:
        """FCD of two sets, each of two molecules or more.

        Args:
            found: the generated molecules.
            reference: those that they are compared with.
            progress: called as `progress(what, done, total)` in molecules; may raise to cancel.
        """
        return frechet_distance(self._moments(found, progress), self._moments(reference, progress))

    def _moments(self, molecules: MoleculeSet, progress: Progress | None) -> Moments:
        known = self._known.get(id(molecules))
        if known is None:
            known = molecules, Moments.of(self._activations(molecules, progress))
            self._known[id(molecules)] = known  # with the set itself, so that its id stays taken
        return known[1]

    def _activations(
        self, molecules: MoleculeSet, progress: Progress | None
    ) -> list[np.ndarray]:
        from fcd_torch.utils import SmilesDataset
        from torch.utils.data import DataLoader

        # Its own `get_predictions` says nothing of how far it is.
        pieces, done = [], 0
        for batch in DataLoader(SmilesDataset(list(molecules.smiles), canonize=False),
                                batch_size=_BATCH):
            with torch.no_grad():
                inputs = batch.transpose(1, 2).float().to(self._device)
                # The network answers with a view of all positions of all strings, 90 times as much.
                pieces.append(self._network(inputs).cpu().numpy().copy())
            done += len(batch)
            if progress is not None:
                progress(f"ChemNet on {molecules.name}", done, len(molecules))
        return pieces
