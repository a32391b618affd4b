"""The normal form of graphs, what is refused, renumbering and symmetry."""

import json

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.chemistry import from_smiles
from core.graph import Graph, GraphError, is_isomorphic, planar_graph
from tests.oracles.sent_walk import automorphisms
from tests.random_graphs import graphs


def triangle(**changes):
    arguments = {"num_nodes": 3, "edges": np.array([(0, 1), (1, 2), (0, 2)]), **changes}
    return Graph(**arguments)


def test_edges_are_sorted_and_labels_follow():
    graph = Graph(3, np.array([(2, 1), (1, 0), (2, 0)]), np.array([5, 6, 7]), np.array([1, 2, 3]))
    assert graph.edges.tolist() == [[0, 1], [0, 2], [1, 2]]
    assert graph.edge_labels.tolist() == [2, 3, 1]
    assert graph.node_labels.tolist() == [5, 6, 7]
    assert graph.edge_label_of[2, 1] == graph.edge_label_of[1, 2] == 1
    assert graph.degrees.tolist() == [2, 2, 2]
    assert graph.neighbours == ((1, 2), (0, 2), (0, 1))


def test_contents_are_read_only_and_independent_of_the_caller():
    edges = np.array([(0, 1), (1, 2)])
    graph = Graph(3, edges)
    edges[0] = 2, 2
    assert graph.edges.tolist() == [[0, 1], [1, 2]]
    with pytest.raises(ValueError, match="read-only"):
        graph.edges[0, 0] = 1


def test_equality_is_of_content_not_of_name_or_row_order():
    one = Graph(3, np.array([(0, 1), (2, 1)]), name="a")
    two = Graph(3, np.array([(1, 2), (1, 0)], dtype=np.int16), name="b")
    assert one == two
    assert hash(one) == hash(two)
    assert one != Graph(4, one.edges)
    assert one != Graph(3, one.edges, np.zeros(3, dtype=int), np.zeros(2, dtype=int))
    assert one != "a graph"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_nodes": 0}, "The graph has no nodes; at least one is needed."),
        ({"num_nodes": 2}, "Edge ends must lie between 0 and 1, got 0 to 2."),
        ({"edges": np.array([(0, -1)])}, "Edge ends must lie between 0 and 2, got -1 to 0."),
        ({"edges": np.array([(1, 1)])}, "Node 1 is joined to itself."),
        ({"edges": np.array([(0, 1), (1, 0)])},
         "Edge 0-1 is given twice; the graph must be simple."),
        ({"edges": np.array([(0.0, 1.0)])}, "edges must hold whole numbers."),
        ({"node_labels": np.array([1, 2, 3])}, "Label both nodes and edges, or neither."),
        ({"node_labels": np.array([1, 2]), "edge_labels": np.array([0, 0, 0])},
         "Expected 3 node labels, got 2."),
        ({"node_labels": np.array([1, 2, 3]), "edge_labels": np.array([0, 0])},
         "Expected 3 edge labels, got 2."),
        ({"node_labels": np.array([1, 2, -3]), "edge_labels": np.array([0, 0, 0])},
         "Node labels must not be negative."),
    ],
)
def test_refusals(changes, message):
    with pytest.raises(GraphError) as raised:
        triangle(**changes)
    assert str(raised.value) == message


def test_renumbering_by_visit_order():
    graph = Graph(3, np.array([(0, 1), (1, 2)]), np.array([7, 8, 9]), np.array([3, 4]), "name")
    renumbered = graph.relabel([2, 0, 1])  # node 2 becomes 0, node 0 becomes 1, node 1 becomes 2
    assert renumbered.node_labels.tolist() == [9, 7, 8]
    assert renumbered.edges.tolist() == [[0, 2], [1, 2]]
    assert renumbered.edge_labels.tolist() == [4, 3]
    assert renumbered.name == "name"


