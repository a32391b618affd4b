"""Arms as points of the plot: names, colours, order and filters."""

import pytest

from core.repair.arms import Arm
from dashboard.views.finetune.points import FAMILIES, LIVE, RepairPoint, family_of, in_order, passes
from tests.repairs import GRADIENT, LORA, RANDOM, made_up


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
    assert family_of(Arm("sparse", "hindsight", "global", count=4)) == (
        "sparse, hindsight (reference)")
    live, other, shipped = (RepairPoint(made_up(LORA, 40, 0.1), run)
                            for run in ("0a1b", "2c3d", ""))
    assert len({live.key, other.key, shipped.key}) == 3
    assert (live.is_live, shipped.is_live, shipped.key) == (True, False, "lora-rank-1")
    assert live.key.startswith(LIVE)
