"""What the commands share: reading INPUT, writing rows, and the exit status of bad rows."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import islice
from typing import Any

import typer

from core.data.files import InputRow, NotedRows, count_notes, counted_notes
from core.units import named_with_units, with_unit


class Format(StrEnum):
    """How rows are printed."""

    JSON = "json"
    CSV = "csv"


class RowWriter:
    """Prints rows to standard output as they come and remembers whether one was bad.

    Columns get their units here, see `core.units`.
    """

    def __init__(self, format: Format = Format.JSON, columns: Sequence[str] = ()) -> None:
        self._format = format
        self._columns = columns
        self._csv = csv.writer(sys.stdout, lineterminator="\n")
        self._failed = False
        if format is Format.CSV:
            self._csv.writerow(map(with_unit, columns))

    def write(self, row: dict[str, Any]) -> None:
        """Print one row; a row with an `error` makes `finish` exit with status 1."""
        self._failed |= row.get("error") is not None
        row = {key: _plain(value) for key, value in row.items()}
        if self._format is Format.CSV:
            self._csv.writerow([row.get(column) for column in self._columns])
        else:
            print(json.dumps(named_with_units(row)))

    def fail(self) -> None:
        """Note that a row was bad which is not printed here."""
        self._failed = True

    def finish(self) -> None:
        """End the command: status 0 only if all rows worked."""
        sys.stdout.flush()
        if self._failed:
            raise typer.Exit(1)


def _plain(value: Any) -> Any:
    """JSON has no NaN: what is not known is null; no output has bytes that are no characters."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def saying_notes(rows: Iterable[InputRow]) -> Iterator[InputRow]:
    """Pass rows on; behind the last, say on stderr what of which the graphs do not encode."""
    found = NotedRows()
    yield from count_notes(found, rows)
    say_notes(counted_notes(found))


def say_notes(notes: Iterable[str], kind: str = "note") -> None:
    """Say on stderr what should be known of the rows."""
    from core.cli import messages

    for note in notes:
        messages.print(f"{kind}: {note}", markup=False, soft_wrap=True)


def in_chunks(rows: Iterable[InputRow], size: int) -> Iterator[list[InputRow]]:
    """Rows in lists of at most `size`, so that a long file is never held whole."""
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        yield chunk
