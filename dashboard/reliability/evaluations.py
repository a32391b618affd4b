"""Evaluations that ship or were made here, kept between reruns."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import streamlit as st

from core.calibration.token_types import TokenType
from core.evaluation.cross_evaluation import cross_evaluations
from core.evaluation.result import (
    Evaluation,
    EvaluationError,
    own_evaluations,
    shipped_evaluations,
)
from core.records import RECORD
from core.sent.strategies import RANDOM_ORDER
from dashboard.reliability import text
from dashboard.shared.choices import DEFAULT_MODEL
from dashboard.shared.file_age import age
from dashboard.shared.model_choice import capitalised

Value = TypeVar("Value")
TOKEN_COLUMNS = ("id", "smiles", "confidence", "position", "target", "predicted", "tokens")


@dataclass(frozen=True, eq=False)
class ShippedEvaluations:
    """What the assets folder holds.

    Attributes:
        found: the evaluations that can be read, in the order of `cross_evaluations`.
        faults: one sentence for every other one.
    """

    found: tuple[Evaluation, ...]
    faults: tuple[str, ...]

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models that there are results of."""
        return tuple(dict.fromkeys(evaluation.model for evaluation in self.found))

    @property
    def models_by_dataset(self) -> dict[str, tuple[str, ...]]:
        """The same by the data set that each was first evaluated on."""
        first: dict[str, str] = {}
        for evaluation in self.found:
            first.setdefault(evaluation.model, capitalised(evaluation.dataset))
        return {title: tuple(model for model in first if first[model] == title)
                for title in dict.fromkeys(first.values())}

    @property
    def trained_under(self) -> dict[str, str]:
        """The strategy that each model was trained under."""
        return {evaluation.model: evaluation.trained_under for evaluation in self.found}

    @property
    def orders(self) -> tuple[str, ...]:
        """Names of the strategies that there are results under."""
        return tuple(dict.fromkeys(evaluation.strategy for evaluation in self.found))

    @property
    def first_biased(self) -> int:
        """Place of the first model that was not trained under random order, or 0.

        Of the data set of the default model, if it is there: links that name no model stay on it,
        whatever else ships.
        """
        native, models = self.trained_under, self.models
        known = next((group for group in self.models_by_dataset.values()
                      if DEFAULT_MODEL in group), models)
        biased = [place for place, model in enumerate(models)
                  if native[model] != RANDOM_ORDER.name]
        return next((place for place in biased if models[place] in known), next(iter(biased), 0))

    def of_model(self, model: str) -> dict[str, Evaluation]:
        """Its evaluations by strategy."""
        return {evaluation.strategy: evaluation for evaluation in self.found
                if evaluation.model == model}


def shipped() -> ShippedEvaluations:
    """All results in the assets folder, and those made here; a folder made anew is read anew."""
    found, faults = [], []
    for folder in (*shipped_evaluations().values(), *own_evaluations()):
        try:
            found.append(_evaluation(str(folder), age(folder / RECORD)))
        except EvaluationError as error:
            faults.append(str(error))
    ordered = [cross.cells[cell] for cross in cross_evaluations(found).values()
               for cell in cross.in_order]
    return ShippedEvaluations(tuple(ordered), tuple(faults))


@st.cache_resource(max_entries=64, show_spinner="Reading the results")
def _evaluation(folder: str, age: str) -> Evaluation:
    """An evaluation whose tables hold what the pages read.

    Raises:
        EvaluationError: if it is missing, damaged, or of another version.
    """
    evaluation = Evaluation.load(Path(folder))
    try:
        for token_type in evaluation.token_types:
            for temperature in {1.0, evaluation.fitted_temperature or 1.0}:
                evaluation.reliability(token_type, temperature)
        evaluation.tokens[list(TOKEN_COLUMNS)]
        evaluation.tokens_in(TokenType.ALL, 0)
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise EvaluationError(f"{folder} is damaged ({error!r}); make it anew with "
                              f"`{text.EVALUATE}`.") from error
    return evaluation


def remember(evaluation: Evaluation, key: Hashable, compute: Callable[[], Value]) -> Value:
    """Keep what is made of an evaluation for as long as the evaluation itself is kept."""
    kept = _memories().setdefault(evaluation, {})
    if key not in kept:
        kept[key] = compute()
    return kept[key]


@st.cache_resource(show_spinner=False)
def _memories() -> WeakKeyDictionary[Evaluation, dict[Hashable, Any]]:
    return WeakKeyDictionary()
