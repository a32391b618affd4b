"""A molecule is drawn alike however it is spelt."""

import numpy as np
import pytest

from core.chemistry.chemistry import MOSES, QM9
from core.chemistry.molecules import from_smiles
from core.graph.planar import planar_graph
from dashboard.drawing.layouts import layout


@pytest.mark.parametrize(("smiles", "chemistry"), [
    ("CCO", QM9), ("C12C3C4C1C5C2C3C45", QM9), ("CN1CCN(CC1)c1ncc2ccccc2n1", MOSES),
])
def test_isomorphic_graphs_are_drawn_alike(smiles, chemistry):
    graph = from_smiles(smiles, chemistry).graph
    first = layout(graph, chemistry)
    for seed in range(3):
        other = graph.relabel(np.random.default_rng(seed).permutation(graph.num_nodes))
        again = layout(other, chemistry)
        assert sorted(drawn_atoms(again)) == sorted(drawn_atoms(first))
        # A walk that both number canonically passes the same spots.
        assert np.array_equal(again.coordinates[other.canonical_order],
                              first.coordinates[graph.canonical_order])


def drawn_atoms(drawing):
    return list(zip(drawing.symbols, *drawing.coordinates.T.tolist(), strict=True))


def test_a_graph_without_labels_is_drawn_alike_unless_its_places_are_given():
    drawn = planar_graph(0, seed=0, num_nodes=9)
    graph = drawn.graph
    other = graph.relabel(np.arange(9)[::-1])
    assert np.array_equal(layout(other).coordinates[other.canonical_order],
                          layout(graph).coordinates[graph.canonical_order])
    placed = layout(graph, positions=drawn.positions).coordinates
    up = drawn.positions[:, 1].argsort()
    assert (np.diff(placed[up, 1]) < 0.5).all()
