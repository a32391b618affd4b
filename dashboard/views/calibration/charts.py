"""Figures of what a temperature makes of calibration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.calibration.reliability import Reliability
from core.stats.estimates import Estimate
from dashboard.reliability.charts import Series
from dashboard.shared.chart_style import styled, translucent
from dashboard.shared.palette import palette

_LEAST = 1e-9  # stands for 0 on a logarithmic axis


def temperature_curves(
    diagrams: Sequence[Sequence[Reliability]], fitted: Sequence[Reliability | None],
    series: Sequence[Series], temperature: float | None, *, dark: bool, height: int = 340,
) -> go.Figure:
    """ECE and NLL per token against temperature, with intervals; a diamond marks the fitted one.

    Args:
        diagrams: one sequence per order, temperatures increasing.
        fitted: the diagram at each order's fitted temperature, if it has one.
        series: of the orders.
        temperature: the one that is shown elsewhere on the page; None for the fitted ones.
        dark: colours for a dark page.
        height: pixels.
    """
    colors = palette(dark=dark)
    figure = make_subplots(rows=1, cols=2, horizontal_spacing=0.09)
    for of_order, best, one in zip(diagrams, fitted, series, strict=True):
        color = colors.series[one.color]
        at = [found.temperature for found in of_order]
        for column, name in ((1, "ece"), (2, "nll")):
            estimates: list[Estimate] = [getattr(found, name) for found in of_order]
            _add_band(figure, at, estimates, color, column)
            figure.add_scatter(
                x=at, y=[estimate.value for estimate in estimates], mode="lines", name=one.name,
                legendgroup=one.name, showlegend=column == 1, line={"color": color, "width": 2.5},
                hovertemplate="T = %{x:.2f}<br>%{y:.4f}<extra>" + one.name + "</extra>",
                row=1, col=column,
            )
            if best is not None:
                figure.add_scatter(
                    x=[best.temperature], y=[getattr(best, name).value], mode="markers",
                    legendgroup=one.name, showlegend=False,
                    marker={"symbol": "diamond", "size": 12, "color": color,
                            "line": {"width": 1.5, "color": colors.background}},
                    hovertemplate="fitted T = %{x:.3f}<br>%{y:.4f}<extra>" + one.name + "</extra>",
                    row=1, col=column,
                )
    if temperature is not None:
        figure.add_vline(x=temperature, line={"color": colors.muted, "dash": "dot", "width": 1.5})
    figure.update_xaxes(title="temperature", type="log", tickvals=[0.25, 0.5, 1, 2, 4, 8],
                        ticktext=["0.25", "0.5", "1", "2", "4", "8"])
    figure.update_yaxes(title="ECE", type="log", exponentformat="power", row=1, col=1,
                        range=_log_range([found.ece for of_order in diagrams
                                          for found in of_order]))
    figure.update_yaxes(title="NLL per token, nats", row=1, col=2)
    return styled(figure, colors, height, legend=True)


def _add_band(
    figure: go.Figure, at: Sequence[float], estimates: Sequence[Estimate], color: str, column: int
) -> None:
    known = [(x, estimate.interval) for x, estimate in zip(at, estimates, strict=True)
             if estimate.interval is not None]
    x = [place for place, _ in known]
    low = [max(interval.low, _LEAST) for _, interval in known]
    high = [interval.high for _, interval in known]
    if known:
        figure.add_scatter(
            x=x + x[::-1], y=high + low[::-1], fill="toself", mode="lines", hoverinfo="skip",
            fillcolor=translucent(color, 0.18), line={"width": 0}, showlegend=False,
            row=1, col=column,
        )


def _log_range(estimates: Sequence[Estimate]) -> list[float]:
    """Room for all values; intervals may reach down to 0 and leave the axis."""
    values = [max(estimate.value, _LEAST) for estimate in estimates]
    return [float(np.log10(min(values) / 2.5)), float(np.log10(max(values) * 1.6))]
