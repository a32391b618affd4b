"""Small pictures of whatever a model may generate."""

import numpy as np
import pytest

from core.chemistry.chemistry import MOSES, QM9
from core.chemistry.molecules import from_smiles
from core.graph.graph import Graph
from core.graph.planar import planar_graph
from dashboard.drawing.graph_coordinates import distance_coordinates
from dashboard.drawing.thumbnails import thumbnail_svg
from tests.generated_molecules import without_last_hydrogen

HALO = 'stroke-width="1.5"'


def test_unstable_atoms_stand_on_a_halo():
    graph = from_smiles("CCO").graph
    assert HALO not in thumbnail_svg(graph, dark=False, title="t")
    assert thumbnail_svg(without_last_hydrogen(graph), dark=False, title="t").count(HALO) == 1


def chemistry_of(graph):
    return None if graph.node_labels is None else QM9


def test_without_hydrogen_nodes_no_atom_is_unstable():
    svg = thumbnail_svg(from_smiles("CC(=O)Nc1ccc(Cl)cc1", MOSES).graph, MOSES, dark=False,
                        title="t")
    assert HALO not in svg
    assert ">Cl<" in svg
    assert ">H<" in svg  # of the amide


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("graph", [
    from_smiles("[H][H]").graph, from_smiles("C.O").graph, from_smiles("[H]").graph,
    Graph(2, [[0, 1]], [0, 0], [2]), Graph(3, [], [1, 1, 1], []), Graph(1, []),
    Graph(3, []), Graph(4, [[0, 1], [2, 3]]), planar_graph(0, seed=0, num_nodes=12).graph,
])
def test_everything_has_a_picture(graph, dark):
    svg = thumbnail_svg(graph, chemistry_of(graph), dark=dark, title="a <title>")
    assert svg.startswith("<svg")
    assert "nan" not in svg
    assert "a &lt;title&gt;" in svg


def test_distances_on_the_page_resemble_those_along_edges():
    path = Graph(5, [[0, 1], [1, 2], [2, 3], [3, 4]])
    place = distance_coordinates(path.num_nodes, path.edges)
    gaps = np.linalg.norm(np.diff(place, axis=0), axis=1)
    assert gaps == pytest.approx(np.ones(4), abs=0.05)
    assert np.linalg.norm(place[4] - place[0]) == pytest.approx(4, abs=0.1)


def test_the_same_graph_has_the_same_picture():
    graph = planar_graph(1, seed=0).graph
    again = Graph(graph.num_nodes, graph.edges)
    svgs = {thumbnail_svg(made, None, dark=False, title="") for made in (graph, again)}
    assert len(svgs) == 1


def test_the_fragment_that_a_molecule_grew_from_is_marked():
    """Its bonds, not those to what grew; hydrogens are not drawn."""
    graph = from_smiles("CCOC").graph
    assert "fragment" not in thumbnail_svg(graph, dark=False, title="t")
    assert thumbnail_svg(graph, dark=False, title="t", marked=3).count(
        "<title>fragment</title>") == 2
