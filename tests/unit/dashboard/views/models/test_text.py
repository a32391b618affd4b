"""What the Models page says of a table of models and orders."""

from types import SimpleNamespace

from core.calibration.token_types import TokenType
from core.evaluation.cross_evaluation import QUANTITIES, cross_evaluations
from core.stats.estimates import Estimate, Interval
from dashboard.views.models.query import ModelsQuery
from dashboard.views.models.text import finding

ANCHOR, MAX, RANDOM = "anchor_expansion", "max_degree_first", "random_order"


def query(values: dict[tuple[str, str], Estimate], trained_under: dict[str, str]) -> ModelsQuery:
    """LU of models under orders."""
    found = [SimpleNamespace(model=model, strategy=order, trained_under=trained_under[model],
                             dataset="QM9", has_molecules=True, lu=estimate)
             for (model, order), estimate in values.items()]
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
        "trained under another order show at least 8.0 to 40 times the LU that they show under "
        "their own.")
