"""Arithmetic of the Fine-tune page, against slow obvious ways to do it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.repair.arms import Arm
from core.repair.result import MEASURES, RepairResult
from core.stats.estimates import Estimate, Interval
from dashboard.finetune.repairs import (
    FAMILIES,
    LIVE,
    RepairPoint,
    arm_label,
    changes,
    family_of,
    in_order,
    lu_histograms,
    matched,
    pareto_front,
    passes,
    result_table,
)

ORDERS = ("min_degree_first", "random_order")
GRADIENT = Arm("sparse", "gradient", "global", count=40, rank=1)
RANDOM = Arm("sparse", "random", "global", count=40, rank=1)
LORA = Arm("lora", rank=1)


def made_up(arm, number, lu, *, graphs=20, seed=0):
    """A result whose LU under the new order is about `lu`."""
    rng = np.random.default_rng(seed)
    rows = [pd.DataFrame({"id": [f"g{i}" for i in range(graphs)], "num_tokens": 10,
                          "nll_mean": rng.uniform(10, 20, graphs), "nll_per_token": 1.0,
                          "lu": level + rng.normal(0, 0.001, graphs), "order": order})
            for order, level in zip(ORDERS, (0.05, lu), strict=True)]
    estimates = {order: {name: Estimate(lu, Interval(lu / 2, lu * 2)) for name in MEASURES}
                 for order in ORDERS}
    return RepairResult(arm, "model", "0" * 64, ORDERS, number, 1000, estimates,
                        pd.concat(rows, ignore_index=True), pd.DataFrame({"token_type": []}))


NONE = made_up(Arm("none"), 0, 0.4, seed=9)


@given(some.lists(some.tuples(some.integers(0, 6), some.integers(0, 6)), max_size=12))
def test_the_front_is_what_nothing_beats(points):
    def is_beaten(one):
        return any(other != one and other[0] <= one[0] and other[1] <= one[1]
                   for other in points)

    slow = [place for place, point in enumerate(points) if not is_beaten(point)]
    front = pareto_front(points)
    assert sorted(front) == slow
    assert [points[place] for place in front] == sorted(points[place] for place in slow)


def test_the_gradient_mask_is_compared_where_it_meets_lora():
    mask, other, lora = (made_up(GRADIENT, 40, 0.12, seed=1), made_up(RANDOM, 40, 0.14, seed=2),
                         made_up(LORA, 40, 0.10, seed=3))
    larger = made_up(Arm("sparse", "gradient", "global", count=80), 80, 0.1)
    local = made_up(Arm("sparse", "random", "local", count=40), 40, 0.1)
    points = [RepairPoint(one) for one in (larger, lora, local, other, mask)]
    found = matched(points, "lu")
    assert found.mask.result is mask
    assert [point.result for point in found.others] == [lora, other]
    for difference, other_result in zip(found.differences, (lora, other), strict=True):
        expected = np.mean(mask.of_order("random_order")["lu"]
                           - other_result.of_order("random_order")["lu"])
        assert difference.value == pytest.approx(expected)
    assert matched([point for point in points if point.result is not lora], "lu") is None


def test_histograms_hold_every_graph():
    after = made_up(LORA, 40, 0.1, seed=4)
    for order in ORDERS:
        found = lu_histograms(NONE, after, order)
        assert found.before.sum() == found.after.sum() == 20
        values = after.of_order(order)["lu"]
        inside = [np.sum((values >= low) & (values < high))
                  for low, high in zip(found.edges[:-1], found.edges[1:], strict=True)]
        assert found.after.tolist() == inside
        assert found.means[1] == pytest.approx(values.mean())


def test_changes_are_paired_where_graphs_have_the_number():
    after = made_up(LORA, 40, 0.1, seed=4)
    found = {(one.order, one.measure): one for one in changes(NONE, after)}
    assert set(found) == {(order, measure) for order in ORDERS for measure in MEASURES}
    lu = found["random_order", "lu"]
    assert lu.paired.value == pytest.approx(np.mean(
        after.of_order("random_order")["lu"] - NONE.of_order("random_order")["lu"]))
    assert lu.paired.interval.high < 0
    assert found["random_order", "ece"].paired is None


@pytest.mark.parametrize(("arm", "criteria", "scope", "selection", "expected"), [
    (GRADIENT, [], "all", "all", True), (GRADIENT, ["snip"], "all", "all", False),
    (GRADIENT, ["gradient"], "global", "static", True), (GRADIENT, [], "local", "all", False),
    (GRADIENT, [], "all", "dynamic", False), (LORA, ["snip"], "local", "dynamic", True),
])
def test_filters_concern_sparse_arms_only(arm, criteria, scope, selection, expected):
    assert passes(arm, criteria=criteria, scope=scope, selection=selection) is expected


def test_names_colours_and_order():
    arms = [Arm("full"), LORA, RANDOM, Arm("sparse", "fisher", "global", count=40), GRADIENT]
    assert {family_of(arm) for arm in arms} <= set(FAMILIES)
    points = in_order(RepairPoint(made_up(arm, 40, 0.1)) for arm in arms)
    assert [point.result.arm for point in points] == [arms[4], arms[3], arms[2], arms[1], arms[0]]
    assert arm_label(Arm("pissa", rank=2)) == "PiSSA, rank 2"
    live, other, shipped = (RepairPoint(made_up(LORA, 40, 0.1), run)
                            for run in ("0a1b", "2c3d", ""))
    assert len({live.key, other.key, shipped.key}) == 3
    assert (live.is_live, shipped.is_live, shipped.key) == (True, False, "lora-rank-1")
    assert live.key.startswith(LIVE)


def test_the_table_has_a_row_per_arm_and_all_numbers():
    table = result_table({"none": NONE, "lora-rank-1": made_up(LORA, 40, 0.1)})
    assert table["parameters"].tolist() == [0, 40]
    assert table.loc[1, "lu random_order high"] == pytest.approx(0.2)
    assert table.loc[1, "share"] == pytest.approx(0.04)
