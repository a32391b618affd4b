"""The parts of the Models page below its title."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core.calibration.token_types import TokenType
from dashboard.components.figure import show_figure
from dashboard.components.figure_downloads.downloads import figure_downloads
from dashboard.models import data, text
from dashboard.models.charts import cross_heatmap
from dashboard.reliability import text as reliability_text
from dashboard.reliability.charts import Series, reliability_diagram
from dashboard.reliability.cross_evaluation import QUANTITIES, Cell, CrossEvaluation, Quantity
from dashboard.reliability.text import TYPE_NAMES, type_names
from dashboard.shared import links
from dashboard.shared.checkpoints import shipped_cards
from dashboard.shared.format import estimate
from dashboard.shared.inputs import reset_if_invalid

_DIAGRAM_WIDTH = 460


def choose_dataset(tables: dict[str, CrossEvaluation]) -> CrossEvaluation:
    """A bar of data sets, where there are several."""
    if len(tables) == 1:
        return next(iter(tables.values()))
    names = tuple(tables)
    reset_if_invalid("dataset", names)
    name = st.segmented_control("Data set", names, default=names[0], required=True, key="dataset",
                                bind="query-params")
    return tables[name or names[0]]


def choose_quantity(cross: CrossEvaluation) -> tuple[Quantity, TokenType]:
    """What the heatmap shows, and of which tokens."""
    names = tuple(QUANTITIES)
    with st.container(horizontal=True, gap="medium"):
        name = st.segmented_control("What to compare", names, default=names[0], required=True,
                                    key="metric", bind="query-params", width="content")
        quantity = QUANTITIES[name or names[0]]
        types = type_names(cross.token_types)
        reset_if_invalid("tokens", types)
        tokens = st.segmented_control(
            "Of which tokens", types, default=types[0], required=True, key="tokens",
            bind="query-params", width="content", disabled=not quantity.has_types,
        )
    return quantity, TYPE_NAMES[tokens or types[0]]


def show_heatmap(cross: CrossEvaluation, quantity: Quantity, token_type: TokenType) -> Cell:
    """The table of models and orders; a click opens a cell, and so do two boxes."""
    estimates = cross.estimates(quantity, token_type)
    what = text.named(quantity, token_type)
    st.markdown(text.finding(cross, quantity, token_type, estimates))
    chart = st.container()
    cell = _choose_cell(cross)
    with chart:
        show_figure(
            partial(cross_heatmap, cross, estimates, cell, name=quantity.name), f"models {what}",
            key="heatmap", alt=text.heatmap_alt(cross, what, estimates),
            csv=text.heatmap_table(cross, estimates), on_click=_take_cell,
            caption=f"{quantity.meaning} Lower is better. A frame marks a model under the order "
                    "it was trained under. Small numbers are 95% intervals. Click a cell to open "
                    f"it. {reliability_text.sample(cross.cells.values())}. {_weights_note(cross)}")
    return cell


def show_cell(cross: CrossEvaluation, cell: Cell, token_type: TokenType) -> None:
    """Reliability diagram and scores of one model under one order."""
    if cell not in cross.cells:
        st.info(f"{cell[0]} has not been evaluated under {cell[1]}.", icon=":material/info:")
        return
    evaluation = cross.cells[cell]
    found = evaluation.reliability(token_type)
    left, right = st.columns([_DIAGRAM_WIDTH, 640], gap="large")
    with left:
        show_figure(
            partial(reliability_diagram, found, Series(cell[1], 0), None, clickable=False),
            f"reliability {' '.join(cell)}", key="cell",
            alt=reliability_text.diagram_alt(found, cell[1]),
            csv=reliability_text.bin_table([found]))
    with right:
        own = ", its own order" if cross.is_native(cell) else ""
        st.subheader(f"{cell[0]} under {cell[1]}{own}", anchor=False)
        st.markdown(f"ECE of {reliability_text.tokens_of(token_type)}: "
                    f"**{estimate(found.ece)}**. "
                    f"{reliability_text.verdict(found)}")
        st.dataframe(
            data.score_table(evaluation), hide_index=True,
            column_order=("tokens", "ECE", "ECE if calibrated", "smooth ECE", "number"),
            column_config={"number": st.column_config.NumberColumn(format="localized")},
            alt=reliability_text.multiples_alt(
                [[evaluation.reliability(of)] for of in evaluation.token_types], [cell[1]]),
        )
        links.calibration_link(*cell, reliability_text.type_name(token_type))


def show_all_numbers(cross: CrossEvaluation) -> None:
    """Every metric of every cell."""
    st.subheader("All numbers", anchor=False)
    table = data.number_table(cross)
    values = [name for name in table if not str(name).endswith((" low", " high"))]
    st.dataframe(table[values], hide_index=True, column_config=_formats(table[values]),
                 alt=f"All metrics of {len(table)} evaluations; intervals are in the CSV.")
    st.caption("At temperature 1. The CSV holds the 95% intervals, too.")
    figure_downloads("evaluations", key="downloads-numbers", csv=table)


def show_shipped_models() -> None:
    """How each model was made."""
    st.subheader("Shipped models", anchor=False)
    cards = shipped_cards()
    if not cards:
        st.info("There are no models to list; make some with `trailscope train`.",
                icon=":material/info:")
        return
    table = text.training_table(cards.values())
    st.dataframe(
        table, hide_index=True, column_config={
            "parameters": st.column_config.NumberColumn(format="localized"),
            "steps": st.column_config.NumberColumn(format="localized"),
            "graphs seen": st.column_config.NumberColumn(format="localized"),
            "minutes": st.column_config.NumberColumn("training, minutes", format="%.0f"),
            "last loss (nats/token)": st.column_config.NumberColumn(format="%.3f"),
        },
        alt=f"Training records of {len(table)} models: " + "; ".join(table["model"]),
    )
    figure_downloads("shipped-models", key="downloads-shipped", csv=table)


def _choose_cell(cross: CrossEvaluation) -> Cell:
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


def _take_cell(clicked: Sequence[Any]) -> None:
    """A click on the heatmap becomes the choice in the boxes, and so part of the address."""
    st.session_state.row, st.session_state.column = map(str, clicked)


def _weights_note(cross: CrossEvaluation) -> str:
    return reliability_text.weights_note(cross.cells.values(), shipped_cards()) or ""


def _formats(table: pd.DataFrame) -> dict[str, Any]:
    return {str(name): st.column_config.NumberColumn(format="%.2f" if name == "NLL" else "%.4f")
            for name in table if table[name].dtype.kind == "f"}
