"""Shipped evaluations and what is made of them, kept between reruns."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pandas as pd
import streamlit as st

from core.calibration.token_types import Reliability, TokenType
from core.evaluation.result import Evaluation, EvaluationError, shipped_evaluations
from core.records import RECORD
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import Vocabulary
from dashboard import texts_calibration, texts_evaluations
from dashboard.cross_evaluation import CrossEvaluation, cross_evaluations
from dashboard.stored_tokens import StoredToken, read_stored_token
from dashboard.token_pictures import token_svg

Value = TypeVar("Value")
_TOKEN_COLUMNS = ("id", "smiles", "confidence", "position", "target", "predicted", "tokens")


@dataclass(frozen=True, eq=False)
class ShippedEvaluations:
    """What the assets folder holds.

    Attributes:
        found: the evaluations that can be read, in the order of `cross_evaluations`.
        complaints: one sentence for every other one.
    """

    found: tuple[Evaluation, ...]
    complaints: tuple[str, ...]

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models that there are results of."""
        return tuple(dict.fromkeys(evaluation.model for evaluation in self.found))

    @property
    def first_biased(self) -> int:
        """Place of the first model that was not trained under random order, or 0."""
        native = {evaluation.model: evaluation.trained_under for evaluation in self.found}
        biased = [place for place, model in enumerate(self.models)
                  if native[model] != RANDOM_ORDER.name]
        return biased[0] if biased else 0

    def of_model(self, model: str) -> dict[str, Evaluation]:
        """Its evaluations by strategy."""
        return {evaluation.strategy: evaluation for evaluation in self.found
                if evaluation.model == model}


def shipped() -> ShippedEvaluations:
    """All results in the assets folder; a folder that was made anew is read anew."""
    found, complaints = [], []
    for folder in shipped_evaluations().values():
        try:
            found.append(_evaluation(str(folder), (folder / RECORD).stat().st_mtime_ns))
        except (EvaluationError, OSError) as error:
            complaints.append(str(error))
    ordered = [cross.cells[cell] for cross in cross_evaluations(found).values()
               for cell in cross.in_order]
    return ShippedEvaluations(tuple(ordered), tuple(complaints))


@st.cache_resource(max_entries=64, show_spinner="Reading the results")
def _evaluation(folder: str, changed_ns: int) -> Evaluation:
    """An evaluation whose tables hold what the pages read.

    Raises:
        EvaluationError: if it is missing, damaged, or of another version.
    """
    evaluation = Evaluation.load(Path(folder))
    try:
        for token_type in evaluation.token_types:
            for temperature in {1.0, evaluation.fitted_temperature or 1.0}:
                evaluation.reliability(token_type, temperature)
        evaluation.tokens[list(_TOKEN_COLUMNS)]
        evaluation.tokens_in(TokenType.ALL, 0)
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise EvaluationError(f"{folder} is damaged ({error!r}); make it anew with "
                              f"`{texts_evaluations.EVALUATE}`.") from error
    return evaluation


def diagrams(evaluation: Evaluation, token_type: TokenType) -> tuple[Reliability, ...]:
    """Reliability of one type at all temperatures, increasing."""
    return _remember(evaluation, ("diagrams", token_type), lambda: tuple(
        evaluation.reliability(token_type, temperature) for temperature in evaluation.temperatures
    ))


def score_table(evaluation: Evaluation) -> pd.DataFrame:
    """Scores of every type at temperature 1."""
    return _remember(evaluation, "scores", lambda: texts_calibration.score_table(
        [[evaluation.reliability(token_type)] for token_type in evaluation.token_types],
        [evaluation.strategy],
    ))


def number_table(cross: CrossEvaluation) -> pd.DataFrame:
    """Every number of every cell, with intervals, at temperature 1."""
    cells = [cross.cells[cell] for cell in cross.in_order]
    return pd.DataFrame([
        _remember(cell, "numbers", partial(texts_evaluations.evaluation_row, cell))
        for cell in cells
    ])


def _remember(evaluation: Evaluation, key: Hashable, compute: Callable[[], Value]) -> Value:
    """Keep what is made of an evaluation for as long as the evaluation itself is kept."""
    kept = _memories().setdefault(evaluation, {})
    if key not in kept:
        kept[key] = compute()
    return kept[key]


@st.cache_resource(show_spinner=False)
def _memories() -> WeakKeyDictionary[Evaluation, dict[Hashable, Any]]:
    return WeakKeyDictionary()


@dataclass(frozen=True)
class TokenPicture:
    """A sampled token and its drawing as SVG."""

    token: StoredToken
    svg: str


def token_pictures(
    tokens: pd.DataFrame, vocabulary: Vocabulary, *, dark: bool
) -> list[TokenPicture]:
    """Rows of `Evaluation.tokens`, drawn."""
    return [
        _token_picture(**{**row, "tokens": tuple(row["tokens"])}, vocabulary=vocabulary, dark=dark)
        for row in tokens[list(_TOKEN_COLUMNS)].to_dict("records")
    ]


@st.cache_resource(max_entries=512, show_spinner=False)
def _token_picture(*, vocabulary: Vocabulary, dark: bool, **row: Any) -> TokenPicture:
    token = read_stored_token(row, vocabulary)
    title = texts_calibration.token_alt(token, vocabulary)
    return TokenPicture(token, token_svg(token, vocabulary, dark=dark, title=title))
