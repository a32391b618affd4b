"""A library: a scored set, or samples that ship, asked as a database where it lies.

DuckDB reads the Parquet files themselves, so that a library of millions of rows is opened at once
and no more of it is in memory than an answer needs. Names of columns are taken from the files and
quoted, values are parameters: nothing that a user brings becomes part of a question. Questions to
the files give columns no names of their own to sort or group by, as a user's column may have them.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from core.chemistry.chemistry import Chemistry
from core.data.column_choice import listed
from core.library.manifest import MANIFEST, LibraryError, Manifest
from core.library.selection import Selection
from core.model.card import ModelCard
from core.records import RECORD
from core.sent.vocabulary import Vocabulary
from core.triage.generated import Mask
from core.triage.samples import SAMPLES_TABLE, read_samples_record
from core.units import without_unit

WHOLE, NUMBER, TEXT, YES_NO = "whole number", "number", "text", "yes or no"
"""Kinds of columns, as of `core.library.manifest.OWN_TYPES`."""

MEMORY_MB = 256
"""That the database of a process may hold, beside what answers take."""

MOST_POINTS = 5_000
"""Points of a scatter that are drawn one by one."""

_COLUMNS_AT_ONCE, _CELLS_AT_ONCE = 200, 1_000_000
"""Of a page, as the database holds thousands of rows of each column that it sorts; of a batch."""

_LARGEST = 1e300
"""Numbers beyond lie in the first and last bin."""

_PLACE = "CAST(greatest(0, least(floor(({name} - ?) / ?), ?)) AS INTEGER)"
"""Of a number's bin, by the first edge, the distance of edges and the last bin."""

_HIDDEN_IN_SAMPLES, _HIDDEN_IN_SETS = ("tokens", "graph_key"), ("graph_key", "key")
"""Columns that no person reads."""

_KINDS = {"BOOLEAN": YES_NO, "VARCHAR": TEXT, "DOUBLE": NUMBER, "FLOAT": NUMBER,
          "TINYINT": WHOLE, "SMALLINT": WHOLE, "INTEGER": WHOLE, "BIGINT": WHOLE}

_WHOLE_TYPES = {pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype(),
                pa.int64(): pd.Int64Dtype()}
"""Of pandas, that hold missing values; NumPy's would become floats."""


@dataclass(frozen=True, eq=False)
class Histogram:
    """How often a column has values between some edges.

    Attributes:
        edges: [bins + 1], increasing.
        of_all: [bins], rows of the library.
        of_chosen: [bins], rows of the selection.
    """

    edges: np.ndarray
    of_all: np.ndarray
    of_chosen: np.ndarray


@dataclass(frozen=True, eq=False)
class Scatter:
    """Two columns of a selection: its points if they are few, else how many lie in each cell.

    Attributes:
        number: rows in view.
        points: columns `row`, `x`, `y`; None where there are too many.
        x_edges, y_edges: of the cells, increasing; empty with points.
        counts: [y cells, x cells].
    """

    number: int
    points: pd.DataFrame | None
    x_edges: np.ndarray
    y_edges: np.ndarray
    counts: np.ndarray


_OFTEN_UNKNOWN = ("stable", "atoms_stable", "novel")
"""Columns of ours that mean nothing of some models."""


