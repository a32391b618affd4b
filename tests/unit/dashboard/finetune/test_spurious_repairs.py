"""A low LU that comes from a high NLL is told from a repair."""

from dataclasses import replace

import numpy as np
import pytest

from core.repair.arms import Arm
from core.stats.estimates import Estimate
from dashboard.finetune.charts import pareto_plot
from dashboard.finetune.repairs import RepairPoint
from dashboard.finetune.spurious_repairs import furthest_repair, spurious_repairs
from dashboard.finetune.text import comparison_finding
from tests.unit.dashboard.finetune.test_repairs import GRADIENT, LORA, NONE, made_up

DYNAMIC = Arm("sparse", "gradient", "global", True, 40, 1)


def arm(kind, number, lu, *, times=1.0, graphs="g", seed=0):
    """An arm whose NLL is that of others `times` so high, on graphs of a name."""
    made = made_up(kind, number, lu, seed=1)  # the same graphs for all
    rows = made.graphs.copy()
    rows["lu"] += np.random.default_rng(seed).normal(0, 0.001, len(rows))
    rows["nll_mean"] *= times
    rows["id"] = graphs + rows["id"]
    estimates = {order: of | {"nll_per_token": Estimate(times)}
                 for order, of in made.estimates.items()}
    return RepairPoint(replace(made, graphs=rows, estimates=estimates))


HONEST = arm(LORA, 40, 0.12)
SPURIOUS = arm(DYNAMIC, 40, 0.08, times=2, seed=2)


def test_a_lower_lu_with_more_spread_in_nats_is_spurious():
    found = spurious_repairs([SPURIOUS, HONEST], "lu")
    assert list(found) == [SPURIOUS.key]
    assert found[SPURIOUS.key].shown_by is HONEST
    for point, spread in zip((SPURIOUS, HONEST), found[SPURIOUS.key].spreads, strict=True):
        rows = point.result.of_order("random_order")
        assert spread == pytest.approx(np.mean([lu * nll for lu, nll in zip(
            rows["lu"], rows["nll_mean"], strict=True)]))
    assert furthest_repair([SPURIOUS, HONEST], "lu") is HONEST


@pytest.mark.parametrize(("other", "measure"), [
    (arm(GRADIENT, 41, 0.12), "lu"),  # trains more
    (arm(GRADIENT, 40, 0.12, graphs="h"), "lu"),  # of other graphs
    (arm(GRADIENT, 40, 0.12, times=1.4), "lu"),  # spread as large
    (arm(GRADIENT, 40, 0.0801), "lu"),  # LU not told apart
    (HONEST, "ece"), (HONEST, "nll_per_token"),
])
def test_otherwise_a_low_lu_counts(other, measure):
    assert spurious_repairs([SPURIOUS, other], measure) == {}


def test_the_page_says_so_and_names_another_arm():
    said = comparison_finding([SPURIOUS, HONEST], NONE, "LU")
    assert said.startswith("Furthest goes **LoRA, rank 1** (40 parameters, ")
    assert "**sparse, gradient, dynamic, 40 entries** has LU 0.08" in said
    assert "only because its NLL is high, 2.00 nats per token" in said
    assert "only because" not in comparison_finding([HONEST], NONE, "LU")
    best = arm(Arm("full"), 1000, 0.05)
    said = comparison_finding([SPURIOUS, HONEST, best], NONE, "LU")
    assert said.endswith("1 other arm is drawn hollow for such a low LU.")
    assert "only because" not in said


def test_it_is_drawn_hollow_and_left_out_of_the_front():
    smaller = arm(GRADIENT, 10, 0.2)
    figure = pareto_plot([smaller, SPURIOUS, HONEST], NONE, None, measure="lu",
                         cost="nll_per_token", names=("repair", "cost"), dark=False)
    symbols = {np.ravel(trace.customdata)[i]: symbol for trace in figure.data
               if trace.customdata is not None for i, symbol in enumerate(trace.marker.symbol)}
    assert {key for key, symbol in symbols.items() if symbol.endswith("-open")} == {SPURIOUS.key}
    front = next(trace for trace in figure.data if trace.name == "Pareto front")
    assert list(front.y) == [point.estimate("lu", native=False).value
                             for point in (smaller, HONEST)]
