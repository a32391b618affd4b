"""JSON and JSON Lines: rows with a SMILES, or graphs as `Graph.from_json` reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.data.column_choice import ColumnChoice, WantedColumns, choose_columns
from core.data.json_text import JsonError, parse_json, parse_json_line
from core.data.record import InputFileError, Record, as_name
from core.data.text_lines import fault_of, marked_lines, reading_text

LARGEST_JSON = 50_000_000
"""Characters of a `.json` file, which is read whole; `.jsonl` has no limit."""

LOOK_ROWS = 10
"""Rows of which one must have a molecule, or the file has none."""


def read_json(path: Path, wanted: WantedColumns) -> Iterator[Record]:
    """The rows of a list, or the one row that the file is.

    Raises:
        InputFileError: for a file that is no JSON, too large, or whose first rows have no molecule.
    """
    with reading_text(path) as file:
        text = file.read(LARGEST_JSON + 1)
    if len(text) > LARGEST_JSON:
        raise InputFileError(f"{path} has more than {LARGEST_JSON:,} characters; write a row per "
                             "line into a .jsonl file.")
    fault = None if text.isascii() else fault_of(text.replace("\0", " "))
    if fault is not None:
        raise InputFileError(f"{path}: {fault}")
    try:
        content = parse_json(text)
    except JsonError as error:
        raise InputFileError(f"{path} is not JSON: {error}.") from None
    rows = content if isinstance(content, list) else [content]
    yield from _records(path, iter(rows), wanted)


def read_jsonl(path: Path, wanted: WantedColumns) -> Iterator[Record]:
    """The rows of a file, one per line.

    Raises:
        InputFileError: for a file whose first rows have no molecule.
    """
    yield from _records(path, _rows_of_lines(path), wanted)


def _rows_of_lines(path: Path) -> Iterator[Any]:
    """What each line says; a `JsonError` for one that is not JSON."""
    with reading_text(path) as file:
        for number, line, fault in marked_lines(file, path):
            if fault is not None:
                yield JsonError(fault)
            elif line.strip():
                try:
                    yield parse_json_line(line, number)
                except JsonError as error:
                    yield error


def _records(path: Path, rows: Iterator[Any], wanted: WantedColumns) -> Iterator[Record]:
    @lru_cache(maxsize=64)
    def choose(names: tuple[str, ...]) -> ColumnChoice | str:
        try:
            return choose_columns("The row", names, wanted, needs_smiles=False)
        except InputFileError as error:
            return str(error)

    def says_molecule(row: Mapping[str, Any]) -> bool:
        choice = choose(tuple(row))
        return isinstance(choice, str) or choice.smiles is not None or not _GRAPH.isdisjoint(row)

    held: list[Any] = []
    damage: InputFileError | None = None
    try:
        for row in rows:
            held.append(row)
            if (isinstance(row, Mapping) and says_molecule(row)) or len(held) == LOOK_ROWS:
                break
    except InputFileError as error:  # of what stands behind these rows
        damage = error
    objects = [row for row in held if isinstance(row, Mapping)]
    if objects and not any(map(says_molecule, objects)):
        choose_columns(str(path), tuple(objects[0]), wanted)
    for row in held:
        yield _record(row, choose)
    if damage is not None:
        raise damage
    for row in rows:
        yield _record(row, choose)


def _record(row: Any, choose: Callable[[tuple[str, ...]], ColumnChoice | str]) -> Record:
    if isinstance(row, JsonError):
        return Record(None, error=str(row))
    if not isinstance(row, Mapping):
        return Record(None, error='A row must be an object with "edges" or "smiles".')
    names = tuple(row)
    choice = choose(names)
    if isinstance(choice, str):
        return Record(None, error=choice)
    values = tuple(row.values())
    is_graph = _is_graph(row, has_smiles=choice.smiles is not None)
    columns = {name: _scalar(values[place])
               for name, place in zip(choice.own, choice.places, strict=True)
               if not (is_graph and name in _GRAPH)}
    called, name = ("id", None) if choice.name is None else (
        names[choice.name], values[choice.name])
    if isinstance(name, bool) or not isinstance(name, str | int | float | None):
        return Record(None, columns=columns, error=(
            f'The "{called}" of a row must be text or a number.'))
    name = as_name(name)
    column, smiles = ("smiles", None) if choice.smiles is None else (
        names[choice.smiles], values[choice.smiles])
    if not isinstance(smiles, str | None):
        return Record(name, columns=columns,
                      error=f'The "{column[:40]}" of a row must be text.')
    if choice.smiles is None and not is_graph:
        return Record(name, columns=columns,
                      error='A row must be an object with "edges" or "smiles".')
    return Record(name, smiles, graph=row if is_graph else None, columns=columns)


def _is_graph(row: Mapping[str, Any], *, has_smiles: bool) -> bool:
    """Whether a row gives a graph bond by bond; its size beside a SMILES is a column like others.

    Rows that the commands write have such a column.
    """
    if has_smiles:
        return row.get("edges") is not None
    return not _GRAPH.isdisjoint(row)


def _scalar(value: Any) -> Any:
    """As a column holds it: nested values as JSON, and numbers beyond 64 bits as text."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return value


_GRAPH = frozenset(("edges", "node_labels", "num_nodes"))
"""Names of a graph's parts."""
