"""From values to plotly figures. No streamlit here, so a figure is also a function for notebooks.

Colours come from `dashboard.shared.palette`; fonts and background from streamlit's plotly theme.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.likelihood.order_marginal import ExactUncertainty
from core.likelihood.uncertainty import TARGET_HALF_WIDTH, Uncertainty
from dashboard.shared.chart_style import styled, translucent
from dashboard.shared.palette import palette

_MAX_STACK = 16  # dots on top of each other before bins are made narrower


def nll_distribution(
    nll: Sequence[float], chosen: int, *, dark: bool, height: int = 190
) -> go.Figure:
    """One dot per permutation, stacked by NLL; `customdata` of a dot is its row.

    Args:
        nll: NLL of every permutation, nats.
        chosen: row of the permutation to mark.
        dark: colours for a dark page.
        height: pixels.
    """
    colors = palette(dark=dark)
    values = np.asarray(nll, dtype=float)
    place, level = _stack(values)
    is_chosen = np.arange(len(values)) == chosen
    figure = go.Figure()
    figure.add_scatter(
        x=place, y=level, mode="markers", customdata=np.arange(len(values)),
        text=[f"permutation {row + 1}<br>{value:.2f} nats" for row, value in enumerate(values)],
        hovertemplate="%{text}<br>click to play<extra></extra>",
        marker={
            "size": np.where(is_chosen, 13, _dot_size(int(level.max()))),
            "color": np.where(is_chosen, colors.series[1], colors.series[0]),
            "opacity": np.where(is_chosen, 1.0, 0.75),
            "line": {"width": np.where(is_chosen, 2, 0), "color": colors.ink},
        },
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 0.75}},
    )
    mean = float(values.mean())
    figure.add_vline(x=mean, line={"color": colors.muted, "dash": "dot", "width": 1.5},
                     annotation={"text": f"mean {mean:.2f}", "font": {"color": colors.muted},
                                 "yanchor": "bottom"})  # above the dots
    figure.update_xaxes(title="NLL of the sequence, nats")
    figure.update_yaxes(visible=False, range=[0, max(6.0, level.max() + 1.5)])
    return styled(figure, colors, height)


def lu_convergence_curve(
    steps: Sequence[Uncertainty], exact: ExactUncertainty | None, *, dark: bool, height: int = 380
) -> go.Figure:
    """LU with its interval after the first K permutations, on a logarithmic K axis."""
    colors = palette(dark=dark)
    k = [step.k for step in steps]
    lu = [step.lu for step in steps]
    known = [step for step in steps if step.interval is not None]
    figure = go.Figure()
    if known:
        low = [step.interval.low for step in known if step.interval]
        high = [step.interval.high for step in known if step.interval]
        at = [step.k for step in known]
        figure.add_scatter(
            x=at + at[::-1], y=high + low[::-1], fill="toself", hoverinfo="skip", mode="lines",
            fillcolor=translucent(colors.series[0], 0.18), line={"width": 0},
            name="95% interval",
        )
    figure.add_scatter(
        x=k, y=lu, mode="lines+markers", name="LU", line={"color": colors.series[0], "width": 2.5},
        hovertemplate="K = %{x}<br>LU %{y:.4f}<extra></extra>",
    )
    final = steps[-1].lu
    for edge in (1 - TARGET_HALF_WIDTH, 1 + TARGET_HALF_WIDTH):
        figure.add_hline(y=final * edge, line={"color": colors.faint, "dash": "dash", "width": 1})
    figure.add_scatter(x=[None], y=[None], mode="lines", name="±10% of the last LU",
                       line={"color": colors.faint, "dash": "dash", "width": 1})
    if exact is not None:
        figure.add_hline(y=exact.lu, line={"color": colors.series[1], "width": 2})
        figure.add_scatter(x=[None], y=[None], mode="lines", name="exact, all sequences listed",
                           line={"color": colors.series[1], "width": 2})
    figure.update_xaxes(title="permutations K", type="log", tickvals=k, ticktext=list(map(str, k)))
    figure.update_yaxes(title="LU", rangemode="tozero")
    return styled(figure, colors, height, legend=True)


def _stack(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bin centre and height in its stack of every dot."""
    bins = 30
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-9:
        return values, np.arange(1, len(values) + 1, dtype=float) * _MAX_STACK / max(
            _MAX_STACK, len(values))
    while True:
        slot = np.minimum(((values - low) / (high - low) * bins).astype(int), bins - 1)
        if np.bincount(slot).max() <= _MAX_STACK or bins >= 90:
            break
        bins += 15
    level = np.zeros(len(values))
    filled = np.zeros(bins)
    for row in np.argsort(values, kind="stable"):
        filled[slot[row]] += 1
        level[row] = filled[slot[row]]
    return low + (slot + 0.5) * (high - low) / bins, level


def _dot_size(tallest: int) -> float:
    return float(np.clip(90 / max(tallest, 1), 4, 10))
