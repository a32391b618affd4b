"""Stored tokens in their graphs: what they speak of, and what had been written before them."""

import pytest

from core.graph.graph import is_isomorphic
from core.sent import ANCHOR_EXPANSION, MIN_DEGREE_FIRST, RANDOM_ORDER
from core.sent.decoder import DecodeError, decode_lenient
from core.sent.vocabulary import EOS, QM9_VOCABULARY, TokenKind
from tests.oracles.token_roles import literal_roles
from tests.stored_tokens import GRAPHS, stored, vocabulary_for, write


@pytest.mark.parametrize("strategy", [RANDOM_ORDER, ANCHOR_EXPANSION, MIN_DEGREE_FIRST])
@pytest.mark.parametrize("graph", GRAPHS)
def test_every_token_speaks_of_what_a_reader_says(graph, strategy):
    vocabulary = vocabulary_for(graph)
    tokens = write(graph, vocabulary, strategy)
    for position in range(1, len(tokens)):
        found = stored(tokens, position, vocabulary)
        assert is_isomorphic(found.graph, graph)
        subject = literal_roles(tokens, list(range(graph.num_nodes)), found.graph,
                              vocabulary)[position]
        assert found.node == (-1 if subject.node is None else subject.node)
        edge = None if found.edge < 0 else frozenset(found.graph.edges[found.edge].tolist())
        assert edge == subject.edge


@pytest.mark.parametrize("graph", GRAPHS)
def test_what_is_written_is_what_the_sequence_so_far_decodes_to(graph):
    vocabulary = vocabulary_for(graph)
    tokens = write(graph, vocabulary, seed=3)
    for position in range(2, len(tokens)):
        found = stored(tokens, position, vocabulary)
        before = decode_lenient(tokens[:position], vocabulary)
        assert found.is_written_node.sum() == before.num_nodes
        known = {tuple(ends) for ends in before.edges.tolist()}
        shown = {tuple(ends) for ends in found.graph.edges[found.is_written_edge].tolist()}
        # A bond whose label stands there is written, though its far end is still to come.
        assert shown - known <= {(before.num_nodes - 1, before.num_nodes)}
        assert known <= shown


def test_at_the_end_all_is_written_and_nothing_is_spoken_of():
    tokens = write(GRAPHS[0], QM9_VOCABULARY)
    found = stored(tokens, len(tokens) - 1, QM9_VOCABULARY)
    assert tokens[-1] == EOS
    assert found.node == found.edge == -1
    assert found.is_written_node.all()
    assert found.is_written_edge.all()


def test_a_visited_node_predicted_in_place_of_another_is_the_rival():
    tokens = write(GRAPHS[0], QM9_VOCABULARY)
    first, last = QM9_VOCABULARY.index_offset, QM9_VOCABULARY.index_offset + 28
    index = [at for at, token in enumerate(tokens)
             if QM9_VOCABULARY.kind(token) is TokenKind.NODE_INDEX][3]
    assert stored(tokens, index, QM9_VOCABULARY, predicted=first).rival == 0
    assert stored(tokens, index, QM9_VOCABULARY, predicted=last).rival == -1
    assert stored(tokens, index, QM9_VOCABULARY).rival == -1
    assert stored(tokens, 1, QM9_VOCABULARY, predicted=first + 1).rival == -1


def test_a_broken_sequence_is_refused():
    with pytest.raises(DecodeError):
        stored([0, 6, 6], 1, QM9_VOCABULARY)
