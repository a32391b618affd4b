"""A figure on the page in one call: the chart, what it says, and its downloads.

This is all that a page's section calls for a figure; what is in it is decided in the page's
`charts` and `text`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any, Protocol

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.figure_downloads.downloads import figure_downloads
from dashboard.shared.theme import is_dark

_PLAIN = {"displayModeBar": False}  # the downloads have buttons of their own


class Draw(Protocol):
    """A chart but for its colours, such as `partial(charts.roc_curves, rocs)`."""

    def __call__(self, *, dark: bool) -> go.Figure: ...


def show_figure(
    draw: Draw,
    name: str,
    *,
    key: str,
    alt: str,
    csv: pd.DataFrame | str,
    on_click: Callable[[Sequence[Any]], None] | None = None,
    findings: Iterable[str] = (),
    caption: str = "",
    downloads_in: DeltaGenerator | None = None,
) -> None:
    """Show a chart with its alternative text, sentences below it, and SVG, PNG and CSV.

    Args:
        draw: makes the chart in the colours of the visitor's theme.
        name: what the figure is called, for screen readers and in the names of its files.
        key: of the chart; its downloads are `downloads-<key>`.
        alt: what the chart says, for those who do not see it.
        csv: the numbers of the chart.
        on_click: a callback, called with the `customdata` of a point that was clicked.
        findings: paragraphs between the chart and its downloads.
        caption: small print below them.
        downloads_in: where the downloads go if they share a row with something else.
    """
    st.plotly_chart(
        draw(dark=is_dark()), key=key, config=_PLAIN, alt=alt, selection_mode="points",
        on_select="ignore" if on_click is None else partial(_take_click, key, on_click),
    )
    for finding in findings:
        st.markdown(finding)
    if caption:
        st.caption(caption)
    with downloads_in or nullcontext():
        figure_downloads(name, key=f"downloads-{key}", target=key, csv=csv)


def _take_click(key: str, on_click: Callable[[Sequence[Any]], None]) -> None:
    found = clicked(st.session_state[key].selection.points)
    if found:
        on_click(found)


def clicked(points: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
    """Custom data of the first of the selected points, empty if there is none.

    Plotly reports them as one value or as a list, whatever the chart was given.

    >>> clicked([{"customdata": 3}]), clicked([{"customdata": ["a", "b"]}]), clicked([])
    ([3], ['a', 'b'], [])
    """
    data = points[0].get("customdata") if points else None
    if data is None:
        return []
    return data if isinstance(data, (list, tuple)) else [data]
