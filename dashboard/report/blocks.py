"""What a report is made of: sections of numbers, sentences, figures, tables and players.

Texts are plain: the frame escapes them. Only pictures are markup, and those are drawn by us.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import pandas as pd
import plotly.graph_objects as go

from dashboard.report.figure_svg import figure_svg

NARROW = 350
"""Width in pixels of the figures that telephones show."""

NOTHING = "–"
"""Stands where there is no value."""


class Draw(Protocol):
    """A chart but for its colours, such as `partial(charts.roc_curves, rocs)`."""

    def __call__(self, *, dark: bool) -> go.Figure: ...


@dataclass(frozen=True)
class Value:
    """A number as people read it, and as it is.

    Attributes:
        text: rounded.
        exact: with all its digits, for programs; None for what is no number.
        span: columns of a table that it stands across.
    """

    kind: ClassVar[str] = "value"
    text: str
    exact: str | None = None
    span: int = 1


def number(value: object, digits: int = 3) -> Value:
    """A number with so many decimals; a dash for none, words as they are.

    >>> number(0.09123456), number(None), number(12), number("CCO")
    (Value(text='0.091', exact='0.09123456', span=1), Value(text='–', exact=None, span=1), \
Value(text='12', exact='12', span=1), Value(text='CCO', exact=None, span=1))
    """
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return Value(NOTHING)
    if isinstance(value, (bool, str)):
        return Value(str(value))
    if isinstance(value, int):
        return Value(f"{value:,}", str(value))
    return Value(f"{float(value):.{digits}f}".replace("-", "−"),  # type: ignore[arg-type]
                 repr(float(value)))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Card:
    """One of the numbers that a section begins with.

    Attributes:
        label: what it is.
        value: the number.
        detail: its interval, or what it rests on.
        explanation: one or two sentences.
    """

    label: str
    value: Value
    detail: str = ""
    explanation: str = ""


@dataclass(frozen=True)
class Cards:
    """Numbers side by side."""

    kind: ClassVar[str] = "cards"
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Sentence:
    """A paragraph; `is_finding` for what the section says first."""

    kind: ClassVar[str] = "sentence"
    text: str
    is_finding: bool = False


@dataclass(frozen=True)
class Picture:
    """SVG drawn by us, one for each theme and, of charts, for wide and narrow pages.

    Attributes:
        variants: (CSS classes that say when it shows, SVG).
        title: heading above it, perhaps empty.
        caption: small print below it.
    """

    kind: ClassVar[str] = "picture"
    span: ClassVar[int] = 1
    variants: tuple[tuple[str, str], ...]
    title: str = ""
    caption: str = ""


def drawing(draw: Callable[..., str | None], *, title: str = "", caption: str = "") -> Picture:
    """A picture of something that is drawn the same at all widths.

    Args:
        draw: takes `dark`; None where there is nothing to draw.
        title: heading.
        caption: small print.
    """
    drawn = (("on-light", draw(dark=False)), ("on-dark", draw(dark=True)))
    return Picture(tuple((when, svg) for when, svg in drawn if svg is not None), title, caption)


def chart(
    draw: Draw, *, alt: str, width: int = 520, title: str = "", caption: str = ""
) -> Picture:
    """A plotly figure as it stands on paper.

    Args:
        draw: makes it in the colours of a theme.
        alt: what it says, for those who do not see it.
        width: of a wide page's, pixels.
        title: heading.
        caption: small print.
    """
    return Picture(tuple(
        (f"on-{theme} when-{size}", figure_svg(draw(dark=theme == "dark"), pixels, alt=alt))
        for theme in ("light", "dark") for size, pixels in (("wide", width), ("narrow", NARROW))
    ), title, caption)


@dataclass(frozen=True)
class Row:
    """Blocks side by side where there is room."""

    kind: ClassVar[str] = "row"
    blocks: tuple[Block, ...]


Cell = Value | Picture


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        columns: their names.
        rows: a cell per column, where none spans several.
        numeric: names of the columns that are set to the right.
        caption: small print below it.
        is_long: scrolls on screens, and is printed whole.
    """

    kind: ClassVar[str] = "table"
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[str] = frozenset()
    caption: str = ""
    is_long: bool = False


def table_of(
    table: pd.DataFrame, digits: Mapping[str, int] | None = None, *, caption: str = "",
    is_long: bool = False,
) -> Table:
    """A table of numbers and words.

    Args:
        table: what to show; its index is left out.
        digits: decimals by column, 3 for the others.
        caption: small print.
        is_long: see `Table`.
    """
    columns = [str(name) for name in table.columns]
    places = digits or {}
    rows = tuple(
        tuple(number(value, places.get(name, 3)) for name, value in zip(columns, row, strict=True))
        for row in table.astype(object).itertuples(index=False, name=None))
    return Table(tuple(columns), rows, frozenset(
        str(name) for name in table.columns if pd.api.types.is_numeric_dtype(table[name])
        and not pd.api.types.is_bool_dtype(table[name])), caption, is_long)


@dataclass(frozen=True)
class Player:
    """A trail player.

    Attributes:
        payload: what `player_json` makes.
        caption: small print below it.
    """

    kind: ClassVar[str] = "player"
    payload: Mapping[str, Any]
    caption: str = ""


Block = Cards | Sentence | Picture | Row | Table | Player


@dataclass(frozen=True)
class Section:
    """A headline and what stands below it; blocks that are None are left out."""

    title: str
    blocks: tuple[Block, ...]


def section(title: str, *blocks: Block | None) -> Section:
    """A section of the blocks that there are."""
    return Section(title, tuple(block for block in blocks if block is not None))


@dataclass(frozen=True)
class Provenance:
    """How the numbers came about, and how they come about again.

    Attributes:
        commands: command lines that make the same file again, one after the other.
        settings: what was chosen, by name.
        hashes: SHA-256 by what they are of.
        versions: by package.
    """

    commands: tuple[str, ...]
    settings: Mapping[str, str]
    hashes: Mapping[str, str]
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Report:
    """A whole report.

    Attributes:
        title: what it is about.
        subtitle: a molecule, a file or a model, by name.
        notes: what should be known of it.
        sections: in order.
        provenance: of all numbers.
    """

    title: str
    subtitle: str
    notes: Sequence[str]
    sections: Sequence[Section]
    provenance: Provenance
