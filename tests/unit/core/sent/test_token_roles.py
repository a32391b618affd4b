"""What every token speaks of: by hand for one molecule, by a literal reader for many graphs."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.chemistry.molecules import from_smiles
from core.graph.graph import Graph
from core.graph.planar import planar_graph
from core.sent.batch import GraphBatch
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER
from core.sent.token_roles import TokenEvent, find_token_roles
from core.sent.vocabulary import PLANAR_VOCABULARY, QM9_VOCABULARY
from core.sent.writer import write_tokens
from tests.oracles.token_roles import LiteralRole, literal_roles
from tests.random_graphs import ALL_STRATEGIES, graphs, vocabulary_of


def found_and_expected(members, strategy, vocabulary, permutations=3):
    """Pairs of lists of subjects, padding included, for every linearization of a batch."""
    batch = GraphBatch.from_graphs(members, with_automorphisms=True)
    trails = sample_trails(batch, vocabulary, strategy, permutations=permutations,
                           generator=GraphSeed(0))
    subjects = find_token_roles(batch, trails.orders, trails.tokens, vocabulary)
    for g, graph in enumerate(members):
        edges = [frozenset(ends) for ends in graph.edges.tolist()]
        for k in range(permutations):
            rows = zip(subjects.step[g, k].tolist(), subjects.node[g, k].tolist(),
                       subjects.edge[g, k].tolist(), strict=True)
            found = [
                LiteralRole(None if step < 0 else step, None if node < 0 else node,
                        None if edge < 0 else edges[edge])
                for step, node, edge in rows
            ]
            yield found, literal_roles(trails.tokens[g, k].tolist(), trails.order(g, k), graph,
                                     vocabulary)


@settings(max_examples=50)
@given(first=graphs(max_nodes=9), strategy=st.sampled_from(ALL_STRATEGIES), data=st.data())
def test_agrees_with_a_literal_reader(first, strategy, data):
    second = data.draw(graphs(max_nodes=9, labelled=first.is_labelled))
    for found, expected in found_and_expected([first, second], strategy, vocabulary_of(first)):
        assert found == expected


@pytest.mark.parametrize("smiles", ["C1CC1C#N", "O.N.F", "[H][H]", "C12C3C4C1C5C2C3C45"])
def test_molecules(smiles):
    graph = from_smiles(smiles).graph
    for found, expected in found_and_expected([graph], RANDOM_ORDER, QM9_VOCABULARY, 8):
        assert found == expected


def test_planar_graphs():
    graph = planar_graph(0, seed=1).graph
    for found, expected in found_and_expected([graph], RANDOM_ORDER, PLANAR_VOCABULARY):
        assert found == expected


def test_a_triangle_with_a_tail_by_hand():
    """Walk 0-1-2 with the ring closed at 2, then jump to the tail 3 at node 1."""
    graph = Graph(4, np.array([[0, 1], [0, 2], [1, 2], [1, 3]]))
    tokens = [0, 6, 7, 8, 2, 6, 3, 1, 9, 2, 7, 3, 4]
    closing, tail = frozenset((0, 2)), frozenset((1, 3))
    assert literal_roles(tokens, [0, 1, 2, 3], graph, PLANAR_VOCABULARY) == [
        LiteralRole(),  # sos
        LiteralRole(0, node=0), LiteralRole(1, node=1), LiteralRole(2, node=2),
        LiteralRole(2, node=2), LiteralRole(2, edge=closing), LiteralRole(2, node=2),  # ladj 0 radj
        LiteralRole(3, node=3), LiteralRole(3, node=3),  # reset 3
        LiteralRole(3, node=3), LiteralRole(3, edge=tail), LiteralRole(3, node=3),  # ladj 1 radj
        LiteralRole(),  # eos
    ]


def test_what_tokens_do_by_hand():
    """A triangle C-C=C with a tail O, walked 1 0 2 and jumped to 3; and the same without labels."""
    labelled = Graph(4, np.array([[0, 1], [0, 2], [1, 2], [1, 3]]), np.array([1, 1, 1, 3]),
                     np.array([0, 1, 0, 0]))
    does = TokenEvent
    listing = [does.OPEN, does.LIST_LABEL, does.LIST_INDEX, does.CLOSE]
    assert events(labelled, [1, 0, 2, 3], QM9_VOCABULARY) == [
        does.BEGIN, does.START, does.LABEL, does.WALK, does.ARRIVE, does.LABEL,
        does.WALK, does.ARRIVE, does.LABEL, *listing,
        does.JUMP, does.LAND, does.LABEL, *listing, does.END,
    ]
    listing.remove(does.LIST_LABEL)
    assert events(Graph(4, labelled.edges), [1, 0, 2, 3], PLANAR_VOCABULARY) == [
        does.BEGIN, does.START, does.ARRIVE, does.ARRIVE, *listing, does.JUMP, does.LAND, *listing,
        does.END,
    ]


def events(graph, order, vocabulary):
    batch = GraphBatch.from_graphs([graph], with_automorphisms=True)
    orders = torch.tensor([[order]])
    tokens, _ = write_tokens(batch, orders, vocabulary)
    return find_token_roles(batch, orders, tokens, vocabulary).event[0, 0].tolist()


def test_padding_does_nothing():
    batch = GraphBatch.from_graphs([Graph(1, []), Graph(3, [[0, 1]])], with_automorphisms=True)
    orders = torch.tensor([[[0, -1, -1]], [[0, 1, 2]]])
    tokens, _ = write_tokens(batch, orders, PLANAR_VOCABULARY)
    roles = find_token_roles(batch, orders, tokens, PLANAR_VOCABULARY)
    assert roles.event[0, 0].tolist() == [
        TokenEvent.BEGIN, TokenEvent.START, TokenEvent.END, *[TokenEvent.PAD] * 3]
    assert (roles.node[0, 0, 2:] == -1).all()
