"""A first look at the input of a scored set: how many rows it has, and of what its columns are.

The whole input is read once before anything is scored, so that a file that breaks off at its end is
refused at the beginning, progress knows how much there is, and a column has one type in all parts.
Text that only looks like a number stays text: `007` and `1e5` with a letter behind it are names.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.data.record import MOST_EXACT
from core.data.records import InputFileError, open_records
from core.errors import plain_line
from core.library.columns import own_names
from core.library.manifest import InputFile
from core.records import sha256_of

YES_NO, WHOLE, NUMBER, TEXT = "yes or no", "whole number", "number", "text"
"""Types of `core.library.manifest.OWN_TYPES`."""

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_YES_NO = {"true": True, "false": False}
_LARGEST = 1 << 63
"""Of whole numbers that fit 64 bits."""
_LARGE = "large whole number"
_MOST_DIGITS = 15
_REPORT_ROWS = 10_000


@dataclass(frozen=True)
class Survey:
    """What an input is.

    Attributes:
        files: in the order in which their rows stand.
        kinds: type of every own column, by its name in the input.
        names: under which name each is kept.
    """

    files: tuple[InputFile, ...]
    kinds: Mapping[str, str]
    names: Mapping[str, str]

    @property
    def own(self) -> dict[str, str]:
        """Types by the names under which columns are kept."""
        return {self.names[column]: kind for column, kind in self.kinds.items()}

    def values(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        """What one row says, by the names under which columns are kept; missing ones are None."""
        return {self.names[column]: as_kind(columns.get(column), kind)
                for column, kind in self.kinds.items()}


def survey(
    paths: Sequence[Path],
    *,
    smiles_column: str | None = None,
    id_column: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Survey:
    """Read an input once from end to end.

    Args:
        paths: its files.
        smiles_column, id_column: as of `core.data.records.open_records`.
        progress: hears of rows that have been read; may raise to cancel.

    Raises:
        InputFileError: for a file that cannot be read to its end, or has no rows.
    """
    files, kinds, before = [], dict[str, str | None](), 0
    for path in paths:
        rows = 0
        for rows, record in enumerate(open_records(
                path, smiles_column=smiles_column, id_column=id_column), start=1):
            for column, value in record.columns.items():
                known = kinds.setdefault(column, None)
                if known != TEXT and value is not None:
                    kinds[column] = _common(known, _kind_of(value))
            if progress is not None and (before + rows) % _REPORT_ROWS == 0:
                progress(before + rows)
        if not rows:
            raise InputFileError(f"{path} has no rows; give at least one molecule.")
        before += rows
        files.append(InputFile(plain_line(path.name), sha256_of(path), rows))
    told = {_LARGE: WHOLE}
    return Survey(tuple(files), {column: told.get(kind, kind) if kind else TEXT
                                 for column, kind in kinds.items()}, own_names(kinds))


def as_kind(value: Any, kind: str) -> Any:
    """A cell as a column of some type holds it; NaN is nothing, or it would be above all numbers.

    >>> as_kind("7", "whole number"), as_kind("True", "yes or no"), as_kind(7, "text")
    (7, True, '7')
    """
    if value is None or value != value:
        return None
    if kind == TEXT:
        return str(value)
    if kind == YES_NO:
        return _YES_NO[value.lower()] if isinstance(value, str) else bool(value)
    return int(value) if kind in (WHOLE, _LARGE) else float(value)


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return YES_NO
    if isinstance(value, int):
        return _kind_of_whole(value)
    if isinstance(value, float):
        return NUMBER
    if value.lower() in _YES_NO:
        return YES_NO
    if _WHOLE.fullmatch(value):
        return _kind_of_whole(int(value))
    return NUMBER if _looks_like_number(value) else TEXT


def _kind_of_whole(value: int) -> str:
    """Numbers beyond 64 bits are names, those that a float does not hold must not become one."""
    if abs(value) >= _LARGEST:
        return TEXT
    return WHOLE if abs(value) <= MOST_EXACT else _LARGE


def _looks_like_number(text: str) -> bool:
    if not _NUMBER.fullmatch(text):
        return False
    # 007 and 0012.5 are names, 0.5 and 1e5 are numbers
    digits = text.lstrip("+-")
    if digits.startswith("0") and digits[1:2].isdigit():
        return False
    # and so are digits that a float rounds or does not reach
    whole = digits.partition(".")[0]
    return math.isfinite(float(text)) and not (whole.isdigit() and len(whole) > _MOST_DIGITS)


def _common(one: str | None, other: str) -> str:
    if one is None or one == other:
        return other
    if {one, other} == {WHOLE, _LARGE}:
        return _LARGE
    return NUMBER if {one, other} == {WHOLE, NUMBER} else TEXT
