"""What can be chosen on the Calibration page, and how it stands in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.calibration.reliability import Reliability
from core.calibration.stored_tokens import StoredToken
from core.calibration.temperature import TEMPERATURES
from core.calibration.token_types import BIN_EDGES, NUM_BINS, TokenType
from core.evaluation.result import Evaluation
from core.graph.planar import PlanarName
from core.sent.strategies import RANDOM_ORDER, STRATEGIES
from dashboard.reliability.charts import Series
from dashboard.shared import links
from dashboard.shared.guide_steps import PARAMETER, parameter
from dashboard.shared.links import CALIBRATION
from dashboard.shared.query_params import Choice, faults

LARGEST_SHARE = "largest share of ECE"
BIN_OPTIONS = (LARGEST_SHARE, *(
    f"{BIN_EDGES[number]:.2f} to {BIN_EDGES[number + 1]:.2f}" for number in range(NUM_BINS)
))
"""Bins of confidence, and a name for the one where ECE comes from."""

TEMPERATURE_OPTIONS: dict[str, float] = {
    f"{temperature:.2f}": temperature for temperature in TEMPERATURES
}
SECTIONS = TOKENS, ALL_TYPES, TEMPERATURE, NUMBERS = (
    "Tokens of a bin", "All types", "Temperature", "Numbers")
ANSWERS = ALL, RIGHT, WRONG = ("all", "right", "wrong")
"""Which sampled tokens are shown, by whether the model's prediction was right."""


def address_faults(
    query: Mapping[str, str], models: Sequence[str], orders: Sequence[str]
) -> list[str]:
    """One sentence for every parameter of an address that cannot be taken as it stands.

    Args:
        query: the address's parameters.
        models: names of those that have been evaluated.
        orders: names of the strategies that any of them was evaluated under.
    """
    return faults(query, {
        "evaluated": Choice("model", models, is_of_server=True),
        "under": Choice("order", orders),
        "type": Choice("type of token", tuple(of.label for of in TokenType)),
        "at": Choice("temperature", tuple(TEMPERATURE_OPTIONS)),
        "fitted": Choice("switch", ("true", "false")), "section": Choice("section", SECTIONS),
        "shown": Choice("order", orders), "bin": Choice("bin", BIN_OPTIONS),
        "answers": Choice("kind of answer", ANSWERS), PARAMETER: parameter(CALIBRATION),
    })


def compared_orders(native: str, chosen: str, known: Sequence[str]) -> tuple[str, ...]:
    """Orders whose diagrams stand beside each other: the model's own, random, and the chosen one.

    Those that there are no results for are left out.

    >>> compared_orders("min_degree_first", "random_order", ["min_degree_first", "random_order"])
    ('min_degree_first', 'random_order')
    """
    wanted = dict.fromkeys((native, RANDOM_ORDER.name, chosen))
    return tuple(order for order in wanted if order in known)


@dataclass(frozen=True, eq=False)
class CalibrationQuery:
    """What the Calibration page shows.

    Attributes:
        model: name of the model.
        order: the chosen strategy.
        orders: strategies whose diagrams stand beside each other, `order` among them.
        evaluations: of the model, by strategy.
        token_type: the type of tokens.
    """

    model: str
    order: str
    orders: tuple[str, ...]
    evaluations: Mapping[str, Evaluation]
    token_type: TokenType

    def diagram(
        self, order: str, temperature: float | None, token_type: TokenType | None = None
    ) -> Reliability:
        """Reliability under an order.

        Args:
            order: one of `orders`.
            temperature: of the grid; None for the order's fitted one, 1 if it has none.
            token_type: by default the chosen one.
        """
        evaluation = self.evaluations[order]
        if temperature is None:
            temperature = evaluation.fitted_temperature or 1.0
        return evaluation.reliability(token_type or self.token_type, temperature)

    def fitted(self, order: str) -> Reliability | None:
        """The diagram at the order's fitted temperature, if it has one."""
        is_fitted = self.evaluations[order].fitted_temperature is not None
        return self.diagram(order, None) if is_fitted else None

    def series(self) -> list[Series]:
        """Name and colour of every order, its own the first."""
        return [Series(order, place) for place, order in enumerate(self.orders)]

    @property
    def token_types(self) -> tuple[TokenType, ...]:
        """Types that occur under every order."""
        return tuple(of for of in TokenType if all(
            of in self.evaluations[order].token_types for order in self.orders))


@dataclass(frozen=True)
class BinQuery:
    """Which tokens are shown.

    Attributes:
        order: strategy that wrote their sequences.
        number: of the bin, from 0.
        answers: one of `ANSWERS`.
    """

    order: str
    number: int
    answers: str = ALL


def explore_query(token: StoredToken, evaluation: Evaluation) -> dict[str, str] | None:
    """Parameters of the Explore page, or None for what it cannot show."""
    planar = PlanarName.from_id(token.id)
    if token.smiles is None and (planar is None or planar.split != "test"):
        return None
    is_told = evaluation.strategy in STRATEGIES and evaluation.strategy != evaluation.trained_under
    return links.explore_query(
        evaluation.model, strategy=evaluation.strategy if is_told else "",
        smiles=token.smiles or "", planar=planar if token.smiles is None else None)
