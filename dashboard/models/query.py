"""What can be chosen on the Models page, and how it stands in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.calibration.token_types import TokenType
from core.evaluation.cross_evaluation import QUANTITIES, Cell, CrossEvaluation, Quantity
from core.evaluation.result import Evaluation
from core.stats.estimates import Estimate
from dashboard.shared.query_params import Offers


def offers(tables: Mapping[str, CrossEvaluation]) -> Offers:
    """What the address can ask for, with the tables by data set."""
    models = [model for cross in tables.values() for model in cross.models]
    orders = dict.fromkeys(order for cross in tables.values() for order in cross.strategies)
    return (
        ("dataset", "data set", tuple(tables)), ("metric", "metric", tuple(QUANTITIES)),
        ("tokens", "type of token", tuple(of.label for of in TokenType)),
        ("row", "model", models), ("column", "order", tuple(orders)),
    )


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
    def opened(self) -> Evaluation | None:
        """The evaluation of the opened cell, if there is one."""
        return self.cross.cells.get(self.cell)
