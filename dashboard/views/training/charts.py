"""Figures of the Training page: diversity, the course of trainings, data size, mixing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from statistics import mean
from typing import Protocol

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.sent.strategies import RANDOM_ORDER, STRATEGIES
from core.stats.estimates import Estimate
from core.study.training_record import TrainingRecord, order_name
from dashboard.shared.chart_style import legend_below, styled, translucent
from dashboard.shared.format import interval, short
from dashboard.shared.palette import Palette, palette
from dashboard.views.training.query import MEASURES

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_PANEL_HEIGHT = 280  # pixels
_LEGEND_LINE = 24  # pixels
_APART = 0.012  # decades between points that would lie on each other
_SEEDS_APART = 0.03  # decades
_SEEDS_APART_PERCENT = 1.5
_NLL_TICKS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.5, 2, 3, 5)


@dataclass(frozen=True)
class Panel:
    """One of several pictures over the same horizontal axis.

    Attributes:
        measure: of `core.study.training_record.MEASURED`.
        title: what stands above it, with the unit.
        is_share: whether it is written in percent.
    """

    measure: str
    title: str
    is_share: bool = False


class DrawPanels(Protocol):
    """Draws measures of trainings, a panel each: `by_data_size` or `by_mixture`."""

    def __call__(
        self, records: Sequence[TrainingRecord], panels: Sequence[Panel], *, dark: bool,
        narrow: bool = False,
    ) -> go.Figure: ...


def diversity_curves(curves: pd.DataFrame, measure: str, *, dark: bool) -> go.Figure:
    """A measure against samples per graph, a line and a band per strategy.

    Args:
        curves: rows of `Diversity.curves`.
        measure: column, one of `MEASURES`.
        dark: colours for a dark page.
    """
    colors = palette(dark=dark)
    figure = go.Figure()
    name = next(words for words, column in MEASURES.items() if column == measure)
    for (strategy, share), rows in curves.groupby(["strategy", "share"], sort=False):
        label = order_name(str(strategy), float(share))
        color = _color(colors, str(strategy))
        _band(figure, rows["samples"], rows[f"{measure}_low"], rows[f"{measure}_high"], color)
        figure.add_scatter(
            x=rows["samples"], y=rows[measure], name=label, mode="lines+markers",
            line={"color": color, "width": 2.5}, marker={"size": 7},
            hovertext=[f"{label}<br>{k:,} samples per graph<br>{name} {short(value)}"
                       for k, value in zip(rows["samples"], rows[measure], strict=True)],
            hovertemplate="%{hovertext}<extra></extra>")
    figure.update_xaxes(title="samples per graph", type="log", tickvals=[1, 3, 10, 30, 100, 300,
                                                                         1000],
                        ticktext=["1", "3", "10", "30", "100", "300", "1,000"])
    figure.update_yaxes(title=_UNITS[measure], tickformat=".0%" if measure == "unique_ratio" else
                        None, rangemode="tozero")
    return legend_below(styled(figure, colors, 420, legend=True)).update_layout(margin={"b": 90})


_UNITS = {"unique_ratio": "different ones among the samples",
          "distinct_grams": "distinct 3-grams per graph",
          "gram_entropy_bits": "entropy of 3-grams, bits",
          "compressed_bits_per_token": "zlib, bits per token"}


def training_course(
    records: Sequence[TrainingRecord], under: str, *, dark: bool, narrow: bool = False
) -> go.Figure:
    """NLL of held-out graphs (above) and new valid samples (below) along trainings, with bands.

    Colours tell orders apart, dashes sizes of training sets.

    Args:
        records: with rows.
        under: column of the NLL, one of `ALONG`.
        dark: colours for a dark page.
        narrow: for a phone.
    """
    colors = palette(dark=dark)
    titles = ("NLL of held-out graphs, nats per token", "valid, unique and novel samples")
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.12,
                           subplot_titles=titles)
    sizes = sorted({record.graphs or 0 for record in records})
    for record in records:
        color, label = _order_color(colors, record), escape(label_of(record, records))
        dash = _DASHES[sizes.index(record.graphs or 0) % len(_DASHES)]
        for row, name in enumerate((under, "vun"), start=1):
            course = record.course(name)
            known = [(step, found.interval) for step, found in course if found.interval]
            _band(figure, [step for step, _ in known], [one.low for _, one in known],
                  [one.high for _, one in known], color, at=(row, 1))
            figure.add_scatter(
                x=[step for step, _ in course], y=[found.value for _, found in course],
                mode="lines+markers", name=label, legendgroup=label, showlegend=row == 1,
                line={"color": color, "dash": dash, "width": 2.5}, marker={"size": 6},
                hovertext=[_hover(label, f"step {step:,}", titles[row - 1], found,
                                  is_share=row == 2) for step, found in course],
                hovertemplate="%{hovertext}<extra></extra>", row=row, col=1)
    figure.update_xaxes(title="step", rangemode="tozero", row=2, col=1)
    # All begin far above where they end; what happens there is small beside it.
    figure.update_yaxes(type="log", tickvals=_NLL_TICKS, row=1, col=1)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero", row=2, col=1)
    return _finished(figure, colors, 2 * _PANEL_HEIGHT, len(records), narrow=narrow)


def by_data_size(
    records: Sequence[TrainingRecord], panels: Sequence[Panel], *, dark: bool,
    narrow: bool = False,
) -> go.Figure:
    """Measures against the number of graphs that were learnt, a panel each, a line per order.

    Args:
        records: that were measured.
        panels: the measures.
        dark: colours for a dark page.
        narrow: for a phone, with panels below each other.
    """
    colors = palette(dark=dark)
    figure = _panels(panels, narrow=narrow)
    orders = lines_of(records, lambda record: record.order)
    for row, panel in enumerate(panels, start=1):
        for number, (order, found) in enumerate(orders.items()):
            of_order = sorted((record for record in found if panel.measure in record.measured),
                              key=lambda record: record.graphs or 0)
            apart = 10 ** (_APART * (number - (len(orders) - 1) / 2))
            _points(figure, of_order, panel, [apart * (one.graphs or 1) for one in of_order],
                    lambda place, by: place * 10 ** (_SEEDS_APART * by), order,
                    _order_color(colors, of_order[0]) if of_order else colors.ink,
                    at=(row, 1) if narrow else (1, row), has_legend=row == 1)
    sizes = sorted({record.graphs or 1 for record in records})
    figure.update_xaxes(title="graphs learnt", type="log", tickvals=sizes,
                        ticktext=[f"{size:,}" for size in sizes])
    return _finished(figure, colors, _panel_height(panels, narrow=narrow), len(orders),
                     narrow=narrow)


def by_mixture(
    records: Sequence[TrainingRecord], panels: Sequence[Panel], *, dark: bool,
    narrow: bool = False,
) -> go.Figure:
    """Measures against the share of random orders, a panel each, a line per strategy.

    Models of `random_order` stand at 100%.

    Args:
        records: that were measured, of one size of the training set.
        panels: the measures.
        dark: colours for a dark page.
        narrow: for a phone, with panels below each other.
    """
    colors = palette(dark=dark)
    figure = _panels(panels, narrow=narrow)
    strategies = lines_of(records, lambda record: record.strategy, of_one_size=True)
    for row, panel in enumerate(panels, start=1):
        for strategy, found in strategies.items():
            of_strategy = sorted((record for record in found if panel.measure in record.measured),
                                 key=lambda record: record.mix)
            places = [100.0 if one.is_random else 100 * one.mix for one in of_strategy]
            _points(figure, of_strategy, panel, places,
                    lambda place, by: place + _SEEDS_APART_PERCENT * by,
                    strategy, _color(colors, found[0].strategy),
                    at=(row, 1) if narrow else (1, row), has_legend=row == 1)
    figure.update_xaxes(title="random orders in training, %", range=[-6, 106],
                        tickvals=sorted({0.0, 100.0, *(100 * one.mix for one in records)}))
    return _finished(figure, colors, _panel_height(panels, narrow=narrow), len(strategies),
                     narrow=narrow)


def budget_of(record: TrainingRecord) -> tuple[object, ...]:
    """What two trainings of one order and size have to share to differ in their seed alone."""
    return record.steps, record.batch_size, record.preset


def lines_of(
    records: Sequence[TrainingRecord], name: Callable[[TrainingRecord], str], *,
    of_one_size: bool = False,
) -> dict[str, list[TrainingRecord]]:
    """Records that a line joins, by what it is called: of one budget, and maybe of one size."""
    budgets = {budget_of(record) for record in records}
    sizes = {record.graphs for record in records} if of_one_size else set()
    found: dict[str, list[TrainingRecord]] = {}
    for record in records:
        label = name(record)
        if len(sizes) > 1:
            label += f", {record.graphs or 0:,} graphs"
        if len(budgets) > 1:
            label += f", {record.preset}, {record.steps:,} × {record.batch_size:,}"
        found.setdefault(label, []).append(record)
    return found


def label_of(record: TrainingRecord, among: Sequence[TrainingRecord]) -> str:
    """What tells a record from others: order, size of the training set, seed, at last its name."""
    label = record.order
    if len({one.graphs for one in among}) > 1 and record.graphs is not None:
        label += f", {record.graphs:,} graphs"
    if len({one.seed for one in among}) > 1:
        label += f", seed {record.seed}"
    alike = [one for one in among if (one.order, one.graphs, one.seed) ==
             (record.order, record.graphs, record.seed)]
    return label if len(alike) == 1 else f"{label} ({record.name})"


def _points(
    figure: go.Figure, records: Sequence[TrainingRecord], panel: Panel, places: Sequence[float],
    move: Callable[[float, float], float], label: str, color: str, *, at: tuple[int, int],
    has_legend: bool,
) -> None:
    """Points of one order with their intervals, ascending, and a line that joins them.

    Where several seeds stand at a place, they lie beside each other, `move(place, by)`, with `by`
    from minus to plus half of their number, and the line goes through their mean.
    """
    found = [record.measured[panel.measure] for record in records]
    ends = [one.interval for one in found]
    seeds = {place: [number for number, one in enumerate(places) if one == place]
             for place in dict.fromkeys(places)}
    joined = len(seeds) == len(places)
    if not joined:
        figure.add_scatter(
            x=list(seeds), y=[mean(found[number].value for number in numbers)
                              for numbers in seeds.values()],
            legendgroup=label, showlegend=False, mode="lines", line={"color": color, "width": 1.5},
            hoverinfo="skip", row=at[0], col=at[1])
    figure.add_scatter(
        x=[move(place, seeds[place].index(number) - (len(seeds[place]) - 1) / 2)
           for number, place in enumerate(places)],
        y=[one.value for one in found], name=label, legendgroup=label, showlegend=has_legend,
        mode="lines+markers" if joined else "markers", line={"color": color, "width": 1.5},
        marker={"color": color, "size": 9},
        error_y={"type": "data", "symmetric": False, "thickness": 1.5, "width": 4,
                 "array": [0.0 if end is None else max(0.0, end.high - one.value)
                           for one, end in zip(found, ends, strict=True)],
                 "arrayminus": [0.0 if end is None else max(0.0, one.value - end.low)
                                for one, end in zip(found, ends, strict=True)]},
        hovertext=[_hover(escape(label_of(record, records)), escape(record.name), panel.title, one,
                          is_share=panel.is_share)
                   for record, one in zip(records, found, strict=True)],
        hovertemplate="%{hovertext}<extra></extra>", row=at[0], col=at[1])
    figure.update_yaxes(tickformat=".0%" if panel.is_share else None, row=at[0], col=at[1])


def _panels(panels: Sequence[Panel], *, narrow: bool) -> go.Figure:
    titles = [panel.title for panel in panels]
    if narrow:
        return make_subplots(rows=len(panels), cols=1, vertical_spacing=0.1, subplot_titles=titles)
    return make_subplots(rows=1, cols=len(panels), horizontal_spacing=0.08, subplot_titles=titles)


def _panel_height(panels: Sequence[Panel], *, narrow: bool) -> int:
    return _PANEL_HEIGHT * len(panels) if narrow else _PANEL_HEIGHT + 60


def _finished(
    figure: go.Figure, colors: Palette, height: int, labels: int, *, narrow: bool
) -> go.Figure:
    below = 70 + _LEGEND_LINE * (labels if narrow else (labels + 2) // 3)
    styled(figure, colors, height + below, legend=True)
    figure.update_layout(margin={"t": 40, "b": below})
    figure.update_annotations(font={"size": 13, "color": colors.ink})
    return legend_below(figure)


def _band(
    figure: go.Figure, x: Sequence[float], low: Sequence[float], high: Sequence[float],
    color: str, at: tuple[int, int] | None = None,
) -> None:
    known = [(place, one, other) for place, one, other in zip(x, low, high, strict=True)
             if one is not None and other is not None and one == one]
    if len(known) > 1:
        places, lows, highs = zip(*known, strict=True)
        where = {} if at is None else {"row": at[0], "col": at[1]}
        figure.add_scatter(
            x=[*places, *places[::-1]], y=[*highs, *lows[::-1]], fill="toself", mode="lines",
            fillcolor=translucent(color, 0.12), line={"width": 0}, hoverinfo="skip",
            showlegend=False, **where)


def _hover(label: str, where: str, what: str, found: Estimate, *, is_share: bool) -> str:
    value = f"{100 * found.value:.1f}%" if is_share else short(found.value)
    text = f"{label}<br>{where}<br>{what}: {value}"
    if found.interval is None:
        return text
    ends = (f"{100 * found.interval.low:.1f} – {100 * found.interval.high:.1f}%" if is_share
            else interval(found.interval))
    return f"{text}<br>95%: {ends}"


def _color(colors: Palette, strategy: str) -> str:
    """Of a registered strategy always the same; the last one for triples."""
    names = [RANDOM_ORDER.name, *(name for name in STRATEGIES if name != RANDOM_ORDER.name)]
    place = names.index(strategy) if strategy in names else len(names)
    return colors.series[place % len(colors.series)]


def _order_color(colors: Palette, record: TrainingRecord) -> str:
    """Of a mixture another than of its strategy alone."""
    if record.mix == 0:
        return _color(colors, record.strategy)
    return colors.series[-1 if record.mix < 0.2 else -2]
