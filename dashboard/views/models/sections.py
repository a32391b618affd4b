"""The parts of the Models page below its title."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.evaluation.cross_evaluation import CrossEvaluation
from core.quotas import is_hosted
from core.units import with_unit
from dashboard.components.figure import show_figure
from dashboard.components.figure_downloads.downloads import figure_downloads
from dashboard.reliability import evaluations
from dashboard.reliability import text as reliability_text
from dashboard.reliability.charts import Series, reliability_diagram
from dashboard.shared import links
from dashboard.shared.checkpoints import shipped_cards
from dashboard.shared.table_columns import on_screen
from dashboard.shared.theme import is_narrow
from dashboard.views.models import data, text
from dashboard.views.models.charts import cross_heatmap
from dashboard.views.models.inputs import take_cell
from dashboard.views.models.query import ModelsQuery

_DIAGRAM_WIDTH = 460


def show_heatmap(query: ModelsQuery) -> None:
    """Which model can be trusted under which order; a click opens a cell."""
    cross, estimates = query.cross, query.estimates
    what = text.named(query.quantity, query.token_type)
    st.markdown(text.finding(query))
    show_figure(
        partial(cross_heatmap, cross, estimates, query.cell, name=query.quantity.name,
                narrow=is_narrow(),
                nats=query.nats),
        f"models {what}", key="heatmap", alt=text.heatmap_alt(query),
        csv=text.heatmap_table(query), on_click=take_cell,
        caption=text.heatmap_caption(query, shipped_cards()))


def show_cell(query: ModelsQuery) -> None:
    """Reliability diagram and scores of one model under one order."""
    model, order = query.cell
    evaluation = query.opened
    if evaluation is None:
        st.info(f"{model} has not been evaluated under {order}.", icon=":material/info:")
        return
    found = evaluation.reliability(query.token_type)
    left, right = st.columns([_DIAGRAM_WIDTH, 640], gap="large")
    with left:
        show_figure(
            partial(reliability_diagram, found, Series(order, 0), None, clickable=False),
            f"reliability {model} {order}", key="cell",
            alt=reliability_text.diagram_alt(found, order),
            csv=reliability_text.bin_table([found]))
    with right:
        own = ", its own order" if query.cross.is_native(query.cell) else ""
        st.header(f"{model} under {order}{own}", anchor=False)
        st.markdown(text.cell_sentence(found))
        st.dataframe(
            data.scores_by_type(evaluation), hide_index=True,
            column_order=("tokens", "ECE", "ECE if calibrated", "smooth ECE", "number"),
            column_config={"number": st.column_config.NumberColumn(format="localized")},
            alt=reliability_text.multiples_alt(
                [[evaluation.reliability(of)] for of in evaluation.token_types], [order]),
        )
        st.page_link(links.CALIBRATION, label="Open on the Calibration page",
                     icon=":material/target:",
                     query_params=links.calibration_query(model, order, query.token_type.label))


def show_all_numbers(cross: CrossEvaluation) -> None:
    """Every metric of every cell."""
    st.header("All numbers", anchor=False)
    table = data.number_table(cross)
    values = [name for name in table if not str(name).endswith(("_low", "_high"))]
    decimals = {name: "%.2f" if name == with_unit("nll_per_graph") else "%.4f"
                for name in values if table[name].dtype.kind == "f"}
    st.dataframe(table[values], hide_index=True, column_config=on_screen(table[values], decimals),
                 alt=f"All metrics of {len(table)} evaluations; intervals are in the CSV.")
    st.caption("At temperature 1. The CSV also holds the 95% intervals.")
    figure_downloads("evaluations", key="downloads-numbers", csv=table)


def show_shipped_models() -> None:
    """How each model was made."""
    st.header("All models", anchor=False)
    cards = shipped_cards()
    if not cards:
        st.info("There are no models to list; train one with `trailscope train`.",
                icon=":material/info:")
        return
    table = text.training_table(cards.values())
    st.dataframe(
        table, hide_index=True, column_config=on_screen(
            table, {"parameters": "localized", "steps": "localized", "graphs_seen": "localized",
                    "training_minutes": "%.0f", "last_loss_nats_per_token": "%.3f"},
            {"training_minutes": "training, minutes",
             "last_loss_nats_per_token": "last loss, nats per token"}),
        alt=f"Training records of {len(table)} models: " + "; ".join(table["model"]),
    )
    measured = {evaluation.model for evaluation in evaluations.shipped().found}
    if not is_hosted() and (missing := text.not_measured(cards, measured)):
        st.caption(missing)
    figure_downloads("shipped-models", key="downloads-shipped", csv=table)
