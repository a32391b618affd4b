"""Reliability diagrams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.calibration.reliability import Reliability
from dashboard.shared.chart_style import legend_below, styled, translucent
from dashboard.shared.palette import Palette, palette

_STRIP_SHARE = 0.2
_VAGUE = 0.4  # length of a band from which its bin says little
_END = 1.02  # of both axes, so that points at 1 are whole
_MULTIPLE_COLUMNS = 4
_HEAD = 40  # pixels above a subplot, for its title


@dataclass(frozen=True)
class Series:
    """One line of several that are compared.

    Attributes:
        name: in the legend.
        color: place in the palette's series.
    """

    name: str
    color: int


def reliability_diagram(
    found: Reliability, series: Series, chosen: int | None, *, dark: bool, clickable: bool = True,
    height: int = 470,
) -> go.Figure:
    """Accuracy against confidence with a 95% band, above the number of tokens in every bin.

    Every bin answers to the pointer over its whole width; `customdata` is its number.

    Args:
        found: the diagram.
        series: its colour.
        chosen: a bin to mark, or None.
        dark: colours for a dark page.
        clickable: whether the page does something on a click, so that the bins say so.
        height: pixels.
    """
    colors = palette(dark=dark)
    texts = _bin_texts(found, clickable=clickable)
    color = colors.series[series.color]
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.04,
                           row_heights=[1 - _STRIP_SHARE, _STRIP_SHARE])
    _add_diagonal(figure, colors, 1, 1)
    _add_click_targets(figure, found, texts, chosen, colors)
    _add_points(figure, found, texts, color, (1, 1), size=9)
    centers, width = _centers(found)
    figure.add_bar(
        x=centers, y=np.where(found.counts > 0, found.counts, np.nan), width=width * 0.86,
        customdata=np.arange(len(centers)), marker={"color": color, "line": {"width": 0}},
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
        hovertext=texts, hovertemplate="%{hovertext}<extra></extra>", row=2, col=1,
    )
    figure.update_xaxes(range=[0, _END], dtick=0.2)
    figure.update_yaxes(range=[0, _END], dtick=0.2, title="accuracy", row=1, col=1)
    figure.update_xaxes(title="confidence", row=2, col=1)
    top = np.log10(max(float(found.counts.max()), 10.0)) + 0.2
    figure.update_yaxes(title="tokens", type="log", range=[-0.3, top], dtick=2, row=2, col=1,
                        exponentformat="power")
    figure.update_layout(barmode="overlay")
    return styled(figure, colors, height)


def reliability_multiples(
    diagrams: Sequence[Sequence[Reliability]], titles: Sequence[str], series: Sequence[Series],
    *, dark: bool, height: int = 560, columns: int = _MULTIPLE_COLUMNS, narrow: bool = False,
) -> go.Figure:
    """Small diagrams, one per type of token, each with a line per order.

    Args:
        diagrams: one sequence per type, one entry per order.
        titles: of the types.
        series: of the orders.
        dark: colours for a dark page.
        height: pixels.
        columns: diagrams beside each other.
        narrow: for a phone, with fewer of them.
    """
    colors = palette(dark=dark)
    rows = -(-len(titles) // columns)
    if narrow:
        columns //= 2
        before, rows = rows, -(-len(titles) // columns)
        height = height * rows // before
    figure = make_subplots(
        rows=rows, cols=columns, subplot_titles=titles, shared_xaxes="all",
        shared_yaxes="all", horizontal_spacing=0.03, vertical_spacing=0.28 / max(rows, 2),
    )
    for place, of_type in enumerate(diagrams):
        row, column = place // columns + 1, place % columns + 1
        _add_diagonal(figure, colors, row, column)
        for found, one in zip(of_type, series, strict=True):
            _add_points(
                figure, found, _bin_texts(found, clickable=False), colors.series[one.color],
                (row, column), size=6, name=one.name, legendgroup=one.name,
                showlegend=place == 0,
            )
    figure.update_xaxes(range=[0, _END], dtick=0.5)
    figure.update_yaxes(range=[0, _END], dtick=0.5)
    styled(figure, colors, height, legend=True)
    figure.update_layout(margin={"t": _HEAD}, legend={"y": -0.08})
    figure.update_annotations(font={"size": 14, "color": colors.ink})
    return legend_below(figure) if narrow else figure


def _add_points(
    figure: go.Figure, found: Reliability, texts: Sequence[str], color: str,
    place: tuple[int, int], *, size: int, **legend: Any,
) -> None:
    """Accuracy of every bin with its band; bins that say little are faint and unconnected."""
    known = found.counts > 0
    with np.errstate(invalid="ignore"):
        is_vague = known & (found.band_high - found.band_low > _VAGUE)
    for chosen, opacity in ((known & ~is_vague, 1.0), (is_vague, 0.35)):
        shade = translucent(color, opacity)
        up = np.nan_to_num(found.band_high - found.accuracy)[chosen].clip(0)
        down = np.nan_to_num(found.accuracy - found.band_low)[chosen].clip(0)
        figure.add_scatter(
            x=found.confidence[chosen], y=found.accuracy[chosen],
            mode="lines+markers" if opacity == 1 else "markers",
            customdata=np.flatnonzero(chosen), cliponaxis=False,
            line={"color": translucent(color, 0.55), "width": 1.5},
            marker={"color": shade, "size": size},
            error_y={"type": "data", "symmetric": False, "array": up, "arrayminus": down,
                     "color": shade, "thickness": 1.8, "width": max(size // 2, 2)},
            hovertext=np.array(texts)[chosen], hovertemplate="%{hovertext}<extra></extra>",
            selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
            row=place[0], col=place[1], **(legend if opacity == 1 else {"showlegend": False}),
        )


def _add_click_targets(
    figure: go.Figure, found: Reliability, texts: Sequence[str], chosen: int | None,
    colors: Palette,
) -> None:
    """Bars as high as the diagram, unseen but for the chosen one."""
    centers, width = _centers(found)
    shade = [0.22 if number == chosen else 0.0 for number in range(len(centers))]
    figure.add_bar(
        x=centers, y=np.full(len(centers), _END), width=width,
        customdata=np.arange(len(centers)),
        marker={"color": colors.muted, "opacity": shade, "line": {"width": 0}},
        selected={"marker": {"opacity": 0.22}}, unselected={"marker": {"opacity": 0.0}},
        hovertext=texts, hovertemplate="%{hovertext}<extra></extra>", row=1, col=1,
    )


def _add_diagonal(figure: go.Figure, colors: Palette, row: int, column: int) -> None:
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", showlegend=False,
        line={"color": colors.muted, "dash": "dash", "width": 1.5}, row=row, col=column,
    )


def _centers(found: Reliability) -> tuple[np.ndarray, float]:
    return (found.edges[:-1] + found.edges[1:]) / 2, float(found.edges[1] - found.edges[0])


def _bin_texts(found: Reliability, *, clickable: bool) -> list[str]:
    texts = []
    for number, count in enumerate(found.counts.tolist()):
        low, high = found.edges[number : number + 2]
        text = f"confidence {low:.2f} to {high:.2f}<br>{count:,} tokens"
        if count:
            text += (f"<br>mean confidence {found.confidence[number]:.1%}"
                     f"<br>accuracy {found.accuracy[number]:.1%}")
            if np.isfinite(found.band_low[number]):
                text += f", 95%: {found.band_low[number]:.1%} – {found.band_high[number]:.1%}"
            text += "<br>click to see tokens" if clickable else ""
        texts.append(text)
    return texts
