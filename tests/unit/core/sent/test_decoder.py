"""The strict decoder reads what walks write and nothing else; the lenient one reads anything."""

import random
from itertools import combinations, permutations, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.chemistry import from_smiles
from core.graph import Graph
from core.sent import (
    QM9_VOCABULARY,
    RANDOM_ORDER,
    DecodeError,
    GraphSeed,
    Vocabulary,
    decode,
    decode_lenient,
    sample_trails,
)
from core.sent.vocabulary import EOS, LADJ, PAD, RADJ, RESET, SOS
from tests.oracles.sent_walk import draw_order, log_q_of_order
from tests.oracles.sequence_enumeration import write
from tests.random_graphs import ALL_STRATEGIES, graphs, vocabulary_of

FOUR = Vocabulary(4)
TINY = Vocabulary(3, node_names=("a",), edge_names=("x", "y"))


@settings(max_examples=60)
@given(graph=graphs(max_nodes=40), strategy=st.sampled_from(ALL_STRATEGIES))
def test_decoding_gives_the_graph_in_visit_order(graph, strategy):
    vocabulary = vocabulary_of(graph)
    trails = sample_trails([graph], vocabulary, strategy, permutations=2, generator=GraphSeed(0))
    for k in range(2):
        expected = graph.relabel(trails.order(0, k))
        assert decode(trails.sequence(0, k), vocabulary) == expected
        assert decode(trails.tokens[0, k].tolist(), vocabulary) == expected  # with padding
        assert decode_lenient(trails.sequence(0, k), vocabulary) == expected


def all_sequences(vocabulary):
    """Every sequence that `random_order` can write for any graph of the vocabulary."""
    return {
        write(graph, list(order), vocabulary)
        for num_nodes in range(1, vocabulary.max_nodes + 1)
        for graph in all_graphs(num_nodes, vocabulary)
        for order in permutations(range(num_nodes))
        if log_q_of_order(graph, list(order), RANDOM_ORDER) > -np.inf
    }


def all_graphs(num_nodes, vocabulary):
    pairs = list(combinations(range(num_nodes), 2))
    for bonds in product([0, *range(1, max(1, len(vocabulary.edge_names)) + 1)],
                         repeat=len(pairs)):
        edges = np.array([pair for pair, bond in zip(pairs, bonds, strict=True) if bond], dtype=int)
        edge_labels = np.array([bond - 1 for bond in bonds if bond], dtype=int)
        if not vocabulary.is_labelled:
            yield Graph(num_nodes, edges)
            continue
        for labels in product(range(len(vocabulary.node_names)), repeat=num_nodes):
            yield Graph(num_nodes, edges, np.array(labels), edge_labels)


def accepts(tokens, vocabulary):
    try:
        decode(tokens, vocabulary)
    except DecodeError:
        return False
    return True


def test_of_all_token_strings_exactly_the_walks_are_accepted():
    """All strings of up to 6 tokens behind the first node: enough for every graph of 3 nodes."""
    vocabulary = Vocabulary(3)
    walks = all_sequences(vocabulary)
    assert max(map(len, walks)) == 9
    tokens = [token for token in range(len(vocabulary)) if token not in (SOS, PAD)]
    accepted = {
        (SOS, 6, *middle, EOS)
        for length in range(7)
        for middle in product(tokens, repeat=length)
        if accepts((SOS, 6, *middle, EOS), vocabulary)
    }
    assert accepted == walks


def test_of_all_short_strings_exactly_the_walks_are_accepted():
    """Nothing presumed about sos, eos and pad; a walk may be followed by padding."""
    vocabulary = Vocabulary(2)
    walks = all_sequences(vocabulary)
    padded = {(*walk, *[PAD] * extra) for walk in walks for extra in range(3)}
    strings = [s for n in range(6) for s in product(range(len(vocabulary)), repeat=n)]
    assert {s for s in strings if accepts(s, vocabulary)} == {s for s in padded if len(s) < 6}


