"""What molecules are compared by: Morgan fingerprints and Bemis–Murcko scaffolds.

Both as the MOSES benchmark takes them (Polykovskiy et al., Frontiers in Pharmacology 11, 565644,
2020): radius 2 folded to 1,024 bits, and scaffolds of two rings or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from rdkit import Chem, DataStructs, rdBase
from rdkit.Chem import rdFingerprintGenerator
from rdkit.Chem.Scaffolds import MurckoScaffold

from core.chemistry.notation import MoleculeError, refusing

FINGERPRINT_BITS = 1024
FINGERPRINT_RADIUS = 2
_LONGEST_SMILES = 500
MIN_SCAFFOLD_RINGS = 2
"""A single ring says little of a drug-like molecule, and MOSES counts none."""


def packed_fingerprints(molecules: Sequence[Chem.Mol]) -> np.ndarray:
    """Morgan fingerprints of sanitized molecules, [n, 128] uint8, eight bits a byte."""
    bits = np.zeros((len(molecules), FINGERPRINT_BITS), dtype=np.uint8)
    for row, molecule in enumerate(molecules):
        bits[row] = _morgan().GetFingerprintAsNumPy(molecule)
    return np.packbits(bits, axis=1)


@cache
def _morgan() -> Any:
    return rdFingerprintGenerator.GetMorganGenerator(
        radius=FINGERPRINT_RADIUS, fpSize=FINGERPRINT_BITS)


def most_similar(
    smiles: str, among: Sequence[str], *, least: float = 0.0
) -> str | None:
    """The SMILES of the likest molecule by Tanimoto similarity; None if nothing is alike.

    Args:
        smiles: of any elements; None is the answer for what is no molecule.
        among: SMILES of molecules.
        least: similarity, in (0, 1), below which nothing is alike.

    >>> most_similar("CCCCl", ["c1ccccc1", "CCCO"])
    'CCCO'
    """
    if len(smiles) > _LONGEST_SMILES or not smiles.isascii() or not among:
        return None
    try:
        with refusing("It is no molecule."):
            molecule = Chem.MolFromSmiles(smiles)
    except MoleculeError:
        return None
    if molecule is None:
        return None
    fingerprint, *others = map(_morgan().GetFingerprint,
                               [molecule, *map(Chem.MolFromSmiles, among)])
    similarity = DataStructs.BulkTanimotoSimilarity(fingerprint, others)
    best = int(np.argmax(similarity))
    return among[best] if similarity[best] > least else None


def ring_scaffold(molecule: Chem.Mol) -> str | None:
    """Canonical SMILES of the Bemis–Murcko scaffold; None for fewer than two rings.

    >>> ring_scaffold(Chem.MolFromSmiles("Cc1ccc(cc1)C(=O)Nc1ccncc1"))
    'O=C(Nc1ccncc1)c1ccccc1'
    >>> ring_scaffold(Chem.MolFromSmiles("Cc1ccccc1")) is None
    True
    """
    if molecule.GetRingInfo().NumRings() < MIN_SCAFFOLD_RINGS:
        return None  # the scaffold has the molecule's own rings
    with rdBase.BlockLogs():
        try:
            scaffold = Chem.MolToSmiles(MurckoScaffold.GetScaffoldForMol(molecule))
        except (ValueError, RuntimeError):  # an aromatic ring that lost the atom it rested on
            return None
    return scaffold or None
