"""Figures that only reports have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from dashboard.report.axes import COUNTS
from dashboard.shared.chart_style import styled
from dashboard.shared.palette import palette

_MOST_BINS = 40


def distribution(
    values: Sequence[float], title: str, *, dark: bool, series: int = 0, height: int = 280
) -> go.Figure:
    """A histogram with the mean.

    Args:
        values: at least one, finite.
        title: of the values, with their unit.
        dark: colours for a dark page.
        series: number of the colour.
        height: pixels.
    """
    colors, array = palette(dark=dark), np.asarray(values, dtype=float)
    bins = int(np.clip(np.sqrt(len(array)) * 2, 5, _MOST_BINS))
    counts, edges = np.histogram(array, bins=bins)
    figure = go.Figure()
    figure.add_bar(x=(edges[:-1] + edges[1:]) / 2, y=counts, width=np.diff(edges),
                   marker={"color": colors.series[series]})
    mean = float(array.mean())
    figure.add_vline(x=mean, line={"color": colors.muted, "dash": "dot", "width": 1.5},
                     annotation={"text": f"mean {mean:.3g}", "font": {"color": colors.muted}})
    figure.update_xaxes(title=title)
    figure.update_yaxes(title="molecules", rangemode="tozero", tickformat=COUNTS)
    return styled(figure, colors, height)
