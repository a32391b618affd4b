"""What the Library page keeps between reruns, bounded, and keyed by the rows that it is of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from core.assets import assets_folder
from core.library.comparison import Comparison, compare, pairs
from core.library.keep import LibraryKeepList, keep
from core.library.selection import Selection
from core.library.store import Histogram, Library, Scatter
from core.model.card import ModelCard, find_shipped_models
from core.triage.samples import shipped_samples
from dashboard.shared.bounded_cache import kept
from dashboard.shared.libraries import open_folder, scored_sets
from dashboard.shared.links import SAMPLES

MAX_LASSO = 100_000
"""Rows that a lasso takes."""

MAX_PAIRS = 3_000


def libraries() -> dict[str, Path]:
    """Folders of all libraries that the visitor can open, by name; scored sets come first."""
    shipped = {f"{name}{SAMPLES}": folder for name, folder in _shipped().items()}
    return scored_sets() | shipped


def _shipped() -> dict[str, Path]:
    return _find_shipped(str(assets_folder()))


@st.cache_resource(ttl=30, show_spinner=False)
def _find_shipped(assets: str) -> dict[str, Path]:
    return shipped_samples()


def open_library(name: str, folder: Path) -> Library:
    """A library by its name and folder; raises LibraryError as `Library.open` does."""
    return open_folder(folder, _card_of(name))


def _card_of(name: str) -> ModelCard | None:
    """Of samples that ship: of the model that made them."""
    model = name.removesuffix(SAMPLES)
    return next((card for card in find_shipped_models().cards if card.name == model), None)


def _of(library: Library, *rest: Any) -> object:
    return library.key, *rest


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


def lassoed(
    library: Library, x: str, y: str, corners: list[tuple[float, float]], selection: Selection
) -> tuple[int, ...]:
    """Places of rows inside a lasso."""
    return library.rows_in(x, y, corners, selection, most=MAX_LASSO)


def reference_labels(library: Library) -> tuple[str, ...]:
    """Columns of a reference set that say which molecules are good, and say both."""
    return tuple(name for name in library.label_columns
                 if name not in ("valid", "unique", "novel") and _has_both(library, name))


@kept(64, key=_of)
def _has_both(library: Library, column: str) -> bool:
    return all(library.count(Selection(flags=((column, flag),), scored=True))
               for flag in (True, False))
