"""What a user brings: one SMILES, one planar graph's name, or a file of molecules or graphs.

A file is read row by row. A row that is no molecule of the vocabulary becomes an `InputRow` that
says why, and the rest goes on; only a file that cannot be read at all raises.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from core.chemistry.chemistry import BONDS, QM9, Chemistry
from core.chemistry.molecules import Molecule, MoleculeError, from_mol_block, from_smiles
from core.errors import InputError, one_line
from core.graph.graph import Graph, GraphError
from core.graph.planar import PLANAR_NODES, PLANAR_PREFIX, PlanarName


class InputFileError(InputError):
    """A file that cannot be read; the message says why and what would be right."""


@dataclass(frozen=True, eq=False)
class InputRow:
    """One molecule or graph of an input, or the reason why it is none.

    Attributes:
        id: the row's own name, or its place in the input, `row 1` being the first.
        smiles: as given, or written from a MOL record; None for a graph that came without.
        graph: None exactly if there is an error.
        notes: one sentence for each property of the input that the graph does not encode.
        error: one sentence on what is wrong and what would be right.
    """

    id: str
    smiles: str | None
    graph: Graph | None
    notes: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class Record:
    """A row before it is understood: at most one of SMILES, MOL block and JSON graph.

    Attributes:
        name: the row's own, None if it has none.
        smiles: as given.
        mol_block: of an SDF file.
        graph: of a JSON file.
        error: why the row cannot be understood.
    """

    name: str | None
    smiles: str | None = None
    mol_block: str | None = None
    graph: Mapping[str, Any] | None = None
    error: str | None = None


@dataclass(frozen=True)
class _Limits:
    """What a graph may hold: the chemistry of its molecules, and its largest number of nodes; and
    how many nodes a planar graph has that is made by its name."""

    chemistry: Chemistry
    max_nodes: int
    planar_nodes: int = PLANAR_NODES


def read_input(
    text_or_path: str | Path,
    chemistry: Chemistry = QM9,
    *,
    max_atoms: int | None = None,
    planar_nodes: int = PLANAR_NODES,
) -> Iterator[InputRow]:
    """Read one SMILES string, one planar graph by its name, or the rows of a file.

    Args:
        text_or_path: taken for a file if it exists or ends like one (`FILE_SUFFIXES`), else for
            `planar:SEED:INDEX` (see `PlanarName`) if it begins like that, else for SMILES.
        chemistry: what molecules may hold.
        max_atoms: largest number of nodes, by default the chemistry's.
        planar_nodes: nodes of a planar graph that is named.

    Raises:
        InputFileError: for a file that cannot be read, before the first row is asked for.
    """
    text = os.fspath(text_or_path)
    if isinstance(text_or_path, Path) or _suffix(text) in FILE_SUFFIXES or os.path.isfile(text):
        return read_molecules(Path(text), chemistry, max_atoms=max_atoms)
    limits = _Limits(chemistry, chemistry.max_nodes if max_atoms is None else max_atoms,
                     planar_nodes)
    if text.startswith(PLANAR_PREFIX):
        return iter([_planar_row(text, limits)])
    return iter([_to_row(Record(name=None, smiles=text), 1, limits)])


def read_molecules(
    path: Path, chemistry: Chemistry = QM9, *, max_atoms: int | None = None
) -> Iterator[InputRow]:
    """Read the rows of a file one by one.

    - `.csv`, `.tsv`: a column `smiles`, and if there is one `id`, `mol_id` or `name`;
    - `.smi`: a SMILES per line, then a name if there is one; lines with `#` in front are skipped;
    - `.sdf`: MOL records, coordinates ignored;
    - `.json`: a list of rows, `.jsonl`: a row per line; each is a graph as `Graph.from_json` reads
      it, or has just `smiles` and perhaps `id`.

    All of them may be gzipped, `.csv.gz`.

    Args:
        path: the file, in UTF-8.
        chemistry: what molecules may hold.
        max_atoms: largest number of nodes, by default the chemistry's.

    Raises:
        InputFileError: for a file that is missing, empty, of another kind, or without a `smiles`
            column; before the first row is asked for.
    """
    records = open_records(path)
    first = next(records, None)
    if first is None:
        raise InputFileError(f"{path} has no rows; give at least one molecule.")
    limits = _Limits(chemistry, chemistry.max_nodes if max_atoms is None else max_atoms)
    numbered = enumerate(chain([first], records), start=1)
    return (_to_row(record, number, limits) for number, record in numbered)


def count_rows(path: Path) -> int:
    """Number of rows that `read_molecules` will give, for progress bars; raises as it does."""
    return sum(1 for _ in open_records(path))


def _check_kind(path: Path) -> None:
    if _suffix(path) not in FILE_SUFFIXES:
        raise InputFileError(f"{path} is of an unknown kind; use a file that ends in "
                             f"{', '.join(FILE_SUFFIXES)}.")


def open_records(path: Path) -> Iterator[Record]:
    """The rows of a file one by one, not yet understood; see `read_molecules`.

    Raises:
        InputFileError: as `read_molecules`, but not for a file without rows.
    """
    _check_kind(path)
    opening = gzip.open if path.suffix.lower() == _GZIP else open
    try:
        with opening(path, "rt", newline="", encoding="utf-8-sig") as file:
            yield from _READERS[_suffix(path)](file)
    except FileNotFoundError:
        raise InputFileError(f"There is no file {path}; check the path.") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputFileError(f"{path} is not a whole gzip file: {one_line(error)}.") from None
    except OSError as error:
        raise InputFileError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputFileError(f"{path} is not text in UTF-8; save it as such.") from None
    except csv.Error as error:
        raise InputFileError(f"{path} is not a CSV file: {error}.") from None


def _read_csv(file: TextIO, delimiter: str = ",") -> Iterator[Record]:
    rows = csv.reader(file, delimiter=delimiter)
    header = [column.strip().lower() for column in next(rows, [])]
    if "smiles" not in header:
        found = ", ".join(header[:5]) or "nothing"
        raise InputFileError(f"{file.name} has no `smiles` column, its first line names {found}; "
                             "call the column of molecules `smiles`.")
    smiles = header.index("smiles")
    name = next((header.index(column) for column in _NAME_COLUMNS if column in header), None)
    for row in rows:
        if row:
            cells = row + [""] * (len(header) - len(row))
            yield Record(name=None if name is None else cells[name], smiles=cells[smiles])


def _read_tsv(file: TextIO) -> Iterator[Record]:
    return _read_csv(file, delimiter="\t")


def _read_smi(file: TextIO) -> Iterator[Record]:
    for number, line in enumerate(file):
        smiles, *name = line.split(maxsplit=1)[:2] or [""]
        is_header = number == 0 and smiles.lower() == "smiles"
        if smiles and not smiles.startswith("#") and not is_header:
            yield Record(name=name[0].strip() if name else None, smiles=smiles)


def _read_sdf(file: TextIO) -> Iterator[Record]:
    lines: list[str] = []
    for line in file:
        if line.startswith("$$$$"):
            yield Record(name=lines[0].strip() if lines else None, mol_block="".join(lines))
            lines = []
        else:
            lines.append(line)
    if "".join(lines).strip():  # a single MOL record needs no terminator
        yield Record(name=lines[0].strip(), mol_block="".join(lines))


def _read_json(file: TextIO) -> Iterator[Record]:
    try:
        content = json.load(file)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputFileError(f"{file.name} is not JSON: {error}.") from None
    for row in content if isinstance(content, list) else [content]:
        yield _json_record(row)


def _read_jsonl(file: TextIO) -> Iterator[Record]:
    for line in file:
        if not line.strip():
            continue
        try:
            yield _json_record(json.loads(line))
        except (json.JSONDecodeError, RecursionError) as error:
            yield Record(name=None, error=f"The line is not JSON: {error}.")


def _json_record(row: Any) -> Record:
    if not isinstance(row, Mapping):
        return Record(name=None, error='A row must be an object with "edges" or "smiles".')
    name = None if row.get("id") is None else str(row["id"])
    smiles = row.get("smiles")
    if isinstance(smiles, str) and "edges" not in row:
        return Record(name=name, smiles=smiles)
    return Record(name=name, smiles=smiles if isinstance(smiles, str) else None, graph=row)


_GZIP = ".gz"
_NAME_COLUMNS = ("id", "mol_id", "name")
_READERS: dict[str, Callable[[TextIO], Iterator[Record]]] = {
    ".csv": _read_csv, ".tsv": _read_tsv, ".smi": _read_smi, ".sdf": _read_sdf,
    ".json": _read_json, ".jsonl": _read_jsonl,
}

FILE_SUFFIXES = tuple(_READERS)
"""Kinds of files that can be read."""


def _to_row(record: Record, number: int, limits: _Limits) -> InputRow:
    name = record.name or f"row {number}"
    try:
        molecule = _understand(record, name, limits)
    except (MoleculeError, GraphError) as error:
        return InputRow(name, record.smiles, None, error=str(error))
    return InputRow(name, molecule.smiles or None, molecule.graph, molecule.notes)


def _planar_row(text: str, limits: _Limits) -> InputRow:
    try:
        graph = PlanarName.from_text(text).triangulate(limits.planar_nodes).graph
        _check_size(graph, limits)
    except GraphError as error:
        return InputRow(text, None, None, error=str(error))
    return InputRow(graph.name or text, None, graph)


def _understand(record: Record, name: str, limits: _Limits) -> Molecule:
    if record.error is not None:
        raise GraphError(record.error)
    if record.mol_block is not None:
        return from_mol_block(record.mol_block, limits.chemistry, max_atoms=limits.max_nodes,
                              name=name)
    if record.graph is None:
        return from_smiles(record.smiles or "", limits.chemistry, max_atoms=limits.max_nodes,
                           name=name)
    graph = Graph.from_json({**record.graph, "id": name})
    _check_labels(graph, limits.chemistry)
    _check_size(graph, limits)
    return Molecule(graph, record.smiles or "")


def _check_size(graph: Graph, limits: _Limits) -> None:
    if graph.num_nodes > limits.max_nodes:
        raise GraphError(f"The graph has {graph.num_nodes} nodes; at most {limits.max_nodes} are "
                         "possible.")


def _check_labels(graph: Graph, chemistry: Chemistry) -> None:
    for labels, names, what in ((graph.node_labels, chemistry.elements, "Node"),
                                (graph.edge_labels, BONDS, "Edge")):
        if labels is not None and labels.size and labels.max() >= len(names):
            raise GraphError(f"{what} label {labels.max()} is outside the vocabulary; the labels "
                             f"0 to {len(names) - 1} stand for {', '.join(names)}.")


def _suffix(path: str | Path) -> str:
    """The ending that tells the kind of a file, in front of `.gz` where it is packed."""
    return os.path.splitext(os.fspath(path).lower().removesuffix(_GZIP))[1]
