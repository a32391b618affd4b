"""Numbers and sentences as people read them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.chemistry import AUTOGRAPH_GUACAMOL, MOSES, from_smiles
from core.graph import Graph, PlanarName, planar_graph
from core.likelihood.analysis import analyse
from core.model.card import ModelCard
from core.sent import MAX_DEGREE_FIRST, PLANAR_VOCABULARY, QM9_VOCABULARY, RANDOM_ORDER
from dashboard.components.trail_player.view import trail_view
from dashboard.drawing.layouts import layout
from dashboard.shared import format as shared_format
from dashboard.views.explore import text


@pytest.mark.parametrize(("smiles", "formula"), [
    ("CC(N)C(=O)O", "C₃H₇NO₂"), ("O", "H₂O"), ("N", "H₃N"), ("FC(F)F", "CHF₃"), ("[H][H]", "H₂"),
])
def test_formula_is_in_hill_order(smiles, formula):
    assert text.formula(from_smiles(smiles).graph) == formula


@pytest.mark.parametrize(("smiles", "formula"), [
    ("CC(N)C(=O)O", "C₃H₇NO₂"), ("ClCCl", "CH₂Cl₂"), ("O", "H₂O"), ("C", "CH₄"), ("Cl", "ClH"),
    ("CC(C)NS(=O)(=O)c1ccc(Br)cc1", "C₉H₁₂BrNO₂S"), ("CP(C)(C)=O", "C₃H₉OP"), ("BrI", "BrI"),
    ("c1ccccc1", "C₆H₆"), ("[SiH4]", "H₄Si"),
])
def test_formula_counts_implicit_hydrogens_of_any_element(smiles, formula):
    graph = from_smiles(smiles, AUTOGRAPH_GUACAMOL).graph
    assert text.formula(graph, AUTOGRAPH_GUACAMOL) == formula


def test_a_size_of_qm9_is_no_matter_for_other_chemistries():
    assert text.size_note(from_smiles("CCCCCCCCCCCC", MOSES).graph, MOSES) is None


def test_only_molecules_larger_than_qm9_get_a_note():
    assert text.size_note(from_smiles("c1ccccc1").graph) is None
    assert "this one has 14" in text.size_note(from_smiles("Cn1c(=O)c2c(ncn2C)n(C)c1=O").graph)


def test_permutation_table_repeats_the_analysis(tiny):
    graph = from_smiles("CC=O").graph
    found = analyse(tiny, [graph], RANDOM_ORDER, permutations=8, seed=0)
    table = text.permutation_table(found)
    assert table["NLL (nats)"].to_numpy() == pytest.approx(found.likelihoods.nll[0].numpy())
    assert table["tokens"].tolist() == found.trails.lengths[0].tolist()
    for row in range(8):
        order = found.trails.order(0, row)
        assert table["visit order"][row] == " ".join(map(str, order))
        assert table["start"][row].endswith(str(order[0]))


def test_a_single_sequence_is_called_exact(tiny):
    found = analyse(tiny, [from_smiles("CO").graph], MAX_DEGREE_FIRST, permutations=16, seed=0)
    assert text.interval(found.uncertainties[0]) == "exact"


def test_located_table_lists_what_carries_a_value():
    graph = from_smiles("O").graph
    atoms, bonds = np.array([1.0, np.nan, 2.0]), np.array([0.5, np.nan])
    table = text.located_table(layout(graph), atoms, bonds, column="surprisal_std_nats")
    assert table["surprisal_std_nats"].tolist() == [1.0, 2.0, 0.5]
    assert table["kind"].tolist() == ["atom", "atom", "bond"]


def test_colour_scale_starts_at_zero_and_reaches_the_largest_value():
    assert text.scale_of(np.array([0.21, np.nan]), np.array([1.03])) == (0.0, pytest.approx(1.1))


def test_words_of_graphs_are_not_those_of_chemistry():
    assert text.words(is_molecule=True) == text.Words("molecule", "atom", "bond")
    assert text.words(is_molecule=False) == text.Words("graph", "node", "edge")


@pytest.mark.parametrize(("graph", "summary"), [
    (planar_graph(3, seed=0, split="test").graph, "64 nodes, 180 edges, connected and planar"),
    (Graph(5, np.array([[u, v] for u in range(5) for v in range(u)])),
     "5 nodes, 10 edges, connected and not planar"),
    (Graph(4, np.array([[0, 1], [2, 3]])), "4 nodes, 2 edges, not connected and planar"),
])
def test_a_planar_graph_is_summed_up(graph, summary):
    assert shared_format.planar_summary(graph) == summary


def test_a_planar_graph_says_where_it_comes_from():
    name, card = PlanarName(seed=7, index=2), ModelCard("x", PLANAR_VOCABULARY, RANDOM_ORDER, "")
    said = text.planar_source(name, card)
    assert said.startswith("Test graph 2 of seed 7:")
    assert said.endswith("models are trained on others.")
    of_others = text.planar_source(name, replace(card, data={"name": "sbm"}))
    assert of_others.endswith("the model is not known to have learnt planar graphs (sbm).")


def test_tables_of_a_graph_speak_of_nodes_and_edges():
    drawn = layout(Graph(3, np.array([[0, 1], [1, 2]])))
    nodes, edges = np.array([1.0, np.nan, 2.0]), np.array([0.5, 0.25])
    table = text.located_table(drawn, nodes, edges, column="surprisal_mean_nats")
    assert table.columns.tolist() == ["kind", "nodes", "surprisal_mean_nats"]
    assert table["kind"].tolist() == ["node", "node", "edge", "edge"]
    assert table["nodes"].tolist() == ["0", "2", "0-1", "1-2"]
    assert text.located_finding("Mean", nodes, drawn) == (
        "Mean: highest on node 2 with 2.00 nats, node 0 with 1.00 nats.")


def test_the_token_table_names_what_tokens_refer_to():
    graph = Graph(2, np.array([[0, 1]]))
    view = trail_view(graph, [0, 6, 7, 4], [1, 0], [0.5, 0.25, 0.125], None, PLANAR_VOCABULARY,
                      is_molecule=False)
    table = text.token_table(view)
    assert table["node"].tolist()[1:3] == [1, 0]
    assert table["nats_so_far"].tolist() == [0.0, 0.5, 0.75, 0.875]
    water = from_smiles("[H][H]").graph
    tokens = [0, 6, 35, 40, 7, 35, 4]
    labelled = trail_view(water, tokens, [0, 1], [0.0] * 6, None, QM9_VOCABULARY, is_molecule=True)
    assert "atom" in text.token_table(labelled)


def scored(name, nll):
    found = SimpleNamespace(lu=nll.std(correction=0).item() / nll.mean().item(), interval=None,
                            is_exact=False, nll_mean=nll.mean().item(),
                            nll_std=nll.std(correction=0).item(), marginal_nll=1.0,
                            effective_sample_size=2.0)
    return SimpleNamespace(
        card=SimpleNamespace(name=name), uncertainties=(found,),
        trails=SimpleNamespace(strategy=SimpleNamespace(name="random_order")),
        likelihoods=SimpleNamespace(nll=nll[None], nll_per_token=0.5))


def test_a_low_lu_from_a_high_nll_is_marked_beside_its_nats():
    draw = torch.Generator().manual_seed(0)
    steady = scored("steady", 20 + 2 * torch.randn(256, generator=draw))
    worse = scored("worse", 80 + 4 * torch.randn(256, generator=draw))
    table = text.model_table([steady, worse])
    assert table["note"].tolist() == ["", "† high NLL"]
    assert table["std of NLL (nats)"].tolist() == pytest.approx([2.0, 4.0], rel=0.1)
    said = text.low_lu_finding([steady, worse])
    assert said.startswith("† The low LU of worse comes from its high NLL: between orders its NLL ")
    assert "that of steady, whose LU is higher" in said
    assert "nats)" in text.models_finding([steady, worse])
    assert "note" not in text.model_table([steady])
    assert text.low_lu_finding([steady]) == ""