@pytest.mark.parametrize("vocabulary", [TINY, FOUR], ids=["labelled", "unlabelled"])
def test_of_all_single_edits_of_walks_exactly_the_walks_are_accepted(vocabulary):
    walks = all_sequences(vocabulary)
    assert all(accepts(walk, vocabulary) for walk in walks)
    edited = set()
    for walk in walks:
        for at in range(len(walk) + 1):
            before, behind = walk[:at], walk[at:]
            edited.add(before + behind[1:])
            for token in range(len(vocabulary)):
                edited.add((*before, token, *behind))
                edited.add((*before, token, *behind[1:]))
    assert len(edited) > 5_000
    for sequence in edited:
        unpadded = sequence
        while EOS in unpadded and unpadded[-1] == PAD:
            unpadded = unpadded[:-1]
        assert accepts(sequence, vocabulary) == (unpadded in walks), sequence


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([], "Position 0: expected sos, found the end of the sequence."),
        ([6, 4], "Position 0: expected sos, found token 6 (node index 0)."),
        ([0, 4], "Position 1: expected visit index 0, found token 4 (special eos)."),
        ([0, 7, 4], "Position 1: expected visit index 0, found token 7 (node index 1)."),
        ([0, 6], "Position 2: expected visit index 1, reset or eos, found the end of the "
                 "sequence."),
        ([0, 6, 1, 4], "Position 3: expected visit index 1, found token 4 (special eos)."),
        ([0, 6, 8, 4], "Position 2: expected visit index 1, reset or eos, found token 8 "
                       "(node index 2)."),
        ([0, 6, 7, 2, 6, 3, 4], "Position 3: expected visit index 2, reset or eos, found token 2 "
                                "(special ladj)."),
        ([0, 6, 1, 7, 2, 6, 3, 4], "Position 4: expected visit index 2, reset or eos, found "
                                   "token 2 (special ladj)."),
        ([0, 6, 7, 8, 2, 3, 4], "Position 5: expected visit index 0, found token 3 "
                                "(special radj)."),
        ([0, 6, 7, 8, 2, 7, 3, 4], "Position 5: expected visit index 0, found token 7 "
                                   "(node index 1)."),
        ([0, 6, 7, 8, 2, 6, 4], "Position 6: expected radj, found token 4 (special eos)."),
        ([0, 6, 7, 8, 9, 2, 7, 6, 3, 4], "Position 7: expected radj, found token 6 "
                                         "(node index 0)."),
        ([0, 6, 7, 8, 9, 2, 9, 3, 4], "Position 6: expected visit index 0 or 1, found token 9 "
                                      "(node index 3)."),
        ([0, 6, 7, 8, 9, 2, 6, 8, 3, 4], "Position 7: expected visit index 1, or radj, found "
                                         "token 8 (node index 2)."),
        ([0, 6, 7, 1, 8, 2, 7, 3, 4], "Position 6: expected visit index 0, found token 7 "
                                      "(node index 1)."),
        ([0, 6, 7, 8, 9, 10, 4], "Position 5: expected ladj or eos, found token 10."),
        ([0, 6, 7, 8, 9, 1, 7], "Position 5: expected ladj or eos, found token 1 "
                                "(special reset)."),
        ([0, 6, 4, 5, 6], "Position 4: expected nothing or pad after eos, found token 6 "
                          "(node index 0)."),
        ([0, 6, -3, 4], "Position 2: expected visit index 1, reset or eos, found token -3."),
    ],
)
def test_errors_name_position_and_expectation(tokens, message):
    with pytest.raises(DecodeError) as raised:
        decode(tokens, FOUR)
    assert str(raised.value) == message
    assert f"Position {raised.value.position}: expected {raised.value.expected}," in message


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([0, 6, 4], "Position 2: expected a node label, found token 4 (special eos)."),
        ([0, 6, 40, 4], "Position 2: expected a node label, found token 40 (edge label single)."),
        ([0, 6, 37, 40, 4], "Position 4: expected visit index 1, found token 4 (special eos)."),
        ([0, 6, 37, 7, 38, 4], "Position 3: expected an edge label, reset or eos, found token 7 "
                               "(node index 1)."),
        ([0, 6, 37, 40, 7, 38, 40, 8, 35, 7], "Position 9: expected an edge label, reset, ladj or "
                                              "eos, found token 7 (node index 1)."),
        ([0, 6, 37, 40, 7, 38, 40, 8, 35, 2, 6, 3, 4],
         "Position 10: expected an edge label, found token 6 (node index 0)."),
        ([0, 6, 37, 40, 7, 38, 40, 8, 35, 2, 40, 7, 3, 4],
         "Position 11: expected visit index 0, found token 7 (node index 1)."),
        ([0, 6, 37, 40, 7, 38, 40, 8, 35, 2, 40, 6, 40, 6, 3, 4],
         "Position 12: expected radj, found token 40 (edge label single)."),
    ],
)
def test_errors_of_labelled_sequences(tokens, message):
    with pytest.raises(DecodeError) as raised:
        decode(tokens, QM9_VOCABULARY)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("tokens", "edges", "num_nodes", "why"),
    [
        ([0, 6, 8, 7, 4], [(0, 2), (1, 2)], 3, "any index order"),
        ([0, 6, 7, 6, 8, 4], [(0, 1), (0, 2)], 3, "walking back"),
        ([0, 6, 7, 6, 7, 4], [(0, 1)], 2, "an edge walked thrice"),
        ([0, 6, 6, 4], [], 1, "a self-loop"),
        ([0, 6, 7, 8, 2, 8, 6, 3, 4], [(0, 1), (0, 2), (1, 2)], 3, "a bracket listing itself"),
        ([0, 6, 1, 7, 4], [], 2, "isolated nodes"),
        ([0, 9, 4], [], 4, "only a high index: the nodes below it are isolated"),
        ([0, 6, 1, 1, 7, 8, 4], [(1, 2)], 3, "jumping twice"),
        ([0, 6, 7, 8, 2, 6, 4], [(0, 1), (0, 2), (1, 2)], 3, "an open bracket"),
        ([6, 7], [(0, 1)], 2, "no sos and no eos"),
        ([0, 6, 7, 4, 8, 9], [(0, 1)], 2, "tokens behind eos"),
        ([0, 6, 99, 7, 4], [(0, 1)], 2, "an unknown token"),
    ],
)
def test_lenient_decoding(tokens, edges, num_nodes, why):
    expected = Graph(num_nodes, np.array(edges, dtype=int).reshape(-1, 2))
    assert decode_lenient(tokens, FOUR) == expected, why


