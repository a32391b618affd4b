"""Surprisal on nodes and edges: a token at a time by hand, and nothing lost on the way."""

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.chemistry.molecules import from_smiles
from core.graph.graph import Graph
from core.graph.planar import planar_graph
from core.likelihood.attribution import Attribution, attribute, locate
from core.likelihood.scoring import Likelihoods, score_trails
from core.sent.batch import GraphBatch
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER
from core.sent.token_roles import find_token_roles
from core.sent.vocabulary import EOS, PAD
from tests.oracles.token_roles import literal_roles
from tests.random_graphs import ALL_STRATEGIES, graphs, vocabulary_of


def draw(members, vocabulary, strategy=RANDOM_ORDER, permutations=3):
    batch = GraphBatch.from_graphs(members, with_automorphisms=True)
    return batch, sample_trails(batch, vocabulary, strategy, permutations=permutations,
                                generator=GraphSeed(0))


def roles_of(trails, batch, vocabulary):
    return find_token_roles(batch, trails.orders, trails.tokens, vocabulary)


def made_up(trails, seed=0):
    """A different surprisal for every token, so that none can stand in for another."""
    tokens = trails.tokens[..., 1:]
    nll = torch.rand(tokens.shape, generator=torch.Generator().manual_seed(seed))
    return Likelihoods(nll.masked_fill(tokens == PAD, 0.0), tokens != PAD)


def literal_shares(trails, g, k, graph, nll, vocabulary):
    tokens = trails.sequence(g, k)
    shares = Counter()
    for at, subject in enumerate(literal_roles(tokens, trails.order(g, k), graph, vocabulary)):
        if at == 0:
            continue  # sos is given
        owner = EOS if tokens[at] == EOS else ("node", subject.node) if subject.edge is None else (
            "edge", subject.edge)
        shares[owner] += float(nll[g, k, at - 1])
    return shares


@settings(max_examples=40)
@given(first=graphs(max_nodes=9), strategy=st.sampled_from(ALL_STRATEGIES), data=st.data())
def test_agrees_with_a_literal_loop(first, strategy, data):
    second = data.draw(graphs(max_nodes=9, labelled=first.is_labelled))
    members, vocabulary = [first, second], vocabulary_of(first)
    batch, trails = draw(members, vocabulary, strategy)
    likelihoods = made_up(trails)
    found = attribute(likelihoods, roles_of(trails, batch, vocabulary), batch)
    for g, graph in enumerate(members):
        for k in range(3):
            shares = literal_shares(trails, g, k, graph, likelihoods.token_nll, vocabulary)
            nodes = [shares["node", node] for node in range(graph.num_nodes)]
            edges = [shares["edge", frozenset(ends)] for ends in graph.edges.tolist()]
            assert found.node_nll[g, k, : graph.num_nodes].tolist() == pytest.approx(nodes)
            assert found.edge_nll[g, k, : len(edges)].tolist() == pytest.approx(edges)
            assert found.graph_nll[g, k].item() == pytest.approx(shares[EOS])
            assert not found.node_nll[g, k, graph.num_nodes :].any()
            assert not found.edge_nll[g, k, len(edges) :].any()


@pytest.mark.parametrize("kind", ["molecules", "planar"])
def test_shares_add_up_to_the_nll(kind, tiny, tiny_planar):
    checkpoint = {"molecules": tiny, "planar": tiny_planar}[kind]
    members = [from_smiles(s).graph for s in ("C1CC1C#N", "O.N", "C")] if kind == "molecules" else [
        planar_graph(i, seed=0, num_nodes=n).graph for i, n in enumerate((9, 20))]
    batch, trails = draw(members, checkpoint.vocabulary)
    likelihoods = score_trails(checkpoint, trails)
    found = attribute(likelihoods, roles_of(trails, batch, checkpoint.vocabulary), batch)
    total = found.node_nll.sum(-1) + found.edge_nll.sum(-1) + found.graph_nll
    torch.testing.assert_close(total, likelihoods.nll, rtol=1e-12, atol=1e-12)
    assert (found.graph_nll > 0).all()


def test_mean_and_spread_are_over_permutations():
    node_nll = torch.tensor([[[1.0, 5.0], [3.0, 5.0]]], dtype=torch.float64)
    edge_nll = torch.tensor([[[2.0], [8.0]]], dtype=torch.float64)
    found = Attribution(node_nll, edge_nll, torch.zeros(1, 2, dtype=torch.float64))
    assert found.node_mean.tolist() == [[2.0, 5.0]]
    assert found.node_std.tolist() == [[1.0, 0.0]]  # ddof 0
    assert found.edge_mean.tolist() == [[5.0]]
    assert found.edge_std.tolist() == [[3.0]]


def test_folding_hydrogens_adds_up_before_the_spread_is_taken():
    """Node 1 and the edge to it are folded into node 0, where they cancel the node's spread."""
    path = Graph(3, np.array([[0, 1], [0, 2]]))
    found = Attribution(
        node_nll=torch.tensor([[[1.0, 2.0, 7.0], [3.0, 1.0, 9.0]]], dtype=torch.float64),
        edge_nll=torch.tensor([[[2.0, 4.0], [1.0, 6.0]]], dtype=torch.float64),
        graph_nll=torch.tensor([[0.5, 1.5]], dtype=torch.float64),
    )
    folded = locate(found, path, owners=[0, 0, 2])
    np.testing.assert_equal(folded.node_mean, [5.0, np.nan, 8.0])
    np.testing.assert_equal(folded.node_std, [0.0, np.nan, 1.0])
    np.testing.assert_equal(folded.edge_mean, [np.nan, 5.0])
    np.testing.assert_equal(folded.edge_std, [np.nan, 1.0])
    assert folded.graph_mean == 1.0
    assert found.edge_nll[0, 0, 0] == 2.0  # the attribution itself is left alone


def test_unfolded_numbers_are_those_of_the_attribution(tiny):
    graph, other = from_smiles("C1CC1").graph, from_smiles("CCO").graph
    batch, trails = draw([other, graph], tiny.vocabulary)
    found = attribute(made_up(trails), roles_of(trails, batch, tiny.vocabulary), batch)
    located = locate(found, graph, row=1)
    assert located.node_mean == pytest.approx(found.node_mean[1, : graph.num_nodes].numpy())
    assert located.edge_std == pytest.approx(found.edge_std[1, : len(graph.edges)].numpy())
    assert len(located.node_mean) == graph.num_nodes
