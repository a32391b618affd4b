"""Stored tokens in their graphs: what they speak of, and what had been written before them."""

from xml.etree import ElementTree

import numpy as np
import pytest

from core.chemistry import from_smiles
from core.graph.graph import is_isomorphic
from core.graph.planar import planar_graph
from core.sent import ANCHOR_EXPANSION, MIN_DEGREE_FIRST, RANDOM_ORDER
from core.sent.batch import GraphBatch
from core.sent.decoder import DecodeError, decode_lenient
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from core.sent.vocabulary import EOS, PLANAR_VOCABULARY, QM9_VOCABULARY, TokenKind
from dashboard.reliability.stored_tokens import read_stored_token
from dashboard.reliability.token_pictures import token_layout, token_svg
from dashboard.shared.palette import LIGHT
from tests.oracles.token_subjects import subjects_of
from tests.random_graphs import random_graph, vocabulary_of

SVG = "{http://www.w3.org/2000/svg}"
GRAPHS = [
    from_smiles("C1CC1O").graph,
    from_smiles("C.O").graph,
    random_graph(9, 0.4, labelled=True, seed=1),
    random_graph(9, 0.4, labelled=False, seed=2),
]


def write(graph, vocabulary, strategy=RANDOM_ORDER, seed=0):
    batch = GraphBatch.from_graphs([graph], with_automorphisms=True)
    return sample_trails(batch, vocabulary, strategy, permutations=1,
                         generator=GraphSeed(seed)).sequence(0, 0)


def stored(tokens, position, vocabulary, *, predicted=None, id="row 1", smiles=None):
    target = tokens[position]
    row = {"id": id, "smiles": smiles, "confidence": 0.75, "position": position,
           "target": target, "predicted": target if predicted is None else predicted,
           "tokens": np.array(tokens)}
    return read_stored_token(row, vocabulary)


def vocabulary_for(graph):
    is_molecule = graph is GRAPHS[0] or graph is GRAPHS[1]
    return QM9_VOCABULARY if is_molecule else vocabulary_of(graph)


@pytest.mark.parametrize("strategy", [RANDOM_ORDER, ANCHOR_EXPANSION, MIN_DEGREE_FIRST])
@pytest.mark.parametrize("graph", GRAPHS)
def test_every_token_speaks_of_what_a_reader_says(graph, strategy):
    vocabulary = vocabulary_for(graph)
    tokens = write(graph, vocabulary, strategy)
    for position in range(1, len(tokens)):
        found = stored(tokens, position, vocabulary)
        assert is_isomorphic(found.graph, graph)
        subject = subjects_of(tokens, list(range(graph.num_nodes)), found.graph,
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


def circles(svg):
    return ElementTree.fromstring(svg).findall(f"{SVG}circle")


def test_right_and_wrong_predictions_have_their_colours():
    tokens = write(GRAPHS[0], QM9_VOCABULARY)
    for predicted, color in ((None, LIGHT.series[0]), (EOS, LIGHT.series[1])):
        token = stored(tokens, 2, QM9_VOCABULARY, predicted=predicted)
        (disc,) = circles(token_svg(token, QM9_VOCABULARY, dark=False, title="<x>"))
        assert disc.get("fill") == color


def test_what_is_not_written_yet_is_faint():
    tokens = write(GRAPHS[0], QM9_VOCABULARY)
    inks = []
    for position in (2, len(tokens) - 1):
        svg = token_svg(stored(tokens, position, QM9_VOCABULARY), QM9_VOCABULARY, dark=False,
                        title="x")
        letters = ElementTree.fromstring(svg).iter(f"{SVG}text")
        inks.append([letter.get("fill") == LIGHT.faint for letter in letters])
    assert sum(inks[0]) == len(inks[0]) - 1
    assert not any(inks[1])


def test_the_rival_is_circled_and_numbered():
    tokens = write(GRAPHS[0], QM9_VOCABULARY)
    index = [at for at, token in enumerate(tokens)
             if QM9_VOCABULARY.kind(token) is TokenKind.NODE_INDEX][3]
    token = stored(tokens, index, QM9_VOCABULARY, predicted=QM9_VOCABULARY.index_offset)
    svg = token_svg(token, QM9_VOCABULARY, dark=False, title="x")
    assert [circle.get("fill") for circle in circles(svg)].count("none") == 1
    assert "0" in [letter.text for letter in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_a_named_triangulation_is_drawn_where_its_points_are():
    named = planar_graph(5, seed=2, split="test")
    tokens = write(named.graph, PLANAR_VOCABULARY)
    token = stored(tokens, 40, PLANAR_VOCABULARY, id=named.graph.name)
    drawn = token_layout(token).coordinates

    def lengths(place, edges):
        found = np.sort(np.linalg.norm(place[edges[:, 0]] - place[edges[:, 1]], axis=1))
        return found / np.median(found)

    np.testing.assert_allclose(lengths(drawn, token.graph.edges),
                               lengths(named.positions, named.graph.edges), atol=1e-9)


def test_other_graphs_are_drawn_by_their_distances():
    tokens = write(GRAPHS[3], vocabulary_for(GRAPHS[3]))
    token = stored(tokens, 3, vocabulary_for(GRAPHS[3]))
    assert np.isfinite(token_layout(token).coordinates).all()