@pytest.mark.parametrize(
    ("tokens", "node_labels", "edges"),
    [
        ([0, 6, 37, 41, 7, 38, 4], [2, 3], [[0, 1, 1]]),
        ([0, 6, 37, 7, 38, 4], [2, 3], [[0, 1, 0]]),  # a missing edge label is 0
        ([0, 6, 41, 7, 38, 4], [0, 3], [[0, 1, 1]]),  # a missing node label is 0
        ([0, 6, 37, 40, 7, 38, 42, 6, 36, 4], [2, 3], [[0, 1, 0]]),  # first label, smallest bond
        ([0, 6, 37, 42, 7, 38, 41, 6, 36, 4], [2, 3], [[0, 1, 1]]),
        ([0, 6, 37, 40, 41, 7, 38, 4], [2, 3], [[0, 1, 1]]),  # the nearest bond label counts
        ([0, 6, 37, 41, 1, 7, 38, 8, 35, 4], [2, 3, 0], [[1, 2, 0]]),  # a jump forgets the label
        ([0, 6, 37, 41, 2, 7, 3, 4], [2, 0], [[0, 1, 0]]),  # so does a bracket
    ],
)
def test_lenient_decoding_of_labels(tokens, node_labels, edges):
    expected = Graph.from_json({"node_labels": node_labels, "edges": edges})
    assert decode_lenient(tokens, QM9_VOCABULARY) == expected


@pytest.mark.parametrize("tokens", [[], [0, 4], [0, 1, 2, 3, 4], [0, 36, 40, 4]])
def test_the_empty_graph_is_refused(tokens):
    with pytest.raises(DecodeError, match="expected at least one visit index"):
        decode_lenient(tokens, QM9_VOCABULARY)


@settings(max_examples=100)
@given(st.lists(st.integers(-1, len(TINY)), max_size=30))
def test_lenient_decoding_never_fails_on_a_sequence_with_a_node(tokens):
    graph = decode_lenient([6, *tokens], TINY)
    assert 1 <= graph.num_nodes <= TINY.max_nodes


def test_the_oracle_writes_what_the_decoder_reads():
    graph = from_smiles("OC1CC1").graph
    order = draw_order(graph, RANDOM_ORDER, generator=random.Random(0))
    assert decode(write(graph, order, QM9_VOCABULARY), QM9_VOCABULARY) == graph.relabel(order)


def test_a_tensor_is_read_like_a_list():
    assert decode(torch.tensor([SOS, 6, RESET, 7, EOS]).tolist(), FOUR).num_nodes == 2
    assert LADJ + 1 == RADJ
