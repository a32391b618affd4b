"""The rows of a file, each as it stands: read strictly and one by one, in bounded memory.

A row that breaks the format of its file becomes a `Record` that says what is wrong in which line
and column, and the rows behind it are read. Only what makes a whole file unreadable raises.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from core.data.json_text import JsonError, parse_json
from core.errors import InputError, one_line

LONGEST_LINE = 1_000_000
"""Characters of a line, and of a record of several lines; a molecule needs a few hundred."""

LARGEST_JSON = 50_000_000
"""Characters of a `.json` file, which is read whole; `.jsonl` has no limit."""


class InputFileError(InputError):
    """A file that cannot be read; the message says why and what would be right."""


@dataclass(frozen=True)
class Record:
    """A row before it is understood: at most one of SMILES, MOL block and JSON graph.

    Attributes:
        name: the row's own, None if it has none.
        smiles: as given; may stand beside a graph.
        mol_block: of an SDF file.
        graph: of a JSON file.
        error: why the row cannot be understood.
    """

    name: str | None
    smiles: str | None = None
    mol_block: str | None = None
    graph: Mapping[str, Any] | None = None
    error: str | None = None


def open_records(path: Path) -> Iterator[Record]:
    """The rows of a file one by one, not yet understood; see `core.data.files.read_molecules`.

    Raises:
        InputFileError: for a file that is missing, no text, or of another kind.
    """
    kind = suffix(path)
    if kind not in FILE_SUFFIXES:
        raise InputFileError(f"{path} is of an unknown kind; use a file that ends in "
                             f"{', '.join(FILE_SUFFIXES)}.")
    with reading_text(path) as file:
        yield from _READERS[kind](file, path)


@contextmanager
def reading_text(path: Path) -> Iterator[TextIO]:
    """A file of UTF-8 text, gzipped or not, with or without a byte order mark.

    Raises:
        InputFileError: if it is none, also while it is being read.
    """
    opening = gzip.open if path.suffix.lower() == _GZIP else open
    try:
        with opening(path, "rt", encoding="utf-8-sig") as file:
            yield file  # type: ignore[misc]
    except InputError:
        raise
    except FileNotFoundError:
        raise InputFileError(f"There is no file {path}; check the path.") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputFileError(f"{path} is not a whole gzip file: {one_line(error)}.") from None
    except OSError as error:
        raise InputFileError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputFileError(f"{path} is not text in UTF-8; save it as such.") from None
    except ValueError:  # a path with a null character
        raise InputFileError(f"{path} is no path; check it.") from None


def count_rows(path: Path) -> int:
    """Number of rows that `read_molecules` will give, for progress bars; raises as it does."""
    return sum(1 for _ in open_records(path))


def suffix(path: str | Path) -> str:
    """The ending that tells the kind of a file, in front of `.gz` where it is packed."""
    return os.path.splitext(os.fspath(path).lower().removesuffix(_GZIP))[1]


def lines_of(file: TextIO, path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers, from 1.

    Raises:
        InputFileError: for a line that is longer than any of a molecule.
    """
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith("\n"):
            raise InputFileError(f"{path}, line {number}: a line has at most {LONGEST_LINE:,} "
                                 "characters; check the file.")
        yield number, line


def _read_csv(file: TextIO, path: Path, delimiter: str = ",") -> Iterator[Record]:
    lines = lines_of(file, path)
    number, first = next(lines, (1, ""))
    header, fault = _cells(first, delimiter, number)
    if fault is not None:
        raise InputFileError(f"{path}: {fault}")
    columns = [column.strip().lower() for column in header]
    if "smiles" not in columns:
        found = ", ".join(column[:40] for column in columns[:5]) or "nothing"
        raise InputFileError(f"{path} has no `smiles` column, its first line names {found}; call "
                             "the column of molecules `smiles`.")
    if columns.count("smiles") > 1:
        raise InputFileError(f"{path} has {columns.count('smiles')} columns `smiles`; call the "
                             "others something else.")
    smiles = columns.index("smiles")
    name = next((columns.index(column) for column in _NAME_COLUMNS if column in columns), None)
    for number, line in lines:
        if line.strip("\r\n"):
            yield _csv_record(line, number, len(columns), smiles, name, delimiter)


def _csv_record(line: str, number: int, columns: int, smiles: int, name: int | None,
                delimiter: str) -> Record:
    cells, fault = _cells(line, delimiter, number)
    if fault is not None:
        return Record(name=None, error=fault)
    if len(cells) > columns and any(cells[columns:]):
        return Record(name=None, error=f"Line {number} has {len(cells)} cells, the first line of "
                                       f"the file {columns}; put a cell with a "
                                       f"{_NAMES[delimiter]} inside in quotes.")
    cells += [""] * (columns - len(cells))
    return Record(name=None if name is None else cells[name], smiles=cells[smiles])


