"""Score files of molecules into a folder: part by part, to be stopped and resumed at any moment.

Rows are read as a stream. What a part holds depends on the input and the settings alone: the rows
at its place, and among them the graphs that no row before had. So a run that was killed makes the
same parts as one that was not, and all engines (`core.library.engine`) make the same.

A part is read, its new graphs are scored, its table is written under a temporary name and renamed,
then listed in the manifest. An engine with several workers takes parts ahead; they are finished in
order, so that a graph's numbers are there when a later part repeats it.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core.chemistry.chemistry import QM9
from core.data.files import InputRow, read_molecules
from core.data.text_lines import state_of
from core.graph.graph import Graph
from core.library.columns import NUMBERS
from core.library.duplicates import Duplicates
from core.library.engine import Engine, Result
from core.library.manifest import MANIFEST, LibraryError, Manifest, Part, part_name
from core.library.rows import check_fits, naming_readers
from core.library.settings import ScoringSettings, rows_per_part
from core.library.survey import Survey, survey
from core.model.card import ModelCard
from core.records import package_versions, sha256_of
from core.runs import check_settings, hold, refuse_if_held, replacing


@dataclass(frozen=True)
class Reading:
    """How files are read.

    Attributes:
        smiles_column, id_column: as of `core.data.records.open_records`.
        part_rows: rows of a part; None for what `rows_per_part` says.
    """

    smiles_column: str | None = None
    id_column: str | None = None
    part_rows: int | None = None


@dataclass(frozen=True)
class ScoringState:
    """How far a run is.

    Attributes:
        stage: `reading` the input for the first time, or `scoring`.
        done: rows that are read, or scored by this or an earlier sitting.
        total: rows of the input; 0 while they are counted.
        rate: rows a second of this sitting; None at its beginning.
        is_safe: whether all that is done stands in finished parts.
    """

    stage: str
    done: int
    total: int
    rate: float | None = None
    is_safe: bool = False

    @property
    def left_s(self) -> float | None:
        """Seconds left at that rate."""
        return None if not self.rate else (self.total - self.done) / self.rate


Progress = Callable[[ScoringState], None]
"""May raise to cancel; finished parts stay."""


@dataclass(eq=False)
class _Prepared:
    """A part that is read: its rows, the key of each one's graph, and the graphs that are new."""

    first: int
    rows: list[tuple[str, InputRow]]
    keys: list[str | None]
    new: dict[str, Graph]


def score_files(
    paths: Sequence[Path],
    folder: Path,
    card: ModelCard,
    settings: ScoringSettings,
    engine: Callable[[], Engine],
    *,
    reading: Reading = Reading(),
    progress: Progress | None = None,
) -> Manifest:
    """Score every row of some files; goes on where an earlier run stopped.

    Args:
        paths: the files, at least one.
        folder: of the set; new, empty, or of an unfinished or finished run of the same.
        card: of the model.
        settings: how to score.
        engine: makes what scores, once it is known that there is something to do.
        reading: how to read the files.
        progress: hears how far the run is.

    Raises:
        InputFileError: for a file that cannot be read.
        LibraryError: for a folder of something else, or of other input or settings; for files that
            change meanwhile.
        RunFolderError: if another process works in the folder, or it cannot be written.
    """
    refuse_if_held(folder)
    _check_ours(folder)
    hear = progress or (lambda state: None)
    states = list(map(state_of, paths))
    with hold(folder):
        manifest, seen = _claimed(paths, folder, card, settings, reading, hear)
        if manifest.is_finished:
            return manifest
        run = _Run(paths, states, folder, card, settings, reading, manifest, seen, hear)
        return run.finish(engine())


_LONE, _ADDRESS = re.compile("[\ud800-\udfff]"), re.compile(r"[a-z][\w+-]+:")
"""What Python makes of bytes of a name that are no UTF-8; how an address in a network begins."""


