"""SDF files: MOL records, each with its data items behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.data.column_choice import (
    ID_OPTION,
    NAME_COLUMNS,
    SMILES_OPTION,
    WantedColumns,
    unique_names,
)
from core.data.record import InputFileError, Record
from core.data.text_lines import LONGEST_LINE, marked_lines, reading_text


def read_sdf(path: Path, wanted: WantedColumns) -> Iterator[Record]:
    """The records of a file; a single one needs no `$$$$` behind it.

    A record is called as its first line says, else as a data item `id`, `mol_id` or `name` does;
    if an item is asked for, as that says.

    Raises:
        InputFileError: if a column of molecules is asked for, or a record does not end.
    """
    if wanted.smiles is not None:
        raise InputFileError(f"{path} has no columns of molecules, it has MOL records; leave out "
                             f"{SMILES_OPTION}.")
    lines: list[str] = []
    size, first_fault = 0, None
    with reading_text(path) as file:
        for number, line, fault in marked_lines(file, path):
            first_fault = first_fault or fault
            if line.startswith("$$$$"):
                yield _record(lines, wanted.name, first_fault)
                lines, size, first_fault = [], 0, None
                continue
            lines.append(line)
            size += len(line)
            if size > LONGEST_LINE:
                raise InputFileError(f"{path}, line {number}: a record has at most "
                                     f"{LONGEST_LINE:,} characters; end each with a line $$$$.")
        if "".join(lines).strip():
            yield _record(lines, wanted.name, first_fault)


def _record(lines: list[str], wanted: str | None, fault: str | None) -> Record:
    items, ends = _data_items(lines)
    if ends > 1:
        fault = fault or (f"The record has {ends} lines 'M  END'; end each record with a line "
                          "$$$$, and leave no empty line inside a data item.")
    name: str | None = lines[0].strip() if lines else None
    if wanted is not None:
        lower = {item.lower(): item for item in reversed(items)}
        item = wanted if wanted in items else lower.get(wanted.lower())
        if item is None:
            fault = fault or f"The record has no data item `{wanted[:40]}` ({ID_OPTION})."
        else:
            name = items.pop(item) if item.lower() == "id" else items[item]
    elif not name:
        lower = {item.lower(): item for item in reversed(items)}
        name = next((items[lower[usual]] for usual in NAME_COLUMNS if usual in lower), name)
    return Record(name, None, "".join(lines), None, fault, items)


def _data_items(lines: list[str]) -> tuple[dict[str, str | None], int]:
    """Values by name, behind `> <NAME>` the lines up to an empty one; and how many molecules end
    outside of them."""
    ends = 0
    names: list[str] = []
    values: list[list[str]] = []
    inside = False
    for line in lines[3:]:  # three lines of header may hold anything
        if inside:
            text = line.rstrip("\r\n")
            inside = bool(text.strip())
            if inside:
                values[-1].append(text)
        elif line.startswith(">"):
            begin, end = line.find("<"), line.rfind(">")
            inside = True  # an item without a name has a value, too
            values.append([])
            names.append(line[begin + 1 : end] if 0 < begin < end else "")
        elif line.startswith("M  END"):
            ends += 1
    named = [(name, "\n".join(value)) for name, value in zip(names, values, strict=True) if name]
    unique = unique_names([name for name, _ in named])
    return {name: value or None for name, (_, value) in zip(unique, named, strict=True)}, ends