def _cells(line: str, delimiter: str, number: int) -> tuple[list[str], str | None]:
    """The cells of a line, and what is wrong with its quotes (RFC 4180, no cell over lines).

    A quote without its partner costs one line this way, not all up to the next quote.
    """
    line = line.rstrip("\r\n")
    if '"' not in line:
        return line.split(delimiter) if line else [], None
    cells, at = [], 0
    cell = re.compile(rf'"((?:[^"]|"")*)"(?={re.escape(delimiter)}|$)|([^"{delimiter}]*)')
    while True:
        found = cell.match(line, at)
        assert found is not None  # the second form matches nothing
        cells.append(found[2] if found[1] is None else found[1].replace('""', '"'))
        at = found.end()
        if at == len(line):
            return cells, None
        if line[at] != delimiter:
            return cells, (f"Line {number}, column {at + 1}: a quote without its partner; a cell "
                           "in quotes ends in the line in which it begins, and doubles quotes "
                           "inside.")
        at += 1


def _read_tsv(file: TextIO, path: Path) -> Iterator[Record]:
    return _read_csv(file, path, delimiter="\t")


def _read_smi(file: TextIO, path: Path) -> Iterator[Record]:
    for number, line in lines_of(file, path):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        smiles, *rest = text.split(maxsplit=1)
        if number == 1 and smiles.lower() == "smiles":
            continue
        name = rest[0] if rest else None
        if name is not None and name.startswith("|"):  # CXSMILES, then perhaps a name
            extension, closed, name = name[1:].partition("|")
            if not closed:
                place = line.index("|") + 1
                yield Record(name=None, smiles=smiles, error=(
                    f"Line {number}, column {place}: the extension that begins with | does not "
                    "end with |."))
                continue
            smiles, name = f"{smiles} |{extension}|", name.strip()
        yield Record(name=name, smiles=smiles)


def _read_sdf(file: TextIO, path: Path) -> Iterator[Record]:
    lines: list[str] = []
    size = 0
    for number, line in lines_of(file, path):
        if line.startswith("$$$$"):
            yield _sdf_record(lines)
            lines, size = [], 0
            continue
        lines.append(line)
        size += len(line)
        if size > LONGEST_LINE:
            raise InputFileError(f"{path}, line {number}: a record has at most {LONGEST_LINE:,} "
                                 "characters; end each with a line $$$$.")
    if "".join(lines).strip():  # a single MOL record needs no terminator
        yield _sdf_record(lines)


def _sdf_record(lines: list[str]) -> Record:
    return Record(name=lines[0].strip() if lines else None, mol_block="".join(lines))


def _read_json(file: TextIO, path: Path) -> Iterator[Record]:
    text = file.read(LARGEST_JSON + 1)
    if len(text) > LARGEST_JSON:
        raise InputFileError(f"{path} has more than {LARGEST_JSON:,} characters; write a row per "
                             "line into a .jsonl file.")
    try:
        content = parse_json(text)
    except JsonError as error:
        raise InputFileError(f"{path} is not JSON: {error}.") from None
    for row in content if isinstance(content, list) else [content]:
        yield _json_record(row)


def _read_jsonl(file: TextIO, path: Path) -> Iterator[Record]:
    for number, line in lines_of(file, path):
        if not line.strip():
            continue
        try:
            yield _json_record(parse_json_line(line, number))
        except JsonError as error:
            yield Record(name=None, error=str(error))


def parse_json_line(line: str, number: int) -> Any:
    """What a line of a JSON Lines file says.

    Raises:
        JsonError: a whole sentence that names the line, from 1, and where it can the column.
    """
    try:
        return parse_json(line.rstrip("\r\n"))
    except JsonError as error:
        found = str(error).replace(" in line 1, column", " in column")
        raise JsonError(f"Line {number} is not JSON: {found}.") from None


def _json_record(row: Any) -> Record:
    if not isinstance(row, Mapping):
        return Record(name=None, error='A row must be an object with "edges" or "smiles".')
    name, smiles = row.get("id"), row.get("smiles")
    if isinstance(name, bool) or not isinstance(name, str | int | None):
        return Record(name=None, error='The "id" of a row must be text or a whole number.')
    name = None if name is None else str(name)
    if not isinstance(smiles, str | None):
        return Record(name=name, error='The "smiles" of a row must be text.')
    if smiles is not None and "edges" not in row:
        return Record(name=name, smiles=smiles)
    return Record(name=name, smiles=smiles, graph=row)


_GZIP = ".gz"
_NAME_COLUMNS = ("id", "mol_id", "name")
_NAMES = {",": "comma", "\t": "tab"}
_READERS: dict[str, Callable[[TextIO, Path], Iterator[Record]]] = {
    ".csv": _read_csv, ".tsv": _read_tsv, ".smi": _read_smi, ".sdf": _read_sdf,
    ".json": _read_json, ".jsonl": _read_jsonl,
}

FILE_SUFFIXES = tuple(_READERS)
"""Kinds of files that can be read."""
