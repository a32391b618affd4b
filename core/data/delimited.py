"""CSV and TSV: a row per line, cells between commas, tabs or semicolons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from core.data.column_choice import ColumnChoice, WantedColumns, choose_columns, has_column
from core.data.record import InputFileError, Record
from core.data.text_lines import marked_lines, reading_text


def read_csv(path: Path, wanted: WantedColumns) -> Iterator[Record]:
    """The rows of a file with commas; see `_read`."""
    return _read(path, wanted, ",")


def read_tsv(path: Path, wanted: WantedColumns) -> Iterator[Record]:
    """The rows of a file with tabs; see `_read`."""
    return _read(path, wanted, "\t")


def find_delimiter(header: str, wanted: str | None, usual: str = ",") -> str | None:
    """What separates a file's first line so that the column of molecules is among its cells.

    Args:
        header: the first line.
        wanted: the column that was asked for, None for `smiles`.
        usual: to try first.

    >>> find_delimiter("id;Smiles", None)
    ';'
    """
    for delimiter in dict.fromkeys((usual, *_NAMES)):
        if has_column(header_cells(header, delimiter), wanted):
            return delimiter
    return None


def header_cells(header: str, delimiter: str) -> list[str]:
    """The names in a file's first line, without space around them."""
    return [cell.strip() for cell in _cells(header, delimiter, 1)[0]]


def _read(path: Path, wanted: WantedColumns, usual: str) -> Iterator[Record]:
    """The rows of a file whose first line with text names its columns, one of them the molecules'.

    Other separators of `_NAMES` are taken where only they give that column.

    Raises:
        InputFileError: for a first line that names no such column or cannot be read.
    """
    with reading_text(path) as file:
        lines = marked_lines(file, path)
        number, first, fault = next(
            (line for line in lines if line[1] != "\n" or line[2] is not None), (1, "", None))
        delimiter = find_delimiter(first, wanted.smiles, usual) or usual
        fault = fault or _cells(first, delimiter, number)[1]
        if fault is not None:
            raise InputFileError(f"{path}: {fault}")
        names = header_cells(first, delimiter)
        choice = choose_columns(str(path), names, wanted)
        for number, line, fault in lines:
            if line != "\n":
                yield _record(line, number, len(names), choice, delimiter, fault)


def _record(line: str, number: int, columns: int, choice: ColumnChoice, delimiter: str,
            fault: str | None) -> Record:
    if '"' in line:
        cells, quote = _cells(line, delimiter, number)
        fault = fault or quote
    else:
        cells = line.rstrip("\n").split(delimiter)
    if len(cells) != columns:
        if len(cells) > columns and any(cells[columns:]):  # which cell is which, none can say
            return Record(name=None, error=fault or (
                f"Line {number} has {len(cells)} cells, the first line of the file {columns}; put "
                f"a cell with a {_NAMES[delimiter]} inside in quotes."))
        if fault is not None:
            return _damaged(cells, choice, fault)
        cells += [""] * (columns - len(cells))
    return Record(None if choice.name is None else cells[choice.name], cells[choice.smiles],  # type: ignore[index]
                  None, None, fault,
                  {name: cells[place] or None
                   for name, place in zip(choice.own, choice.places, strict=True)})


def _damaged(cells: list[str], choice: ColumnChoice, fault: str) -> Record:
    """The cells in front of a fault."""
    def at(place: int | None) -> str | None:
        return cells[place] if place is not None and place < len(cells) else None

    return Record(at(choice.name), at(choice.smiles), error=fault,
                  columns={name: at(place) or None
                           for name, place in zip(choice.own, choice.places, strict=True)})


def _cells(line: str, delimiter: str, number: int) -> tuple[list[str], str | None]:
    """The cells of a line up to one with wrong quotes (RFC 4180, no cell over lines), and what is
    wrong with it.

    A quote without its partner costs one line this way, not all up to the next quote.
    """
    line = line.rstrip("\r\n")
    if '"' not in line:
        return line.split(delimiter) if line else [], None
    cells: list[str] = []
    at = 0
    cell = _CELL[delimiter]
    while True:
        found = cell.match(line, at)
        assert found is not None  # the second form matches nothing
        at = found.end()
        if at < len(line) and line[at] != delimiter:
            return cells, (f"Line {number}, column {at + 1}: a quote without its partner; a cell "
                           "in quotes ends in the line in which it begins, and doubles quotes "
                           "inside.")
        cells.append(found[2] if found[1] is None else found[1].replace('""', '"'))
        if at == len(line):
            return cells, None
        at += 1


_NAMES = {",": "comma", "\t": "tab", ";": "semicolon"}
_CELL = {delimiter: re.compile(rf'"((?:[^"]|"")*)"(?={re.escape(delimiter)}|$)|([^"{delimiter}]*)')
         for delimiter in _NAMES}