@dataclass(frozen=True, eq=False)
class Library:
    """A folder of scored or sampled molecules.

    Attributes:
        folder: where it lies.
        model: name of the model that scored them.
        weights_sha256: of its weights.
        strategy: name of the strategy that drew linearizations.
        permutations: how many of each molecule.
        seed: that fixed them.
        chemistry: what a SMILES is read under; None for graphs without labels.
        rows: in the files.
        total: rows that it will have once it is finished.
        manifest: of a scored set; None for samples.
        columns: kind of every column that a person reads, in order.
        source: the rows as SQL has them.
        key: changes when the rows do.
        vocabulary: of the model that wrote samples, if it is known.
        mask: that they were sampled under.
        has_graph_keys: whether every row says which graph it is; samples of old do not.
    """

    folder: Path
    model: str
    weights_sha256: str
    strategy: str
    permutations: int
    seed: int
    chemistry: Chemistry | None
    rows: int
    total: int
    manifest: Manifest | None
    columns: Mapping[str, str]
    source: str
    key: str
    vocabulary: Vocabulary | None = None
    mask: Mask = "strict"
    has_graph_keys: bool = True

    @classmethod
    def open(cls, folder: Path | str, *, card: ModelCard | None = None) -> Library:
        """Open a scored set, or a folder of samples.

        Args:
            folder: of either.
            card: of the model that made samples, whose folder does not say what they are.

        Raises:
            LibraryError: for any other folder, or one without a finished part.
            SamplesError: for damaged samples.
        """
        folder = Path(folder)
        if (folder / MANIFEST).exists() or not (folder / RECORD).exists():
            return _scored_set(folder)
        return _samples(folder, card)

    @property
    def is_samples(self) -> bool:
        """Whether these are sequences that a model generated."""
        return self.manifest is None

    @cached_property
    def unknown(self) -> frozenset[str]:
        """Those of our columns that have no value in any row.

        No atom of a chemistry with implicit hydrogens is unstable, and without training data no
        molecule is known to be novel.
        """
        asked = [name for name in _OFTEN_UNKNOWN if name in self.columns]
        if not asked:
            return frozenset()
        counts = ", ".join(f"count({self._quoted(name)})" for name in asked)
        [numbers] = ask(f"SELECT {counts} FROM {self.source}")
        return frozenset(name for name, number in zip(asked, numbers, strict=True) if not number)

    @property
    def label_columns(self) -> tuple[str, ...]:
        """Columns of yes and no: labels that a reference set may have."""
        return tuple(name for name, kind in self.columns.items() if kind == YES_NO)

    @property
    def numeric(self) -> tuple[str, ...]:
        """Columns of numbers."""
        return tuple(name for name, kind in self.columns.items() if kind in (WHOLE, NUMBER))

    def count(self, selection: Selection) -> int:
        """How many rows are selected."""
        where, values = self._where(selection)
        return ask(f"SELECT count(*) FROM {self.source} WHERE {where}", values)[0][0]

    def page(
        self, selection: Selection, first: int, number: int, columns: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Some of the selected rows, in its order.

        Args:
            selection: see `Selection`.
            first: rows before them.
            number: of rows.
            columns: to read; by default all that a person reads.
        """
        where, values = self._where(selection)
        names = [self._quoted(name) for name in columns or self.columns]
        return pd.concat([read_table(
            f"SELECT {', '.join(names[place : place + _COLUMNS_AT_ONCE])} FROM {self.source} "
            f"WHERE {where} ORDER BY {self._order(selection)} LIMIT ? OFFSET ?",
            [*values, number, first]) for place in range(0, len(names), _COLUMNS_AT_ONCE)], axis=1)

    def histogram(self, column: str, selection: Selection, *, bins: int = 40) -> Histogram:
        """How a numeric column is distributed, in the library and in the selection.

        Edges are those of all rows, so that they stay when the selection changes.
        """
        name = self._quoted(column)
        where, values = self._where(selection)
        low, high = self._span(column)
        if low is None or high is None:
            return Histogram(np.array([0.0, 1.0]), np.zeros(1, int), np.zeros(1, int))
        edges = _edges(low, high, bins)
        width = (edges[-1] - edges[0]) / bins
        found = ask(
            f"SELECT {_PLACE.format(name=name)}, count(*), "
            f"count(*) FILTER (WHERE {where}) FROM {self.source} "
            f"WHERE {name} IS NOT NULL AND isfinite({name}) GROUP BY 1",
            [float(edges[0]), float(width), bins - 1, *values])
        of_all, of_chosen = np.zeros(bins, int), np.zeros(bins, int)
        for place, every, chosen in found:
            of_all[place], of_chosen[place] = every, chosen
        return Histogram(edges, of_all, of_chosen)

    def scatter(
        self, x: str, y: str, selection: Selection, *,
        view: tuple[float, float, float, float] | None = None,
        most: int = MOST_POINTS, bins: int = 80,
    ) -> Scatter:
        """Two numeric columns of the selected rows against each other.

        Args:
            x, y: their names.
            selection: see `Selection`.
            view: (least x, most x, least y, most y); by default all.
            most: of more rows in view the cells are counted.
            bins: cells on either axis.
        """
        where, values = self._where(selection)
        one, other = self._quoted(x), self._quoted(y)
        where += (f" AND {one} IS NOT NULL AND {other} IS NOT NULL AND isfinite({one}) "
                  f"AND isfinite({other})")
        if view is not None:
            where += f" AND {one} BETWEEN ? AND ? AND {other} BETWEEN ? AND ?"
            values = [*values, *map(float, view)]
        number, *ends = ask(
            f"SELECT count(*), min({one}), max({one}), min({other}), max({other}) "
            f"FROM {self.source} WHERE {where}", values)[0]
        empty = np.zeros(0)
        if number <= most:
            points = read_table(f"SELECT row, {one} AS x, {other} AS y FROM {self.source} "
                                 f"WHERE {where} ORDER BY row", values)
            return Scatter(number, points, empty, empty, np.zeros((0, 0), int))
        x_edges, y_edges = (
            _edges(float(low), float(high), bins)
            for low, high in (ends[:2], ends[2:]))
        found = ask(
            f"SELECT {_PLACE.format(name=one)}, {_PLACE.format(name=other)}, count(*) "
            f"FROM {self.source} WHERE {where} GROUP BY 1, 2",
            [x_edges[0], (x_edges[-1] - x_edges[0]) / bins, bins - 1,
             y_edges[0], (y_edges[-1] - y_edges[0]) / bins, bins - 1, *values])
        counts = np.zeros((bins, bins), int)
        for i, j, rows in found:
            counts[j, i] = rows
        return Scatter(number, None, x_edges, y_edges, counts)

    def rows_in(
        self, x: str, y: str, polygon: Sequence[tuple[float, float]], selection: Selection, *,
        most: int,
    ) -> tuple[int, ...]:
        """Places of selected rows inside a polygon of two numeric columns, the first ones.

        Args:
            x, y: their names.
            polygon: its corners in order, three or more; a lasso's.
            selection: see `Selection`.
            most: how many at most.
        """
        corners = np.asarray(polygon, dtype=np.float64)
        low, high = corners.min(0), corners.max(0)
        where, values = self._where(selection)
        one, other = self._quoted(x), self._quoted(y)
        found = read_table(
            f"SELECT row, {one} AS x, {other} AS y FROM {self.source} WHERE {where} "
            f"AND {one} BETWEEN ? AND ? AND {other} BETWEEN ? AND ? ORDER BY row",
            [*values, float(low[0]), float(high[0]), float(low[1]), float(high[1])])
        inside = _is_inside(found[["x", "y"]].to_numpy(dtype=np.float64), corners)
        return tuple(found["row"].to_numpy()[inside][:most].tolist())

    @contextmanager
    def batches(
        self, selection: Selection, columns: Sequence[str] | None = None, *, rows: int = 10_000
    ) -> Iterator[Iterator[pd.DataFrame]]:
        """All selected rows in order, at most so many at a time, for exports and searches."""
        where, values = self._where(selection)
        rows = min(rows, max(_CELLS_AT_ONCE // len(columns or self.columns), 1))
        names = ", ".join(self._quoted(name) for name in columns or self.columns)
        question = f"SELECT {names} FROM {self.source} WHERE {where}"
        if (selection.sort, selection.descending) != ("row", False):  # the order of the files
            question += f" ORDER BY {self._order(selection)}"
        with _cursor() as cursor:
            reader: Any = cursor.sql(question, params=values).to_arrow_reader(rows)
            yield (_as_pandas(batch) for batch in reader)

    def to_frame(
        self, selection: Selection | None = None, *, hydrogens: bool = False
    ) -> pd.DataFrame:
        """Selected rows as files have them (`core.library.leaving`), all by default.

        Args:
            selection: see `Selection`.
            hydrogens: write every hydrogen in SMILES.
        """
        from core.library.leaving import leaving_columns, leaving_rows

        with self.batches(selection or Selection(), leaving_columns(self)) as batches:
            return pd.concat([leaving_rows(batch, self, hydrogens=hydrogens)
                              for batch in batches] or [pd.DataFrame()], ignore_index=True)

    def _span(self, column: str) -> tuple[float | None, float | None]:
        name = self._quoted(column)
        low, high = ask(f"SELECT min({name}), max({name}) FROM {self.source} "
                         f"WHERE isfinite({name})")[0]
        return (None, None) if low is None else (float(low), float(high))

    def span(self, column: str) -> tuple[float, float] | None:
        """Least and largest value of a numeric column; None where all are missing."""
        low, high = self._span(column)
        return None if low is None or high is None else (low, high)

    def _where(self, selection: Selection) -> tuple[str, list[Any]]:
        conditions, values = ["TRUE"], list[Any]()
        for column, least, most in selection.ranges:
            name = self._quoted(column, WHOLE, NUMBER)
            conditions.append(f"{name} IS NOT NULL")
            for end, sign in ((least, ">="), (most, "<=")):
                if end is not None:
                    conditions.append(f"{name} {sign} ?")
                    values.append(end)
        for column, flag in selection.flags:
            conditions.append(f"{self._quoted(column, YES_NO)} = ?")
            values.append(flag)
        for column, part in selection.texts:
            conditions.append(f"contains(lower({self._quoted(column, TEXT)}), lower(?))")
            values.append(part)
        for column, left_out in selection.without:
            kinds, sign = ((YES_NO,), "=") if isinstance(left_out, bool) else (
                (WHOLE, NUMBER), ">=")
            # Where the column is missing, the comparison is too, and the row stays.
            conditions.append(f"({self._quoted(column, *kinds)} {sign} ?) IS NOT TRUE")
            values.append(left_out)
        if selection.scored is not None:
            conditions.append("lu IS NOT NULL" if selection.scored else "lu IS NULL")
        if selection.rows is not None:
            conditions.append("row IN (SELECT unnest(?::BIGINT[]))")
            values.append(list(selection.rows))
        return " AND ".join(conditions), values

    def _order(self, selection: Selection) -> str:
        direction = "DESC" if selection.descending else "ASC"
        return f"{self._quoted(selection.sort)} {direction} NULLS LAST, row"

    def _quoted(self, column: str, *kinds: str) -> str:
        """A column's name as SQL has it.

        Names in another case are taken, too, as none is double, and those with a unit, as in files.

        Raises:
            LibraryError: if there is no such column, or it is of another kind.
        """
        hidden = _HIDDEN_IN_SAMPLES if self.is_samples else _HIDDEN_IN_SETS
        if column not in self.columns and column not in hidden:
            wanted = column
            column = next((name for said in (wanted, without_unit(wanted))
                           for name in self.columns if name.lower() == said.lower()), "")
            if not column:
                raise LibraryError(f"This library has no column {wanted[:60]!r}; it has "
                                   f"{listed(tuple(self.columns))}.")
        if kinds and self.columns.get(column) not in kinds:
            raise LibraryError(f"The column {column[:60]!r} is of kind "
                               f"{self.columns.get(column)}, not {' or '.join(kinds)}.")
        return _name(column)


def _name(column: str) -> str:
    """A column's name as SQL has it."""
    return '"' + column.replace('"', '""') + '"'


def ask(question: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The answer of the database, row by row."""
    with _cursor() as cursor:
        return cursor.execute(question, list(values)).fetchall()


def read_table(question: str, values: Sequence[Any] = ()) -> pd.DataFrame:
    """The answer of the database as a table; whole numbers stay so where some are missing."""
    with _cursor() as cursor:
        return _as_pandas(cursor.sql(question, params=list(values)).to_arrow_table())


def _as_pandas(rows: pa.Table | pa.RecordBatch) -> pd.DataFrame:
    return rows.to_pandas(types_mapper=_WHOLE_TYPES.get)


def find_libraries(root: Path) -> dict[str, Path]:
    """Scored sets directly inside a folder, by name."""
    return {path.parent.name: path.parent for path in sorted(root.glob(f"*/{MANIFEST}"))}


def _scored_set(folder: Path) -> Library:
    manifest = Manifest.read(folder)
    if not manifest.parts:
        raise LibraryError(f"Nothing of {folder.name} is scored yet: {manifest.rows:,} rows wait; "
                           "run the same `trailscope score` command again.")
    source = _renamed(_rows_of(*(folder / part.name for part in manifest.parts)),
                      manifest.stored_as)
    settings = manifest.settings
    return Library(
        folder=folder, model=settings["model"], weights_sha256=settings["weights_sha256"],
        strategy=settings["strategy"], permutations=settings["permutations"],
        seed=settings["seed"],
        chemistry=None if manifest.chemistry is None else Chemistry.from_json(manifest.chemistry),
        rows=manifest.rows_done, total=manifest.rows, manifest=manifest,
        columns=_shown(_kinds(source), _HIDDEN_IN_SETS), source=source,
        key=_digest(*(part.sha256 for part in manifest.parts)))


def _samples(folder: Path, card: ModelCard | None) -> Library:
    record = read_samples_record(folder)
    config = record["config"]
    source = ("(SELECT file_row_number + 1 AS row, * EXCLUDE (file_row_number) FROM "
              f"{_rows_of(folder / SAMPLES_TABLE, with_numbers=True)})")
    source = _renamed(source, {name: without_unit(name) for name in _kinds(source)})
    kinds = _kinds(source)
    keys = "graph_key" if "graph_key" in kinds else "NULL"
    [(rows, keyed)] = ask(f"SELECT count(*), count({keys}) FROM {source}")
    return Library(
        folder=folder, model=config["model"], weights_sha256=record["checkpoint"],
        strategy=config["trained_under"], permutations=config["permutations"],
        seed=config["seed"], chemistry=None if card is None else card.chemistry, rows=rows,
        total=rows, manifest=None, columns=_shown(kinds, _HIDDEN_IN_SAMPLES), source=source,
        key=_digest(json.dumps(record, sort_keys=True)),
        vocabulary=None if card is None else card.vocabulary, mask=config["mask"],
        has_graph_keys=keyed > 0)


def _renamed(source: str, names: Mapping[str, str]) -> str:
    """Rows whose columns are called as within the project, where files call them otherwise."""
    if all(stored == name for stored, name in names.items()):
        return source
    asked = ", ".join(f"{_name(stored)} AS {_name(name)}" for stored, name in names.items())
    return f"(SELECT {asked} FROM {source})"


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def _kinds(source: str) -> dict[str, str]:
    """All columns of files, by the database's names of their types."""
    return {name: kind for name, kind, *_ in ask(f"DESCRIBE SELECT * FROM {source}")}


def _shown(kinds: Mapping[str, str], hidden: Collection[str]) -> dict[str, str]:
    return {name: _KINDS[kind] for name, kind in kinds.items()
            if kind in _KINDS and name not in hidden}


def _rows_of(*paths: Path, with_numbers: bool = False) -> str:
    """The rows of files as SQL has them; a folder called `lu=5` says nothing of a column."""
    files = ", ".join(map(_literal, paths))
    numbers = ", file_row_number = true" if with_numbers else ""
    return f"read_parquet([{files}], hive_partitioning = false{numbers})"


def _literal(path: Path) -> str:
    """A file's name as SQL has it: the only text in questions that is not a name of a column.

    DuckDB takes names for patterns, so signs of patterns stand in brackets; and what stands before
    a colon for a place in the network, so a name begins at the root.
    """
    return "'" + _PATTERN.sub(r"[\g<0>]", str(path.absolute())).replace("'", "''") + "'"


_PATTERN = re.compile(r"[\[*?]")


@contextmanager
def _cursor() -> Iterator[duckdb.DuckDBPyConnection]:
    """Of the database of this process; every question has its own, so threads do not meet.

    Raises:
        LibraryError: for a file that is gone or damaged.
    """
    with _lock:
        cursor = _database().cursor()
    try:
        yield cursor
    except (duckdb.IOException, duckdb.InvalidInputException,
            duckdb.OutOfMemoryException) as error:
        raise LibraryError("The library cannot be read "
                           f"({str(error).splitlines()[0][:160]}).") from error
    finally:
        cursor.close()


_lock = threading.Lock()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(":memory:", config={
        "memory_limit": f"{MEMORY_MB}MB", "threads": 2, "preserve_insertion_order": True,
        # What does not fit goes to disk: not into the working folder, which may be read-only.
        "temp_directory": str(Path(gettempdir()) / "trailscope-questions"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False})
    database.execute("SET TimeZone = 'UTC'")
    return database


def _edges(low: float, high: float, bins: int) -> np.ndarray:
    """Edges of equal bins, [bins + 1], that differ and whose distance is finite."""
    least, most = np.clip([low, high], -_LARGEST, _LARGEST)
    resolved = bins * 4 * float(np.spacing(max(abs(least), abs(most))))
    if most - least < resolved:  # as of identifiers of many digits, or of one value
        most = least + max(1.0, resolved)
    return np.linspace(least, most, bins + 1)


def _is_inside(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Whether points [n, 2] lie inside a polygon, by counting its edges to their right."""
    inside = np.zeros(len(points), dtype=bool)
    x, y = points[:, 0], points[:, 1]
    before = corners[-1]
    for corner in corners:
        crosses = (corner[1] > y) != (before[1] > y)
        rise = before[1] - corner[1]
        at = corner[0] + (y - corner[1]) * (before[0] - corner[0]) / (rise if rise else 1.0)
        inside ^= crosses & (x < at)
        before = corner
    return inside
