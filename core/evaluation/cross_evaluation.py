"""Models against orders: the evaluations of one data set, and what can be compared in them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from core.calibration.token_types import TokenType
from core.evaluation.measures import MEASURES, Measure
from core.evaluation.result import Evaluation
from core.likelihood.low_lu import LowLu, low_lu_from_high_nll
from core.sent.strategies import RANDOM_ORDER, STRATEGIES
from core.stats.estimates import Estimate, interval_columns
from core.units import with_unit

Cell = tuple[str, str]
"""Name of a model and of the strategy that it was evaluated under."""

_OF_SEQUENCES = ("nll_per_token", "nll_per_graph", "lu", "nll_std")
_OF_TOKENS = ("ece", "smooth_ece", "brier")


@dataclass(frozen=True)
class Quantity:
    """A measure that every evaluation knows.

    Attributes:
        measure: what it is called and means.
        has_types: whether it is known for each type of token, and not for sequences only.
        read: its value in an evaluation for a type of token; None where it is not stored.
    """

    measure: Measure
    has_types: bool
    read: Callable[[Evaluation, TokenType], Estimate | None]

    @property
    def name(self) -> str:
        """As people read it, within a sentence."""
        return self.measure.name


QUANTITIES: dict[str, Quantity] = {quantity.name: quantity for quantity in (
    Quantity(MEASURES["ece"], True, lambda found, of: found.reliability(of).ece),
    Quantity(MEASURES["smooth_ece"], True, lambda found, of: found.reliability(of).smooth_ece),
    Quantity(MEASURES["brier"], True, lambda found, of: found.reliability(of).brier),
    Quantity(MEASURES["nll_per_token"], True,
             lambda found, of: (found.nll_per_token if of is TokenType.ALL
                                else found.reliability(of).nll)),
    Quantity(MEASURES["lu"], False, lambda found, of: found.lu),
    Quantity(MEASURES["nll_std"], False, lambda found, of: found.nll_std),
)}
"""What evaluations are compared by, by name."""


@dataclass(frozen=True, eq=False)
class CrossEvaluation:
    """Evaluations on one part of one data set.

    Attributes:
        dataset: its name.
        models: rows of the table, in the order of the strategies that they were trained under.
        strategies: columns, the named ones first.
        cells: what there is; some may be missing.
    """

    dataset: str
    models: tuple[str, ...]
    strategies: tuple[str, ...]
    cells: Mapping[Cell, Evaluation]

    @property
    def in_order(self) -> tuple[Cell, ...]:
        """The cells that there are, row by row."""
        return tuple((model, strategy) for model in self.models for strategy in self.strategies
                     if (model, strategy) in self.cells)

    @property
    def telling_cell(self) -> Cell:
        """A cell to start from: a model far from its own order, if there is one."""
        foreign = [cell for cell in self.in_order if not self.is_native(cell)]
        random = [cell for cell in foreign if cell[1] == RANDOM_ORDER.name]
        return (random or foreign or list(self.in_order))[0]

    def trained_under(self, model: str) -> str:
        """The strategy that a model was trained under."""
        return next(found.trained_under for (name, _), found in self.cells.items()
                    if name == model)

    def is_native(self, cell: Cell) -> bool:
        """Whether the model of a cell was trained under the order that it is evaluated under."""
        return self.trained_under(cell[0]) == cell[1]

    @property
    def token_types(self) -> tuple[TokenType, ...]:
        """Types that occur."""
        return next(iter(self.cells.values())).token_types

    @cached_property
    def low_lu(self) -> dict[Cell, LowLu[Cell]]:
        """Cells whose low LU comes from a high NLL, as another cell shows."""
        return low_lu_from_high_nll({cell: self.cells[cell].graphs for cell in self.in_order})

    def estimates(self, quantity: Quantity, token_type: TokenType) -> dict[Cell, Estimate]:
        """A quantity in every cell that has it."""
        found = {cell: quantity.read(evaluation, token_type)
                 for cell, evaluation in self.cells.items()}
        return {cell: estimate for cell, estimate in found.items()
                if estimate is not None and math.isfinite(estimate.value)}

    def to_table(self, estimates: Mapping[Cell, Estimate]) -> pd.DataFrame:
        """A row per cell: model, trained_under, evaluated_under, value, low, high."""
        return pd.DataFrame([
            {
                "model": model, "trained_under": self.trained_under(model),
                "evaluated_under": strategy, "value": found.value,
                **interval_columns("", found.interval, sep=""),
            }
            for (model, strategy), found in estimates.items()
        ])


def low_lu_beside(
    found: Sequence[Evaluation], known: Iterable[Evaluation]
) -> dict[Evaluation, LowLu[Evaluation]]:
    """Evaluations whose low LU comes from a high NLL.

    Args:
        found: those that are asked about; they show it of each other, too.
        known: others that may show it, where they are of the same part of the same data set.
    """
    marked: dict[Evaluation, LowLu[Evaluation]] = {}
    others = list(known)
    for part in dict.fromkeys((one.dataset, one.split) for one in found):
        alike = [one for one in (*found, *others) if (one.dataset, one.split) == part]
        marked |= low_lu_from_high_nll({one: one.graphs for one in alike})
    return {one: marked[one] for one in found if one in marked}


def cross_evaluations(found: Iterable[Evaluation]) -> dict[str, CrossEvaluation]:
    """Tables by data set, molecules before other graphs."""
    by_dataset: dict[str, list[Evaluation]] = {}
    for evaluation in found:
        by_dataset.setdefault(evaluation.dataset, []).append(evaluation)
    ordered = sorted(by_dataset, key=lambda name: (
        not by_dataset[name][0].has_molecules, name))
    return {dataset: _table(dataset, by_dataset[dataset]) for dataset in ordered}


def _table(dataset: str, found: list[Evaluation]) -> CrossEvaluation:
    trained = {evaluation.model: evaluation.trained_under for evaluation in found}
    return CrossEvaluation(
        dataset,
        tuple(sorted(trained, key=lambda model: (*_rank(trained[model]), model))),
        tuple(sorted({evaluation.strategy for evaluation in found}, key=_rank)),
        {(evaluation.model, evaluation.strategy): evaluation for evaluation in found},
    )


def _rank(strategy: str) -> tuple[int, str]:
    names = list(STRATEGIES)
    return (names.index(strategy) if strategy in names else len(names), strategy)


@dataclass(frozen=True)
class Worst:
    """A model's highest estimate over all orders, and where it is."""

    model: str
    strategy: str
    estimate: Estimate


