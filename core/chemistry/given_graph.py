"""A graph of atoms and bonds as somebody gives it: what a model of a chemistry reads of it."""

from __future__ import annotations

from core.chemistry.chemistry import BONDS, Chemistry
from core.chemistry.molecules import (
    Molecule,
    from_smiles,
    kekulize,
    read_off,
    to_smiles,
    to_valid_rdkit,
)
from core.chemistry.normal_form import normal_form
from core.chemistry.notation import MoleculeError, shorten
from core.graph.graph import Graph, is_isomorphic

_AROMATIC = BONDS.index("aromatic")


def from_graph(graph: Graph, chemistry: Chemistry, *, smiles: str | None = None) -> Molecule:
    """Give a graph the bonds of a chemistry; its nodes keep their numbers.

    Aromatic bonds become single and double ones where bonds are kekulized, and single and double
    ones of a ring those of its usual Kekulé structure, so that a molecule has one set of numbers;
    where bonds are aromatic, alternating ones become aromatic, as RDKit perceives them.

    Args:
        graph: with labels of the chemistry.
        chemistry: of the model that is to read it.
        smiles: that came with the graph; must be the same molecule.

    Raises:
        MoleculeError: for labels outside the chemistry, aromatic bonds that cannot be kekulized,
            or a SMILES of another molecule.
    """
    _check_labels(graph, chemistry)
    assert graph.edge_labels is not None
    mol = None
    if not chemistry.is_kekulized or (graph.edge_labels == _AROMATIC).any():
        mol = to_valid_rdkit(graph, chemistry)
    notes: tuple[str, ...] = ()
    if chemistry.is_kekulized and (graph.edge_labels == _AROMATIC).any():
        if mol is None:
            raise MoleculeError("The aromatic bonds (edge label 3) cannot be written as single and "
                                "double bonds; give each as one of these.")
        graph = read_off(kekulize(mol), chemistry, graph.name)
    elif mol is not None:
        perceived = read_off(mol, chemistry, graph.name)
        if perceived != graph:
            notes = ("Its bonds are read as aromatic where RDKit perceives them so.",)
        graph = perceived
    else:
        usual = normal_form(graph, chemistry)
        if usual != graph:
            notes = ("Its rings are read in the Kekulé structure that their SMILES is read in.",)
        graph = usual
    if smiles:
        _check_same(graph, smiles, chemistry)
    return Molecule(graph, smiles or "", notes)


def _check_labels(graph: Graph, chemistry: Chemistry) -> None:
    for labels, names, what in ((graph.node_labels, chemistry.elements, "Node"),
                                (graph.edge_labels, BONDS, "Edge")):
        if labels is not None and labels.size and labels.max() >= len(names):
            raise MoleculeError(f"{what} label {labels.max()} is outside the vocabulary; the "
                                f"labels 0 to {len(names) - 1} stand for {', '.join(names)}.")


def _check_same(graph: Graph, smiles: str, chemistry: Chemistry) -> None:
    named = from_smiles(smiles, chemistry, max_atoms=max(graph.num_nodes, chemistry.max_nodes))
    written = to_smiles(graph, chemistry)
    if is_isomorphic(named.graph, graph):
        return
    # A ring has two Kekulé structures, and a SMILES gives one.
    if written is None or to_smiles(named.graph, chemistry) != written:
        edges = ("no possible molecule" if written is None
                 else f"{shorten(to_smiles(graph, chemistry, hydrogens=False) or '')!r}")
        raise MoleculeError(f"The row's SMILES is {shorten(smiles)!r}, its edges write {edges}; "
                            "correct one, or leave out the SMILES.")
