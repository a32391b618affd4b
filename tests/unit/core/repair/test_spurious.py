"""A low LU that comes from a high NLL is told from a repair."""

import numpy as np
import pytest

from core.repair.arms import Arm
from core.repair.comparison import largest_reduction
from core.repair.spurious import spurious_repairs
from tests.repairs import GRADIENT, LORA, MADE_UP_ORDERS, with_nll

DYNAMIC = Arm("sparse", "gradient", "global", True, 40, 1)
HONEST = with_nll(LORA, 40, 0.12)
SPURIOUS = with_nll(DYNAMIC, 40, 0.08, times=2, seed=2)


def graphs_of(result):
    return result.of_order("random_order")


def test_a_lower_lu_with_more_spread_in_nats_is_spurious():
    found = spurious_repairs([SPURIOUS, HONEST], "lu")
    assert list(found) == [SPURIOUS]
    assert found[SPURIOUS].shown_by is HONEST
    spreads = found[SPURIOUS].spread_nats, found[SPURIOUS].its_spread_nats
    for result, spread in zip((SPURIOUS, HONEST), spreads, strict=True):
        rows = graphs_of(result)
        assert spread == pytest.approx(np.mean([lu * nll for lu, nll in zip(
            rows["lu"], rows["nll_mean"], strict=True)]))
    assert largest_reduction([SPURIOUS, HONEST], "lu") is HONEST


@pytest.mark.parametrize(("other", "measure"), [
    (with_nll(GRADIENT, 41, 0.12), "lu"),  # trains more
    (with_nll(GRADIENT, 40, 0.12, graphs="h"), "lu"),  # of other graphs
    (with_nll(GRADIENT, 40, 0.12, times=1.4), "lu"),  # spread as large
    (with_nll(GRADIENT, 40, 0.0801), "lu"),  # LU not told apart
    (HONEST, "ece"), (HONEST, "nll_per_token"),
])
def test_otherwise_a_low_lu_counts(other, measure):
    assert spurious_repairs([SPURIOUS, other], measure) == {}


def test_under_the_own_order_as_under_the_new_one():
    before, after = (with_nll(arm, number, 0.12) for arm, number in ((Arm("none"), 0), (LORA, 40)))
    rows, is_own = after.graphs, after.graphs["order"] == MADE_UP_ORDERS[0]
    rows.loc[is_own, ["lu", "nll_mean"]] *= [0.8, 2.0]
    assert spurious_repairs([before, after]) == {}
    [(marked, found)] = spurious_repairs([before, after], order=MADE_UP_ORDERS[0]).items()
    assert (marked, found.shown_by) == (after, before)
