"""Columns of tables that are shown and saved: named as in every file, and in words on screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.calibration.token_types import TokenType
from core.evaluation.measures import MEASURES
from core.units import without_unit

_WORDS = {"low_lu_from_high_nll": "low LU from high NLL", "permutations": "K",
          "weights_sha256": "weights (SHA-256)", "wall_s": "seconds"}
_ENDS = {"_low": ", low end", "_high": ", high end"}


def screen_name(column: str) -> str:
    """What a column of a file is called on screen.

    >>> screen_name("nll_per_token_nats"), screen_name("ece_node_index_low")
    ('NLL per token, nats', 'ECE node index, low end')
    >>> screen_name("trained_under")
    'trained under'
    """
    if column in _WORDS:
        return _WORDS[column]
    end = next((end for end in _ENDS if column.endswith(end)), "")
    name = without_unit(column.removesuffix(end))
    if name in MEASURES:
        return MEASURES[name].name_and_unit + _ENDS.get(end, "")
    measure, of = _measure_of_tokens(name)
    if measure:
        return f"{MEASURES[measure].name} {of}{_ENDS.get(end, '')}"
    return column.replace("_", " ")


def on_screen(
    table: pd.DataFrame, formats: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The `column_config` of a table: its columns in words.

    Args:
        table: with the columns of a file.
        formats: of numbers, by column.
        labels: of columns that `screen_name` does not know.
    """
    formats, labels = formats or {}, labels or {}
    return {
        str(name): st.column_config.NumberColumn(
            labels.get(name, screen_name(name)), format=formats[name]) if name in formats
        else st.column_config.Column(labels.get(name, screen_name(name)))
        for name in table
    }


def _measure_of_tokens(name: str) -> tuple[str, str]:
    """Of a column such as `ece_node_index` the measure, and the type of tokens in words."""
    for of in TokenType:
        if name.endswith(f"_{of}") and (measure := name.removesuffix(f"_{of}")) in MEASURES:
            return measure, of.label
    return "", ""
