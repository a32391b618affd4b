"""What the Score page keeps: the file, what of it can be read, and the set that grows from it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath
from shutil import rmtree

from core.errors import InputError
from core.library.check import Checked, check, seconds_each
from core.library.manifest import MANIFEST, LibraryError, Manifest
from core.library.sittings import sit
from core.library.store import Library
from core.model.card import ModelCard
from core.quotas import is_hosted
from core.runs import replacing
from dashboard.shared.checkpoints import checkpoint, folder_of
from dashboard.shared.libraries import library_root, open_folder
from dashboard.shared.visitors import files_fault, short_work, visitor, work_aside
from dashboard.views.score.query import ScoreQuery, max_rows

_INPUT = "_input"
"""Folder of the file inside its set; readers of Parquet skip it."""

_SITTING_S = 3.0


@dataclass(frozen=True, eq=False)
class Look:
    """What is known of a job before it begins.

    Attributes:
        checked: what of the file can be scored.
        each_s: how long a molecule takes here, seconds; None if none can be scored.
    """

    checked: Checked
    each_s: float | None


def look(query: ScoreQuery, card: ModelCard, progress: Callable[[int], None]) -> Look:
    """Read the file as the model does, and try how long a molecule takes.

    Raises:
        InputError: for a file that cannot be read, or of too many rows.
    """

    def make() -> Look:
        with short_work() as check_time:
            def hear(rows: int) -> None:
                check_time()
                progress(rows)

            path = stored(query)
            try:
                found = check(path, card, smiles_column=query.smiles_column or None,
                              id_column=query.id_column or None, most=max_rows(), progress=hear)
            except InputError as error:  # of the visitor's file, wherever it lies here
                raise InputError(str(error).replace(f"{path.parent}/", "")) from error
            each_s = seconds_each(checkpoint(query.model, card.weights_sha256), found.probes,
                                  query.settings) if found.probes else None
            return Look(found, each_s)

    return visitor().cache("looks at files", 8).get(query.digest, make)


def folder(query: ScoreQuery) -> Path:
    """Of the set."""
    return library_root() / query.set_name


def stored(query: ScoreQuery) -> Path:
    """The visitor's file on disk, in the folder of its set, so that a stopped run can go on.

    Raises:
        LibraryError: if the visitor has too many files here.
        RunFolderError: if it cannot be written.
    """
    path = folder(query) / _INPUT / PurePath(query.name).name
    if path.is_file() and _sha256(path) == query.sha256:
        return path
    if fault := files_fault():
        raise LibraryError(fault)
    with replacing(path) as partial:
        partial.write_bytes(query.content)
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove_sets() -> None:
    """Remove all sets of a visitor; where one person works, that person removes folders."""
    if is_hosted():
        rmtree(library_root(), ignore_errors=True)


def manifest(query: ScoreQuery) -> Manifest | None:
    """What there is of the set; None before its first sitting."""
    path = folder(query)
    return Manifest.read(path) if (path / MANIFEST).exists() else None


def scored(query: ScoreQuery) -> Library:
    """The rows of the set; raises LibraryError as `Library.open` does."""
    return open_folder(folder(query))


def score_more(query: ScoreQuery, progress: Callable[[int, int], None]) -> None:
    """Score for some seconds; finished parts stay. `progress` may raise to cancel."""
    work = (folder_of(query.model), query.settings, stored(query), folder(query), query.reading,
            _SITTING_S)
    if is_hosted():
        work_aside(sit, *work, progress=progress)
    else:
        sit(*work, progress=progress)
