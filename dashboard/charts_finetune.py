"""Figures of the Fine-tune page: methods against each other, before and after, the loss."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.likelihood.estimates import Estimate
from core.salience.repair_result import RepairResult
from dashboard.chart_style import styled, translucent
from dashboard.numbers import interval, short
from dashboard.palette import Palette, palette
from dashboard.repairs import FAMILIES, Histograms, RepairPoint, arm_label, pareto_front

_SYMBOLS = {"LoRA": "diamond", "PiSSA": "diamond-wide", "all weights": "star"}
_SPARSE = {(False, False): "circle", (True, False): "square", (False, True): "triangle-up",
           (True, True): "pentagon"}  # by whether local, and whether dynamic
_BEFORE, _AFTER = 6, 0  # places in the palette's series


def pareto_plot(
    points: Sequence[RepairPoint], before: RepairResult | None, chosen: str | None, *,
    measure: str, cost: str, names: tuple[str, str], dark: bool, height: int = 470,
) -> go.Figure:
    """Trained parameters against what is repaired (left) and against what that costs (right).

    A stepped line joins the points that no other one beats. Each point answers to a click:
    `customdata` is its key.

    Args:
        points: arms that trained something.
        before: the model as it was; a line each.
        chosen: key of a point to mark, or None.
        measure: what is repaired, under the new order.
        cost: what that costs, under the model's own.
        names: titles of the two vertical axes.
        dark: colours for a dark page.
        height: pixels.
    """
    colors = palette(dark=dark)
    figure = make_subplots(rows=1, cols=2, horizontal_spacing=0.09)
    for column, (name, native) in enumerate(((measure, False), (cost, True)), start=1):
        if before is not None:
            order = before.orders[0 if native else -1]
            _add_baseline(figure, before.estimates[order][name], colors, column)
        _add_front(figure, points, name, native, colors, column)
        for family in FAMILIES:
            of_family = [point for point in points if point.family == family]
            if of_family:
                _add_points(figure, of_family, family, (name, native), chosen, colors, column)
        figure.update_yaxes(title=names[column - 1], rangemode="tozero", row=1, col=column)
    figure.update_xaxes(title="trained parameters", type="log", exponentformat="power", dtick=1)
    styled(figure, colors, height, legend=True)
    figure.update_layout(legend={"y": -0.2})
    return figure


def _add_baseline(
    figure: go.Figure, estimate: Estimate, colors: Palette, column: int
) -> None:
    where = {"row": 1, "col": column}
    if estimate.interval is not None:
        figure.add_hrect(y0=estimate.interval.low, y1=estimate.interval.high, line_width=0,
                         fillcolor=translucent(colors.muted, 0.2), **where)
    figure.add_hline(
        y=estimate.value, line={"color": colors.muted, "dash": "dash", "width": 1.5},
        annotation={"text": f"before: {short(estimate.value)}",
                    "font": {"color": colors.muted, "size": 12}},
        annotation_position="bottom left", **where)


def _add_front(
    figure: go.Figure, points: Sequence[RepairPoint], measure: str, native: bool,
    colors: Palette, column: int,
) -> None:
    places = [(float(point.parameters), point.estimate(measure, native=native).value)
              for point in points]
    front = [places[place] for place in pareto_front(places)]
    if len(front) > 1:
        figure.add_scatter(
            x=[x for x, _ in front], y=[y for _, y in front], mode="lines", hoverinfo="skip",
            line={"color": colors.ink, "width": 1.5, "shape": "hv", "dash": "dot"},
            name="Pareto front", showlegend=column == 1, legendgroup="front", row=1, col=column)


def _add_points(
    figure: go.Figure, points: Sequence[RepairPoint], family: str, measure: tuple[str, bool],
    chosen: str | None, colors: Palette, column: int,
) -> None:
    color = colors.series[FAMILIES.index(family)]
    found = [point.estimate(measure[0], native=measure[1]) for point in points]
    ends = [(one.interval.low, one.interval.high) if one.interval else (one.value, one.value)
            for one in found]
    figure.add_scatter(
        x=[point.parameters for point in points], y=[one.value for one in found],
        mode="markers", name=family, legendgroup=family, showlegend=column == 1,
        customdata=[[point.key] for point in points],
        marker={"color": color, "symbol": [_symbol(point) for point in points],
                "size": [17 if point.key == chosen else 14 if point.is_live else 11
                         for point in points],
                "line": {"width": [3 if point.key == chosen else 2 if point.is_live else 1
                                   for point in points],
                         "color": [colors.ink if point.key == chosen or point.is_live
                                   else colors.background for point in points]}},
        error_y={"type": "data", "symmetric": False, "thickness": 1.5, "width": 3,
                 "color": translucent(color, 0.75),
                 "array": [high - one.value
                           for one, (_, high) in zip(found, ends, strict=True)],
                 "arrayminus": [one.value - low
                                for one, (low, _) in zip(found, ends, strict=True)]},
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
        hovertext=[_hover(point, one) for point, one in zip(points, found, strict=True)],
        hovertemplate="%{hovertext}<extra></extra>", row=1, col=column)


def _symbol(point: RepairPoint) -> str:
    arm = point.result.arm
    if arm.method != "sparse":
        return _SYMBOLS[point.family]
    return _SPARSE[arm.scope == "local", arm.is_dynamic]


def _hover(point: RepairPoint, found: Estimate) -> str:
    text = arm_label(point.result.arm)
    if point.is_live:
        text = f"your run: {text}"
    text += f"<br>{point.parameters:,} parameters ({point.result.share:.2%})<br>"
    return text + f"{short(found.value)}, 95%: {interval(found.interval)}"


def lu_distributions(
    found: Sequence[Histograms], orders: Sequence[str], *, dark: bool, height: int = 330
) -> go.Figure:
    """LU of every graph before and after, an order each; lines mark the means."""
    colors = palette(dark=dark)
    figure = make_subplots(rows=1, cols=len(orders), horizontal_spacing=0.07,
                           subplot_titles=[f"under {order}" for order in orders])
    for column, one in enumerate(found, start=1):
        for name, counts, mean, place in (("before", one.before, one.means[0], _BEFORE),
                                          ("after", one.after, one.means[1], _AFTER)):
            color = colors.series[place]
            figure.add_bar(
                x=(one.edges[:-1] + one.edges[1:]) / 2, y=counts, width=one.edges[1],
                name=name, legendgroup=name, showlegend=column == 1,
                marker={"color": translucent(color, 0.55), "line": {"width": 0}},
                hovertemplate="LU about %{x:.3f}<br>%{y} graphs<extra>" + name + "</extra>",
                row=1, col=column)
            figure.add_vline(x=mean, line={"color": color, "width": 2, "dash": "dash"},
                             row=1, col=column)
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(title="LU", rangemode="tozero")
    figure.update_yaxes(title="graphs", col=1)
    styled(figure, colors, height, legend=True)
    figure.update_layout(margin={"t": 40}, legend={"y": -0.28})
    figure.update_annotations(font={"size": 14, "color": colors.ink})
    return figure


def loss_curve(
    history: Sequence[tuple[int, float]], steps: int, *, dark: bool, height: int = 260
) -> go.Figure:
    """Loss of every step.

    Args:
        history: (step, loss) pairs, nats per token.
        steps: end of the axis.
        dark: colours for a dark page.
        height: pixels.
    """
    colors = palette(dark=dark)
    figure = go.Figure()
    figure.add_scatter(
        x=[step for step, _ in history], y=[loss for _, loss in history],
        mode="lines+markers" if len(history) <= 60 else "lines",
        line={"color": colors.series[0], "width": 2}, marker={"size": 5},
        hovertemplate="step %{x}<br>%{y:.4f} nats per token<extra></extra>")
    figure.update_xaxes(title="step", range=[0, steps + 1])
    figure.update_yaxes(title="loss, nats per token", rangemode="tozero")
    return styled(figure, colors, height)
