"""Which models can read a molecule that the chosen one cannot, and in which order they stand."""

from dataclasses import replace

import pytest

from core.chemistry.chemistry import AUTOGRAPH_GUACAMOL, AUTOGRAPH_MOSES, MOSES, QM9
from core.model.card import ModelCard
from core.model.readers import readers, why_none
from core.sent.strategies import MIN_DEGREE_FIRST, RANDOM_ORDER
from core.sent.vocabulary import PLANAR_VOCABULARY, vocabulary_of


def card(name, chemistry, strategy=RANDOM_ORDER, data="MOSES"):
    return ModelCard(name, vocabulary_of(chemistry), strategy, "tiny", data={"name": data},
                     chemistry=chemistry)


CARDS = (
    card("qm9", QM9, data="QM9"),
    card("guacamol", AUTOGRAPH_GUACAMOL, data="GuacaMol"),
    card("aromatic", AUTOGRAPH_MOSES),
    card("moses", MOSES),
    card("moses-min", MOSES, MIN_DEGREE_FIRST),
    ModelCard("planar", PLANAR_VOCABULARY, RANDOM_ORDER, "tiny", data={"name": "planar"}),
)


def names(smiles, like):
    return [found.name for found in readers(smiles, CARDS, like=like)]


@pytest.mark.parametrize(("smiles", "able"), [
    ("CCCl", ["guacamol", "aromatic", "moses", "moses-min"]),
    ("CCO", ["qm9", "guacamol", "aromatic", "moses", "moses-min"]),
    ("CCI", ["guacamol"]),
    ("C" * 28, ["guacamol"]),
    ("C" * 12, ["guacamol", "aromatic", "moses", "moses-min"]),
    ("[Na+].[Cl-]", []),
    ("C1CC", []),
    ("", []),
])
def test_those_whose_chemistry_holds_the_molecule_can_read_it(smiles, able):
    assert sorted(names(smiles, CARDS[0])) == sorted(able)


@pytest.mark.parametrize(("smiles", "sentence"), [
    ("C[Si](C)(C)C", "No model that is here knows Si."),
    ("[Na+].[Cl-]", "No model that is here knows Cl or Na."),
    ("C" * 100, "No model that is here can read it; the largest, qm9, takes 29 atoms "
                "with hydrogens."),
    ("C1CC", ""), ("", ""), ("C\u041e", ""), ("[CH999]", ""),
])
def test_it_is_said_that_none_can_read_a_molecule(smiles, sentence):
    assert why_none(smiles, (CARDS[0], CARDS[-1])) == sentence


def test_the_likest_comes_first():
    assert names("CCCl", CARDS[0]) == ["moses", "guacamol", "aromatic", "moses-min"]
    like_min = replace(CARDS[0], strategy=MIN_DEGREE_FIRST)
    assert names("CCCl", like_min)[0] == "moses-min"
    assert names("CCO", CARDS[3]) == ["moses", "aromatic", "guacamol", "qm9", "moses-min"]


def test_a_vocabulary_with_fewer_nodes_than_the_chemistry_decides():
    small = replace(CARDS[3], vocabulary=replace(CARDS[3].vocabulary, max_nodes=5))
    assert readers("CCCCCC", [small], like=small) == []
    assert readers("CCCCC", [small], like=small) == [small]
