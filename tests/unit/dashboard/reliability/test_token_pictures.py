"""Pictures of stored tokens: what is marked, what is faint, and where a graph stands."""

from xml.etree import ElementTree

import numpy as np

from core.chemistry.chemistry import MOSES, QM9
from core.chemistry.molecules import from_smiles
from core.graph.planar import planar_graph
from core.sent.vocabulary import EOS, MOSES_VOCABULARY, PLANAR_VOCABULARY, QM9_VOCABULARY, TokenKind
from dashboard.reliability.token_pictures import token_layout, token_svg
from dashboard.shared.palette import LIGHT
from tests.stored_tokens import GRAPHS, stored, vocabulary_for, write

SVG = "{http://www.w3.org/2000/svg}"


def circles(svg):
    return ElementTree.fromstring(svg).findall(f"{SVG}circle")


def test_right_and_wrong_predictions_have_their_colours():
    tokens = write(GRAPHS[0], QM9_VOCABULARY)
    for predicted, color in ((None, LIGHT.series[0]), (EOS, LIGHT.series[1])):
        token = stored(tokens, 2, QM9_VOCABULARY, predicted=predicted)
        (disc,) = circles(token_svg(token, QM9_VOCABULARY, QM9, dark=False, title="<x>"))
        assert disc.get("fill") == color


def test_what_is_not_written_yet_is_faint():
    tokens = write(GRAPHS[0], QM9_VOCABULARY)
    inks = []
    for position in (2, len(tokens) - 1):
        svg = token_svg(stored(tokens, position, QM9_VOCABULARY), QM9_VOCABULARY, QM9,
                        dark=False, title="x")
        letters = ElementTree.fromstring(svg).iter(f"{SVG}text")
        inks.append([letter.get("fill") == LIGHT.faint for letter in letters])
    assert sum(inks[0]) == len(inks[0]) - 1
    assert not any(inks[1])


def test_the_rival_is_circled_and_numbered():
    tokens = write(GRAPHS[0], QM9_VOCABULARY)
    index = [at for at, token in enumerate(tokens)
             if QM9_VOCABULARY.kind(token) is TokenKind.NODE_INDEX][3]
    token = stored(tokens, index, QM9_VOCABULARY, predicted=QM9_VOCABULARY.index_offset)
    svg = token_svg(token, QM9_VOCABULARY, QM9, dark=False, title="x")
    assert [circle.get("fill") for circle in circles(svg)].count("none") == 1
    assert "0" in [letter.text for letter in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_a_named_triangulation_is_drawn_where_its_points_are():
    named = planar_graph(5, seed=2, split="test")
    tokens = write(named.graph, PLANAR_VOCABULARY)
    token = stored(tokens, 40, PLANAR_VOCABULARY, id=named.graph.name)
    drawn = token_layout(token, None).coordinates

    def lengths(place, edges):
        found = np.sort(np.linalg.norm(place[edges[:, 0]] - place[edges[:, 1]], axis=1))
        return found / np.median(found)

    np.testing.assert_allclose(lengths(drawn, token.graph.edges),
                               lengths(named.positions, named.graph.edges), atol=1e-9)


def test_other_graphs_are_drawn_by_their_distances():
    tokens = write(GRAPHS[3], vocabulary_for(GRAPHS[3]))
    token = stored(tokens, 3, vocabulary_for(GRAPHS[3]))
    assert np.isfinite(token_layout(token, None).coordinates).all()


def test_atoms_are_those_of_the_models_chemistry():
    """Its first label is carbon, which is hydrogen in QM9; its eighth is none there."""
    tokens = write(from_smiles("ClCCBr", MOSES).graph, MOSES_VOCABULARY)
    token = stored(tokens, len(tokens) - 1, MOSES_VOCABULARY)
    svg = token_svg(token, MOSES_VOCABULARY, MOSES, dark=False, title="x")
    letters = [letter.text for letter in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert sorted(letters)[:1] == ["Br"]
    assert "Cl" in letters
    assert np.isfinite(token_layout(token, None).coordinates).all()
