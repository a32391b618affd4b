"""Molecules that were not read from outside, brought to the form in which reading gives them.

A model may write either Kekulé structure of a ring. Both are the same molecule and have the same
SMILES, but they are two graphs, and a model gives them different numbers.
"""

from __future__ import annotations

from rdkit import Chem

from core.chemistry.chemistry import Chemistry
from core.chemistry.molecules import kekulize, read_off, to_smiles, to_valid_rdkit
from core.chemistry.notation import MoleculeError
from core.graph.graph import Graph


def normal_form(graph: Graph, chemistry: Chemistry | None) -> Graph:
    """The graph that its own SMILES is read as, but for the numbering of the nodes, which stays.

    What is no molecule under the chemistry stays as it is: a graph that RDKit refuses, and one that
    its SMILES does not give back, such as pentavalent N=O, written as [N+][O-].

    Args:
        graph: as decoded, any.
        chemistry: what its labels mean; None if it is no molecule.
    """
    mol = None if chemistry is None else to_valid_rdkit(graph, chemistry)
    if chemistry is None or mol is None or not _has_aromatic_ring(mol):
        return graph
    try:
        found = read_off(kekulize(mol) if chemistry.is_kekulized else mol, chemistry, graph.name)
    except MoleculeError:
        return graph
    if found == graph or to_smiles(found, chemistry) != to_smiles(graph, chemistry):
        return graph
    return found


def _has_aromatic_ring(mol: Chem.Mol) -> bool:
    """Elsewhere bonds have no other spelling."""
    return any(bond.GetIsAromatic() for bond in mol.GetBonds())