@pytest.mark.parametrize("order", [[0, 1], [0, 1, 1], [0, 1, 3], [0, 1, 2, 3]])
def test_an_order_names_each_node_once(order):
    with pytest.raises(GraphError, match="The order must name each of the 3 nodes once"):
        triangle().relabel(order)


@settings(max_examples=60)
@given(graph=graphs(max_nodes=12), data=st.data())
def test_renumbering_keeps_the_graph_and_can_be_undone(graph, data):
    order = data.draw(st.permutations(range(graph.num_nodes)))
    renumbered = graph.relabel(order)
    assert is_isomorphic(renumbered, graph)
    assert renumbered.num_automorphisms == graph.num_automorphisms
    assert renumbered.relabel(np.argsort(order)) == graph


@settings(max_examples=100)
@given(a=graphs(max_nodes=5), b=graphs(max_nodes=5))
def test_isomorphism_agrees_with_networkx(a, b):
    expected = nx.is_isomorphic(
        a.to_networkx(), b.to_networkx(),
        node_match=lambda x, y: x == y, edge_match=lambda x, y: x == y,
    ) and (a.is_labelled == b.is_labelled)
    assert is_isomorphic(a, b) == expected


@pytest.mark.parametrize(
    ("change", "same"),
    [({}, True), ({"node_labels": [1, 2, 1]}, False), ({"edge_labels": [4, 5]}, False),
     ({"node_labels": [2, 1, 1], "edge_labels": [4, 3]}, False),
     ({"node_labels": [1, 1, 2], "edge_labels": [4, 3]}, True),  # read from the other end
     ({"node_labels": [2, 1, 1], "edge_labels": [3, 4]}, True)],
)
def test_isomorphism_compares_labels(change, same):
    def path(node_labels=(2, 1, 1), edge_labels=(3, 4)):
        return Graph(3, np.array([(0, 1), (1, 2)]), np.array(node_labels), np.array(edge_labels))

    assert is_isomorphic(path(), path(**change)) is same


def test_labels_shift_is_not_isomorphism():
    """The same colours up to a shift: labels themselves count, not the partition they make."""
    def edge(node_label, edge_label):
        return Graph(2, np.array([(0, 1)]), np.array([node_label] * 2), np.array([edge_label]))

    assert is_isomorphic(edge(1, 0), edge(1, 0))
    assert not is_isomorphic(edge(1, 0), edge(2, 0))
    assert not is_isomorphic(edge(1, 0), edge(1, 2))


@settings(max_examples=40)
@given(graph=graphs(max_nodes=6))
def test_automorphisms_agree_with_trying_all(graph):
    assert graph.num_automorphisms == sum(1 for _ in automorphisms(graph))


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [("C", 24), ("CO", 6), ("c1ccccc1", 6), ("C=O", 2), ("[H][H]", 2), ("CC", 72), ("C=C", 8),
     ("C#C", 2), ("CC(C)C", 1296), ("C1CC1", 48), ("C.C", 1152), ("OC", 6), ("F", 1),
     ("CC(C)(C)C", 24 * 6**4)],
)
def test_automorphisms_of_molecules(smiles, expected):
    """Kekulized benzene has 6, not 12: alternating bonds differ."""
    assert from_smiles(smiles).graph.num_automorphisms == expected


def test_automorphisms_of_unlabelled_graphs():
    every_pair = np.stack(np.triu_indices(5, k=1), axis=1)
    assert Graph(5, every_pair).num_automorphisms == 120
    assert Graph(5, every_pair[:0]).num_automorphisms == 120
    assert Graph(1, every_pair[:0]).log_automorphisms == 0
    ring = np.array([(i, (i + 1) % 6) for i in range(6)])
    assert Graph(6, ring).num_automorphisms == 12


@settings(max_examples=60)
@given(graph=graphs(max_nodes=10))
def test_json_and_networkx_round_trips(graph):
    assert Graph.from_json(json.loads(json.dumps(graph.to_json()))) == graph
    assert Graph.from_networkx(graph.to_networkx()) == graph


