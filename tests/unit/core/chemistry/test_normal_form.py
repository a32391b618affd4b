"""A molecule has one normal form, whichever Kekulé structure it is written in."""

from itertools import combinations

import numpy as np
import pytest

from core.chemistry.chemistry import AUTOGRAPH_MOSES, MOSES, QM9
from core.chemistry.molecules import from_smiles, to_smiles
from core.chemistry.normal_form import normal_form
from core.graph.graph import Graph
from core.graph.planar import planar_graph


def kekule_structures(graph, chemistry):
    """All ways of placing the double bonds that have the same SMILES, by trying each."""
    heavy = graph.node_labels != chemistry.elements.index("H")
    between = np.flatnonzero(heavy[graph.edges].all(axis=1))
    smiles = to_smiles(graph, chemistry)
    for chosen in combinations(between.tolist(), int((graph.edge_labels == 1).sum())):
        ends = graph.edges[list(chosen)].ravel()
        if len(set(ends.tolist())) == len(ends):
            labels = np.zeros_like(graph.edge_labels)
            labels[list(chosen)] = 1
            other = Graph(graph.num_nodes, graph.edges, graph.node_labels, labels)
            if to_smiles(other, chemistry) == smiles:
                yield other


@pytest.mark.parametrize("chemistry", [QM9, MOSES])
@pytest.mark.parametrize("smiles", ["Oc1cccc(F)c1", "Cc1ccccc1O", "Oc1cccc2[nH]ccc12"])
def test_every_kekule_structure_becomes_the_one_that_the_smiles_is_read_in(chemistry, smiles):
    read = from_smiles(smiles, chemistry).graph
    written = list(kekule_structures(read, chemistry))
    assert len({graph.key for graph in written}) > 1
    for graph in written:
        found = normal_form(graph, chemistry)
        assert found.key == read.key
        assert np.array_equal(found.node_labels, graph.node_labels)  # numbered as before
        assert np.array_equal(found.edges, graph.edges)
        assert normal_form(found, chemistry) == found


def test_aromatic_bonds_are_perceived_where_a_chemistry_has_them():
    written = from_smiles("Oc1cccc(F)c1", MOSES).graph
    found = normal_form(written, AUTOGRAPH_MOSES)
    assert found.key == from_smiles("Oc1cccc(F)c1", AUTOGRAPH_MOSES).graph.key


@pytest.mark.parametrize(("graph", "chemistry"), [
    (from_smiles("CC(=O)O").graph, QM9),
    (Graph(2, [(0, 1)], [4, 4], [2]), QM9),  # refused by RDKit
    # An N of five bonds beside a ring of two Kekulé structures, whose SMILES has charges.
    (Graph(9, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (0, 6), (6, 7), (6, 8)],
           [0, 0, 0, 0, 0, 0, 1, 3, 3], [0, 1, 0, 1, 0, 1, 0, 1, 1]), MOSES),
    (planar_graph(0, seed=0).graph, None),
])
def test_what_has_no_other_form_stays_as_it_is(graph, chemistry):
    assert normal_form(graph, chemistry) is graph
