"""How good a sample of generated graphs is: valid, unique, novel, stable (SPEC 5)."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from core.errors import InputError


@dataclass(frozen=True)
class SampleQuality:
    """Shares of a sample, each between 0 and 1; None where the share of nothing is asked for.

    Attributes:
        number: sequences sampled.
        valid: molecules that RDKit sanitizes, or connected planar graphs, of all.
        unique: different ones, of the valid.
        novel: not in the training set, of the unique; None where that was not looked up.
        stable_molecules: valid, and every atom has its valence, of all; None for planar graphs.
        stable_atoms: atoms with their valence, of all atoms of decoded molecules.
        fragmented: of more than one fragment, of the valid.
    """

    number: int
    valid: float
    unique: float | None
    novel: float | None
    stable_molecules: float | None
    stable_atoms: float | None
    fragmented: float | None


def sample_quality(table: pd.DataFrame) -> SampleQuality:
    """Judge a table of samples (`core.triage.samples.SAMPLE_TYPES`).

    Raises:
        InputError: for an empty sample.
    """
    if table.empty:
        raise InputError("A sample needs at least one graph.")
    valid = table[table["valid"]]
    unique = valid[valid["unique"].fillna(False).astype(bool)]
    decoded = table[table["atoms_stable"].notna()]
    knows_novelty = unique["novel"].notna().all()
    return SampleQuality(
        number=len(table),
        valid=len(valid) / len(table),
        unique=_share(len(unique), len(valid)),
        novel=_share(int(unique["novel"].sum()), len(unique)) if knows_novelty else None,
        stable_molecules=int(valid["stable"].sum()) / len(table) if len(decoded) else None,
        stable_atoms=_share(int(decoded["atoms_stable"].sum()), int(decoded["num_nodes"].sum())),
        fragmented=_share(int((valid["fragments"] > 1).sum()), len(valid)),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
