"""Numbers and sentences as people read them."""

import numpy as np
import pytest

from core.graph import from_smiles
from core.likelihood.analysis import analyse
from core.sent import MAX_DEGREE_FIRST, RANDOM_ORDER
from dashboard import texts
from dashboard.drawings import layout


@pytest.mark.parametrize(("smiles", "formula"), [
    ("CC(N)C(=O)O", "C₃H₇NO₂"), ("O", "H₂O"), ("N", "H₃N"), ("FC(F)F", "CHF₃"), ("[H][H]", "H₂"),
])
def test_formula_is_in_hill_order(smiles, formula):
    assert texts.formula(from_smiles(smiles).graph) == formula


def test_only_molecules_larger_than_qm9_get_a_note():
    assert texts.size_note(from_smiles("c1ccccc1").graph) is None
    assert "this one has 14" in texts.size_note(from_smiles("Cn1c(=O)c2c(ncn2C)n(C)c1=O").graph)


def test_permutation_table_repeats_the_analysis(tiny):
    graph = from_smiles("CC=O").graph
    found = analyse(tiny, [graph], RANDOM_ORDER, permutations=8, seed=0)
    table = texts.permutation_table(found)
    assert table["NLL (nats)"].to_numpy() == pytest.approx(found.likelihoods.nll[0].numpy())
    assert table["tokens"].tolist() == found.trails.lengths[0].tolist()
    for row in range(8):
        order = found.trails.order(0, row)
        assert table["visit order"][row] == " ".join(map(str, order))
        assert table["start"][row].endswith(str(order[0]))


def test_a_single_sequence_is_called_exact(tiny):
    found = analyse(tiny, [from_smiles("CO").graph], MAX_DEGREE_FIRST, permutations=16, seed=0)
    assert texts.interval(found.uncertainties[0]) == "exact"


def test_located_table_lists_what_carries_a_value():
    graph = from_smiles("O").graph
    atoms, bonds = np.array([1.0, np.nan, 2.0]), np.array([0.5, np.nan])
    table = texts.located_table(layout(graph), atoms, bonds)
    assert table["nats"].tolist() == [1.0, 2.0, 0.5]
    assert table["kind"].tolist() == ["atom", "atom", "bond"]


def test_colour_scale_starts_at_zero_and_reaches_the_largest_value():
    assert texts.scale_of(np.array([0.21, np.nan]), np.array([1.03])) == (0.0, pytest.approx(1.1))
