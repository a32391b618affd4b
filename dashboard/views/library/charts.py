"""Figures of the Library page. No streamlit here."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.library.store import Histogram, Scatter
from dashboard.shared.chart_style import styled
from dashboard.shared.palette import palette


def distribution(found: Histogram, title: str, *, dark: bool, height: int = 340) -> go.Figure:
    """All rows in the background, the chosen ones before them."""
    colors = palette(dark=dark)
    middles, widths = (found.edges[:-1] + found.edges[1:]) / 2, np.diff(found.edges)
    figure = go.Figure()
    for name, counts, color in (("all rows", found.of_all, colors.missing),
                                ("chosen rows", found.of_chosen, colors.series[0])):
        figure.add_bar(x=middles, y=counts, width=widths, name=name,
                       marker={"color": color, "line": {"width": 0}},
                       hovertemplate=f"%{{x:.4g}}: %{{y:,}} {name}<extra></extra>")
    figure.update_layout(barmode="overlay", bargap=0)
    figure.update_xaxes(title=title)
    figure.update_yaxes(title="rows", rangemode="tozero")
    return styled(figure, colors, height, legend=True)


def scatter(
    found: Scatter, x: str, y: str, *, dark: bool, drag: str, height: int = 520
) -> go.Figure:
    """Points, or how many rows lie in each cell.

    Args:
        found: the rows.
        x, y: titles of the axes.
        dark: colours for a dark page.
        drag: what dragging draws, `select` for a box, `lasso` for a lasso.
        height: pixels.
    """
    colors = palette(dark=dark)
    figure = go.Figure()
    if found.points is not None:
        figure.add_scattergl(
            x=found.points["x"], y=found.points["y"], mode="markers",
            customdata=found.points["row"],
            marker={"color": colors.series[0], "size": 5, "opacity": 0.6},
            hovertemplate="row %{customdata:,}<br>%{x:.4g}, %{y:.4g}<extra></extra>")
    else:
        _add_cells(figure, found, colors.sequential)
    figure.update_xaxes(title=x)
    figure.update_yaxes(title=y)
    return styled(figure, colors, height).update_layout(dragmode=drag)


def _add_cells(figure: go.Figure, found: Scatter, scale: tuple[str, ...]) -> None:
    x, y = ((edges[:-1] + edges[1:]) / 2 for edges in (found.x_edges, found.y_edges))
    counts = found.counts.astype(float)
    figure.add_heatmap(
        x=x, y=y, z=np.where(counts > 0, np.log10(np.maximum(counts, 1)), np.nan),
        customdata=counts, colorscale=[[at / (len(scale) - 1), color]
                                       for at, color in enumerate(scale)],
        showscale=False, hovertemplate="%{customdata:,} rows<br>%{x:.4g}, %{y:.4g}<extra></extra>")
    # A heat map cannot be selected from: clear points in its middle make boxes and lassos heard.
    rows, columns = np.nonzero(found.counts)
    figure.add_scattergl(x=x[columns], y=y[rows], mode="markers", hoverinfo="skip",
                         marker={"opacity": 0.0, "size": 6}, showlegend=False)


def paired(
    table: pd.DataFrame, column: str, first: str, second: str, *, dark: bool, height: int = 460
) -> go.Figure:
    """A number of the same molecules in two sets."""
    colors = palette(dark=dark)
    ends = [float(np.nanmin(table[["x", "y"]].to_numpy())),
            float(np.nanmax(table[["x", "y"]].to_numpy()))]
    figure = go.Figure()
    figure.add_scatter(x=ends, y=ends, mode="lines", hoverinfo="skip", showlegend=False,
                       line={"color": colors.faint, "dash": "dash", "width": 1})
    figure.add_scattergl(x=table["x"], y=table["y"], mode="markers", customdata=table["row"],
                         marker={"color": colors.series[0], "size": 5, "opacity": 0.6},
                         hovertemplate="row %{customdata:,}<br>%{x:.4g}, %{y:.4g}<extra></extra>")
    figure.update_xaxes(title=f"{column} in {first}")
    figure.update_yaxes(title=f"{column} in {second}")
    return styled(figure, colors, height)
