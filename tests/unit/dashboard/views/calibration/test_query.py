"""What the Calibration page's choices mean, and where its tokens lead."""

from types import SimpleNamespace

import pytest

from dashboard.views.calibration.query import compared_orders, explore_query

MODEL = SimpleNamespace(model="some-model", strategy="random_order",
                        trained_under="max_degree_first")


def token(id="row 1", smiles=None):
    return SimpleNamespace(id=id, smiles=smiles)


def test_a_molecule_is_explored_by_its_smiles_under_the_same_order():
    assert explore_query(token(smiles="CCO"), MODEL) == {
        "smiles": "CCO", "model": "some-model", "strategy": "random_order"}


def test_the_own_order_needs_no_mention():
    own = SimpleNamespace(model="some-model", strategy="random_order",
                          trained_under="random_order")
    assert "strategy" not in explore_query(token(smiles="CCO"), own)


def test_a_planar_test_graph_is_explored_by_seed_and_number():
    found = explore_query(token("planar-3-test-12"), MODEL)
    assert (found["graph"], found["number"]) == ("3", "12")


@pytest.mark.parametrize("id", ["planar-3-train-12", "gdb_7", "planar-3-test-99999999999"])
def test_other_graphs_cannot_be_explored(id):
    assert explore_query(token(id), MODEL) is None


def test_orders_without_results_are_left_out():
    assert compared_orders("a", "b", ["b", "random_order"]) == ("random_order", "b")
