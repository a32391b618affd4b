"""Which model an address that names none is about."""

from types import SimpleNamespace

import pytest

from dashboard.reliability.evaluations import ShippedEvaluations


def evaluated(*models):
    return ShippedEvaluations(tuple(
        SimpleNamespace(model=model, dataset=model.split("-")[0], strategy="random_order",
                        trained_under=model.split("-")[1]) for model in models), ())


@pytest.mark.parametrize(("models", "first"), [
    (("MOSES-min_degree_first", "qm9-random_order", "qm9-max_degree_first"), 2),
    (("MOSES-min_degree_first", "qm9-random_order"), 0),
    (("MOSES-random_order", "planar-max_degree_first"), 1),
    (("qm9-random_order",), 0), ((), 0),
])
def test_links_without_a_model_stay_on_the_first_data_set(models, first):
    assert evaluated(*models).first_biased == first
