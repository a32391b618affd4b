"""Which rows of a library are meant, and in which order: what a person filters by, as a value.

Conditions stand in addresses and are typed by people: `to_text` and `from_text` write and read
them. They name columns but say nothing of whether a library has them; that is asked where they are
used (`core.library.store`).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

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
        without: (column, value): rows where a column of numbers has at least that value, or a
            yes-or-no column just that one, are left out; those where it is missing stay.
        rows: only rows of these places, as a lasso or a substructure search found them.
        sort: column to sort by; rows of equal values keep the order of the input.
        descending: the largest first; missing values come last either way.
    """

    ranges: tuple[tuple[str, float | None, float | None], ...] = ()
    flags: tuple[tuple[str, bool], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    scored: bool | None = None
    without: tuple[tuple[str, float | bool], ...] = ()
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

    def and_(self, other: Selection) -> Selection:
        """Rows that satisfy the conditions of both, in the order of this one."""
        rows = self.rows if other.rows is None else other.rows
        if self.rows is not None and other.rows is not None:
            rows = tuple(sorted(set(self.rows) & set(other.rows)))
        scored = self.scored if other.scored is None else other.scored
        if self.scored is not None and other.scored not in (None, self.scored):
            rows = ()
        return replace(self, ranges=self.ranges + other.ranges, flags=self.flags + other.flags,
                       texts=self.texts + other.texts, scored=scored,
                       without=self.without + other.without, rows=rows)

    def to_text(self) -> str:
        """The conditions as people write them, but for rows of a lasso; empty for all rows.

        >>> Selection(ranges=(("lu", None, 0.1),), flags=(("my label", True),)).to_text()
        'lu <= 0.1; "my label" = yes'
        >>> Selection(without=(("fragments", 2), ("unique", False))).to_text()
        'not fragments >= 2; not unique = no'
        """
        said = []
        for column, least, most in self.ranges:
            if least is not None and least == most:
                said.append(f"{_name(column)} = {least!r}")
                continue
            said += [f"{_name(column)} >= {least!r}"] if least is not None else []
            said += [f"{_name(column)} <= {most!r}"] if most is not None else []
        said += [f"{_name(column)} = {'yes' if flag else 'no'}" for column, flag in self.flags]
        said += [f"{_name(column)} ~ {_quoted(part)}" for column, part in self.texts]
        said += [f"not {_name(column)} " + (f"= {'yes' if value else 'no'}"
                                            if isinstance(value, bool) else f">= {value!r}")
                 for column, value in self.without]
        if self.scored is not None:
            said.append("scored" if self.scored else "failed")
        return "; ".join(said)

    @classmethod
    def from_text(cls, text: str) -> Selection:
        """What `to_text` wrote, or a person: conditions that are joined by semicolons.

        `column <= 0.1`, `column >= 2`, `column = 3`, `column = yes`, `column ~ part of a text`,
        `not column >= 2`, `not column = yes`, `scored`, `failed`; `≤` and `≥` do as well. Names and
        texts with signs in them stand in double quotes, which are doubled inside.

        Raises:
            LibraryError: for anything else, saying which condition.
        """
        if len(text) > _LONGEST:
            raise LibraryError(f"The filter is too long; {_LONGEST:,} characters are enough.")
        found, at = cls(), 0
        while text[at:].strip():
            match = _CONDITION.match(text, at)
            if match is None:
                raise LibraryError(
                    f"The filter cannot be read from {text[at:].strip()[:40]!r} on; write "
                    "conditions such as lu <= 0.1; works = yes; id ~ abc.")
            found, at = found._and(match), match.end()
        return found

    def _and(self, match: re.Match[str]) -> Selection:
        """The same with one more condition."""
        word = match["word"]
        if word is not None:
            return replace(self, scored=word == "scored")
        column = _unquoted(match["column"].strip())
        sign, value = match["sign"], (match["value"] or "").strip()
        if match["not"]:
            return self._and_not(column, sign, value)
        if sign == "~":
            return replace(self, texts=(*self.texts, (column, _unquoted(value))))
        if sign == "=" and value in ("yes", "no"):
            return replace(self, flags=(*self.flags, (column, value == "yes")))
        number = _number(column, value)
        known = next(((least, most) for name, least, most in self.ranges if name == column),
                     (None, None))
        least, most = known
        if sign in (">=", "≥", "="):
            least = number if least is None else max(least, number)
        if sign in ("<=", "≤", "="):
            most = number if most is None else min(most, number)
        return self.within(column, least, most)

    def _and_not(self, column: str, sign: str, value: str) -> Selection:
        """The same without rows of one more condition."""
        left_out: float | bool
        if sign == "=" and value in ("yes", "no"):
            left_out = value == "yes"
        elif sign in (">=", "≥"):
            left_out = _number(column, value)
        else:
            raise LibraryError(f"The filter says not of {column[:40]!r} {sign}; write not with >= "
                               "and a number, or with = and yes or no.")
        return replace(self, without=(*self.without, (column, left_out)))


def _number(column: str, value: str) -> float:
    try:
        # Not every whole number is a float.
        number = int(value) if _WHOLE.fullmatch(value) else float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise LibraryError(f"The filter compares {column[:40]!r} with {value[:40]!r}, which is "
                           "no number; write a number, or yes or no behind =.")
    return number


_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NAME = r'"(?:[^"]|"")*"'
_CONDITION = re.compile(
    rf'\s*(?:(?P<word>scored|failed)|(?P<not>not\s+)?(?P<column>{_NAME}|[^<>≤≥=~;"]+?)\s*(?P<sign><=|>=|≤|≥|=|~)\s*'
    rf'(?P<value>{_NAME}|[^;"]*?))\s*(?:;|$)')
_PLAIN = re.compile(r"[^\W\d][\w.-]*")


def _name(column: str) -> str:
    is_plain = _PLAIN.fullmatch(column) and column not in ("scored", "failed")
    return column if is_plain else _quoted(column)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _unquoted(text: str) -> str:
    return text[1:-1].replace('""', '"') if text.startswith('"') else text
