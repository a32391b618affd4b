"""What a user brings: one SMILES, one planar graph's name, or a file of molecules or graphs.

A file is read row by row. A row that is no molecule of the vocabulary becomes an `InputRow` that
says why, and the rest goes on; only a file that cannot be read at all raises.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from core.chemistry.cautions import strain_notes
from core.chemistry.chemistry import QM9, Chemistry
from core.chemistry.given_graph import from_graph
from core.chemistry.mol_block import from_mol_block
from core.chemistry.molecules import Molecule, from_smiles
from core.chemistry.notation import MoleculeError
from core.data.column_choice import WantedColumns
from core.data.records import FILE_SUFFIXES, InputFileError, Record, open_records, suffix
from core.errors import plain_line
from core.graph.graph import Graph, GraphError
from core.graph.planar import PLANAR_NODES, PLANAR_PREFIX, PlanarName


@dataclass(frozen=True, eq=False)
class InputRow:
    """One molecule or graph of an input, or the reason why it is none.

    Attributes:
        id: the row's own name, or its place in the input, `row 1` being the first.
        smiles: as given, or written from a MOL record; None for a graph that came without.
        graph: None exactly if there is an error.
        notes: one sentence for each property of the input that the graph does not encode, and for
            a strain that few molecules survive.
        error: one sentence on what is wrong and what would be right.
        columns: what else the row of a file says; see `Record`.
    """

    id: str
    smiles: str | None
    graph: Graph | None
    notes: tuple[str, ...] = ()
    error: str | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class NotedRows:
    """What graphs do not encode of the rows of an input, and of which of them.

    Attributes:
        rows: that were read.
        counts: of rows, by note.
        first: names of the first of them, by note.
    """

    rows: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, notes: Iterable[str]) -> None:
        """Take in the notes of a row."""
        self.rows += 1
        for note in notes:
            self.counts[note] += 1
            names = self.first.setdefault(note, [])
            if len(names) < _NAMED:
                names.append(name)


def count_notes(found: NotedRows, rows: Iterable[InputRow]) -> Iterator[InputRow]:
    """Pass rows on, and take in what their graphs do not encode."""
    for row in rows:
        found.add(row.id, row.notes if row.graph is not None else ())
        yield row


def counted_notes(found: NotedRows) -> tuple[str, ...]:
    """Each note once with its rows, the first ones by name, unless there is but one row at all.

    Of very many different notes only the first stand there, and then how many there are more.
    """
    notes = list(found.counts.items())
    said = [note + (f" ({_named(found.first[note], count)})" if found.rows > 1 else "")
            for note, count in notes[:_MOST_NOTES]]
    if len(notes) > _MOST_NOTES:
        said.append(f"{len(notes) - _MOST_NOTES:,} more notes; every row carries its own.")
    return tuple(said)


def _named(names: list[str], count: int) -> str:
    listed = ", ".join(name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME - 1]}…"
                       for name in names)
    if count == 1:
        return listed
    more = f" and {count - len(names):,} more" if count > len(names) else ""
    return f"{count:,} rows: {listed}{more}"


_NAMED, _LONGEST_NAME, _MOST_NOTES = 5, 40, 20
"""Rows that are named of a note, characters of a name, and notes that are said."""


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
    smiles_column: str | None = None,
    id_column: str | None = None,
    place: int = 1,
) -> Iterator[InputRow]:
    """Read one SMILES string, one planar graph by its name, or the rows of a file.

    Args:
        text_or_path: taken for a file if it exists or ends like one (`FILE_SUFFIXES`), else for
            `planar:SEED:INDEX` (see `PlanarName`) if it begins like that, else for SMILES.
        chemistry: what molecules may hold.
        max_atoms: largest number of nodes, by default the chemistry's.
        planar_nodes: nodes of a planar graph that is named, whatever the chemistry holds.
        smiles_column: of a file; see `read_molecules`.
        id_column: likewise.
        place: among several inputs, which a SMILES string is called by: `row 1` is the first.

    Raises:
        InputFileError: for a file that cannot be read, before the first row is asked for; for
            columns that are asked for of something else than a file.
    """
    text = os.fspath(text_or_path)
    if isinstance(text_or_path, Path) or suffix(text) in FILE_SUFFIXES or (
            os.path.exists(text) and not os.path.isdir(text)):
        return read_molecules(Path(text), chemistry, max_atoms=max_atoms,
                              smiles_column=smiles_column, id_column=id_column)
    WantedColumns(smiles_column, id_column).refuse(repr(text[:60]), "it is no file")
    limits = _Limits(chemistry, chemistry.max_nodes if max_atoms is None else max_atoms,
                     planar_nodes)
    if text.startswith(PLANAR_PREFIX):
        return iter([_planar_row(text, limits)])
    return iter([_to_row(Record(name=None, smiles=text), place, limits)])


def read_molecules(
    path: Path,
    chemistry: Chemistry = QM9,
    *,
    max_atoms: int | None = None,
    smiles_column: str | None = None,
    id_column: str | None = None,
    skip: int = 0,
) -> Iterator[InputRow]:
    """Read the rows of a file one by one.

    - `.csv`, `.tsv`: a column `smiles`, and if there is one `id`, `mol_id` or `name`, in any case;
      cells may stand in quotes, a row is one line;
    - `.smi`, `.smiles`, `.txt`: a SMILES per line, then a CXSMILES extension and a name if there
      are; lines with `#` in front are skipped. A `.txt` may have columns as a CSV or TSV;
    - `.sdf`: MOL records, coordinates ignored;
    - `.json`: a list of rows, `.jsonl`: a row per line; each is a graph as `Graph.from_json` reads
      it, perhaps with its `smiles`, or has just `smiles` and perhaps `id`;
    - `.parquet`, `.pq`: columns as of a CSV.

    All of them may be gzipped, `.csv.gz`. Of a file that ends otherwise the content says which of
    them it is.

    Args:
        path: the file, text in UTF-8.
        chemistry: what molecules may hold.
        max_atoms: largest number of nodes, by default the chemistry's.
        smiles_column: of the molecules, if it is not called `smiles`.
        id_column: of what the rows are called, if not by `id`, `mol_id` or `name`; in an SDF a
            data item, if not by the record's first line.
        skip: leave so many rows out, without looking at their molecules.

    Raises:
        InputFileError: for a file that is missing, empty, of another kind, or without the columns;
            before the first row is asked for. In the midst of the rows, where a packed file or a
            Parquet file is damaged.
    """
    records = open_records(path, smiles_column=smiles_column, id_column=id_column)
    first = next(records, None)
    if first is None:
        raise InputFileError(f"{path} has no rows; give at least one molecule.")
    limits = _Limits(chemistry, chemistry.max_nodes if max_atoms is None else max_atoms)
    numbered = islice(enumerate(chain([first], records), start=1), skip, None)
    return (_to_row(record, number, limits) for number, record in numbered)


def _to_row(record: Record, number: int, limits: _Limits) -> InputRow:
    name = plain_line(record.name or f"row {number}")  # stands in messages and tables
    try:
        molecule = _understand(record, name, limits)
    except (MoleculeError, GraphError) as error:
        return InputRow(name, record.smiles, None, error=str(error), columns=record.columns)
    smiles = molecule.smiles or None
    return InputRow(name, smiles, molecule.graph, (*molecule.notes, *strain_notes(smiles)),
                    columns=record.columns)


def _planar_row(text: str, limits: _Limits) -> InputRow:
    try:
        graph = PlanarName.from_text(text).triangulate(limits.planar_nodes).graph
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
    _check_size(graph, limits)
    if graph.is_labelled:
        return from_graph(graph, limits.chemistry, smiles=record.smiles)
    if record.smiles:
        raise GraphError("A graph without labels is no molecule; leave out its SMILES, or give "
                         '"node_labels".')
    return Molecule(graph, "")


def _check_size(graph: Graph, limits: _Limits) -> None:
    if graph.num_nodes > limits.max_nodes:
        raise GraphError(f"The graph has {graph.num_nodes} nodes; at most {limits.max_nodes} are "
                         "possible.")