def _check_ours(folder: Path) -> None:
    """Refuse a folder that holds anything else; names that readers of Parquet skip are no part."""
    if folder.is_file():
        raise LibraryError(f"{folder} is a file; give a folder for the scored set.")
    if len(folder.parts) > 1 and _ADDRESS.fullmatch(folder.parts[0]) and not folder.exists():
        raise LibraryError(f"{folder} is an address in a network; give a folder of this machine.")
    if _LONE.search(str(folder.absolute())):
        raise LibraryError(f"The name of {folder} has bytes that are no characters, so no database "
                           "opens it; give another folder.")
    if not folder.is_dir() or (folder / MANIFEST).exists():
        return
    others = sorted(path.name for path in folder.iterdir() if path.name[0] not in "._")
    if others:
        raise LibraryError(f"{folder} is no scored set and holds {others[0]}"
                           f"{' and other files' if len(others) > 1 else ''}; give a new or empty "
                           "folder.")


def _claimed(
    paths: Sequence[Path], folder: Path, card: ModelCard, settings: ScoringSettings,
    reading: Reading, hear: Progress,
) -> tuple[Manifest, Survey]:
    """The manifest of the folder, made or found to be of the same input and settings."""
    asked = {**settings.to_json(), "smiles_column": reading.smiles_column,
             "id_column": reading.id_column, "part_rows": reading.part_rows}
    if (folder / MANIFEST).exists():
        known = Manifest.read(folder)
        names = [file.name for file in known.inputs]
        files = dict(zip(_inputs(_names_for(names, paths)), map(sha256_of, paths), strict=True))
        there = dict(zip(_inputs(names), [file.sha256 for file in known.inputs], strict=True))
        check_settings(folder / MANIFEST, {**there, **known.settings}, {**files, **asked},
                       what="a scored set", error=LibraryError, free=_FREE)
        return (replace(known, parts=_whole_parts(folder, known.parts)),
                Survey(known.inputs, {column: known.own[name] for column, name
                                      in known.columns.items()}, known.columns))
    seen = survey(paths, smiles_column=reading.smiles_column, id_column=reading.id_column,
                  progress=lambda rows: hear(ScoringState("reading", rows, 0)))
    rows = sum(file.rows for file in seen.files)
    manifest = Manifest(
        inputs=seen.files, own=seen.own, columns=seen.names,
        settings={**asked, "part_rows": reading.part_rows or rows_per_part(rows)},
        chemistry=None if card.chemistry is None else card.chemistry.to_json())
    manifest.write(folder)
    return manifest, seen


_FREE = ("part_rows", "model")
"""Settings that an earlier run decided: no number depends on them."""


def _names_for(known: Sequence[str], paths: Sequence[Path]) -> list[str]:
    """Files may be renamed between two sittings: what counts is what is in them."""
    return [*known[: len(paths)], *(path.name for path in paths[len(known):])]


def _inputs(names: Sequence[str]) -> list[str]:
    """What files are called in faults: all different, whatever their folders."""
    return [f"input {name}" if names.count(name) == 1 else f"input {place}, {name},"
            for place, name in enumerate(names, start=1)]


def _whole_parts(folder: Path, parts: Sequence[Part]) -> tuple[Part, ...]:
    """Those in front of the first one that is gone or is not what was written: it is scored anew,
    and so is what follows, as later parts may repeat its numbers."""
    def is_whole(part: Part) -> bool:
        try:
            return sha256_of(folder / part.name) == part.sha256
        except OSError:
            return False

    return tuple(takewhile(is_whole, parts))


