"""What the Library page keeps between reruns, bounded, and keyed by the rows that it is of."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import streamlit as st
from rdkit import Chem, rdBase

from core.chemistry.chemistry import Chemistry
from core.chemistry.molecules import from_smiles
from core.chemistry.notation import MoleculeError
from core.chemistry.search_process import SearchProcess, packed
from core.chemistry.substructures import Pattern
from core.library.comparison import Comparison, compare, pairs
from core.library.export import Kind, export
from core.library.keep import LibraryKeepList, keep
from core.library.selection import Selection
from core.library.store import Histogram, Library, Scatter
from core.model.card import find_shipped_models
from core.triage.samples import shipped_samples
from dashboard.drawing.thumbnails import thumbnail_svg
from dashboard.shared.bounded_cache import kept
from dashboard.shared.file_age import age
from dashboard.shared.libraries import scored_sets
from dashboard.shared.links import SAMPLES
from dashboard.shared.progress import Progress
from dashboard.shared.visitors import visitor

MAX_SEARCHED = 20_000
"""Molecules of a selection that a substructure is searched in."""

MAX_LASSO = 100_000
"""Rows that a lasso takes."""

MAX_PAIRS = 3_000


def libraries() -> dict[str, Path]:
    """Folders of all libraries that the visitor can open, by name; scored sets come first."""
    shipped = {f"{name}{SAMPLES}": folder for name, folder in _shipped().items()}
    return scored_sets() | shipped


@st.cache_resource(ttl=30, show_spinner=False)
def _shipped() -> dict[str, Path]:
    return shipped_samples()


def open_library(name: str, folder: Path) -> Library:
    """A library by its name and folder; raises LibraryError as `Library.open` does."""
    return visitor().cache("libraries", 8).get(
        (str(folder), age(folder)), lambda: Library.open(folder, chemistry=_chemistry_of(name)))


def _chemistry_of(name: str) -> Chemistry | None:
    """Of samples that ship: of the model that made them."""
    model = name.removesuffix(SAMPLES)
    return next((card.chemistry for card in find_shipped_models().cards if card.name == model),
                None)


def _of(library: Library, *rest: Any) -> object:
    return library.key, *rest


@kept(64, key=_of)
def count(library: Library, selection: Selection) -> int:
    """How many rows are selected."""
    return library.count(selection)


@kept(32, key=_of)
def page(library: Library, selection: Selection, first: int, number: int) -> pd.DataFrame:
    """Some rows of the selection."""
    return library.page(selection, first, number)


@kept(32, key=_of)
def histogram(library: Library, column: str, selection: Selection) -> Histogram:
    """How a column is distributed."""
    return library.histogram(column, selection)


@kept(16, key=_of)
def scatter(
    library: Library, x: str, y: str, selection: Selection,
    view: tuple[float, float, float, float] | None,
) -> Scatter:
    """Two columns against each other."""
    return library.scatter(x, y, selection, view=view)


@kept(16, key=lambda first, second: (first.key, second.key))
def comparison(first: Library, second: Library) -> Comparison:
    """Two libraries, molecule by molecule."""
    return compare(first, second)


@kept(16, key=lambda first, second, column: (first.key, second.key, column))
def paired(first: Library, second: Library, column: str) -> pd.DataFrame:
    """Some molecules of both."""
    return pairs(first, second, column, most=MAX_PAIRS)


@kept(16, key=lambda library, selection, reference, *rest: (
    library.key, selection, reference.key, *rest), spinner="Ranking the molecules")
def kept_rows(
    library: Library, selection: Selection, reference: Library, label: str, score: str, fdr: float
) -> LibraryKeepList:
    """Rows to keep at a false-discovery rate."""
    return keep(library, selection, reference, label, score, fdr=fdr)


@kept(2048, key=lambda smiles, chemistry, dark: (smiles, chemistry.name, dark))
def picture(smiles: str, chemistry: Chemistry, dark: bool) -> str | None:
    """A thumbnail as an address of its own data; None for what cannot be read."""
    try:
        graph = from_smiles(smiles, chemistry, max_atoms=1_000).graph
    except MoleculeError:
        return None
    svg = thumbnail_svg(graph, chemistry, dark=dark, title="Structure")
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def matching(
    library: Library, selection: Selection, smarts: str, progress: Progress
) -> tuple[int, ...]:
    """Places of selected rows that have a substructure, among the first `MAX_SEARCHED`.

    Raises:
        PatternError: for text that is no SMARTS, or one whose search takes too long.
    """
    pattern = Pattern.from_smarts(smarts)
    key = library.key, replace(selection, rows=None), pattern.has_hydrogens

    def molecules() -> list[tuple[int, Chem.Mol | None]]:
        found: list[tuple[int, Chem.Mol | None]] = []
        ours = replace(selection, sort="row", descending=False)
        total = min(MAX_SEARCHED, library.count(ours))
        with library.batches(ours, ["row", "smiles"], rows=1_000) as batches:
            for batch in batches:
                for row, smiles in batch.itertuples(index=False):
                    if len(found) == total:
                        return found
                    found.append((row, _molecule(smiles, hydrogens=pattern.has_hydrogens)))
                progress(len(found), max(total, 1))
        return found

    def search() -> tuple[int, ...]:
        rows = visitor().cache("searched rows", 2).get(key, molecules)
        hits = _process().find(pattern, key, packed(molecule for _, molecule in rows))
        return tuple(int(row) for (row, _), is_in in zip(rows, hits, strict=True) if is_in)

    return visitor().cache("searches", 32).get((key, pattern.smarts), search)


def _molecule(smiles: Any, *, hydrogens: bool) -> Chem.Mol | None:
    if not isinstance(smiles, str):
        return None
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
        return Chem.AddHs(molecule) if molecule is not None and hydrogens else molecule


@st.cache_resource(show_spinner=False, on_release=SearchProcess.close)
def _process() -> SearchProcess:
    return SearchProcess()


def lassoed(
    library: Library, x: str, y: str, corners: list[tuple[float, float]], selection: Selection
) -> tuple[int, ...]:
    """Places of rows inside a lasso."""
    return library.rows_in(x, y, corners, selection, most=MAX_LASSO)


def file_of(library: Library, selection: Selection, kind: Kind) -> Callable[[], bytes]:
    """What makes a file of selected rows, when somebody asks for it."""

    def make() -> bytes:
        with TemporaryDirectory() as folder:
            path = Path(folder) / f"rows.{kind}"
            export(library, selection, path, kind)
            return path.read_bytes()

    return make


def reference_labels(library: Library) -> tuple[str, ...]:
    """Columns of a reference set that say which molecules are good, and say both."""
    return tuple(name for name in library.label_columns
                 if name not in ("valid", "unique", "novel") and _has_both(library, name))


@kept(64, key=_of)
def _has_both(library: Library, column: str) -> bool:
    return all(library.count(Selection(flags=((column, flag),), scored=True))
               for flag in (True, False))
