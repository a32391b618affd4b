"""Token numbers are those of the AutoGraph and LU checkpoints."""

import pytest

from core.chemistry import BONDS, QM9
from core.sent import PLANAR_VOCABULARY, QM9_VOCABULARY, TokenKind, Vocabulary
from core.sent.vocabulary import EOS, LADJ, PAD, RADJ, RESET, SOS


def test_layout_of_the_checkpoints():
    assert (SOS, RESET, LADJ, RADJ, EOS, PAD) == (0, 1, 2, 3, 4, 5)
    qm9, planar = QM9_VOCABULARY, PLANAR_VOCABULARY
    assert (qm9.index_offset, qm9.node_offset, qm9.edge_offset, len(qm9)) == (6, 35, 40, 44)
    assert (planar.index_offset, planar.node_offset, len(planar)) == (6, 70, 70)


def test_labels_of_molecules_are_named_as_molecules_number_them():
    assert QM9_VOCABULARY.node_names == QM9.elements
    assert QM9_VOCABULARY.edge_names == BONDS
    assert QM9_VOCABULARY.max_nodes == QM9.max_nodes


@pytest.mark.parametrize(
    ("token", "kind", "name"),
    [
        (0, TokenKind.SPECIAL, "sos"), (1, TokenKind.SPECIAL, "reset"),
        (2, TokenKind.SPECIAL, "ladj"), (3, TokenKind.SPECIAL, "radj"),
        (4, TokenKind.SPECIAL, "eos"), (5, TokenKind.SPECIAL, "pad"),
        (6, TokenKind.NODE_INDEX, "0"), (34, TokenKind.NODE_INDEX, "28"),
        (35, TokenKind.NODE_LABEL, "H"), (39, TokenKind.NODE_LABEL, "F"),
        (40, TokenKind.EDGE_LABEL, "single"), (43, TokenKind.EDGE_LABEL, "aromatic"),
    ],
)
def test_kind_and_name_of_a_token(token, kind, name):
    assert QM9_VOCABULARY.kind(token) is kind
    assert QM9_VOCABULARY.token_name(token) == name


@pytest.mark.parametrize("token", [-1, 44])
def test_numbers_outside_are_refused(token):
    with pytest.raises(ValueError, match=rf"Token {token} is outside the vocabulary \(0 to 43\)"):
        QM9_VOCABULARY.kind(token)


def test_last_token_of_an_unlabelled_vocabulary_is_an_index():
    assert PLANAR_VOCABULARY.kind(69) is TokenKind.NODE_INDEX
    assert not PLANAR_VOCABULARY.is_labelled


@pytest.mark.parametrize("vocabulary", [QM9_VOCABULARY, PLANAR_VOCABULARY])
def test_json_round_trip(vocabulary):
    assert Vocabulary.from_json(vocabulary.to_json()) == vocabulary


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "max_nodes must be at least 1, got 0."),
        ((5, ("a",)), "Name both node and edge labels, or neither."),
        ((5, (), ("x",)), "Name both node and edge labels, or neither."),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary(*arguments)
