"""Rows as they leave a library, whatever the file: as they were seen, under one set of names.

A generated molecule is written as on its card, hydrogens counted on their atoms, however the folder
keeps it; a scored one as it was given. Names of our columns have their units, see `core.units`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from core.chemistry.molecules import to_smiles, with_hydrogens, without_hydrogens
from core.data.files import NotedRows, counted_notes
from core.library.columns import PLACE_TYPES, RESULT_TYPES, SUFFIX
from core.library.selection import Selection
from core.library.store import Library
from core.library.structure import TOKENS, token_numbers
from core.triage.generated import read_graph
from core.triage.samples import GROWTH_TYPES, SAMPLE_TYPES, notes_of_samples
from core.units import with_unit

NOTES = "notes"
"""The column that rows of samples get when they leave; scored sets have it."""

_OF_SAMPLES = frozenset({"row", *SAMPLE_TYPES, *GROWTH_TYPES})
_OF_SETS = frozenset({*PLACE_TYPES, *RESULT_TYPES})


def leaving_columns(library: Library) -> list[str]:
    """The columns that leave, as the library calls them; of samples the sequence, too."""
    return [*library.columns, *([TOKENS] if library.is_samples else [])]


def leaving_names(library: Library) -> dict[str, str]:
    """What each of `leaving_columns` is called where it leaves, all different.

    A column of the input that is called as one of ours with its unit gets a suffix.
    """
    ours = _OF_SAMPLES if library.is_samples else _OF_SETS
    names = {column: with_unit(column) if column in ours else column
             for column in leaving_columns(library)}
    taken = {name.lower() for column, name in names.items() if column in ours}
    for column in names:
        if column in ours:
            continue
        wanted = column if column.lower() not in taken else column + SUFFIX
        name, number = wanted, 2
        while name.lower() in taken:
            name, number = f"{wanted}_{number}", number + 1
        names[column] = name
        taken.add(name.lower())
    return names


def leaving_rows(
    batch: pd.DataFrame, library: Library, *, hydrogens: bool = False
) -> pd.DataFrame:
    """Rows of `Library.batches` as they leave.

    Args:
        batch: columns `leaving_columns`, at the least `smiles`.
        library: of the rows.
        hydrogens: write every hydrogen in SMILES.

    Returns:
        Columns by `leaving_names`, of samples `NOTES` as well; tokens are lists of whole numbers.
    """
    changed: dict[str, Any] = {}
    if TOKENS in batch:
        changed[TOKENS] = [token_numbers(stored) for stored in batch[TOKENS]]
    if "smiles" in batch:
        written = [_written(row, library, hydrogens=hydrogens)
                   for row in _rows(batch, ("smiles", "valid", "stable", TOKENS))]
        changed["smiles"] = pd.Series(written, index=batch.index, dtype=object)
        if library.is_samples:
            changed[NOTES] = notes_of_samples(batch)
    return batch.assign(**changed).rename(columns=leaving_names(library))


def notes_of(folder: Path) -> tuple[str, ...]:
    """What graphs do not encode of the rows of a scored set, each note once with its rows."""
    found = NotedRows()
    with Library.open(folder).batches(Selection(), ["id", "notes"]) as batches:
        for batch in batches:
            for name, notes in zip(batch["id"], batch["notes"], strict=True):
                found.add(name, _SENTENCE.split(notes) if isinstance(notes, str) else ())
    return counted_notes(found)


def faults_of(folder: Path) -> tuple[str, ...]:
    """Why rows of a scored set have no numbers: a sentence for each of the first ones."""
    library, failed = Library.open(folder), Selection(scored=False)
    left = library.count(failed) - _NAMED
    return (*(f"{row['id']}: {row['error']}"
              for row in library.page(failed, 0, _NAMED).to_dict("records")),
            *([f"{left:,} more have an error."] if left > 0 else []))


_NAMED = 3
_SENTENCE = re.compile(r"(?<=\.) (?=[A-Z])")


def _rows(batch: pd.DataFrame, columns: Iterable[str]) -> Iterable[dict[str, Any]]:
    return batch[[name for name in columns if name in batch]].to_dict("records")


def _written(row: dict[str, Any], library: Library, *, hydrogens: bool) -> str | None:
    smiles = row["smiles"]
    if not isinstance(smiles, str):
        return None
    chemistry = library.chemistry
    if library.is_samples and library.vocabulary is not None and chemistry is not None and (
            row.get("stable") is False and row.get(TOKENS) is not None):
        # Samples of old have under-valent atoms without brackets, which readers would fill up.
        graph = read_graph(token_numbers(row[TOKENS]), library.vocabulary, library.mask)
        exact = None if graph is None else to_smiles(graph, chemistry, hydrogens=hydrogens)
        return smiles if exact is None else exact
    if hydrogens:
        is_whole = library.is_samples and chemistry is not None and chemistry.has_hydrogen_nodes
        return smiles if is_whole else with_hydrogens(smiles)
    return without_hydrogens(smiles) if library.is_samples else smiles