class _Run:
    """A sitting of a run whose folder is held."""

    def __init__(
        self, paths: Sequence[Path], states: Sequence[tuple[int, ...]], folder: Path,
        card: ModelCard, settings: ScoringSettings, reading: Reading, manifest: Manifest,
        seen: Survey, hear: Progress,
    ) -> None:
        self._paths, self._states = paths, states
        self._folder, self._card, self._settings = folder, card, settings
        self._reading, self._manifest, self._seen, self._hear = reading, manifest, seen, hear
        self._ahead: deque[_Prepared] = deque()
        self._started_at, self._done_before = time.monotonic(), manifest.rows_done

    def finish(self, engine: Engine) -> Manifest:
        """Score what is left; the engine ends with it."""
        try:
            self._manifest = replace(self._manifest, device=engine.device,
                                     versions=package_versions())
            self._index = Duplicates(self._folder, self._manifest.parts, {
                stored: name for stored, name in self._manifest.stored_as.items()
                if name in NUMBERS})
            try:
                self._score(engine)
            finally:
                self._index.close(remove=self._manifest.is_finished)
        finally:
            engine.close()
        return self._manifest

    def _score(self, engine: Engine) -> None:
        self._report(0)
        part_rows = self._manifest.settings["part_rows"]
        left = -(-(self._manifest.rows - self._manifest.rows_done) // part_rows)
        for results in engine.score(self._parts(), self._report, number=left):
            self._write(self._ahead.popleft(), results)
            self._report(0, is_safe=True)

    def _report(self, graphs: int, *, is_safe: bool = False) -> None:
        """Tell that so many graphs of the oldest part at work are done."""
        part = self._ahead[0] if self._ahead else None
        # A part's last row is done when the part is written.
        inside = 0 if part is None or not part.new else min(
            len(part.rows) * graphs // len(part.new), len(part.rows) - 1)
        done = self._manifest.rows_done + inside
        spent = time.monotonic() - self._started_at
        ours = done - self._done_before
        self._hear(ScoringState("scoring", done, self._manifest.rows,
                                ours / spent if ours and spent else None, is_safe))

    def _parts(self) -> Iterator[list[Graph]]:
        """The new graphs of every part that is left, read when they are asked for."""
        first = self._manifest.rows_done
        rows = self._rows(first)
        while piece := list(islice(rows, self._manifest.settings["part_rows"])):
            keys = [None if row.graph is None else row.graph.key for _, row in piece]
            graphs = {key: row.graph for key, (_, row) in zip(keys, piece, strict=True)
                      if key is not None and row.graph is not None}
            known = self._index.find(graphs)
            pending = {key for part in self._ahead for key in part.new}
            part = _Prepared(first, piece, keys, {
                key: graph for key, graph in graphs.items()
                if key not in known and key not in pending})
            self._ahead.append(part)
            first += len(piece)
            yield list(part.new.values())

    def _rows(self, first: int) -> Iterator[tuple[str, InputRow]]:
        """The rows behind the first ones, each with the name of its file."""
        for path, file in zip(self._paths, self._seen.files, strict=True):
            if first >= file.rows:
                first -= file.rows
                continue
            rows = read_molecules(
                path, self._card.chemistry or QM9, max_atoms=self._card.vocabulary.max_nodes,
                smiles_column=self._reading.smiles_column, id_column=self._reading.id_column,
                skip=first)
            for row in naming_readers(rows, self._card):
                yield file.name, check_fits(row, self._card.vocabulary)
            first = 0

    def _write(self, part: _Prepared, results: list[Result]) -> None:
        """Write a finished part, then list it; its rows are those whose hash the manifest has."""
        self._refuse_changed()
        found = dict(zip(part.new, results, strict=True))
        found |= self._index.find({key for key in part.keys
                                   if key is not None and key not in found})
        table = self._table(part, found)
        name = part_name(len(self._manifest.parts))
        # By its name, pyarrow might take the file for one in the network.
        with replacing(self._folder / name) as partial, partial.open("wb") as file:
            pq.write_table(table, file, compression="zstd")
        failed = table.num_rows - table.column("error").null_count
        self._manifest = self._manifest.with_part(
            Part(name, table.num_rows, failed, sha256_of(self._folder / name)))
        self._manifest.write(self._folder)
        self._index.add(name, part.keys)

    def _refuse_changed(self) -> None:
        for path, state in zip(self._paths, self._states, strict=True):
            if state_of(path) != state:
                raise LibraryError(f"{path} has changed while it was scored; score it into "
                                   "another folder, or put back what it was and run the same "
                                   "command again.")

    def _table(self, part: _Prepared, found: dict[str, Result]) -> pa.Table:
        columns: dict[str, list[Any]] = {name: [] for name in self._manifest.schema.names}
        for place, ((file, row), key) in enumerate(
                zip(part.rows, part.keys, strict=True), start=part.first + 1):
            values: dict[str, Any] = {
                "row": place, "file": file, "id": row.id, "smiles": row.smiles, "valid": False,
                "error": row.error, "notes": " ".join(row.notes) or None,
                **self._seen.values(row.columns)}
            if key is not None:
                values |= {"graph_key": key, "key": self._settings.key(key), **found[key]}
            for name, cells in columns.items():
                cells.append(values.get(name))
        return pa.table(columns, schema=self._manifest.schema).rename_columns(
            list(self._manifest.stored_as))
