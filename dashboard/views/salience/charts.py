"""Figures of the Salience page: matrices as cells, a matrix from inside, masks compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.salience.agreement import Agreement, Stability
from core.salience.matrices import WeightMatrix, short_module_name
from core.salience.matrix_views import DensityMap, ScoreHistogram
from dashboard.shared.chart_style import scale_below, styled, translucent
from dashboard.shared.format import short
from dashboard.shared.palette import Palette, ink_on, palette, scale_color
from dashboard.views.salience.cells import Cells, Grid, percent, scientific, times

_ROOM = 470  # pixels for all rows of cells
_ROW_HEIGHTS = (18, 58)
_FRAME = 110  # pixels for axes and the scale
_READABLE = 22  # pixels from which a row has room for text
_SHORT = 5  # letters that fit into a cell in full size
_LEAST_COUNT = 0.6  # where a bar of a logarithmic axis begins


def cell_heatmap(
    grid: Grid, cells: Cells, chosen: str | None, *, dark: bool, clickable: bool = True,
    room: int = _ROOM, narrow: bool = False,
) -> go.Figure:
    """A row per layer, a column per module.

    Every cell answers to a click: `customdata` of the unseen squares on top is the matrix' name.

    Args:
        grid: rows and columns.
        cells: what they show.
        chosen: name of a matrix to mark, or None.
        dark: colours for a dark page.
        clickable: whether the page does something on a click, so that the cells say so.
        room: pixels for all rows together.
        narrow: for a phone, with the scale below.
    """
    colors = palette(dark=dark)
    stops = colors.sequential if cells.stops == "sequential" else colors.diverging
    layers = [str(layer) for layer in grid.layers]
    height = min(max(room // len(layers), _ROW_HEIGHTS[0]), _ROW_HEIGHTS[1])
    places = {(matrix.layer, column): cells.places[matrix.name]
              for matrix, column in _columns(grid)}
    figure = go.Figure()
    figure.add_heatmap(
        z=[[places.get((layer, module), math.nan) for module in grid.modules]
           for layer in grid.layers],
        x=grid.modules, y=layers, zmin=0, zmax=1, hoverinfo="skip", xgap=2, ygap=2,
        colorscale=_scale(stops), colorbar=_colorbar(cells, len(layers) * height))
    if height >= _READABLE:
        _write(figure, grid, cells, stops, colors, narrow=narrow)
    for matrix, column in _columns(grid):
        if matrix.name == chosen:
            _mark(figure, grid.modules.index(column), grid.layers.index(matrix.layer), colors)
    _add_targets(figure, grid, cells, height, clickable=clickable)
    figure.update_xaxes(side="top", showgrid=False, range=[-0.5, len(grid.modules) - 0.5],
                        tickfont={"color": colors.ink, "size": 13}, tickangle=0)
    figure.update_yaxes(title="layer", type="category", showgrid=False, autorange=False,
                        range=[len(layers) - 0.5, -0.5],
                        tickfont={"color": colors.ink, "size": 13})
    styled(figure, colors, _FRAME + len(layers) * height)
    return scale_below(figure) if narrow else figure


def density_heatmap(
    found: DensityMap, *, dark: bool, axes: tuple[str, str], height: int = 280,
    narrow: bool = False,
) -> go.Figure:
    """Selected share of blocks of rows and columns inside a matrix.

    Args:
        found: the blocks.
        dark: colours for a dark page.
        axes: what rows and columns are.
        height: pixels.
        narrow: for a phone, with the scale below.
    """
    colors = palette(dark=dark)
    rows, columns = found.row_edges, found.column_edges
    hover = [[f"{axes[0]} {_span(rows, r)}<br>{axes[1]} {_span(columns, c)}<br>"
              f"{percent(share)} selected" for c, share in enumerate(line)]
             for r, line in enumerate(found.shares)]
    most = max(float(found.shares.max()), 1e-9)
    figure = go.Figure()
    figure.add_heatmap(
        z=found.shares, x=(columns[:-1] + columns[1:] - 1) / 2, y=(rows[:-1] + rows[1:] - 1) / 2,
        zmin=0, zmax=most, text=hover, hovertemplate="%{text}<extra></extra>",
        colorscale=_scale(colors.sequential),
        colorbar={"title": _beside("selected"), "thickness": 12,
                  "outlinewidth": 0, "tickvals": [0, most / 2, most],
                  "ticktext": ["0", percent(most / 2), percent(most)]})
    figure.update_xaxes(title=axes[1], showgrid=False, range=[-0.5, columns[-1] - 0.5])
    figure.update_yaxes(title=axes[0], showgrid=False, range=[rows[-1] - 0.5, -0.5])
    styled(figure, colors, height)
    return scale_below(figure) if narrow else figure


def score_histogram_chart(
    found: ScoreHistogram, *, dark: bool, name: str, height: int = 230
) -> go.Figure:
    """Entries of a matrix by score, those of the mask in colour, with the cut.

    Args:
        found: the counts.
        dark: colours for a dark page.
        name: of the score, on its axis.
        height: pixels.
    """
    colors = palette(dark=dark)
    centers, widths = (found.edges[:-1] + found.edges[1:]) / 2, np.diff(found.edges)
    every = found.rest + found.selected
    ends = [(scientific(found.score_at(low)), scientific(found.score_at(high)))
            for low, high in zip(found.edges[:-1], found.edges[1:], strict=True)]
    texts = [f"score {low} to {high}<br>{count:,} entries, {chosen:,} selected"
             for (low, high), count, chosen in zip(ends, every, found.selected, strict=True)]
    figure = go.Figure()
    for counts, color, legend in ((every, translucent(colors.series[6], 0.45), "all entries"),
                                  (found.selected, colors.series[1], "selected")):
        figure.add_bar(
            x=centers, y=np.where(counts > 0, np.maximum(counts - _LEAST_COUNT, 0.0), np.nan),
            base=_LEAST_COUNT, width=widths * 0.94, name=legend, hovertext=texts,
            marker={"color": color, "line": {"width": 0}},
            hovertemplate="%{hovertext}<extra></extra>")
    if found.cut is not None:
        figure.add_vline(
            x=found.place(found.cut), line={"color": colors.ink, "dash": "dot", "width": 1.5},
            annotation={"text": f"cut {scientific(found.cut)}", "font": {"color": colors.ink},
                        "bgcolor": colors.background})
    places, names = _score_ticks(found)
    figure.update_xaxes(title=name, tickvals=places, ticktext=names)
    figure.update_yaxes(title="entries", type="log", dtick=1, exponentformat="power",
                        range=[math.log10(_LEAST_COUNT), math.log10(max(every.max(), 10)) + 0.15])
    figure.update_layout(barmode="overlay")
    styled(figure, colors, height, legend=True)
    return figure.update_layout(legend={"y": 1.02, "yanchor": "bottom"}, margin={"t": 36})


def agreement_heatmap(
    names: Sequence[str], found: Mapping[tuple[str, str], Agreement], *, ratio: bool, dark: bool,
    narrow: bool = False,
) -> go.Figure:
    """Agreement of every pair of masks, each pair once.

    Args:
        names: of the masks.
        found: of `core.salience.agreement.agreement_table`.
        ratio: whether cells say multiples of chance instead of the Jaccard index.
        dark: colours for a dark page.
        narrow: for a phone, with smaller numbers and the scale below.
    """
    colors = palette(dark=dark)
    pairs = {(second, first): one for (first, second), one in found.items()}
    rows, columns = list(names[1:]), list(names[:-1])
    places = {pair: one.closeness if ratio else one.jaccard for pair, one in pairs.items()}
    figure = go.Figure()
    figure.add_heatmap(
        z=[[places.get((row, column), math.nan) for column in columns] for row in rows],
        x=columns, y=rows, zmin=0, zmax=1, xgap=2, ygap=2, colorscale=_scale(colors.sequential),
        text=[[_pair_hover(pairs.get((row, column)), row, column) for column in columns]
              for row in rows],
        hovertemplate="%{text}<extra></extra>", hoverongaps=False,
        colorbar={"thickness": 12, "outlinewidth": 0, **(
            {"title": _beside("agreement"), "tickvals": [0, 1],
             "ticktext": ["chance", "identical"]} if ratio else
            {"title": _beside("Jaccard")})})
    for (row, column), one in pairs.items():
        behind = scale_color(colors.sequential, _known(places[row, column]))
        figure.add_annotation(
            x=column, y=row, showarrow=False, text=times(one.ratio) if ratio else _two(one.jaccard),
            font={"size": 10 if narrow else 12, "color": ink_on(behind)})
    figure.update_xaxes(showgrid=False, tickfont={"color": colors.ink}, tickangle=-40)
    figure.update_yaxes(showgrid=False, autorange="reversed", tickfont={"color": colors.ink})
    styled(figure, colors, 130 + 36 * len(rows))
    if narrow:  # names of columns above, as the scale lies below
        figure.update_xaxes(side="top", tickangle=-60)
        scale_below(figure)
    return figure


def stability_chart(found: Stability, *, dark: bool, height: int = 320) -> go.Figure:
    """Jaccard index between draws of examples against their number, beside chance."""
    colors = palette(dark=dark)
    figure = go.Figure()
    figure.add_scatter(
        x=found.sizes, y=[found.mean_jaccard(size) for size in found.sizes],
        mode="lines", name="mean over pairs of seeds", hoverinfo="skip",
        line={"color": colors.series[0], "width": 2.5})
    pairs = [(size, one) for size in found.sizes for one in found.across_seeds[size]]
    figure.add_scatter(
        x=[size for size, _ in pairs], y=[one.jaccard for _, one in pairs], mode="markers",
        name="two seeds, same number", marker={"size": 9, "color": colors.series[0]},
        text=[_pair_text(one) for _, one in pairs],
        hovertemplate="%{x} examples<br>%{text}<extra></extra>")
    ends = [(size, one) for size, all_ in found.to_largest.items() for one in all_]
    figure.add_scatter(
        x=[size for size, _ in ends], y=[one.jaccard for _, one in ends], mode="markers",
        name=f"same seed, against {found.sizes[-1]} examples",
        marker={"size": 9, "symbol": "diamond-open", "color": colors.series[1],
                "line": {"width": 2}},
        text=[_pair_text(one) for _, one in ends],
        hovertemplate="%{x} examples<br>%{text}<extra></extra>")
    figure.add_scatter(
        x=[found.sizes[0] / 1.15, found.sizes[-1] * 1.15], y=[found.chance, found.chance],
        mode="lines", name=f"chance, {short(found.chance)}", hoverinfo="skip",
        line={"color": colors.muted, "dash": "dash", "width": 1.5})
    figure.update_xaxes(title="examples", type="log", tickvals=found.sizes,
                        ticktext=[str(size) for size in found.sizes])
    figure.update_yaxes(title="Jaccard index", range=[0, 1.02])
    return styled(figure, colors, height, legend=True)


def _columns(grid: Grid) -> list[tuple[WeightMatrix, str]]:
    """Matrices with the column that each stands in."""
    return [(matrix, short_module_name(matrix.module)) for matrix in grid.matrices]


def _write(
    figure: go.Figure, grid: Grid, cells: Cells, stops: Sequence[str], colors: Palette, *,
    narrow: bool,
) -> None:
    longest = max(map(len, cells.labels.values()))
    for matrix, column in _columns(grid):
        place = cells.places[matrix.name]
        ink = colors.muted if math.isnan(place) else ink_on(scale_color(stops, place))
        figure.add_annotation(x=column, y=str(matrix.layer), text=cells.labels[matrix.name],
                              showarrow=False,
                              font={"size": 12 if longest <= _SHORT and not narrow else 10,
                                    "color": ink})


def _mark(figure: go.Figure, column: int, row: int, colors: Palette) -> None:
    figure.add_shape(type="rect", x0=column - 0.49, x1=column + 0.49, y0=row - 0.48, y1=row + 0.48,
                     line={"color": colors.ink, "width": 3})


def _add_targets(
    figure: go.Figure, grid: Grid, cells: Cells, height: int, *, clickable: bool
) -> None:
    """Heatmaps report no clicks; points do."""
    placed = _columns(grid)
    ending = "<br>click to look inside" if clickable else ""
    figure.add_scatter(
        x=[column for _, column in placed], y=[str(matrix.layer) for matrix, _ in placed],
        mode="markers", customdata=[[matrix.name] for matrix, _ in placed],
        marker={"symbol": "square", "size": height, "opacity": 0},
        selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}},
        hovertext=[cells.hovers[matrix.name] + ending for matrix, _ in placed],
        hovertemplate="%{hovertext}<extra></extra>")


def _scale(stops: Sequence[str]) -> list[list]:
    return [[k / (len(stops) - 1), color] for k, color in enumerate(stops)]


def _beside(title: str) -> dict[str, str]:
    """A colour scale's title along it: above it would touch the first number."""
    return {"text": title, "side": "right"}


