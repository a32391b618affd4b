"""Figures of the Fine-tune page: methods against each other, before and after, the loss."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.likelihood.low_lu import MARK
from core.repair.comparison import pareto_front
from core.repair.result import RepairResult
from core.repair.spurious import spurious_repairs
from core.stats.estimates import Estimate
from dashboard.shared.chart_style import legend_below, styled, translucent
from dashboard.shared.format import interval, short
from dashboard.shared.palette import Palette, palette
from dashboard.views.finetune.points import FAMILIES, RepairPoint, ScaledArm

_SYMBOLS = {"LoRA": "diamond", "PiSSA": "diamond-wide", "all weights": "star"}
_SPARSE = {(False, False): "circle", (True, False): "square", (False, True): "triangle-up",
           (True, True): "pentagon"}  # by whether local, and whether dynamic
_BEFORE, _AFTER = 6, 0  # places in the palette's series
_APART, _FARTHEST_APART = 0.035, 0.3  # decades between arms that train equally many, and in all
_WIDE = 3.0  # ratio of the ends from which an axis is logarithmic
_MANY_DECADES = 2.2  # from here on, only powers of ten are written
_MARGIN = 0.12  # decades beside the outermost points
_NARROW_HEIGHT = 860  # pixels of two panels, one below the other
_NUM_BINS = (8, 30)  # of histograms, at least and at most


def pareto_plot(
    points: Sequence[RepairPoint], before: RepairResult | None, chosen: str | None, *,
    measure: str, cost: str, names: tuple[str, str], dark: bool, height: int = 470,
    narrow: bool = False,
) -> go.Figure:
    """Trained parameters against what is repaired (left) and against what that costs (right).

    A stepped line joins the points that no other one beats. Arms that train equally many stand
    beside each other. Spurious repairs are drawn hollow and left out of the
    line. Each point answers to a click: `customdata` is its key.

    Args:
        points: arms that trained something.
        before: the model as it was; a line each.
        chosen: key of a point to mark, or None.
        measure: what is repaired, under the new order.
        cost: what that costs, under the model's own.
        names: titles of the two panels.
        dark: colours for a dark page.
        height: pixels.
        narrow: for a phone, with the second panel below the first.
    """
    colors = palette(dark=dark)
    figure = (make_subplots(rows=2, cols=1, vertical_spacing=0.2, subplot_titles=names) if narrow
              else make_subplots(rows=1, cols=2, horizontal_spacing=0.1, subplot_titles=names))
    places = dict(zip((point.key for point in points), _side_by_side(points), strict=True))
    spurious = spurious_repairs([point.result for point in points], measure)
    for column, (name, native) in enumerate(((measure, False), (cost, True)), start=1):
        panel = _Panel(figure, colors, (column, 1) if narrow else (1, column), name, native, places,
                       spurious, has_legend=column == 1)
        was = None if before is None else before.estimates[before.orders[-1 if column == 1 else 0]]
        if was is not None:
            panel.add_baseline(was[name])
        panel.add_front(points)
        for family in FAMILIES:
            of_family = [point for point in points if point.family == family]
            if of_family:
                panel.add_points(of_family, family, chosen)
        panel.set_range([point.estimate(name, native=native) for point in points]
                        + ([] if was is None else [was[name]]))
    _set_parameter_axes(figure, list(places.values()))
    styled(figure, colors, _NARROW_HEIGHT if narrow else height, legend=True)
    figure.update_layout(legend={"y": -0.2}, margin={"t": 54})
    if narrow:
        legend_below(figure)
    figure.update_annotations(font={"size": 14, "color": colors.ink})
    return figure


def _side_by_side(points: Sequence[RepairPoint]) -> list[float]:
    """Where points stand: at their number of parameters, but not upon each other."""
    equal: dict[int, list[int]] = {}
    for place, point in enumerate(points):
        equal.setdefault(point.parameters, []).append(place)
    found = [0.0] * len(points)
    for parameters, there in equal.items():
        apart = min(_APART, _FARTHEST_APART / len(there))
        for number, place in enumerate(there):
            found[place] = parameters * 10 ** (apart * (number - (len(there) - 1) / 2))
    return found


def _parameter_range(places: Sequence[float]) -> tuple[float, float]:
    """Ends of the horizontal axis."""
    return min(places) * 10**-_MARGIN, max(places) * 10**_MARGIN


def _set_parameter_axes(figure: go.Figure, places: Sequence[float]) -> None:
    ends = _parameter_range(places)
    figure.update_xaxes(title="trained parameters", **_log_axis(*ends, "{:,.0f}"))


def _log_axis(low: float, high: float, form: str) -> dict[str, Any]:
    """A logarithmic axis with ticks at 1, 2 and 5, or at powers of ten if they are many."""
    steps = (1,) if math.log10(high / low) > _MANY_DECADES else (1, 2, 5)
    ticks = [step * 10.0**power for power in range(-9, 10) for step in steps]
    ticks = [tick for tick in ticks if low <= tick <= high]
    return {"type": "log", "range": [math.log10(low), math.log10(high)], "tickvals": ticks,
            "ticktext": [form.format(tick) for tick in ticks]}


@dataclass(frozen=True, eq=False)
class _Panel:
    """One half of the plot, at a row and column: a measure under the model's own order (`native`)
    or the new one."""

    figure: go.Figure
    colors: Palette
    at: tuple[int, int]
    measure: str
    native: bool
    places: Mapping[str, float]
    spurious: Collection[RepairResult]
    has_legend: bool

    def add_baseline(self, found: Estimate) -> None:
        """Drawn as traces: shapes and their labels read a logarithmic axis in different ways."""
        muted, x = self.colors.muted, list(_parameter_range(list(self.places.values())))
        if found.interval is not None:
            low, high = _ends(found)
            self.figure.add_scatter(
                x=[*x, *x[::-1]], y=[low, low, high, high], fill="toself", mode="lines",
                fillcolor=translucent(muted, 0.2), line={"width": 0}, hoverinfo="skip",
                showlegend=False, row=self.at[0], col=self.at[1])
        self.figure.add_scatter(
            x=x, y=[found.value, found.value], mode="lines+text", hoverinfo="skip",
            line={"color": muted, "dash": "dash", "width": 1.5}, showlegend=False,
            text=["", f"before: {short(found.value)}  "], textposition="top left",
            textfont={"color": self.colors.ink, "size": 12}, row=self.at[0], col=self.at[1])

    def add_front(self, points: Sequence[RepairPoint]) -> None:
        solid = [point for point in points if point.result not in self.spurious]
        exact = [(float(point.parameters), self._of(point).value) for point in solid]
        front = [solid[place] for place in pareto_front(exact)]
        if len(front) > 1:
            self.figure.add_scatter(
                x=[self.places[point.key] for point in front],
                y=[self._of(point).value for point in front], mode="lines", hoverinfo="skip",
                line={"color": self.colors.ink, "width": 1.5, "shape": "hv", "dash": "dot"},
                name="Pareto front", showlegend=self.has_legend, legendgroup="front",
                row=self.at[0], col=self.at[1])

    def add_points(
        self, points: Sequence[RepairPoint], family: str, chosen: str | None
    ) -> None:
        color = self.colors.series[FAMILIES.index(family)]
        found = [self._of(point) for point in points]
        stands_out = [point.key == chosen or point.is_live for point in points]
        self.figure.add_scatter(
            x=[self.places[point.key] for point in points], y=[one.value for one in found],
            mode="markers", name=family, legendgroup=family, showlegend=self.has_legend,
            customdata=[[point.key] for point in points],
            marker={"color": color,
                    "symbol": [_symbol(point) + "-open" * (point.result in self.spurious)
                               for point in points],
                    "size": [16 if big else 11 for big in stands_out],
                    "line": {"width": [2.5 if big else 1 for big in stands_out],
                             "color": [self._outline(point, big, color) for point, big
                                       in zip(points, stands_out, strict=True)]}},
            error_y={"type": "data", "symmetric": False, "thickness": 1.5, "width": 3,
                     "color": translucent(color, 0.75),
                     "array": [_ends(one)[1] - one.value for one in found],
                     "arrayminus": [one.value - _ends(one)[0] for one in found]},
            selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
            hovertext=[self._hover(point, one) for point, one in zip(points, found, strict=True)],
            hovertemplate="%{hovertext}<extra></extra>", row=self.at[0], col=self.at[1])

    def _outline(self, point: RepairPoint, stands_out: bool, color: str) -> str:
        if stands_out:
            return self.colors.ink
        return color if point.result in self.spurious else self.colors.background

    def _hover(self, point: RepairPoint, found: Estimate) -> str:
        text = point.result.arm.label
        if point.is_live:
            text = f"your run: {text}"
        text += f"<br>{point.parameters:,} parameters ({point.result.share:.2%})<br>"
        text += f"{short(found.value)}, 95%: {interval(found.interval)}"
        if self.measure == "lu":
            spread = point.estimate("nll_std", native=self.native)
            text += f"<br>std of NLL {short(spread.value)} nats"
            if point.result in self.spurious:
                text += "<br>low LU from a high NLL"
        return text

    def set_range(self, found: Sequence[Estimate]) -> None:
        """All values and the baseline; logarithmic where they differ by much."""
        ends = [end for one in found for end in _ends(one)]
        low, high = min(one.value for one in found), max(ends)
        if low > 0 and high / low > _WIDE:
            low = min(end for end in ends if end > low / _WIDE)  # an interval may reach to 0
            axis = _log_axis(low / 1.2, high * 1.2, "{:.3g}")
        else:
            margin = 0.08 * (high - min(ends)) or 0.05 * high
            axis = {"range": [min(ends) - margin, high + margin]}
        self.figure.update_yaxes(row=self.at[0], col=self.at[1], **axis)

    def _of(self, point: RepairPoint) -> Estimate:
        return point.estimate(self.measure, native=self.native)


def _ends(found: Estimate) -> tuple[float, float]:
    if found.interval is None:
        return found.value, found.value
    return found.interval.low, found.interval.high


def _symbol(point: RepairPoint) -> str:
    arm = point.result.arm
    if arm.method != "sparse":
        return _SYMBOLS[point.family]
    return _SPARSE[arm.scope == "local", arm.is_dynamic]


@dataclass(frozen=True, eq=False)
class Histograms:
    """A number of every graph, before and after, in the same bins.

    Attributes:
        edges: of the bins, increasing, [b + 1].
        before: graphs in each bin, [b] int64.
        after: the same after.
        means: of the number before and after.
    """

    edges: np.ndarray
    before: np.ndarray
    after: np.ndarray
    means: tuple[float, float]


def lu_histograms(before: RepairResult, after: RepairResult, order: str) -> Histograms:
    """LU of every graph under one order, before and after."""
    values = [result.of_order(order)["lu"].to_numpy(dtype=np.float64)
              for result in (before, after)]
    both = np.concatenate(values)
    num_bins = int(np.clip(2 * np.sqrt(len(values[0])), *_NUM_BINS))
    edges = np.linspace(0.0, float(both.max()) * 1.0001 or 1.0, num_bins + 1)
    counts = [np.histogram(one, edges)[0] for one in values]
    return Histograms(edges, counts[0], counts[1], (float(values[0].mean()),
                                                    float(values[1].mean())))


def lu_distributions(
    found: Sequence[Histograms], orders: Sequence[str], *, dark: bool, height: int = 330,
    narrow: bool = False,
) -> go.Figure:
    """LU of every graph before and after, an order each; lines mark the means.

    Args:
        found: of each order.
        orders: their names.
        dark: colours for a dark page.
        height: pixels.
        narrow: for a phone, with orders below each other.
    """
    colors = palette(dark=dark)
    rows, columns = (len(orders), 1) if narrow else (1, len(orders))
    figure = make_subplots(rows=rows, cols=columns, horizontal_spacing=0.07, vertical_spacing=0.22,
                           subplot_titles=[f"under {order}" for order in orders])
    for number, one in enumerate(found, start=1):
        row, column = (number, 1) if narrow else (1, number)
        for name, counts, mean, place in (("before", one.before, one.means[0], _BEFORE),
                                          ("after", one.after, one.means[1], _AFTER)):
            color = colors.series[place]
            figure.add_bar(
                x=(one.edges[:-1] + one.edges[1:]) / 2, y=counts, width=one.edges[1],
                name=name, legendgroup=name, showlegend=number == 1,
                marker={"color": translucent(color, 0.55), "line": {"width": 0}},
                hovertemplate="LU about %{x:.3f}<br>%{y} graphs<extra>" + name + "</extra>",
                row=row, col=column)
            figure.add_vline(x=mean, line={"color": color, "width": 2, "dash": "dash"},
                             row=row, col=column)
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(title="LU", rangemode="tozero")
    figure.update_yaxes(title="graphs", col=1)
    styled(figure, colors, height * rows, legend=True)
    figure.update_layout(margin={"t": 40}, legend={"y": -0.28})
    if narrow:
        legend_below(figure)
    figure.update_annotations(font={"size": 14, "color": colors.ink})
    return figure


def scaled_curves(
    arms: Sequence[ScaledArm], alpha: float, *, measure: str, names: tuple[str, str],
    dark: bool, height: int = 420,
) -> go.Figure:
    """What changes of weights cost against what they repair, as they are scaled by α.

    All curves begin at the model before, a square; α = 1 is filled, and the chosen α stands out
    with its intervals.

    Args:
        arms: a curve each, at least one.
        alpha: the chosen one.
        measure: what is repaired, under the new order.
        names: titles of the axes.
        dark: colours for a dark page.
        height: pixels.
    """
    colors = palette(dark=dark)
    figure = go.Figure()
    for place, arm in enumerate(arms):
        color = colors.series[place % len(colors.series)]
        cost, value = arm.curve("nll_per_token", native=True), arm.curve(measure, native=False)
        chosen = arm.scaled.alphas.index(arm.scaled.nearest(alpha))
        known = arm.scaled.alphas
        figure.add_scatter(
            x=[one.value for one in cost], y=[one.value for one in value],
            mode="lines+markers+text", name=arm.label, line={"color": color, "width": 2},
            text=[f"α = {at:g}" if at in (0, 1, known[-1]) and place == 0 else "" for at in known],
            textposition="top center", textfont={"color": colors.muted, "size": 12},
            marker={"color": [color if at == 1 else colors.background for at in known],
                    "symbol": ["square" if at == 0 else "circle" for at in known],
                    "size": 9, "line": {"color": color, "width": 2}},
            hovertext=[f"{arm.label}<br>α = {at:g}<br>{short(x.value)}, {short(y.value)}"
                       + f" {MARK}" * (measure == "lu" and at in arm.low_lu)
                       for at, x, y in zip(known, cost, value, strict=True)],
            hovertemplate="%{hovertext}<extra></extra>", cliponaxis=False)
        at_x, at_y = cost[chosen], value[chosen]
        figure.add_scatter(
            x=[at_x.value], y=[at_y.value], mode="markers", showlegend=False, hoverinfo="skip",
            marker={"color": color, "size": 15, "line": {"color": colors.ink, "width": 2.5}},
            error_x=_bars(at_x, color), error_y=_bars(at_y, color))
    figure.update_xaxes(title=names[0])
    figure.update_yaxes(title=names[1])
    styled(figure, colors, height, legend=len(arms) > 1)
    figure.update_layout(legend={"y": -0.26})
    return figure


def _bars(found: Estimate, color: str) -> dict[str, Any]:
    low, high = _ends(found)
    return {"type": "data", "symmetric": False, "thickness": 1.5, "width": 3,
            "color": translucent(color, 0.75), "array": [high - found.value],
            "arrayminus": [found.value - low]}


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
    figure.update_xaxes(title="step", range=[0, steps + 1], dtick=1 if steps <= 10 else None)
    figure.update_yaxes(title="loss, nats per token", rangemode="tozero")
    return styled(figure, colors, height)
