"""How a generated set compares with the molecules of its data set, by the MOSES benchmark."""

from __future__ import annotations

from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.stats.estimates import Estimate
from core.triage.generation import Generation
from core.triage.set_metrics import SetMetrics, SetValue
from dashboard.components.figure import show_figure
from dashboard.shared.chart_style import styled
from dashboard.shared.format import estimate, fixed, interval
from dashboard.shared.palette import palette
from dashboard.views.triage import data

_DIGITS = 3
_ROW_HEIGHT = 36
_CHART_WIDTH = 760


def show_set_metrics(found: Generation) -> None:
    """A chart of all metrics between 0 and 1, and a table of all."""
    metrics = data.set_metrics(found)
    st.caption(caption(metrics))
    st.header("Metrics with 95% intervals", anchor=False)
    with st.container(width=_CHART_WIDTH):
        show_figure(partial(intervals, metrics), "set-metrics", key="set_metrics",
                    alt=finding(metrics), csv=metrics.to_frame())
    st.dataframe(
        table(metrics), hide_index=True, height="content", alt=finding(metrics),
        column_config={"of": st.column_config.NumberColumn(format="localized")})
    for note in notes(metrics):
        st.caption(note)


def caption(found: SetMetrics) -> str:
    """What was compared, and how the intervals were made."""
    undecoded = "" if not found.undecoded else (
        "1 sequence is no graph, and so invalid. " if found.undecoded == 1 else
        f"{found.undecoded:,} sequences are no graph, and so invalid. ")
    references = " and ".join(f"the {name} ({number:,} molecules)"
                              for name, number in found.references.items())
    compared = f"Compared with {references}. " if references else ""
    return (f"Metrics of the MOSES benchmark. {compared}{undecoded}Intervals: Wilson's for valid, "
            "unique and novel; for the others Student's, from the influence of each molecule.")


def table(found: SetMetrics) -> pd.DataFrame:
    """One row per metric as people read it."""
    return pd.DataFrame([
        {
            "metric": value.metric.name,
            "value": "–" if value.estimate is None else fixed(value.estimate.value, _DIGITS),
            "95% interval": "–" if value.estimate is None or value.estimate.interval is None
            else interval(value.estimate.interval, _DIGITS),
            "of": value.number, "better": value.metric.better,
            "what it is": value.metric.description,
        }
        for value in found.values
    ])


def notes(found: SetMetrics) -> list[str]:
    """Why there is no value or no interval, a line per reason."""
    named: dict[str, list[str]] = {}
    for value in found.values:
        reason = value.reason if value.estimate is None else value.estimate.reason
        if reason is not None:
            named.setdefault(reason, []).append(value.metric.name)
    return [f"{'; '.join(names)}: {reason}" for reason, names in named.items()]


def _shares(found: SetMetrics) -> list[tuple[SetValue, Estimate]]:
    """The metrics that lie between 0 and 1, as far as they are known."""
    return [(value, value.estimate) for value in found.values
            if value.estimate is not None and value.metric.better == "higher"]


def finding(found: SetMetrics) -> str:
    """What the chart shows."""
    return "; ".join(f"{value.metric.name}: {estimate(known, _DIGITS)}"
                     for value, known in _shares(found)) + "."


def intervals(found: SetMetrics, *, dark: bool) -> go.Figure:
    """Every metric between 0 and 1, of which higher is better, with its interval."""
    colors, shares = palette(dark=dark), _shares(found)
    ends = [known.interval for _, known in shares]
    figure = go.Figure()
    figure.add_scatter(
        x=[known.value for _, known in shares], y=[value.metric.name for value, _ in shares],
        mode="markers", marker={"size": 11, "color": colors.series[0]}, showlegend=False,
        cliponaxis=False,
        error_x={
            "type": "data", "symmetric": False, "thickness": 1.5, "width": 4,
            "array": [0.0 if end is None else end.high - known.value
                      for end, (_, known) in zip(ends, shares, strict=True)],
            "arrayminus": [0.0 if end is None else known.value - end.low
                           for end, (_, known) in zip(ends, shares, strict=True)],
        },
        text=[value.metric.description for value, _ in shares],
        hovertemplate="%{y}: %{x:.3f}<br>%{text}<extra></extra>",
    )
    figure.update_xaxes(title="value (higher is better)", range=[-0.02, 1.02], dtick=0.25)
    figure.update_yaxes(autorange="reversed", type="category")
    return styled(figure, colors, 90 + _ROW_HEIGHT * len(shares))
