"""The batched writer against one that writes node by node."""

import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.chemistry import from_smiles
from core.graph import Graph
from core.sent import QM9_VOCABULARY, RANDOM_ORDER, GraphBatch, write_tokens
from core.sent.vocabulary import PAD
from tests.oracles.sent_walk import draw_order
from tests.oracles.sequence_enumeration import write
from tests.random_graphs import ALL_STRATEGIES, LABELLED, UNLABELLED, graphs, random_graph


def written(graphs_, orders, vocabulary):
    """Our sequences of several graphs, one order each, and that all behind them is padding."""
    batch = GraphBatch.from_graphs(graphs_, with_automorphisms=False)
    padded = torch.full((len(graphs_), 1, batch.max_nodes), -1)
    for row, order in zip(padded, orders, strict=True):
        row[0, : len(order)] = torch.tensor(order)
    tokens, lengths = write_tokens(batch, padded, vocabulary)
    assert tokens.dtype == torch.int32
    assert tokens.shape[2] == int(lengths.max())
    for row, length in zip(tokens, lengths.flatten().tolist(), strict=True):
        assert (row[0, length:] == PAD).all()
    return [tuple(row[0, :length].tolist())
            for row, length in zip(tokens, lengths.flatten().tolist(), strict=True)]


@pytest.mark.parametrize("labelled", [True, False])
@settings(max_examples=40)
@given(data=st.data(), strategy=st.sampled_from(ALL_STRATEGIES), seed=st.integers(0, 2**32))
def test_agrees_with_writing_node_by_node(labelled, data, strategy, seed):
    drawn = data.draw(st.lists(graphs(max_nodes=12, labelled=labelled), min_size=1, max_size=4))
    vocabulary = LABELLED if labelled else UNLABELLED
    generator = random.Random(seed)
    orders = [draw_order(graph, strategy, generator=generator) for graph in drawn]
    expected = [write(graph, order, vocabulary)
                for graph, order in zip(drawn, orders, strict=True)]
    assert written(drawn, orders, vocabulary) == expected


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("num_nodes", [1, 32, 33, 64, 65, 128, 180, 181, 190])
def test_agrees_on_large_graphs(num_nodes, labelled):
    """Past 32 and 64 nodes sets need more words, past 180 sorting needs wider keys."""
    graph = random_graph(num_nodes, 6 / num_nodes, labelled=labelled, seed=num_nodes)
    order = draw_order(graph, RANDOM_ORDER, generator=random.Random(0))
    vocabulary = LABELLED if labelled else UNLABELLED
    assert written([graph], [order], vocabulary) == [write(graph, order, vocabulary)]


def test_a_dense_graph_lists_almost_everything():
    graph = random_graph(40, 1.0, labelled=True, seed=0)
    order = list(range(40))
    assert written([graph], [order], LABELLED) == [write(graph, order, LABELLED)]


@pytest.mark.parametrize(
    ("smiles", "order", "expected"),
    [
        ("[H][H]", [0, 1], "sos 0 H single 1 H eos"),
        ("C=O", [1, 0, 2, 3],
         "sos 0 O double 1 C single 2 H reset 3 H ladj single 1 radj eos"),
        ("C=O", [2, 0, 1, 3],
         "sos 0 H single 1 C double 2 O reset 3 H ladj single 1 radj eos"),
        ("F.C=O", [0, 3, 2, 1, 4, 5],
         "sos 0 F single 1 H reset 2 O double 3 C single 4 H reset 5 H ladj single 3 radj eos"),
        ("N#C", [1, 0, 2], "sos 0 C triple 1 N reset 2 H ladj single 0 radj eos"),
    ],
)
def test_sequences_as_people_read_them(smiles, order, expected):
    graph = from_smiles(smiles).graph
    (tokens,) = written([graph], [order], QM9_VOCABULARY)
    assert " ".join(map(QM9_VOCABULARY.token_name, tokens)) == expected


def test_unlabelled_sequences_drop_all_labels():
    path = Graph.from_json({"num_nodes": 3, "edges": [[0, 1], [1, 2]]})
    assert written([path], [[1, 0, 2]], UNLABELLED) == [(0, 6, 7, 1, 8, 2, 6, 3, 4)]
    triangle = Graph.from_json({"num_nodes": 3, "edges": [[0, 1], [1, 2], [0, 2]]})
    assert written([triangle], [[2, 0, 1]], UNLABELLED) == [(0, 6, 7, 8, 2, 6, 3, 4)]
