"""Graphs to arrays, to a file, and back."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.chemistry import from_smiles
from core.data.packing import PackedGraphs
from core.graph import Graph, GraphError
from tests.random_graphs import graphs

MOLECULES = [from_smiles(smiles).graph for smiles in ("CCO", "[H+]", "C", "C.C")]
PATH = Graph(3, np.array([(0, 1), (1, 2)]))


@pytest.mark.parametrize("labelled", [True, False])
@settings(max_examples=40)
@given(data=st.data())
def test_round_trip(labelled, data):
    drawn = data.draw(st.lists(graphs(labelled=labelled), max_size=5))
    assert PackedGraphs.from_graphs(drawn).to_graphs() == drawn


def test_some_rows_with_names():
    packed = PackedGraphs.from_graphs(MOLECULES)
    assert len(packed) == 4
    some = packed.to_graphs(np.array([2, 0]), names=["methane", "ethanol"])
    assert some == [MOLECULES[2], MOLECULES[0]]
    assert [graph.name for graph in some] == ["methane", "ethanol"]


def test_file_round_trip(tmp_path):
    path = tmp_path / "folder" / "graphs.npz"
    PackedGraphs.from_graphs(MOLECULES).save(path)
    assert PackedGraphs.load(path).to_graphs() == MOLECULES
    assert [file.name for file in path.parent.iterdir()] == ["graphs.npz"]


def test_a_missing_or_damaged_file_is_none(tmp_path):
    path = tmp_path / "graphs.npz"
    assert PackedGraphs.load(path) is None
    PackedGraphs.from_graphs(MOLECULES).save(path)
    whole = path.read_bytes()
    for damaged in (b"", whole[:100], b"no archive"):
        path.write_bytes(damaged)
        assert PackedGraphs.load(path) is None
    np.savez(path, something=np.zeros(3))
    assert PackedGraphs.load(path) is None


def test_refusals():
    with pytest.raises(GraphError, match="labelled or unlabelled graphs, not both"):
        PackedGraphs.from_graphs([MOLECULES[0], PATH])
    many_labels = Graph(1, np.zeros((0, 2), dtype=int), np.array([300]), np.zeros(0, dtype=int))
    with pytest.raises(GraphError, match="Packing holds numbers up to 255, got 300"):
        PackedGraphs.from_graphs([many_labels])


def by_a_loop(drawn):
    """What collating gives, one entry after the other."""
    nodes = max(graph.num_nodes for graph in drawn)
    edges = max(len(graph.edges) for graph in drawn)
    found = {"num_nodes": np.zeros(len(drawn)), "num_edges": np.zeros(len(drawn)),
             "edges": np.zeros((len(drawn), edges, 2)),
             "node_labels": np.zeros((len(drawn), nodes)),
             "edge_labels": np.zeros((len(drawn), edges))}
    for g, graph in enumerate(drawn):
        found["num_nodes"][g] = graph.num_nodes
        found["num_edges"][g] = len(graph.edges)
        for e, (u, v) in enumerate(graph.edges):
            found["edges"][g, e] = u, v
            if graph.is_labelled:
                found["edge_labels"][g, e] = graph.edge_labels[e]
        for n in range(graph.num_nodes if graph.is_labelled else 0):
            found["node_labels"][g, n] = graph.node_labels[n]
    return {name: torch.from_numpy(array.astype(np.int64)) for name, array in found.items()}


@pytest.mark.parametrize("labelled", [True, False])
@settings(max_examples=40)
@given(data=st.data())
def test_collating_is_a_plain_loop_over_rows(labelled, data):
    drawn = data.draw(st.lists(graphs(labelled=labelled), min_size=1, max_size=5))
    rows = data.draw(st.lists(st.integers(0, len(drawn) - 1), min_size=1, max_size=6))
    found = PackedGraphs.from_graphs(drawn).collate(np.array(rows))
    for name, expected in by_a_loop([drawn[row] for row in rows]).items():
        if not labelled and name.endswith("labels"):
            assert getattr(found, name) is None
        else:
            assert torch.equal(getattr(found, name), expected)
    assert found.log_automorphisms is None


@pytest.mark.parametrize("some", [MOLECULES, [PATH, Graph(1, np.zeros((0, 2), dtype=int)), PATH]])
def test_graphs_are_taken_in_any_order(some):
    packed = PackedGraphs.from_graphs(some)
    for rows in ([2, 0, 2], [1], []):
        taken = packed.take(np.array(rows, dtype=np.int64))
        assert taken.to_graphs() == [some[row] for row in rows]
        assert all(getattr(taken, name).dtype == getattr(packed, name).dtype
                   for name in packed.__dataclass_fields__)
