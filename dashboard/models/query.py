"""What can be chosen on the Models page, and how it stands in the address."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.reliability.cross_evaluation import QUANTITIES, CrossEvaluation
from dashboard.reliability.text import TYPE_NAMES
from dashboard.shared.query_params import Choice, faults


def address_faults(
    query: Mapping[str, str], tables: Mapping[str, CrossEvaluation]
) -> list[str]:
    """One sentence for every parameter of an address that cannot be taken as it stands.

    Args:
        query: the address's parameters.
        tables: what has been evaluated, by data set.
    """
    models = [model for cross in tables.values() for model in cross.models]
    orders = dict.fromkeys(order for cross in tables.values() for order in cross.strategies)
    return faults(query, {
        "dataset": Choice("data set", tuple(tables)), "metric": Choice("metric", tuple(QUANTITIES)),
        "tokens": Choice("type of tokens", tuple(TYPE_NAMES)), "row": Choice("model", models),
        "column": Choice("order", tuple(orders)),
    })
