"""A low LU that comes from a high NLL is told from one that comes from orders being alike."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.likelihood.low_lu import (
    LowLu,
    _pseudo_values,
    low_lu_from_high_nll,
    low_lu_of_estimates,
    low_lu_of_one_graph,
    nll_std,
    owes_lu_to_nll,
)
from core.stats.estimates import Estimate, Interval

WAVE = 0.01 * np.cos(np.arange(20))
"""How 20 graphs differ, so that differences have intervals."""


def model(lu, nll, graphs="g"):
    """LU and mean NLL of 20 graphs, about so much, in steps that no two models share."""
    return pd.DataFrame({"id": [f"{graphs}{at}" for at in range(20)],
                         "lu": lu * (1 + WAVE * (1 + lu)), "nll_mean": float(nll)})


STEADY = model(0.10, 30)  # 3 nats
WORSE = model(0.08, 60)  # 4.8 nats: LU is lower only because it is bad at everything
BETTER = model(0.05, 30)  # 1.5 nats


def test_the_standard_deviation_is_lu_times_the_mean():
    table = pd.DataFrame({"lu": [0.1, 0.0], "nll_mean": [30.0, 20.0]})
    assert nll_std(table).tolist() == [3.0, 0.0]


def test_a_lower_lu_with_more_nats_is_marked_with_what_shows_it():
    [(marked, found)] = low_lu_from_high_nll({"steady": STEADY, "worse": WORSE}).items()
    assert (marked, found.shown_by) == ("worse", "steady")
    assert found.spread_nats == pytest.approx(4.8, rel=0.01)
    assert found.its_spread_nats == pytest.approx(3.0, rel=0.01)


@pytest.mark.parametrize(("one", "other"), [
    (STEADY, BETTER),  # LU and nats agree
    (STEADY, STEADY),
    (STEADY, model(0.05, 60)),  # as many nats
    (model(0.10, 30), model(0.0999, 300).assign(lu=lambda rows: rows["lu"] + WAVE)),  # LU not told
])
def test_otherwise_nothing_is(one, other):
    assert low_lu_from_high_nll({"one": one, "other": other}) == {}


def test_of_those_that_show_it_the_one_with_the_least_spread_is_named():
    tables = {"worse": WORSE, "steady": STEADY, "between": model(0.09, 40)}
    assert low_lu_from_high_nll(tables)["worse"].shown_by == "steady"
    found = low_lu_from_high_nll(tables, may_show=lambda _, other: other != "steady")
    assert {key: of.shown_by for key, of in found.items()} == {"worse": "between"}
    assert isinstance(found["worse"], LowLu)


def test_models_of_other_graphs_are_compared_by_their_means():
    """Graph by graph two models may differ by a hair that is lost between graphs that differ."""
    apart = 1 + 0.5 * np.cos(np.arange(20))
    near, far = (table.assign(lu=table["lu"] * apart) for table in (
        model(0.099, 33), model(0.100, 32)))
    assert set(low_lu_from_high_nll({"near": near, "far": far})) == {"near"}
    elsewhere = far.assign(id="h" + far["id"])
    assert low_lu_from_high_nll({"near": near, "far": elsewhere}) == {}
    assert set(low_lu_from_high_nll({"worse": WORSE, "steady": model(0.10, 30, "h")})) == {"worse"}


def test_two_means_are_told_apart_by_a_literal_interval():
    """Without noise in nats, LU differs graph by graph by 0.02 ± 1.96 · sd / √n."""
    for wave, is_told in ((0.045, True), (0.047, False)):  # 1.96 · wave / √20 is 0.0197 or 0.0206
        signs = np.tile([1.0, -1.0], 10)
        lu = [np.full(20, 0.10), 0.08 + wave * signs]
        assert owes_lu_to_nll(lu, [np.full(20, 3.0), np.full(20, 4.0)])[1, 0] == is_told


numbers = st.lists(st.floats(0.01, 1.0), min_size=5, max_size=5)


@settings(max_examples=60)
@given(st.lists(st.tuples(numbers, numbers), min_size=2, max_size=4), st.booleans(),
       st.floats(0.5, 2.0))
def test_never_both_ways_and_whatever_the_unit_and_order(models, are_same, factor):
    lu, nll = (np.array(part) for part in zip(*models, strict=True))
    ids = None if are_same else list(range(len(lu)))
    found = owes_lu_to_nll(list(lu), list(lu * nll), ids)
    assert not (found & found.T).any()
    # Where it is true, LU and nats disagree, so the mean NLL weighted by LU is the higher one.
    for row, column in np.argwhere(found).tolist():
        assert lu[row].mean() < lu[column].mean()
        assert (lu * nll)[row].mean() > (lu * nll)[column].mean()
    turned = owes_lu_to_nll(list(lu[::-1]), list((lu * nll)[::-1]), ids and ids[::-1])
    assert np.array_equal(turned, found[::-1, ::-1])
    bits = 2.0 ** round(factor)  # exact, so that no interval's end moves
    assert np.array_equal(owes_lu_to_nll(list(lu), list(lu * nll * bits), ids), found)


def literal_pseudo_values(nll, estimate):
    return [len(nll) * estimate(nll) - (len(nll) - 1) * estimate(np.delete(nll, at))
            for at in range(len(nll))]


def test_pseudo_values_are_those_of_leaving_one_out():
    nll = np.random.default_rng(0).normal(30, 3, 12)
    np.testing.assert_allclose(_pseudo_values(nll, relative=False),
                               literal_pseudo_values(nll, np.std))
    np.testing.assert_allclose(_pseudo_values(nll, relative=True),
                               literal_pseudo_values(nll, lambda some: some.std() / some.mean()))
    assert _pseudo_values(np.full(5, 1e6), relative=True).tolist() == [0.0] * 5


def test_of_one_graph_it_is_told_by_linearizations():
    draw = np.random.default_rng(1).normal
    nlls = {"steady": draw(20, 2, 256), "worse": draw(60, 4, 256), "alike": draw(20, 2, 256),
            "better": draw(20, 1, 256), "few": np.array([60.0, 64.0])}
    [(marked, found)] = low_lu_of_one_graph(nlls).items()
    assert (marked, found.shown_by in {"steady", "alike"}) == ("worse", True)
    assert found.spread_nats == nlls["worse"].std()
    assert found.its_spread_nats == min(nlls["steady"].std(), nlls["alike"].std())
    assert low_lu_of_one_graph({key: nll[:4] for key, nll in nlls.items()}) == {}
    assert low_lu_of_one_graph({}) == {}


def about(value, half_width):
    return Estimate(value, Interval(value - half_width, value + half_width))


def test_of_means_with_intervals_the_same_is_marked():
    steady, worse = (about(0.10, 0.01), about(3.0, 0.3)), (about(0.08, 0.01), about(4.8, 0.3))
    assert low_lu_of_estimates({"steady": steady, "worse": worse}) == {
        "worse": LowLu("steady", 4.8, 3.0)}
    for vague in ((about(0.08, 0.02), worse[1]), (worse[0], about(4.8, 2)),
                  (Estimate(0.08), worse[1]), (about(0.05, 0.01), about(1.5, 0.3))):
        assert low_lu_of_estimates({"steady": steady, "vague": vague}) == {}
    assert low_lu_of_estimates({}) == {}
