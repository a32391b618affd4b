"""Planar graphs: triangulations, and three streams that never meet."""

from itertools import islice

import networkx as nx
import numpy as np
import pytest

from core.graph import (
    PLANAR_NODES,
    Graph,
    GraphError,
    PlanarName,
    is_connected,
    is_isomorphic,
    is_planar,
    is_valid_planar,
    planar_graph,
    planar_stream,
)
from tests.golden.reader import golden_planar


def test_a_planar_graph():
    drawn = planar_graph(3, seed=5)
    assert drawn.graph.num_nodes == PLANAR_NODES == 64
    assert drawn.positions.shape == (64, 2)
    assert ((drawn.positions >= 0) & (drawn.positions < 1)).all()
    assert not drawn.positions.flags.writeable
    assert not drawn.graph.is_labelled
    assert drawn.graph.name == "planar-5-train-3"


@pytest.mark.parametrize("index", range(20))
def test_triangulations_are_planar_connected_and_maximal(index):
    graph = planar_graph(index, seed=0).graph
    networkx_graph = graph.to_networkx()
    assert nx.is_connected(networkx_graph)
    assert nx.check_planarity(networkx_graph)[0]
    # Euler: 3n - 3 - h edges with h points on the hull, 3 ≤ h.
    assert 2 * 64 - 3 <= len(graph.edges) <= 3 * 64 - 6


def test_edges_are_those_of_the_golden_triangulations():
    from scipy.spatial import Delaunay

    for row in golden_planar():
        corners = Delaunay(np.array(row["positions"])).simplices
        sides = {tuple(sorted((int(t[i]), int(t[j])))) for t in corners
                 for i, j in ((0, 1), (1, 2), (0, 2))}
        assert sorted(sides) == [tuple(edge) for edge in Graph.from_json(row).edges.tolist()]


def test_the_same_arguments_give_the_same_graph():
    again = [planar_graph(7, seed=1, split="test") for _ in range(2)]
    assert again[0].graph == again[1].graph
    assert (again[0].positions == again[1].positions).all()


def test_streams_of_splits_and_seeds_differ():
    firsts = [drawn.graph for seed in (0, 1) for split in ("train", "validation", "test")
              for drawn in islice(planar_stream(split, seed=seed), 5)]
    assert len(set(firsts)) == 30
    assert not is_isomorphic(firsts[0], firsts[5])


def test_a_stream_is_its_graphs_in_order():
    stream = planar_stream("validation", seed=2, num_nodes=10)
    for index, drawn in enumerate(islice(stream, 3)):
        assert drawn.graph == planar_graph(index, seed=2, split="validation", num_nodes=10).graph


def test_three_points_make_a_triangle():
    assert planar_graph(0, seed=0, num_nodes=3).graph.edges.tolist() == [[0, 1], [0, 2], [1, 2]]


def test_what_a_seed_means_does_not_change_between_versions():
    drawn = planar_graph(0, seed=0)
    assert drawn.positions[0].tolist() == [0.5651317655614634, 0.935433136976671]
    assert drawn.graph.neighbours[0] == (16, 21, 44, 50, 53)


def test_refusals():
    with pytest.raises(ValueError, match="Unknown split 'val'; use train, validation, test"):
        planar_graph(0, seed=0, split="val")
    with pytest.raises(ValueError, match="A triangulation needs at least 3 points, got 2"):
        planar_graph(0, seed=0, num_nodes=2)


def complete(*sides):
    """Edges of a complete graph, or of a complete bipartite one."""
    return list((nx.complete_graph(*sides) if len(sides) == 1
                 else nx.complete_bipartite_graph(*sides)).edges)


@pytest.mark.parametrize(("num_nodes", "edges", "connected", "planar"), [
    (1, [], True, True),
    (2, [], False, True),
    (4, complete(4), True, True),
    (5, complete(5), True, False),
    (5, complete(5)[1:], True, True),
    (6, complete(3, 3), True, False),
    (6, complete(3, 3)[1:], True, True),
    (6, complete(5), False, False),
    (4, [(0, 1), (2, 3)], False, True),
])
def test_connected_and_planar_are_told_apart(num_nodes, edges, connected, planar):
    graph = Graph(num_nodes, np.array(edges, dtype=np.int64).reshape(-1, 2))
    assert is_connected(graph) is connected
    assert is_planar(graph) is planar
    assert is_valid_planar(graph) is (connected and planar)


def test_triangulations_are_valid():
    assert all(is_valid_planar(planar_graph(index, seed=9).graph) for index in range(5))


def test_a_name_finds_its_test_graph():
    name = PlanarName.from_text("planar:4:2")
    assert name == PlanarName(seed=4, index=2)
    assert str(name) == "planar:4:2"
    assert name.triangulate().graph == planar_graph(2, seed=4, split="test").graph
    assert name.triangulate().graph.name == "planar-4-test-2"


def test_the_largest_numbers_name_a_graph():
    largest = PlanarName.from_text("planar:2147483647:2147483647")
    assert largest.triangulate().graph.num_nodes == 64


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_the_id_of_a_graph_finds_it_again(split):
    graph = planar_graph(12, seed=3, split=split).graph
    assert graph.name == f"planar-3-{split}-12"
    name = PlanarName.from_id(graph.name)
    assert name == PlanarName(3, 12, split)
    assert name.id == graph.name
    assert name.triangulate().graph == graph


@pytest.mark.parametrize("text", [
    "gdb_7", "planar-3-test-99999999999", "planar-3-all-1", "planar--3-test-1", "planar-3-test",
    "planar-3-test-1-2", "planar-٣-test-1", "planar:3:1", "",
])
def test_other_ids_are_no_planar_names(text):
    assert PlanarName.from_id(text) is None


@pytest.mark.parametrize("text", [
    "planar:", "planar:1", "planar:1:2:3", "planar:-1:0", "planar:0:2147483648", "planar:0:1.5",
    "planar: 1:2", "planar:٣:0", "planar:a:b", "0:3", "PLANAR:0:3", "planar:0:" + "9" * 5000,
])
def test_what_names_no_graph_is_said(text):
    with pytest.raises(GraphError, match="write planar:SEED:INDEX with two whole numbers from 0 to "
                                         "2,147,483,647") as raised:
        PlanarName.from_text(text)
    assert len(str(raised.value)) < 160


@pytest.mark.parametrize("name", [PlanarName(3, 12), PlanarName(3, 12, "train")])
def test_an_id_is_that_of_the_graph_and_is_read_back(name):
    assert name.id == name.triangulate().graph.name
    assert PlanarName.from_id(name.id) == name


@pytest.mark.parametrize("text", ["gdb_7", "planar-3-test-99999999999", "planar-3-other-1",
                                  "planar:3:1"])
def test_other_texts_are_no_id(text):
    assert PlanarName.from_id(text) is None


def test_only_names_of_test_streams_can_be_typed():
    assert PlanarName.from_text(str(PlanarName(3, 12))) == PlanarName(3, 12)
    with pytest.raises(GraphError):
        PlanarName.from_text(str(PlanarName(3, 12, "train")))
