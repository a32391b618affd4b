"""Arithmetic of the Fine-tune page, against slow obvious ways to do it."""

import numpy as np
import pytest

from core.repair.arms import Arm
from dashboard.finetune.repairs import (
    FAMILIES,
    LIVE,
    RepairPoint,
    family_of,
    in_order,
    lu_histograms,
    passes,
    result_table,
)
from tests.repairs import GRADIENT, LORA, MADE_UP_ORDERS, RANDOM, made_up

NONE = made_up(Arm("none"), 0, 0.4, seed=9)


def test_histograms_hold_every_graph():
    after = made_up(LORA, 40, 0.1, seed=4)
    for order in MADE_UP_ORDERS:
        found = lu_histograms(NONE, after, order)
        assert found.before.sum() == found.after.sum() == 20
        values = after.of_order(order)["lu"]
        inside = [np.sum((values >= low) & (values < high))
                  for low, high in zip(found.edges[:-1], found.edges[1:], strict=True)]
        assert found.after.tolist() == inside
        assert found.means[1] == pytest.approx(values.mean())


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
