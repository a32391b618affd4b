"""What the Calibration page makes of evaluations, kept between reruns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from core.calibration.reliability import Reliability
from core.calibration.stored_tokens import StoredToken, read_stored_token
from core.calibration.token_types import TokenType
from core.chemistry.chemistry import Chemistry
from core.evaluation.result import Evaluation
from core.sent.vocabulary import Vocabulary
from dashboard.reliability.evaluations import TOKEN_COLUMNS, remember
from dashboard.reliability.token_pictures import token_svg
from dashboard.views.calibration import text


def diagrams(evaluation: Evaluation, token_type: TokenType) -> tuple[Reliability, ...]:
    """Reliability of one type at all temperatures, increasing."""
    return remember(evaluation, ("diagrams", token_type), lambda: tuple(
        evaluation.reliability(token_type, temperature) for temperature in evaluation.temperatures
    ))


@dataclass(frozen=True)
class TokenPicture:
    """A sampled token and its drawing as SVG."""

    token: StoredToken
    svg: str


def token_pictures(
    tokens: pd.DataFrame, vocabulary: Vocabulary, chemistry: Chemistry | None, *, dark: bool
) -> list[TokenPicture]:
    """Rows of `Evaluation.tokens`, drawn."""
    return [
        _token_picture(**{**row, "tokens": tuple(row["tokens"])}, vocabulary=vocabulary,
                       chemistry=chemistry, dark=dark)
        for row in tokens[list(TOKEN_COLUMNS)].to_dict("records")
    ]


@st.cache_resource(max_entries=512, show_spinner=False)
def _token_picture(
    *, vocabulary: Vocabulary, chemistry: Chemistry | None, dark: bool, **row: Any
) -> TokenPicture:
    token = read_stored_token(row, vocabulary)
    title = text.token_alt(token, vocabulary)
    return TokenPicture(token, token_svg(token, vocabulary, chemistry, dark=dark, title=title))
