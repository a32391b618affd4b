"""The basket as a sheet to print: A4 pages of structures with their numbers, as SVG or PDF.

No streamlit here.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import datetime
from html import escape
from io import BytesIO
from typing import Any

from core.chemistry.cautions import strain_notes
from core.library.basket import Basket, Origin, Pick
from core.stats.estimates import Interval
from dashboard.drawing.pdf import text_width, to_pdf, without_titles
from dashboard.drawing.thumbnails import HEIGHT, WIDTH, thumbnail_svg
from dashboard.shared.format import lu_interval
from dashboard.shared.palette import palette

PAGE = 595.0, 842.0
"""A4 in points."""

COLUMNS, ROWS = 3, 4
"""Of a page."""

_MARGIN, _HEAD, _FOOT, _GAP = 34.0, 62.0, 22.0, 8.0
_FAMILY = "Helvetica, Arial, 'Liberation Sans', FreeSans, sans-serif"
_TITLE = "Molecules picked in TrailScope"
_SMALL, _TEXT, _NAME = 6.4, 7.4, 8.6
_LINE = 9.6


def sheet_pages(basket: Basket, made: datetime) -> list[str]:
    """A page for every twelve picks, each an SVG of `PAGE` units.

    Args:
        basket: not empty.
        made: stands on every page.
    """
    on_page = COLUMNS * ROWS
    starts = range(0, len(basket), on_page)
    return [_page(basket, basket.picks[start:start + on_page], number, len(starts), made)
            for number, start in enumerate(starts, 1)]


def sheet_pdf(basket: Basket, made: datetime) -> bytes:
    """The sheet as one PDF; arguments as of `sheet_pages`."""
    return to_pdf(sheet_pages(basket, made), size=PAGE, title=_TITLE, made=made)


def sheet_svg(basket: Basket, made: datetime) -> tuple[bytes, str]:
    """The sheet as SVG: the page, or several pages in a ZIP; with the ending of the file."""
    pages = sheet_pages(basket, made)
    if len(pages) == 1:
        return pages[0].encode(), "svg"
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, page in enumerate(pages, 1):
            archive.writestr(f"trailscope-basket-{number:02}.svg", page)
    return packed.getvalue(), "zip"


def origin_lines(origin: Origin) -> tuple[str, str]:
    """What the numbers of a pick depend on, in two short lines."""
    settings = [f"K = {origin.permutations}", f"seed {origin.seed}"]
    if (sampled := origin.sampled) is not None:
        settings.append(f"temperature {sampled.temperature:g}")
        settings.append("no top-k" if sampled.top_k is None else f"top-k {sampled.top_k}")
    if origin.precision != "fp32":
        settings.append(origin.precision)
    return f"{origin.model}, {origin.strategy}", ", ".join(settings)


def number_lines(pick: Pick) -> tuple[str, ...]:
    """LU with its interval, NLLs, and what is known of the graph; no line says nothing."""
    values, nll = pick.values, []
    lu = "not scored"
    if (found := _number(values, "lu")) is not None:
        low, high = _number(values, "lu_low"), _number(values, "lu_high")
        band = lu_interval(None if low is None or high is None else Interval(low, high),
                           is_exact=high == 0)
        lu = f"LU {found:.3f} ({band})"
    for label, column in (("self", "self_nll"), ("mean", "nll_mean")):
        if (value := _number(values, column)) is not None:
            nll.append(f"{label} {value:.2f}")
    marginal = _number(values, "nll_marginal")
    known = [word for column, (yes, no) in _WORDS.items()
             if isinstance(flag := values.get(column), bool) for word in [yes if flag else no]
             if word]
    pieces = _number(values, "fragments")
    if pick.origin.sampled is not None and pieces is not None and pieces > 1:
        known.append(f"{pieces:.0f} pieces")
    if values.get("stable") is not False and strain_notes(pick.smiles):
        known.append("strained")
    return tuple(filter(None, (
        lu, f"NLL: {', '.join(nll)} nats" if nll else "",
        "" if marginal is None else f"Order-marginal NLL: {marginal:.2f} nats",
        ", ".join(known))))


_WORDS = {"valid": ("valid", "invalid"), "stable": ("stable", "unstable"),
          "novel": ("novel", "not novel")}


def _number(values: Any, column: str) -> float | None:
    value = values.get(column)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and value == value
    return float(value) if is_number else None


def _page(
    basket: Basket, picks: Sequence[Pick], number: int, pages: int, made: datetime
) -> str:
    colors = palette(dark=False)
    width, height = PAGE
    right = width - _MARGIN
    origins = dict.fromkeys(pick.origin for pick in basket.picks)
    said = [f"{', '.join(filter(None, origin_lines(origin)))}; weights {origin.weights_sha256[:12]}"
            for origin in origins]
    models = ", ".join(dict.fromkeys(origin.model for origin in origins))
    of_all = said[0] if len(said) == 1 else f"{models}; every structure says its own settings."
    many = "1 row" if len(basket) == 1 else f"{len(basket)} rows"
    parts = [
        _text(_MARGIN, 46, _TITLE, 14, colors.ink, bold=True),
        _text(right, 46, f"{many}, {made:%d %B %Y}", 8, colors.muted, anchor="end"),
        _text(_MARGIN, 60, _fitted(of_all, right - _MARGIN, 8), 8, colors.muted),
        f'<line x1="{_MARGIN}" y1="68" x2="{right}" y2="68" stroke="{colors.border}" '
        'stroke-width="0.8"/>',
        _text(_MARGIN, height - 24, "LU with its 95% interval; NLL: negative log-likelihood.", 7,
              colors.muted),
        _text(right, height - 24, f"Page {number} of {pages}", 8, colors.muted, anchor="end"),
    ]
    across = (right - _MARGIN + _GAP) / COLUMNS
    down = (height - _MARGIN - _HEAD - _FOOT) / ROWS
    for place, pick in enumerate(picks):
        row, column = divmod(place, COLUMNS)
        parts.append(_cell(pick, _MARGIN + column * across, _MARGIN / 2 + _HEAD + row * down,
                           across - _GAP, down - _GAP))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}pt" '
            f'height="{height:.0f}pt" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'font-family="{_FAMILY}"><title>{escape(_TITLE)}, page {number} of {pages}</title>'
            f'<rect x="0" y="0" width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>'
            f'{"".join(parts)}</svg>')


def _cell(pick: Pick, left: float, top: float, width: float, height: float) -> str:
    colors = palette(dark=False)
    inner = width - 12
    lines = [_text_of(pick.name, inner, _NAME, colors.ink, bold=True)]
    lines += [_text_of(line, inner, _SMALL, colors.ink) for line in _wrapped(
        pick.smiles or "", inner, _SMALL, most=2)]
    lines += [_text_of(line, inner, _TEXT, colors.ink) for line in number_lines(pick)]
    lines += [_text_of(line, inner, _SMALL, colors.muted) for line in origin_lines(pick.origin)]
    room = height - _LINE * len(lines) - 10
    drawn = (f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" '
             f'fill="none" stroke="{colors.border}" stroke-width="0.8"/>')
    if pick.graph is not None:
        scale = min(inner / WIDTH, room / HEIGHT)
        x, y = left + (width - WIDTH * scale) / 2, top + 4 + (room - HEIGHT * scale) / 2
        picture = thumbnail_svg(pick.graph, pick.chemistry, dark=False, title=pick.name,
                                marked=pick.marked)
        drawn += (f'<g transform="translate({x:.2f} {y:.2f}) scale({scale:.4f})">'
                  f"{_inside(picture)}</g>")
    base = top + room + _LINE + 2
    for number, (text, size, color, bold) in enumerate(lines):
        drawn += _text(left + 6, base + number * _LINE, text, size, color, bold=bold)
    return drawn


def _inside(svg: str) -> str:
    """What a picture draws, without its frame."""
    return without_titles(svg[svg.index(">") + 1:svg.rindex("</svg>")])


_Line = tuple[str, float, str, bool]


def _text_of(text: str, width: float, size: float, color: str, *, bold: bool = False) -> _Line:
    return _fitted(text, width, size), size, color, bold


def _text(
    x: float, y: float, text: str, size: float, color: str, *, anchor: str = "start",
    bold: bool = False,
) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{color}" '
            f'text-anchor="{anchor}"{weight}>{escape(text)}</text>')


def _fitted(text: str, width: float, size: float) -> str:
    """A line that is not wider than it may be, cut with an ellipsis."""
    line = " ".join(text.split())[:400]
    if text_width(line, size) <= width:
        return line
    while line and text_width(line + "…", size) > width:
        line = line[:-1]
    return line + "…"


def _wrapped(text: str, width: float, size: float, *, most: int) -> list[str]:
    """A text without spaces on at most so many lines, the last one cut if need be."""
    lines: list[str] = []
    while text and len(lines) < most - 1 and text_width(text, size) > width:
        end = len(text)
        while end > 1 and text_width(text[:end], size) > width:
            end -= 1
        lines.append(text[:end])
        text = text[end:]
    return [*lines, _fitted(text, width, size)] if text else lines