def test_json_keeps_the_name():
    assert Graph.from_json({"id": 7, "num_nodes": 1, "edges": []}).name == "7"
    assert Graph.from_json(triangle(name="t").to_json()).name == "t"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, 'The graph has no "edges" field (a list of [u, v] or [u, v, label]).'),
        ({"edges": 3}, 'The graph has no "edges" field (a list of [u, v] or [u, v, label]).'),
        ([1], 'The graph has no "edges" field (a list of [u, v] or [u, v, label]).'),
        ({"edges": []},
         'A graph without "node_labels" must say "num_nodes", a whole number.'),
        ({"edges": [], "num_nodes": "two"},
         'A graph without "node_labels" must say "num_nodes", a whole number.'),
        ({"edges": [[0, 1, 0]], "num_nodes": 2}, 'Every entry of "edges" must be [u, v].'),
        ({"edges": [[0, 1]], "node_labels": [1, 1]},
         'Every entry of "edges" must be [u, v, label].'),
        ({"edges": [[0, 1], 5], "num_nodes": 2}, 'Every entry of "edges" must be [u, v].'),
        ({"edges": [[0, "b"]], "num_nodes": 2}, "edges must hold whole numbers."),
        ({"edges": [[0, [1]]], "num_nodes": 2}, "edges must hold whole numbers."),
        ({"edges": [], "node_labels": [1, [2]]}, "node_labels must hold whole numbers."),
        ({"edges": [], "num_nodes": True},
         'A graph without "node_labels" must say "num_nodes", a whole number.'),
        ({"edges": [[0, True]], "num_nodes": 2}, "edges must hold whole numbers."),
        ({"edges": [], "node_labels": [2**63]}, "node_labels must hold whole numbers."),
        ({"edges": ["ab"], "num_nodes": 2}, 'Every entry of "edges" must be [u, v].'),
        ({"edges": [], "node_labels": [1, 1], "num_nodes": 3},
         "Expected 3 node labels, got 2."),
        ({"edges": [[0, 2**70]], "num_nodes": 2}, "edges must hold whole numbers."),
    ],
)
def test_json_that_is_no_graph(row, message):
    with pytest.raises(GraphError) as raised:
        Graph.from_json(row)
    assert str(raised.value) == message


def test_networkx_nodes_of_any_name_are_numbered_in_order():
    source = nx.Graph()
    source.add_node("b", label=1)
    source.add_node("a", label=0)
    source.add_edge("a", "b", label=2)
    graph = Graph.from_networkx(source)
    assert graph.node_labels.tolist() == [1, 0]
    assert graph.edge_labels.tolist() == [2]


def test_networkx_graphs_that_are_refused():
    with pytest.raises(GraphError, match="must be undirected, without parallel edges"):
        Graph.from_networkx(nx.DiGraph([(0, 1)]))
    half_labelled = nx.path_graph(3)
    half_labelled.nodes[0]["label"] = 1
    with pytest.raises(GraphError, match="Either all nodes and edges"):
        Graph.from_networkx(half_labelled)


@settings(max_examples=20)
@given(seed=st.integers(0, 999))
def test_the_canonical_form_is_that_of_the_isomorphism_class(seed):
    rng = np.random.default_rng(seed)
    smiles = ("CC(N)C(=O)O", "C1=CC=CC=C1", "CCO", "COC", "C[C@H](F)O", "C=CO")
    graphs = [from_smiles(text).graph for text in smiles] + [planar_graph(seed, seed=0).graph]
    for graph in graphs:
        assert graph.relabel(rng.permutation(graph.num_nodes)).canonical_form == (
            graph.canonical_form)
    for graph in graphs:
        other = graph.relabel(rng.permutation(graph.num_nodes))
        assert other.canonical == graph.canonical
        assert is_isomorphic(graph.canonical, graph)
    assert len({graph.canonical_form for graph in graphs}) == len(graphs)
