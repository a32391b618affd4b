"""How good a sample of generated molecules is: valid, unique, novel, stable (SPEC 5)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from core.errors import InputError
from core.graph.graph import Graph
from core.graph.molecules import is_stable, num_fragments, stable_atoms, to_smiles


@dataclass(frozen=True)
class SampleQuality:
    """Shares of a sample, each between 0 and 1; None where the share of nothing is asked for.

    Attributes:
        number: sequences sampled.
        valid: decoded and sanitized by RDKit, of all.
        unique: different SMILES with explicit hydrogens, of the valid.
        novel: not in the training set, of the unique.
        stable_molecules: valid, and every atom has its valence, of all.
        stable_atoms: atoms with their valence, of all atoms of decoded graphs.
        fragmented: of more than one fragment, of the valid.
    """

    number: int
    valid: float
    unique: float | None
    novel: float | None
    stable_molecules: float
    stable_atoms: float | None
    fragmented: float | None


def sample_quality(
    graphs: Sequence[Graph | None], training_smiles: Collection[str]
) -> SampleQuality:
    """Judge a sample.

    Args:
        graphs: the decoded molecules; None for a sequence that could not be decoded.
        training_smiles: SMILES of the training set, written by `to_smiles` with hydrogens.

    Raises:
        InputError: for an empty sample.
    """
    if not graphs:
        raise InputError("A sample needs at least one molecule.")
    decoded = [graph for graph in graphs if graph is not None]
    named = [(graph, to_smiles(graph)) for graph in decoded]
    valid = [(graph, smiles) for graph, smiles in named if smiles is not None]
    unique = {smiles for _, smiles in valid}
    atoms = sum(graph.num_nodes for graph in decoded)
    return SampleQuality(
        number=len(graphs),
        valid=len(valid) / len(graphs),
        unique=_share(len(unique), len(valid)),
        novel=_share(len(unique - set(training_smiles)), len(unique)),
        stable_molecules=sum(is_stable(graph) for graph, _ in valid) / len(graphs),
        stable_atoms=_share(sum(int(stable_atoms(graph).sum()) for graph in decoded), atoms),
        fragmented=_share(sum(num_fragments(graph) > 1 for graph, _ in valid), len(valid)),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
