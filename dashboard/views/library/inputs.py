"""The sidebar of the Library page: which library, and which of its rows, in the address."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from core.library.selection import Selection
from core.library.store import Library
from dashboard.rows import conditions
from dashboard.shared.inputs import reset_if_invalid
from dashboard.views.library import data
from dashboard.views.library.query import DEFAULT, KEYS

MARKED = "library_marked"
"""Rows that a lasso or a keep-list marked: library and places."""


def choose_library(folders: Mapping[str, Path]) -> Library:
    """Draw the choice of a library.

    Raises:
        InputError: for one that cannot be opened.
    """
    names = tuple(folders)
    reset_if_invalid("library", names, DEFAULT if DEFAULT in names else names[0])
    name = st.selectbox(
        "Library", names, index=names.index(DEFAULT) if DEFAULT in names else 0, key="library",
        bind="query-params", help="Scored sets, those of the Score page among them, and the "
                                  "samples that ship.")
    return data.open_library(name, folders[name])


def choose_rows(library: Library) -> Selection:
    """Draw filter and search, and what undoes marks; raises InputError as `conditions` does."""
    return _with_marked(library, conditions.choose_rows(library, KEYS))


def mark(library: Library, rows: tuple[int, ...]) -> None:
    """Choose rows by hand, in place of those that were before."""
    st.session_state[MARKED] = (library.key, rows)
    conditions.to_first_page(KEYS)


def _with_marked(library: Library, selection: Selection) -> Selection:
    key, rows = st.session_state.get(MARKED) or ("", ())
    if key != library.key:
        return selection
    st.button(f"Forget the {len(rows):,} marked rows", icon=":material/deselect:",
              key="forget-marked", on_click=_forget_marked)
    return selection.and_(Selection(rows=rows))


def _forget_marked() -> None:
    st.session_state.pop(MARKED, None)
    conditions.to_first_page(KEYS)
