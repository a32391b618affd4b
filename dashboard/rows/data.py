"""What lists of rows keep between reruns, bounded, and keyed by the rows that it is of."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import streamlit as st

from core.chemistry.search_process import Packed, SearchProcess, packed
from core.chemistry.substructures import Pattern, from_written_smiles
from core.library.basket import Identity, identity_of
from core.library.export import Kind, export
from core.library.selection import Selection
from core.library.store import Library
from core.library.structure import TOKENS, structure
from core.triage.generated import Generated
from dashboard.drawing.thumbnails import thumbnail_svg
from dashboard.rows.text import structure_name
from dashboard.shared.bounded_cache import cache_of, kept
from dashboard.shared.progress import Progress, progress_bar
from dashboard.shared.visitors import visitor_apart

MAX_SEARCHED = 20_000
"""Molecules that a substructure is searched in."""

_SEARCHED_AT_A_TIME = 1_000


def _of(library: Library, *rest: Any) -> object:
    return library.key, *rest


@kept(64, key=_of)
def count(library: Library, selection: Selection) -> int:
    """How many rows are selected."""
    return library.count(selection)


@kept(32, key=_of)
def page(library: Library, selection: Selection, first: int, number: int) -> pd.DataFrame:
    """Some rows of the selection, with the tokens of samples that can be read."""
    columns = [*library.columns, *([TOKENS] if library.vocabulary is not None else [])]
    return library.page(selection, first, number, columns)


def identity(library: Library, row: dict[str, Any]) -> Identity:
    """What tells a row of `page` from others in a basket; raises InputError as `identity_of`."""
    return (*_identity(library), row["row"])


@kept(64, key=_of)
def _identity(library: Library) -> Identity:
    return identity_of(library)


@kept(2048, key=lambda library, row: (library.key, row["row"]))
def generated(library: Library, row: dict[str, Any]) -> Generated:
    """The graph of a row of `page`."""
    return structure(library, row)


@kept(2048, key=lambda library, row, *rest: (library.key, row["row"], *rest))
def picture(library: Library, row: dict[str, Any], dark: bool, marked: int) -> str | None:
    """A thumbnail of a row of `page` as SVG, None without a graph.

    Args:
        library: of the row.
        row: as a dictionary.
        dark: colours for a dark page.
        marked: so many of its first nodes are a fragment that it grew from.
    """
    graph = generated(library, row).graph
    return None if graph is None else thumbnail_svg(
        graph, library.chemistry, dark=dark, title=structure_name(library, row), marked=marked)


def as_address(svg: str | None) -> str | None:
    """A picture as an address of its own data, as tables show pictures."""
    return svg and "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def matching(
    library: Library, selection: Selection, smarts: str
) -> tuple[int, ...]:
    """Places of selected rows that have a substructure.

    Searched are all rows of the library, or the first `MAX_SEARCHED` of the selection if there are
    more.

    Raises:
        PatternError: for text that is no SMARTS, or one whose search takes too long.
    """
    pattern = Pattern.from_smarts(smarts)
    among = Selection() if library.rows <= MAX_SEARCHED else _unordered(selection)
    apart = visitor_apart()
    key = library.key, among, pattern.has_hydrogens, "" if apart is None else apart.name

    def search() -> tuple[int, ...]:
        places, molecules = cache_of("parsed molecules", 4).get(
            key, lambda: _read(library, among, progress, hydrogens=pattern.has_hydrogens))
        hits = _process().find(pattern, key, molecules)
        return tuple(place for place, is_in in zip(places, hits, strict=True) if is_in)

    with progress_bar("Reading molecules for the search", "molecules") as progress:
        return cache_of("searches", 256).get((key, pattern.smarts), search)


def _unordered(selection: Selection) -> Selection:
    return replace(selection, rows=None, sort="row", descending=False)


def _read(
    library: Library, among: Selection, progress: Progress, *, hydrogens: bool
) -> tuple[list[int], Packed]:
    """Places and molecules of rows; some 5 MB for 10,000."""
    places: list[int] = []
    molecules: list[bytes | None] = []
    total = min(MAX_SEARCHED, library.count(among))
    with library.batches(among, ["row", "smiles"], rows=_SEARCHED_AT_A_TIME) as batches:
        for batch in batches:
            progress(len(places), max(total, 1))
            rows = batch.head(total - len(places))
            places += rows["row"].tolist()
            molecules += packed(
                from_written_smiles(smiles, hydrogens=hydrogens) if isinstance(smiles, str)
                else None for smiles in rows["smiles"])
            if len(places) == total:
                break
    return places, tuple(molecules)


@st.cache_resource(show_spinner=False, on_release=SearchProcess.close)
def _process() -> SearchProcess:
    return SearchProcess()


def file_of(
    library: Library, selection: Selection, kind: Kind, ending: str,
    progress: Progress | None = None, *, hydrogens: bool = False,
) -> bytes:
    """Selected rows as a file; its ending says whether text is gzipped."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"rows.{ending}"
        export(library, selection, path, kind, hydrogens=hydrogens, progress=progress)
        return path.read_bytes()


def prepared_file(
    library: Library, selection: Selection, kind: Kind, make: Callable[[], bytes], *,
    hydrogens: bool = False,
) -> bytes:
    """The same, made once and kept for a while."""
    return cache_of("prepared files", 2).get((library.key, selection, kind, hydrogens), make)
