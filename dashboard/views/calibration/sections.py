"""Diagrams and numbers of the Calibration page."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.calibration.reliability import Reliability
from dashboard.components.figure import show_figure
from dashboard.components.figure_downloads.downloads import figure_downloads
from dashboard.reliability import notes
from dashboard.reliability import text as reliability_text
from dashboard.reliability.charts import reliability_diagram, reliability_multiples
from dashboard.shared.checkpoints import shipped_cards
from dashboard.shared.format import interval, short
from dashboard.shared.theme import is_narrow
from dashboard.views.calibration import data, text
from dashboard.views.calibration.charts import temperature_curves
from dashboard.views.calibration.inputs import take_bin
from dashboard.views.calibration.query import BinQuery, CalibrationQuery

_PANEL_WIDTHS = {1: 500, 2: 500, 3: 324}
"""Pixels, by the number of diagrams; where they do not fit, they stand below each other."""

_STRIP_HEIGHT = 90


def show_source(query: CalibrationQuery) -> None:
    """What the numbers rest on."""
    found = [query.evaluations[order] for order in query.orders]
    notes.warn_of_other_weights(found)
    note = reliability_text.weights_note(found, shipped_cards()) or ""
    st.caption(f"**{query.model}** · {reliability_text.provenance(found[0])} {note}")


def show_diagrams(
    query: CalibrationQuery, temperature: float | None, chosen: BinQuery | None
) -> None:
    """One reliability diagram per order, on equal axes; a click on a bin shows its tokens."""
    row = st.container(horizontal=True, gap="medium")
    for number, order in enumerate(query.orders):
        with row.container(width=_PANEL_WIDTHS[len(query.orders)]):
            marked = chosen.number if chosen is not None and chosen.order == order else None
            _show_diagram(query, number, query.diagram(order, temperature), marked)


def _show_diagram(
    query: CalibrationQuery, number: int, found: Reliability, marked: int | None
) -> None:
    order = query.orders[number]
    is_own = order == query.evaluations[order].trained_under
    st.markdown(f"**{order}**{' · own order' if is_own else ''} · T = {found.temperature:.3g}")
    st.metric("ECE", short(found.ece.value), f"95%: {interval(found.ece.interval)}",
              delta_color="off", delta_arrow="off")
    verdict = reliability_text.verdict(found)
    show_figure(
        partial(reliability_diagram, found, query.series()[number], marked,
                height=_PANEL_WIDTHS[len(query.orders)] + _STRIP_HEIGHT),
        f"reliability {query.model} {order} {query.token_type}", key=f"reliability-{number}",
        alt=reliability_text.diagram_alt(found, order), csv=reliability_text.bin_table([found]),
        on_click=partial(take_bin, order),
        findings=[f"{_icon(found.is_calibrated)} {verdict}"],
        caption=text.other_scores(found))


def show_all_types(query: CalibrationQuery, temperature: float | None) -> None:
    """Small diagrams of every type of tokens, all orders in each."""
    diagrams = _by_type(query, temperature)
    names = [of.label for of in query.token_types]
    show_figure(
        partial(reliability_multiples, diagrams, names, query.series(), narrow=is_narrow()),
        f"reliability by type {query.model}", key="multiples",
        alt=reliability_text.multiples_alt(diagrams, query.orders),
        csv=reliability_text.bin_table([found for of_type in diagrams for found in of_type]))


def show_temperatures(query: CalibrationQuery, temperature: float | None) -> None:
    """ECE and NLL against temperature, and what the fitted one changes."""
    before = [query.diagram(order, 1.0) for order in query.orders]
    after = [query.fitted(order) for order in query.orders]
    curves = [data.diagrams(query.evaluations[order], query.token_type)
              for order in query.orders]
    show_figure(
        partial(temperature_curves, curves, after, query.series(), temperature),
        f"temperature {query.model}", key="temperatures",
        alt=text.curves_alt(before, after, query.orders),
        csv=text.curve_table(curves, query.orders))
    st.dataframe(text.fit_table(before, after, query.orders), hide_index=True,
                 alt=text.curves_alt(before, after, query.orders))
    for order in query.orders:
        st.caption(text.fit_sentence(query.evaluations[order]))


def show_numbers(query: CalibrationQuery, temperature: float | None) -> None:
    """Every score of every type under every order."""
    diagrams = _by_type(query, temperature)
    st.dataframe(reliability_text.score_table(diagrams, query.orders), hide_index=True,
                 alt=f"Every score of {query.model} by type of token and order.")
    st.caption("Smooth ECE is stored at temperature 1 and at the fitted one.")
    figure_downloads(f"calibration {query.model}", key="downloads-scores",
                     csv=reliability_text.score_frame(diagrams, query.orders))


def _by_type(query: CalibrationQuery, temperature: float | None) -> list[list[Reliability]]:
    return [[query.diagram(order, temperature, token_type) for order in query.orders]
            for token_type in query.token_types]


def _icon(is_calibrated: bool | None) -> str:
    if is_calibrated is None:
        return ":gray[:material/help:]"
    return ":green[:material/check_circle:]" if is_calibrated else ":orange[:material/warning:]"
