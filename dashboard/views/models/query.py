"""What can be chosen on the Models page, and how it stands in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.calibration.token_types import TokenType
from core.evaluation.cross_evaluation import QUANTITIES, Cell, CrossEvaluation, Quantity
from core.evaluation.measures import MEASURES
from core.evaluation.result import Evaluation
from core.stats.estimates import Estimate
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
        "dataset": Choice("data set", tuple(tables), is_of_server=True),
        "metric": Choice("metric", tuple(QUANTITIES)),
        "tokens": Choice("type of token", tuple(of.label for of in TokenType)),
        "row": Choice("model", models, is_of_server=True),
        "column": Choice("order", tuple(orders)),
    })


@dataclass(frozen=True, eq=False)
class ModelsQuery:
    """What the Models page shows.

    Attributes:
        cross: the models and orders of a data set.
        quantity: what they are compared by.
        token_type: the type of token that the quantity is of, if it has types.
        cell: model and order that are opened; they may not have been evaluated.
    """

    cross: CrossEvaluation
    quantity: Quantity
    token_type: TokenType
    cell: Cell

    @property
    def estimates(self) -> dict[Cell, Estimate]:
        """The quantity in every cell that has it."""
        return self.cross.estimates(self.quantity, self.token_type)

    @property
    def nats(self) -> dict[Cell, Estimate] | None:
        """What stands beside LU: the standard deviation of the NLL; None for other quantities."""
        if self.quantity is not QUANTITIES[MEASURES["lu"].name]:
            return None
        return self.cross.estimates(QUANTITIES[MEASURES["nll_std"].name], self.token_type)

    @property
    def opened(self) -> Evaluation | None:
        """The evaluation of the opened cell, if there is one."""
        return self.cross.cells.get(self.cell)
