"""The player, "Where" and "Compare" all say the same of a token, which is what a reader says."""

from collections import Counter

import numpy as np
import pytest
import torch

from core.graph.graph import Graph
from core.likelihood.attribution import attribute, locate
from core.likelihood.scoring import Likelihoods
from core.sent.batch import GraphBatch
from core.sent.sampler import sample_trails
from core.sent.strategies import STRATEGIES, TieBreak
from core.sent.token_roles import find_token_roles
from core.sent.vocabulary import PAD, PLANAR_VOCABULARY, QM9_VOCABULARY
from dashboard.components.trail_player.payload import diff_json
from dashboard.components.trail_player.view import trail_view
from dashboard.drawing.layouts import Layout
from tests.golden.reader import golden_molecules, golden_planar
from tests.oracles.token_roles import literal_roles

GOLDEN = {"molecules": (golden_molecules, QM9_VOCABULARY),
          "planar": (golden_planar, PLANAR_VOCABULARY)}


@pytest.fixture(scope="module", params=[(data, name) for data in GOLDEN
                                        for name in ("random_order", "anchor_expansion")],
                ids=" ".join)
def scored(request):
    """Two linearizations of golden graphs, every token with a surprisal of its own."""
    data, name = request.param
    load, vocabulary = GOLDEN[data]
    graphs = [Graph.from_json(row) for row in load()[:60]]
    trails = sample_trails(graphs, vocabulary, STRATEGIES[name], permutations=2,
                           tie_break=TieBreak.RANDOM, generator=torch.Generator().manual_seed(0))
    tokens = trails.tokens[..., 1:]
    nll = torch.rand(tokens.shape, generator=torch.Generator().manual_seed(1))
    likelihoods = Likelihoods(nll.masked_fill(tokens == PAD, 0.0), tokens != PAD)
    batch = GraphBatch.from_graphs(graphs, with_automorphisms=False)
    roles = find_token_roles(batch, trails.orders, trails.tokens, vocabulary)
    where = attribute(likelihoods, roles, batch)
    views = [
        [trail_view(graph, trails.sequence(g, k), trails.order(g, k),
                    likelihoods.token_nll[g, k].numpy(), None, vocabulary,
                    is_molecule=True) for k in range(2)]
        for g, graph in enumerate(graphs)
    ]
    return graphs, trails, vocabulary, where, views


def test_the_player_says_of_every_token_what_a_reader_says(scored):
    graphs, trails, vocabulary, _, views = scored
    for g, graph in enumerate(graphs):
        for k, view in enumerate(views[g]):
            subjects = literal_roles(trails.sequence(g, k), trails.order(g, k), graph, vocabulary)
            for token, subject in zip(view.tokens, subjects, strict=True):
                assert token.step == subject.step
                assert (None if token.bond is None else frozenset(token.bond)) == subject.edge
                if subject.edge is None:
                    assert token.atom == subject.node


def test_where_and_the_player_count_the_same_nats(scored):
    graphs, _, _, where, views = scored
    for g, graph in enumerate(graphs):
        for k, view in enumerate(views[g]):
            nats = Counter()
            for token in view.tokens[1:]:
                place = token.atom if token.bond is None else frozenset(token.bond)
                nats[place] += token.surprisal_nats
            edges = [nats[frozenset(ends)] for ends in graph.edges.tolist()]
            nodes = [nats[node] for node in range(graph.num_nodes)]
            assert where.node_nll[g, k, : graph.num_nodes].tolist() == pytest.approx(nodes)
            assert where.edge_nll[g, k, : len(edges)].tolist() == pytest.approx(edges)


def test_compare_is_the_difference_of_what_where_averages(scored):
    graphs, _, _, where, views = scored
    for g, graph in enumerate(graphs):
        drawn = Layout.of_nodes(np.zeros((graph.num_nodes, 2)), graph.edges)
        data = diff_json(drawn, *views[g], labels=("A", "B"), show_hydrogens=True, height=None,
                         nats_max=None)
        found = locate(where, graph, row=g)
        for part, nll, mean in (("atoms", where.node_nll, found.node_mean),
                                ("bonds", where.edge_nll, found.edge_mean)):
            a, b = nll[g, :, : len(mean)].numpy()
            assert data["difference"][part] == pytest.approx(a - b, rel=1e-5, abs=1e-5)
            assert (a + b) / 2 == pytest.approx(mean)
