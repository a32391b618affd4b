"""What the Models page says of a table of models and orders."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from core.calibration.token_types import TokenType
from core.evaluation.cross_evaluation import QUANTITIES, cross_evaluations
from core.stats.estimates import Estimate, Interval
from dashboard.views.models.query import ModelsQuery
from dashboard.views.models.text import finding, heatmap_alt, heatmap_table

ANCHOR, MAX, RANDOM = "anchor_expansion", "max_degree_first", "random_order"


def query(
    values: dict[tuple[str, str], Estimate], trained_under: dict[str, str], nll: float = 30.0
) -> ModelsQuery:
    """LU of models under orders; the NLL under an order that is not their own is `nll`."""
    wave = 1 + 0.01 * np.cos(np.arange(20))
    found = []
    for (model, order), estimate in values.items():
        graphs = pd.DataFrame({
            "id": [f"g{at}" for at in range(20)], "lu": estimate.value * wave,
            "nll_mean": 30.0 if order == trained_under[model] else nll})
        nats = float((graphs["lu"] * graphs["nll_mean"]).mean())
        found.append(SimpleNamespace(
            model=model, strategy=order, trained_under=trained_under[model], dataset="QM9",
            has_molecules=True, lu=estimate, nll_std=Estimate(nats), graphs=graphs))
    [cross] = cross_evaluations(found).values()
    return ModelsQuery(cross, QUANTITIES["LU"], TokenType.ALL, cross.in_order[0])


def test_one_biased_model_is_named():
    said = finding(query({("a", RANDOM): Estimate(0.2), ("a", ANCHOR): Estimate(0.3),
                          ("b", RANDOM): Estimate(0.8), ("b", ANCHOR): Estimate(0.1)},
                         {"a": RANDOM, "b": ANCHOR}))
    assert said == (
        "**a** has the lowest worst case of both models: whatever the order, its LU is at most "
        "0.300 (under anchor_expansion). Under random_order, b shows 8.0 times the LU that it "
        "shows under its own order.")


def test_several_biased_models_are_counted_and_a_noisy_own_order_gives_a_floor():
    said = finding(query({("b", RANDOM): Estimate(0.8), ("b", ANCHOR): Estimate(0.1),
                          ("c", RANDOM): Estimate(0.8),
                          ("c", MAX): Estimate(0.02, Interval(0.0, 0.1))},
                         {"b": ANCHOR, "c": MAX}))
    assert said == (
        "No model has been evaluated under every order yet. Under random_order, the 2 models "
        "trained under another order show at least 8.0 times the LU that they show under "
        "their own.")


def test_a_low_lu_from_a_high_nll_is_marked_in_words_and_in_the_table():
    asked = query({("a", RANDOM): Estimate(0.1), ("b", RANDOM): Estimate(0.08)},
                  {"a": RANDOM, "b": ANCHOR}, nll=90.0)
    assert finding(asked).endswith(
        "1 cell is marked †: a low LU that comes from a high NLL. Most of all **b** under "
        "random_order, LU 0.0800: between orders of a graph its NLL varies by 7.20 nats, that of "
        "**a** under random_order (LU 0.100) by 3.00.")
    assert heatmap_alt(asked).endswith("a under random_order: 0.100, 3.00 nats; b under "
                                       "random_order: 0.0800, 7.20 nats, low because its NLL is "
                                       "high.")
    table = heatmap_table(asked)
    assert table["nll_std_nats"].tolist() == pytest.approx([3.0, 7.2], rel=0.01)
    assert table["low_lu_from_high_nll"].tolist() == [False, True]
    assert table["shown_by"].tolist() == ["", "a under random_order"]
