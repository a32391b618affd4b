"""Graphs as somebody gives them: bonds as the model has them, and a SMILES that must fit."""

import numpy as np
import pytest

from core.chemistry import (
    AUTOGRAPH_MOSES,
    BONDS,
    MOSES,
    QM9,
    MoleculeError,
    from_graph,
    from_smiles,
    to_smiles,
)
from core.graph import Graph, is_isomorphic

AROMATIC = BONDS.index("aromatic")
RINGS = ["c1ccccc1", "c1ccc2ccccc2c1", "Cc1ccncc1", "c1ccoc1", "O=c1cccco1"]


def with_aromatic_bonds(smiles, chemistry):
    """The graph with edge label 3 on every bond that RDKit perceives as aromatic."""
    graph = from_smiles(smiles, chemistry).graph
    heavy = from_smiles(smiles, AUTOGRAPH_MOSES).graph
    labels = graph.edge_labels.copy()
    for (u, v), label in zip(heavy.edges.tolist(), heavy.edge_labels.tolist(), strict=True):
        if label == AROMATIC:
            labels[graph.edges.tolist().index([u, v])] = AROMATIC
    return Graph(graph.num_nodes, graph.edges, graph.node_labels, labels, "ring")


@pytest.mark.parametrize("chemistry", [QM9, MOSES])
@pytest.mark.parametrize("smiles", RINGS)
def test_aromatic_bonds_become_single_and_double_ones(smiles, chemistry):
    given_graph = with_aromatic_bonds(smiles, chemistry)
    assert (given_graph.edge_labels == AROMATIC).any()
    read = from_graph(given_graph, chemistry)
    assert read.graph.name == "ring"
    assert read.graph == from_smiles(smiles, chemistry).graph


def test_pyrrole_has_its_hydrogen_as_a_node_only_where_hydrogens_are_nodes():
    assert from_graph(with_aromatic_bonds("c1cc[nH]c1", QM9), QM9).graph == from_smiles(
        "c1cc[nH]c1").graph
    with pytest.raises(MoleculeError, match="edge label 3"):
        from_graph(with_aromatic_bonds("c1cc[nH]c1", MOSES), MOSES)


@pytest.mark.parametrize("labels", [[AROMATIC], [AROMATIC, AROMATIC, 0]])
def test_aromatic_bonds_without_an_aromatic_ring_are_refused(labels):
    edges = np.array([(0, 1), (1, 2), (2, 3)])[:len(labels)]
    graph = Graph(len(labels) + 1, edges, np.ones(len(labels) + 1, int), np.array(labels))
    with pytest.raises(MoleculeError, match="give each as one of these"):
        from_graph(graph, QM9)


def test_alternating_bonds_are_read_as_aromatic_where_the_model_has_such():
    kekulized = from_smiles("Cc1ccccc1", MOSES).graph
    read = from_graph(kekulized, AUTOGRAPH_MOSES)
    assert read.graph == from_smiles("Cc1ccccc1", AUTOGRAPH_MOSES).graph
    assert read.notes == ("Its bonds are read as aromatic where RDKit perceives them so.",)
    assert from_graph(read.graph, AUTOGRAPH_MOSES).notes == ()


def test_either_kekule_structure_is_read_as_its_smiles_is():
    graph = from_smiles("OC1=CC=CC(F)=C1").graph
    labels = graph.edge_labels.copy()
    ring = [row for row, ends in enumerate(graph.edges) if (graph.node_labels[ends] == 1).all()]
    labels[ring] = 1 - labels[ring]
    other = Graph(graph.num_nodes, graph.edges, graph.node_labels, labels)
    read = from_graph(other, QM9, smiles="Oc1cccc(F)c1")
    assert read.graph == graph
    assert is_isomorphic(read.graph, from_smiles("Oc1cccc(F)c1").graph)
    assert read.smiles == "Oc1cccc(F)c1"
    assert read.notes == ("Its rings are read in the Kekulé structure that their SMILES is read "
                          "in.",)
    assert from_graph(graph, QM9).notes == ()


@pytest.mark.parametrize("smiles", ["OCC", "[CH3][CH2]O", "[13CH3]CO", "[H]OC([H])([H])C"])
def test_a_smiles_of_the_same_molecule_fits(smiles):
    assert from_graph(from_smiles("CCO").graph, QM9, smiles=smiles).smiles == smiles


@pytest.mark.parametrize(("smiles", "message"), [
    ("CCN", "The row's SMILES is 'CCN', its edges write 'CCO'; correct one, or leave out the "
            "SMILES."),
    ("COC", "The row's SMILES is 'COC', its edges write 'CCO'; correct one, or leave out the "
            "SMILES."),
    ("C(C", "'C(C' is not a valid SMILES; check brackets, ring numbers and element symbols."),
])
def test_a_smiles_of_another_molecule_is_refused(smiles, message):
    with pytest.raises(MoleculeError) as raised:
        from_graph(from_smiles("CCO").graph, QM9, smiles=smiles)
    assert str(raised.value) == message


def test_an_under_valent_atom_is_not_the_molecule_that_has_its_hydrogens():
    radical = from_smiles("[CH2]").graph
    assert from_graph(radical, QM9, smiles=to_smiles(radical)).graph == radical
    with pytest.raises(MoleculeError, match=r"edges write '\[CH2\]'"):
        from_graph(radical, QM9, smiles="C")