def _colorbar(cells: Cells, height: int) -> dict:
    return {"title": _beside(cells.title), "thickness": 12, "outlinewidth": 0,
            "tickvals": [place for place, _ in cells.ticks], "lenmode": "pixels",
            "len": max(height, 160), "ticktext": [text for _, text in cells.ticks]}


def _span(edges: np.ndarray, place: int) -> str:
    first, last = int(edges[place]), int(edges[place + 1]) - 1
    return str(first) if first == last else f"{first}–{last}"


def _score_ticks(found: ScoreHistogram) -> tuple[list[float], list[str]]:
    """Every other power of ten on both sides of 0, as far as the bars reach."""
    if not found.floor:
        return [0.0], ["0"]
    powers = range(math.ceil(math.log10(found.floor)) + 1,
                   math.floor(math.log10(found.floor) + found.edges[-1] + 6.5), 2)
    ticks = {0.0: "≈ 0"} if found.edges[0] <= 0 <= found.edges[-1] else {}
    for power in powers:
        for sign, text in ((1, ""), (-1, "−")):
            ticks[found.place(sign * 10.0**power)] = f"{text}10<sup>{power}</sup>"
    kept = {place: text for place, text in ticks.items()
            if found.edges[0] <= place <= found.edges[-1]}
    return list(kept), list(kept.values())


def _pair_hover(found: Agreement | None, row: str, column: str) -> str:
    return "" if found is None else f"{column} and {row}<br>{_pair_text(found)}"


def _pair_text(found: Agreement) -> str:
    return (f"Jaccard {short(found.jaccard)}, chance {short(found.chance)}, "
            f"{times(found.ratio)} chance<br>{found.both:,} entries in both")


def _two(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def _known(value: float) -> float:
    return 0.0 if math.isnan(value) else value
