"""What a model cannot read names a model that can."""

import pytest

from core.chemistry.chemistry import MOSES, QM9
from core.data.files import read_input
from core.library import rows
from core.model.card import ModelCard
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import PLANAR_VOCABULARY, vocabulary_of

SMALL, DRUGS, PLANAR = CARDS = tuple(
    ModelCard(name, vocabulary, RANDOM_ORDER, "tiny", chemistry=chemistry, weights_sha256=name)
    for name, vocabulary, chemistry in (("small", vocabulary_of(QM9), QM9),
                                        ("drugs", vocabulary_of(MOSES), MOSES),
                                        ("planar", PLANAR_VOCABULARY, None)))


@pytest.mark.parametrize(("text", "card", "error"), [
    ("CCCl", SMALL, "Element Cl is outside the vocabulary, which has H, C, N, O, F. "
                    "A model that can read it: drugs."),
    ("CCCl", None, "Element Cl is outside the vocabulary, which has H, C, N, O, F. "
                   "A model that can read it: drugs."),
    ("CCO", PLANAR, "The model reads unlabelled graphs, the input is labelled. "
                    "A model that can read it: small."),
    ("planar:0:0", SMALL, "The model reads molecules, and this is a graph without labels. "
                          "A model that can read it: planar."),
    ("CCI", DRUGS, "Element I is outside the vocabulary, which has C, N, S, O, F, Cl, Br, H. No "
                   "model that is here knows I."),
    ("C1CC", SMALL, "'C1CC' is not a valid SMILES; check brackets, ring numbers and element "
                    "symbols."),
    ("CCCl", DRUGS, None), ("CCO", None, None), ("planar:0:0", PLANAR, None),
])
def test_a_bad_row_names_who_reads_it(monkeypatch, text, card, error):
    monkeypatch.setattr(rows, "known_models", lambda: CARDS)
    chemistry = QM9 if card is None or card.chemistry is None else card.chemistry
    most = 64 if card is None or card is PLANAR else card.vocabulary.max_nodes
    [row] = rows.naming_readers(read_input(text, chemistry, max_atoms=most), card)
    assert row.error == error
    assert (row.graph is None) == (error is not None)


def test_without_models_nothing_is_added(monkeypatch):
    monkeypatch.setattr(rows, "known_models", lambda: ())
    [row] = rows.naming_readers(read_input("CCCl"), SMALL)
    assert row.error == "Element Cl is outside the vocabulary, which has H, C, N, O, F."
