"""Which rows of a library are meant, and in which order: what a person filters by, as a value.

A selection is part of a page's address: `to_text` and `from_text` write and read it. It names
columns but says nothing of whether a library has them; that is asked where it is used
(`core.library.store`).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from typing import Any

from core.library.manifest import LibraryError

_LONGEST = 4_000
"""Characters of a selection's text."""


@dataclass(frozen=True)
class Selection:
    """Rows that satisfy every condition.

    Attributes:
        ranges: (column, least, most): a numeric column lies between both, ends included; None for
            no end. Rows where the column is missing are left out.
        flags: (column, value): a yes-or-no column has that value.
        texts: (column, part): a column of text has that part, in any case.
        scored: rows with numbers, or those with an error; None for both.
        rows: only rows of these places, as a lasso or a substructure search found them.
        sort: column to sort by; rows of equal values keep the order of the input.
        descending: the largest first; missing values come last either way.
    """

    ranges: tuple[tuple[str, float | None, float | None], ...] = ()
    flags: tuple[tuple[str, bool], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    scored: bool | None = None
    rows: tuple[int, ...] | None = None
    sort: str = "row"
    descending: bool = False

    @property
    def is_all(self) -> bool:
        """Whether no row is left out."""
        return replace(self, sort="row", descending=False) == Selection()

    def within(self, column: str, least: float | None, most: float | None) -> Selection:
        """The same with another range of a column; none if it has no end."""
        others = tuple(one for one in self.ranges if one[0] != column)
        if least is None and most is None:
            return replace(self, ranges=others)
        return replace(self, ranges=(*others, (column, least, most)))

    def without(self, column: str) -> Selection:
        """The same without any condition on a column."""
        return replace(self, ranges=tuple(one for one in self.ranges if one[0] != column),
                       flags=tuple(one for one in self.flags if one[0] != column),
                       texts=tuple(one for one in self.texts if one[0] != column))

    def to_text(self) -> str:
        """Without rows of a lasso, which no address has room for; empty for all rows.

        >>> Selection(ranges=(("lu", None, 0.1),), sort="lu").to_text()
        '{"ranges":[["lu",null,0.1]],"sort":"lu"}'
        """
        found = {name: getattr(self, name) for name in self.__dataclass_fields__
                 if name != "rows" and getattr(self, name) != getattr(Selection, name)}
        return json.dumps(found, separators=(",", ":"), ensure_ascii=False) if found else ""

    @classmethod
    def from_text(cls, text: str) -> Selection:
        """What `to_text` wrote.

        Raises:
            LibraryError: for anything else.
        """
        if not text:
            return cls()
        try:
            if len(text) > _LONGEST:
                raise ValueError("it is too long")
            content = json.loads(text, parse_constant=_refuse)
            found = cls(
                ranges=tuple((_text(column), _number(least), _number(most))
                             for column, least, most in content.pop("ranges", ())),
                flags=tuple((_text(column), _flag(value))
                            for column, value in content.pop("flags", ())),
                texts=tuple((_text(column), _text(part))
                            for column, part in content.pop("texts", ())),
                scored=None if (scored := content.pop("scored", None)) is None else _flag(scored),
                sort=_text(content.pop("sort", "row")),
                descending=_flag(content.pop("descending", False)))
            if content:
                raise ValueError(f"{next(iter(content))!r} is unknown")
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise LibraryError(f"The filter {text[:60]!r} cannot be read ({error}); choose it on "
                               "the page.") from None
        return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"{value!r} is no number")
    return float(value)
