"""A plotly figure as SVG text, drawn here: plotly itself needs a browser for that.

Drawn is what the pages' charts are made of: scatter traces with lines, filled bands, points and
error bars, bars, lines across the figure, one pair of linear, logarithmic or named axes, and a
legend at the foot. What a chart hides until the pointer rests on it is left out. A chart with
another kind of trace raises, so that a test tells before a reader does.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import cycle
from typing import Any

import plotly.graph_objects as go

from dashboard.report.axes import Axis, axis
from dashboard.report.marks import stroke, symbol, trace_marks, values
from dashboard.shared.palette import FONT_STACK

_SIZE = 12  # pixels of the letters
_LETTER = 0.58 * _SIZE  # width of one, on average
_LINE = 19  # height of a row of the legend
_TITLE = 16  # and of a title
_SIGN = 26  # width of a line in the legend
_TICK_ROOM, _MOST_TICKS_ACROSS, _MOST_TICKS_UP = 8, 70, 45
_KINDS = ("scatter", "bar")


def figure_svg(figure: go.Figure, width: int, *, alt: str) -> str:
    """Draw a figure.

    Args:
        figure: of a page's `charts`, with its colours and height.
        width: pixels.
        alt: what it says, its accessible name.

    Raises:
        ValueError: for a kind of trace that no chart had so far.
    """
    unknown = {trace.type for trace in figure.data} - set(_KINDS)
    if unknown:
        raise ValueError(f"Cannot draw traces of type {', '.join(sorted(unknown))}; known are "
                         f"{', '.join(_KINDS)}.")
    return _Drawing(figure, width).svg(alt)


class _Drawing:
    """One figure at one width."""

    def __init__(self, figure: go.Figure, width: int) -> None:
        self.figure, self.width = figure, width
        self.height = int(figure.layout.height)
        self.ink = figure.layout.font.color
        self.muted = figure.layout.xaxis.title.font.color or self.ink
        self.grid = figure.layout.xaxis.gridcolor
        colors = cycle(figure.layout.colorway or (self.ink,))
        self.color = lambda: next(colors)
        entries = [trace for trace in figure.data if trace.name and trace.showlegend is not False]
        self.legend = list(self._rows(entries)) if figure.layout.showlegend else []
        up = _values_along(figure, "y")
        self.y = axis(figure.layout.yaxis, up, most_ticks=max(2, self.height // _MOST_TICKS_UP))
        widest = max((_width(text) for _, text in self.y.ticks), default=0.0)
        self.left = (widest + _TICK_ROOM + 4 if self.y.is_visible else 20.0) + (
            22 if self.y.title else 0)
        self.right, self.top = width - 14.0, 22.0
        across = _values_along(figure, "x")
        self.x = axis(figure.layout.xaxis, across,
                      most_ticks=max(2, int((self.right - self.left) // _MOST_TICKS_ACROSS)))
        self.title = list(_wrapped(self.x.title, width - 20.0)) if self.x.title else []
        foot = (20 if self.x.is_visible else 4) + _TITLE * len(self.title)
        foot += 4 + _LINE * len(self.legend) + (8 if self.legend else 0)
        self.bottom = self.height - foot - 4.0

    def svg(self, alt: str) -> str:
        parts = [*self._grid(), *self._shapes(), *self._traces(), *self._annotations(),
                 *self._titles(), *self._legend()]
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" '
                f'height="{self.height}" viewBox="0 0 {self.width} {self.height}" role="img" '
                f'aria-label="{escape(alt)}" font-family="{escape(FONT_STACK)}" '
                f'font-size="{_SIZE}">{"".join(parts)}</svg>')

    def _x(self, share: float) -> float:
        return self.left + share * (self.right - self.left)

    def _y(self, share: float) -> float:
        return self.bottom - share * (self.bottom - self.top)

    def _place(self, x: Any, y: Any) -> tuple[float, float] | None:
        across, up = self.x.share(x), self.y.share(y)
        return None if across is None or up is None else (self._x(across), self._y(up))

    def _grid(self) -> Iterator[str]:
        last = -1e9
        for share, text in _shares(self.x):
            x = self._x(share)
            if self.x.has_grid:
                yield _line(x, self.top, x, self.bottom, self.grid)
            half = _width(text) / 2
            if x - half >= last + 6:  # else it would stand on the one before
                yield _text(x, self.bottom + 16, text, self.ink, "middle")
                last = x + half
        for share, text in _shares(self.y):
            y = self._y(share)
            if self.y.has_grid:
                yield _line(self.left, y, self.right, y, self.grid)
            yield _text(self.left - _TICK_ROOM, y + 4, text, self.ink, "end")

    def _shapes(self) -> Iterator[str]:
        for shape in self.figure.layout.shapes:
            ends = [(self._along(self.x, shape.xref, x, self._x),
                     self._along(self.y, shape.yref, y, self._y))
                    for x, y in ((shape.x0, shape.y0), (shape.x1, shape.y1))]
            if all(end is not None for pair in ends for end in pair):
                (x0, y0), (x1, y1) = ends
                yield (f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" '
                       f'{stroke(shape.line, width=1)}/>')

    def _along(self, of: Axis, reference: str, value: Any, pixels: Any) -> float | None:
        """A place of a shape: `x domain` counts in shares of the figure, `x` in values."""
        share = value if reference.endswith("domain") else of.share(value)
        return None if share is None else pixels(share)

    def _traces(self) -> Iterator[str]:
        # What lies outside of a range that a chart names is cut off. Not by a clip path: that needs
        # an id, and of two pictures with the same one the hidden one would count.
        x, y = self.left - 8, self.top - 8
        box = f"{self.right - self.left + 16:.1f}", f"{self.bottom - self.top + 16:.1f}"
        yield (f'<svg x="{x:.1f}" y="{y:.1f}" width="{box[0]}" height="{box[1]}" '
               f'viewBox="{x:.1f} {y:.1f} {box[0]} {box[1]}" overflow="hidden">')
        for trace in self.figure.data:
            yield from trace_marks(trace, self._place, self.color)
        yield "</svg>"

    def _annotations(self) -> Iterator[str]:
        """Words at the upper end of a line across the figure."""
        for note in self.figure.layout.annotations:
            share = self.x.share(note.x) if note.xref == "x" else note.x
            if share is None or not note.text:
                continue
            x, half = self._x(share), _width(note.text)
            is_left = x + half + 8 > self.right
            yield _text(x + (-5 if is_left else 5), self.top + 8, note.text,
                        note.font.color or self.muted, "end" if is_left else "start")

    def _titles(self) -> Iterator[str]:
        half = max(map(_width, self.title), default=0.0) / 2
        # In the middle of its axis, unless it would be cut off there.
        x = max(min((self.left + self.right) / 2, self.width - half - 4), half + 4)
        for number, line in enumerate(self.title):
            y = self.bottom + (36 if self.x.is_visible else 16) + _TITLE * number
            yield _text(x, y, line, self.muted, "middle")
        if self.y.title:
            middle = (self.top + self.bottom) / 2
            yield (f'<text transform="translate(14 {middle:.1f}) rotate(-90)" fill="{self.muted}" '
                   f'text-anchor="middle">{escape(self.y.title)}</text>')

    def _rows(self, entries: list[Any]) -> Iterator[list[Any]]:
        """Entries of the legend, as many to a row as have room."""
        row: list[Any] = []
        used = 0.0
        for trace in entries:
            needed = _SIGN + 22 + _width(trace.name)
            if row and used + needed > self.width - 10:
                yield row
                row, used = [], 0.0
            row.append(trace)
            used += needed
        if row:
            yield row

    def _legend(self) -> Iterator[str]:
        y = self.height - _LINE * len(self.legend) + 4.0
        for row in self.legend:
            x = 6.0
            for trace in row:
                yield from _sign(trace, x, y)
                yield _text(x + _SIGN + 6, y + 4, trace.name, self.ink, "start")
                x += _SIGN + 22 + _width(trace.name)
            y += _LINE


def _sign(trace: Any, x: float, y: float) -> Iterator[str]:
    mode = trace.mode or "lines"
    if trace.fill == "toself":
        yield (f'<rect x="{x:.1f}" y="{y - 5:.1f}" width="{_SIGN}" height="10" '
               f'fill="{trace.fillcolor}"/>')
    elif "lines" in mode:
        yield (f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{x + _SIGN:.1f}" y2="{y:.1f}" '
               f'{stroke(trace.line)}/>')
    if "markers" in mode and trace.type == "scatter":
        yield symbol(trace.marker, 0, (x + _SIGN / 2, y), trace.line.color or "currentColor")


def _values_along(figure: go.Figure, name: str) -> list[Any]:
    """All that is drawn along an axis, the ends of intervals and the feet of bars among it."""
    found: list[Any] = []
    for trace in figure.data:
        own = values(getattr(trace, name))
        found += own
        if trace.type == "bar":
            widths = values(trace.width) or [1.0] * len(own)
            found += [0.0] if name == "y" else [
                place + side * width / 2 for place, width in zip(own, widths, strict=True)
                for side in (-1, 1)]
            continue
        error = getattr(trace, f"error_{name}")
        more, less = values(error.array), values(error.arrayminus)
        found += [value + by for value, by in zip(own, more, strict=False)]
        found += [value - by for value, by in zip(own, less or more, strict=False)]
    reference = f"{name} domain"
    for shape in figure.layout.shapes:
        if getattr(shape, f"{name}ref") != reference:
            found += [getattr(shape, f"{name}0"), getattr(shape, f"{name}1")]
    return found


def _shares(of: Axis) -> Iterator[tuple[float, str]]:
    """Ticks between the two ends, as shares."""
    if of.is_visible:
        for place, text in of.ticks:
            share = (place - of.low) / (of.high - of.low)
            if -1e-9 <= share <= 1 + 1e-9:
                yield share, text


def _width(text: str) -> float:
    return _LETTER * len(_bare(text))


def _wrapped(text: str, width: float) -> Iterator[str]:
    """Lines of a title, as many as it needs."""
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and _width(longer) > width:
            yield line
            longer = word
        line = longer
    yield line


def _bare(text: str) -> str:
    return text.removeprefix("<b>").removesuffix("</b>")


def _text(x: float, y: float, text: str, color: str, anchor: str) -> str:
    bold = ' font-weight="700"' if text != _bare(text) else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" text-anchor="{anchor}"{bold}>'
            f'{escape(_bare(text))}</text>')


def _line(x1: float, y1: float, x2: float, y2: float, color: str) -> str:
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" '
            'stroke-width="1"/>')
