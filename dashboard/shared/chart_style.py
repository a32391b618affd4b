"""What all plotly figures have in common; colours come from `dashboard.shared.palette`."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboard.shared.palette import FONT_STACK, Palette

_SCALE_HEIGHT = 72  # pixels


def styled(figure: go.Figure, colors: Palette, height: int, *, legend: bool = False) -> go.Figure:
    """Give a figure the page's fonts, colours and margins."""
    figure.update_layout(
        height=height, showlegend=legend, dragmode=False, clickmode="event+select",
        margin={"l": 8, "r": 8, "t": 24, "b": 8}, font={"family": FONT_STACK, "color": colors.ink},
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0},
        hoverlabel={"bgcolor": colors.surface, "font": {"color": colors.ink}},
    )
    figure.update_xaxes(gridcolor=colors.border, zeroline=False, title_font_color=colors.muted)
    figure.update_yaxes(gridcolor=colors.border, zeroline=False, title_font_color=colors.muted)
    return figure


def scale_below(figure: go.Figure) -> go.Figure:
    """Lay the colour scale of a styled heatmap below it, where a phone has room for it."""
    figure.update_traces(
        {"colorbar": {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom",
                      "x": 0.5, "lenmode": "fraction", "len": 0.94,
                      "ticklabeloverflow": "allow", "title": {"side": "bottom"}}},
        selector={"type": "heatmap"})
    return figure.update_layout(height=figure.layout.height + _SCALE_HEIGHT,
                                margin={"b": _SCALE_HEIGHT})


def legend_below(figure: go.Figure) -> go.Figure:
    """Lay the legend of a styled figure at its lower end, whatever stands below the axes."""
    return figure.update_layout(legend={"yref": "container", "y": 0, "yanchor": "bottom"})


def broken(name: str) -> str:
    """A name with underscores as the label of a narrow column, a word or two a line.

    >>> broken("min_degree_first"), broken("qm9-anchor_expansion")
    ('min_<br>degree_<br>first', 'qm9-<br>anchor_<br>expansion')
    """
    return name.replace("_", "_<br>").replace("-", "-<br>")


def translucent(color: str, opacity: float) -> str:
    """A colour `#rrggbb` that lets through what lies behind it."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
