"""The widgets of the Models page, all of them in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.calibration.token_types import TokenType
from core.evaluation.cross_evaluation import QUANTITIES, Cell, CrossEvaluation, Quantity
from dashboard.reliability.inputs import choose_token_type
from dashboard.shared.choices import DEFAULT_MODEL
from dashboard.shared.inputs import reset_if_invalid
from dashboard.shared.model_choice import capitalised


def read_old_address() -> None:
    """Take the data set of an address from the time when it began with a small letter.

    Only an address that stands when a run begins is read by the bar.
    """
    asked = st.query_params.get("dataset", "")
    if asked != capitalised(asked) and "dataset" not in st.session_state:
        st.query_params["dataset"] = capitalised(asked)
        st.rerun()


def choose_dataset(tables: Mapping[str, CrossEvaluation]) -> CrossEvaluation:
    """A bar of data sets, where there are several; links without one are about QM9."""
    if len(tables) == 1:
        return next(iter(tables.values()))
    names = tuple(tables)
    first = next((name for name, cross in tables.items() if DEFAULT_MODEL in cross.models),
                 names[0])
    reset_if_invalid("dataset", names, first)
    name = st.segmented_control("Data set", names, default=first, required=True, key="dataset",
                                bind="query-params")
    return tables[name or first]


def choose_quantity(cross: CrossEvaluation) -> tuple[Quantity, TokenType]:
    """What the heatmap shows, and of which tokens."""
    names = tuple(QUANTITIES)
    with st.container(horizontal=True, gap="medium"):
        name = st.segmented_control("What to compare", names, default=names[0], required=True,
                                    key="metric", bind="query-params", width="content")
        quantity = QUANTITIES[name or names[0]]
        token_type = choose_token_type("tokens", cross.token_types,
                                       disabled=not quantity.has_types)
    return quantity, token_type


def choose_cell(cross: CrossEvaluation) -> Cell:
    """Model and order to open, by two boxes or a click on the heatmap."""
    first_model, first_order = cross.telling_cell
    reset_if_invalid("row", cross.models, first_model)
    reset_if_invalid("column", cross.strategies, first_order)
    left, right = st.columns(2)
    model = left.selectbox("Model to open", cross.models, cross.models.index(first_model),
                           key="row", bind="query-params")
    order = right.selectbox("Evaluated under", cross.strategies,
                            cross.strategies.index(first_order), key="column",
                            bind="query-params")
    return model, order


def take_cell(clicked: Sequence[Any]) -> None:
    """A click on the heatmap becomes the choice in the boxes, and so part of the address."""
    st.session_state.row, st.session_state.column = map(str, clicked)
