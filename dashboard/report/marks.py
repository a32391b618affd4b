"""The traces of a plotly figure as SVG: lines, bands, points, bars and their intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

DASHES = {"dash": "7 5", "dot": "2 4", "dashdot": "8 4 2 4", "longdash": "12 6"}
"""Patterns by plotly's names."""

Point = tuple[float, float]
Places = Callable[[Any, Any], Point | None]
"""From the two values of a point to its pixels."""


def values(array: Any) -> list[Any]:
    """What a trace holds along an axis, as plain numbers, words and None."""
    return [] if array is None else list(np.asarray(array, dtype=object).tolist())


def stroke(line: Any, *, width: float = 2.0, color: str = "currentColor") -> str:
    """Attributes of a line as plotly describes it."""
    dash = DASHES.get(line.dash or "", "")
    return (f'stroke="{line.color or color}" '
            f'stroke-width="{line.width if line.width is not None else width:g}"'
            + (f' stroke-dasharray="{dash}"' if dash else ""))


def path(points: Sequence[Point | None], *, is_closed: bool = False) -> str:
    """Path commands through points; None begins anew. Points that fall together are one."""
    parts: list[str] = []
    last: str | None = None
    for point in points:
        if point is None:
            last = None
            continue
        text = f"{point[0]:.1f},{point[1]:.1f}"
        if text != last:
            parts.append(f"{'M' if last is None else 'L'}{text}")
        last = text
    return "".join(parts) + ("Z" if is_closed and parts else "")


def trace_marks(trace: Any, places: Places, colors: Callable[[], str]) -> Iterator[str]:
    """The marks of a scatter or bar trace, from back to front.

    Args:
        trace: of a plotly figure.
        places: pixels of a pair of values.
        colors: a colour where the trace names none.
    """
    if trace.type == "bar":
        yield from _bars(trace, places, colors())
        return
    pairs = list(zip(values(trace.x), values(trace.y), strict=True))
    points = [places(x, y) for x, y in pairs]
    mode = trace.mode or "lines"
    if trace.fill == "toself":
        yield (f'<path d="{path(points, is_closed=True)}" fill="{trace.fillcolor}" '
               'stroke="none"/>')
    if "lines" in mode and trace.line.width != 0 and any(points):
        yield (f'<path d="{path(points)}" fill="none" {stroke(trace.line, color=colors())} '
               'stroke-linejoin="round"/>')
    yield from _error_bars(trace, pairs, places, colors())
    if "markers" in mode:
        for at, point in enumerate(points):
            if point is not None:
                yield symbol(trace.marker, at, point, trace.line.color or colors())


def _bars(trace: Any, places: Places, color: str) -> Iterator[str]:
    xs, ys, widths = values(trace.x), values(trace.y), values(trace.width)
    for at, (x, y) in enumerate(zip(xs, ys, strict=True)):
        half = (widths[at] if widths else 1.0) / 2
        low, high = places(x - half, 0.0), places(x + half, y)
        if low is not None and high is not None and y:
            yield (f'<rect x="{low[0] + 0.5:.1f}" y="{high[1]:.1f}" '
                   f'width="{max(high[0] - low[0] - 1, 0.5):.1f}" '
                   f'height="{low[1] - high[1]:.1f}" fill="{trace.marker.color or color}"/>')


def _error_bars(
    trace: Any, pairs: Sequence[tuple[Any, Any]], places: Places, color: str
) -> Iterator[str]:
    for name in ("error_x", "error_y"):
        error = getattr(trace, name)
        above = values(error.array)
        if not above:
            continue
        below = values(error.arrayminus) or above
        ink, thickness = _one(trace.marker.color, 0) or trace.line.color or color, error.thickness
        cap = (error.width if error.width is not None else 4) / 1.0
        for (x, y), more, less in zip(pairs, above, below, strict=True):
            if not (more or less):
                continue
            if name == "error_x":
                ends = [places(x - less, y), places(x + more, y)]
                turn = (0.0, cap)
            else:
                ends = [places(x, y - less), places(x, y + more)]
                turn = (cap, 0.0)
            known = [end for end in ends if end is not None]
            if len(known) < 2:
                continue
            strokes = [path(known)] + [
                path([(px - turn[0], py - turn[1]), (px + turn[0], py + turn[1])])
                for px, py in known]
            yield (f'<path d="{"".join(strokes)}" fill="none" stroke="{ink}" '
                   f'stroke-width="{thickness or 1.5:g}"/>')


def symbol(marker: Any, at: int, point: Point, color: str) -> str:
    """One point of a trace."""
    x, y = point
    radius = float(_one(marker.size, at) or 7) / 2
    ink = _one(marker.color, at) or color
    opacity = _one(marker.opacity, at)
    edge = _one(marker.line.width, at) or 0
    attributes = f'fill="{ink}"' + (f' opacity="{opacity:g}"' if opacity not in (None, 1) else "")
    if edge:
        attributes += (f' stroke="{_one(marker.line.color, at) or "currentColor"}" '
                       f'stroke-width="{edge:g}"')
    kind = _one(marker.symbol, at) or "circle"
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" {attributes}/>'
    if kind == "x-thin":
        strokes = (path([(x - radius, y - radius), (x + radius, y + radius)])
                   + path([(x - radius, y + radius), (x + radius, y - radius)]))
        return (f'<path d="{strokes}" stroke="{_one(marker.line.color, at) or ink}" '
                f'stroke-width="{edge or 2:g}"/>')
    corners = {
        "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
        "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
        "triangle-up": ((0, -1.15), (1.15, 0.9), (-1.15, 0.9)),
    }[kind]
    outline = path([(x + radius * dx, y + radius * dy) for dx, dy in corners], is_closed=True)
    return f'<path d="{outline}" {attributes}/>'


def _one(given: Any, at: int) -> Any:
    """An entry of what may be one value for all or one for each."""
    if given is None or isinstance(given, (str, int, float)):
        return given
    return values(given)[at]
