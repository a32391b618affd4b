"""What is chosen on the Calibration page, all of it in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.calibration.token_types import NUM_BINS
from core.evaluation.result import Evaluation
from core.sent.strategies import RANDOM_ORDER
from dashboard.reliability.evaluations import ShippedEvaluations
from dashboard.reliability.inputs import choose_token_type
from dashboard.shared.inputs import reset_if_invalid
from dashboard.shared.model_choice import choose_by_dataset
from dashboard.views.calibration import text
from dashboard.views.calibration.query import (
    ALL,
    ANSWERS,
    BIN_OPTIONS,
    LARGEST_SHARE,
    TEMPERATURE_OPTIONS,
    TOKENS,
    BinQuery,
    CalibrationQuery,
    compared_orders,
)

_NO_TEMPERATURE = "1.00"


def choose(shipped: ShippedEvaluations) -> CalibrationQuery:
    """Model and order in the sidebar, the type of tokens in a bar."""
    with st.sidebar:
        model = choose_by_dataset(
            shipped.models_by_dataset, shipped.trained_under, key="evaluated",
            default=shipped.models[shipped.first_biased], help="Models with stored results.")
        evaluations = shipped.of_model(model)
        order = _choose_order(evaluations)
        native = evaluations[order].trained_under
        st.caption(text.shown_orders(model, native))
    orders = compared_orders(native, order, tuple(evaluations))
    token_type = choose_token_type("type", evaluations[order].token_types)
    return CalibrationQuery(model, order, orders, evaluations, token_type)


def _choose_order(evaluations: Mapping[str, Evaluation]) -> str:
    orders = tuple(evaluations)
    default = orders.index(RANDOM_ORDER.name) if RANDOM_ORDER.name in orders else 0
    reset_if_invalid("under", orders, orders[default])
    return st.selectbox("Order of linearizations", orders, index=default, key="under",
                        bind="query-params")


def choose_temperature(query: CalibrationQuery) -> float | None:
    """A temperature of the grid, or None: each order at its own fitted one."""
    can_fit = any(query.fitted(order) is not None for order in query.orders)
    with st.container(horizontal=True, gap="large", vertical_alignment="center"):
        place = st.container(width=420)
        is_fitted = st.toggle(
            "Use the fitted temperature", False, key="fitted", bind="query-params",
            disabled=not can_fit,
            help="Each order has its own: the one with the lowest NLL on validation data.",
        )
        at = place.select_slider(
            "Temperature that divides the logits", tuple(TEMPERATURE_OPTIONS), _NO_TEMPERATURE,
            key="at", bind="query-params", disabled=is_fitted,
            help="Above 1 the model becomes less confident. Everything is recomputed from stored "
                 "bins.",
        )
    return None if is_fitted and can_fit else TEMPERATURE_OPTIONS[at]


def choose_bin(query: CalibrationQuery) -> BinQuery:
    """An order and a bin of confidence; a click on a diagram chooses both."""
    reset_if_invalid("shown", query.orders, query.order)
    with st.container(horizontal=True, gap="medium", vertical_alignment="top"):
        order = query.orders[-1]
        if len(query.orders) > 1:
            order = st.segmented_control(
                "Sequences written under", query.orders, default=query.order, required=True,
                key="shown", bind="query-params", width="content",
            ) or query.order
        option = st.selectbox("Confidence bin", BIN_OPTIONS, key="bin", bind="query-params",
                              width=230)
        answers = st.segmented_control(
            "Predictions", ANSWERS, default=ALL, required=True, key="answers",
            bind="query-params", width="content",
        ) or ALL
    if option == LARGEST_SHARE:
        number = query.diagram(order, 1.0).worst_bin
        return BinQuery(order, number, answers)
    return BinQuery(order, BIN_OPTIONS.index(option) - 1, answers)


def prepare_bin(query: CalibrationQuery) -> None:
    """Where no bin is shown, let a click on a diagram choose one all the same.

    A value that a callback gives to a widget becomes part of the address only if its key was known
    in the run before.
    """
    st.session_state.setdefault("bin", LARGEST_SHARE)
    st.session_state.setdefault("shown", query.order)


def take_bin(order: str, clicked: Sequence[Any]) -> None:
    """A click on a point, column or bar becomes the choice of order and bin, in the address."""
    number = clicked[0]
    if isinstance(number, (int, float)) and 0 <= number < NUM_BINS:
        st.session_state.update(bin=BIN_OPTIONS[int(number) + 1], shown=order, section=TOKENS)
