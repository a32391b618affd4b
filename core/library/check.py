"""What of an input can be scored, row by row, before anything is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.chemistry.chemistry import QM9
from core.data.files import NotedRows, counted_notes, read_molecules
from core.errors import InputError
from core.graph.graph import Graph
from core.library.engine import score_graphs
from core.library.manifest import LibraryError
from core.library.rows import check_fits, naming_readers
from core.library.settings import ScoringSettings
from core.model.card import ModelCard
from core.model.checkpoints import Checkpoint

SHOWN = 1_000
"""Bad rows that are kept to be shown."""

_PROBED = 3
"""Graphs that tell how long one takes, from small to large."""

_REPORT_ROWS = 50


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be scored.

    Attributes:
        row: its place, from 1.
        id: its own name.
        smiles: as given; None where there is none.
        reason: one sentence.
    """

    row: int
    id: str
    smiles: str | None
    reason: str


@dataclass(frozen=True, eq=False)
class Checked:
    """An input as a model reads it.

    Attributes:
        rows: how many there are.
        failed: how many cannot be scored.
        bad: the first of these.
        notes: what of the others' molecules graphs do not encode, each with its rows.
        probes: some of the graphs, from the smallest to the largest.
    """

    rows: int
    failed: int
    bad: tuple[BadRow, ...]
    notes: tuple[str, ...]
    probes: tuple[Graph, ...]


def check(
    path: Path, card: ModelCard, *, smiles_column: str | None = None,
    id_column: str | None = None, most: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Checked:
    """Read a file to its end, as a model reads it.

    Args:
        path: the file.
        card: of the model.
        smiles_column, id_column: as of `core.data.records.open_records`.
        most: rows that are allowed; by default any number.
        progress: hears of rows that have been read; may raise to cancel.

    Raises:
        InputFileError: for a file that cannot be read to its end.
        LibraryError: if it has more rows than are allowed.
    """
    rows, failed, bad, notes = 0, 0, list[BadRow](), NotedRows()
    by_size: dict[int, Graph] = {}
    found = read_molecules(path, card.chemistry or QM9, max_atoms=card.vocabulary.max_nodes,
                           smiles_column=smiles_column, id_column=id_column)
    for rows, row in enumerate(naming_readers(found, card), start=1):
        if most is not None and rows > most:
            raise LibraryError(f"{path.name} has more than {most:,} rows, the most that one job "
                               "may be about here; give a part of it, or score it with "
                               "`trailscope score` on a machine of your own.")
        row = check_fits(row, card.vocabulary)
        notes.add(row.id, row.notes if row.graph is not None else ())
        if row.graph is None:
            failed += 1
            if len(bad) < SHOWN:
                bad.append(BadRow(rows, row.id, row.smiles, row.error or ""))
        else:
            by_size.setdefault(row.graph.num_nodes, row.graph)
        if progress is not None and rows % _REPORT_ROWS == 0:
            progress(rows)
    sizes = sorted(by_size)
    probes = [by_size[sizes[place * (len(sizes) - 1) // (_PROBED - 1)]]
              for place in range(min(_PROBED, len(sizes)))] if sizes else []
    return Checked(rows, failed, tuple(bad), counted_notes(notes), tuple(probes))


def seconds_each(
    checkpoint: Checkpoint, graphs: Sequence[Graph], settings: ScoringSettings
) -> float:
    """How long a molecule takes here, seconds, by scoring some.

    Raises:
        InputError: without graphs.
    """
    if not graphs:
        raise InputError("No row can be scored; see the reasons, or choose another model.")
    started = time.perf_counter()
    score_graphs(checkpoint, graphs, settings, lambda done: None)
    return (time.perf_counter() - started) / len(graphs)
