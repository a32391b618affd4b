"""The heatmap of models against orders."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import numpy as np
import plotly.graph_objects as go

from core.evaluation.cross_evaluation import Cell, CrossEvaluation
from core.likelihood.low_lu import MARK
from core.stats.estimates import Estimate
from dashboard.shared.chart_style import broken, scale_below, styled
from dashboard.shared.format import interval, short
from dashboard.shared.palette import Palette, ink_on, palette, scale_color

_WIDE = 8.0  # ratio of the ends from which a scale is logarithmic
_ROW_HEIGHT = 88
_FRAME = 120  # pixels for axes


def cross_heatmap(
    cross: CrossEvaluation, estimates: Mapping[Cell, Estimate], chosen: Cell | None, *, name: str,
    dark: bool, nats: Mapping[Cell, Estimate] | None = None, narrow: bool = False,
) -> go.Figure:
    """A row per model, a column per order; every cell holds its number and interval.

    Cells of a model under its own order are framed. Each answers to a click: `customdata` of the
    unseen squares on top is model and order.

    Args:
        cross: rows and columns.
        estimates: what the cells hold.
        chosen: a cell to mark, or None.
        name: of the quantity, at the colour scale.
        dark: colours for a dark page.
        nats: of LU, the standard deviation in nats that stands beside it, in every cell; a low LU
            that comes from a high NLL is marked then.
        narrow: for a phone, with names and intervals on several lines and the scale below.
    """
    colors = palette(dark=dark)
    low, high, is_log = _scale(estimates)
    figure = go.Figure()
    figure.add_heatmap(
        z=[[_place(estimates.get((model, strategy)), low, high, is_log)
            for strategy in cross.strategies] for model in cross.models],
        x=cross.strategies, y=cross.models, zmin=0, zmax=1, hoverinfo="skip", xgap=3, ygap=3,
        colorscale=[[i / (len(colors.sequential) - 1), color]
                    for i, color in enumerate(colors.sequential)],
        colorbar={"title": {"text": name, "side": "right"}, "thickness": 12, "outlinewidth": 0,
                  **_ticks(low, high, is_log)},
    )
    beside, marked = nats or {}, () if nats is None else cross.low_lu
    _write_cells(figure, cross, estimates, colors, (low, high, is_log), beside, marked,
                 narrow=narrow)
    _frame(figure, cross, chosen, colors)
    _add_click_targets(figure, cross, estimates, name, beside)
    figure.update_xaxes(title="evaluated under", side="top", showgrid=False, tickangle=0,
                        range=[-0.5, len(cross.strategies) - 0.5])
    figure.update_yaxes(showgrid=False, autorange=False, range=[len(cross.models) - 0.5, -0.5])
    figure.update_xaxes(tickfont={"color": colors.ink, "size": 11 if narrow else 13})
    figure.update_yaxes(tickfont={"color": colors.ink, "size": 11 if narrow else 13})
    styled(figure, colors, _FRAME + _ROW_HEIGHT * len(cross.models))
    if not narrow:
        return figure
    figure.update_xaxes(tickvals=cross.strategies, ticktext=list(map(broken, cross.strategies)))
    figure.update_yaxes(tickvals=cross.models, ticktext=list(map(broken, cross.models)))
    return scale_below(figure)


def _scale(estimates: Mapping[Cell, Estimate]) -> tuple[float, float, bool]:
    """Ends of the colour scale, and whether it is logarithmic."""
    values = [estimate.value for estimate in estimates.values()]
    low, high = min(values, default=0.0), max(values, default=1.0)
    return low, high, low > 0 and high / low >= _WIDE


def _place(estimate: Estimate | None, low: float, high: float, is_log: bool) -> float:
    """Where a value lies on the scale, 0 to 1."""
    if estimate is None:
        return math.nan
    if high <= low:
        return 0.0
    if is_log:
        return math.log(estimate.value / low) / math.log(high / low)
    return (estimate.value - low) / (high - low)


def _ticks(low: float, high: float, is_log: bool) -> dict[str, list]:
    if high <= low:
        return {"tickvals": [0], "ticktext": [short(low)]}
    values = np.geomspace(low, high, 4) if is_log else np.linspace(low, high, 4)
    return {"tickvals": [0, 1 / 3, 2 / 3, 1], "ticktext": [f"{value:.2g}" for value in values]}


def _write_cells(
    figure: go.Figure, cross: CrossEvaluation, estimates: Mapping[Cell, Estimate],
    colors: Palette, scale: tuple[float, float, bool], nats: Mapping[Cell, Estimate],
    marked: Collection[Cell], *, narrow: bool,
) -> None:
    for model in cross.models:
        for strategy in cross.strategies:
            estimate = estimates.get((model, strategy))
            text, ink = "not<br>evaluated" if narrow else "not evaluated", colors.muted
            if (model, strategy) in cross.cells:
                text = "not<br>stored" if narrow else "not stored"
            if estimate is not None:
                behind = scale_color(colors.sequential, _place(estimate, *scale))
                mark = f" {MARK}" if (model, strategy) in marked else ""
                text, ink = _cell_text(estimate, mark, narrow=narrow), ink_on(behind)
                if (model, strategy) in nats:
                    text += f"<br>{short(nats[model, strategy].value)} nats"
                if cross.is_native((model, strategy)):
                    text += f'<br><span style="font-size:{10 if narrow else 11}px">own order</span>'
            figure.add_annotation(x=strategy, y=model, text=text, showarrow=False,
                                  font={"color": ink, "size": 10 if narrow else 12}, align="center")


def _cell_text(estimate: Estimate, mark: str, *, narrow: bool) -> str:
    size = 13 if narrow else 18
    text = f'<span style="font-size:{size}px"><b>{short(estimate.value)}{mark}</b></span>'
    if estimate.interval is not None:
        band = interval(estimate.interval)
        text += f"<br>{band.replace(' – ', ' –<br>') if narrow else band}"
    return text


def _frame(
    figure: go.Figure, cross: CrossEvaluation, chosen: Cell | None, colors: Palette
) -> None:
    """A line around native cells, a stronger one around the chosen cell."""
    for row, model in enumerate(cross.models):
        for column, strategy in enumerate(cross.strategies):
            is_native = cross.is_native((model, strategy))
            if (model, strategy) == chosen:
                line = {"color": colors.accent, "width": 5}
            elif is_native:
                line = {"color": colors.ink, "width": 2}
            else:
                continue
            figure.add_shape(type="rect", x0=column - 0.49, x1=column + 0.49, y0=row - 0.48,
                             y1=row + 0.48, line=line)


def _add_click_targets(
    figure: go.Figure, cross: CrossEvaluation, estimates: Mapping[Cell, Estimate], name: str,
    nats: Mapping[Cell, Estimate],
) -> None:
    """Heatmaps report no clicks; points do."""
    cells = list(estimates)
    figure.add_scatter(
        x=[strategy for _, strategy in cells], y=[model for model, _ in cells], mode="markers",
        customdata=[list(cell) for cell in cells],
        marker={"symbol": "square", "size": _ROW_HEIGHT - 8, "opacity": 0},
        selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}},
        hovertext=[_hover(cross, cell, estimates[cell], name, nats.get(cell)) for cell in cells],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _hover(
    cross: CrossEvaluation, cell: Cell, estimate: Estimate, name: str, nats: Estimate | None
) -> str:
    model, strategy = cell
    found = cross.cells[cell]
    text = f"{model}<br>under {strategy}"
    text += " (its own order)" if cross.is_native(cell) else ""
    text += f"<br>{name} {short(estimate.value)}"
    if estimate.interval is not None:
        text += f", 95%: {interval(estimate.interval)}"
    if nats is not None:
        text += f"<br>std of NLL {short(nats.value)} nats, 95%: {interval(nats.interval)}"
        if cell in cross.low_lu:
            other_model, other_order = cross.low_lu[cell].shown_by
            text += (f"<br>{MARK} low because its NLL is high: more nats than<br>"
                     f"{other_model} under {other_order}, whose LU is higher")
    return (f"{text}<br>{found.num_graphs:,} graphs, K = {found.permutations}"
            "<br>click for its reliability diagram")