def worst_cases(cross: CrossEvaluation, estimates: Mapping[Cell, Estimate]) -> list[Worst]:
    """Of the models known under every order, the highest estimate of each; the lowest first."""
    found = []
    for model in cross.models:
        row = {strategy: estimates[model, strategy] for strategy in cross.strategies
               if (model, strategy) in estimates}
        if len(row) == len(cross.strategies):
            worst = max(row, key=lambda strategy: row[strategy].value)
            found.append(Worst(model, worst, row[worst]))
    return sorted(found, key=lambda worst: worst.estimate.value)


@dataclass(frozen=True)
class Rise:
    """How many times higher a model stands under a foreign order than under its own.

    Attributes:
        model: its name.
        ratio: of the two estimates.
        is_at_least: the estimate under its own order may be all noise, so the ratio is a floor.
    """

    model: str
    ratio: float
    is_at_least: bool


def rises(
    cross: CrossEvaluation, estimates: Mapping[Cell, Estimate], strategy: str
) -> list[Rise]:
    """Of every model trained under another order, how it changes under a strategy; least first."""
    found = []
    for model in cross.models:
        own = estimates.get((model, cross.trained_under(model)))
        foreign = estimates.get((model, strategy))
        is_own = cross.is_native((model, strategy))
        if own is not None and foreign is not None and own.value > 0 and not is_own:
            may_be_noise = own.interval is not None and own.interval.low <= 0
            found.append(Rise(model, foreign.value / own.value, may_be_noise))
    return sorted(found, key=lambda rise: rise.ratio)


def evaluation_row(evaluation: Evaluation) -> dict[str, object]:
    """Every number of an evaluation with its interval, at temperature 1, as a row of a table.

    Columns of measures are called by their keys with units, those of a type of tokens
    `MEASURE_TYPE`, such as `ece_node_index`; ends of intervals with `_low` and `_high` behind.
    """
    row: dict[str, object] = {
        "model": evaluation.model, "trained_under": evaluation.trained_under,
        "evaluated_under": evaluation.strategy,
    }
    for measure in _OF_SEQUENCES:
        row |= getattr(evaluation, measure).columns(with_unit(measure))
    for token_type in evaluation.token_types:
        found = evaluation.reliability(token_type)
        for measure in _OF_TOKENS:
            row |= _columns(f"{measure}_{token_type}", getattr(found, measure))
    return row | {
        "fitted_temperature": evaluation.fitted_temperature,
        "graphs": evaluation.num_graphs, "permutations": evaluation.permutations,
        "seed": evaluation.seed, "weights_sha256": evaluation.weights_sha256,
    }


def _columns(name: str, found: Estimate | None) -> dict[str, float | None]:
    return (Estimate(math.nan) if found is None else found).columns(name)
