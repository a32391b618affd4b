"""The sidebar of the Library page: which library, and which of its rows, in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from core.library.selection import Selection
from core.library.store import NUMBER, TEXT, WHOLE, YES_NO, Library
from dashboard.shared.inputs import reset_if_invalid
from dashboard.shared.progress import progress_bar
from dashboard.views.library import data, text
from dashboard.views.library.query import DEFAULT, MAX_FILTER, column_named, columns_of, label

MARKED = "library_marked"
"""Rows that a lasso or a keep-list marked: library and places."""


@dataclass(frozen=True, eq=False)
class LibraryQuery:
    """What the page is about.

    Attributes:
        library: that is open.
        selection: of its rows, in the order of the table.
    """

    library: Library
    selection: Selection


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
    """Draw filter and search.

    Raises:
        InputError: for a filter that cannot be read, or a pattern that is none.
    """
    typed = st.text_area("Filter", key="filter", bind="query-params", height=90,
                         max_chars=MAX_FILTER, placeholder="lu <= 0.1; num_nodes >= 9",
                         help=text.FILTER_HELP, on_change=to_first_page)
    _offer_conditions(library)
    smarts = st.text_input(
        "Substructure (SMARTS)", key="librarysmarts", bind="query-params", placeholder="[OX2H]",
        max_chars=MAX_FILTER, on_change=to_first_page,
        help=text.SMARTS_HELP.format(most=data.MAX_SEARCHED),
    ) if library.chemistry is not None else ""
    selection = Selection.from_text(typed or "")
    data.count(library, selection)  # refuses columns that there are not
    if smarts and smarts.strip():
        with progress_bar("Reading molecules for the search", "molecules") as progress:
            found = data.matching(library, selection, smarts.strip(), progress)
        selection = replace(selection, rows=found)
    return _with_marked(library, selection)


def to_first_page() -> None:
    """What the table shows has changed."""
    st.session_state.rowpage = 1


def mark(library: Library, rows: tuple[int, ...]) -> None:
    """Choose rows by hand, in place of those that were before."""
    st.session_state[MARKED] = (library.key, rows)
    to_first_page()


def _with_marked(library: Library, selection: Selection) -> Selection:
    key, rows = st.session_state.get(MARKED) or ("", ())
    if key != library.key:
        return selection
    st.button(f"Forget the {len(rows):,} marked rows", icon=":material/deselect:",
              key="forget-marked", on_click=_forget_marked)
    if selection.rows is not None:
        rows = tuple(sorted(set(rows) & set(selection.rows)))
    return replace(selection, rows=rows)


def _forget_marked() -> None:
    st.session_state.pop(MARKED, None)
    to_first_page()


def _offer_conditions(library: Library) -> None:
    """Widgets that write a condition into the filter, for those who do not know its words."""
    with st.popover("Add a condition", icon=":material/add:"):
        names = [label(name) for name in columns_of(library)]
        chosen = column_named(
            st.selectbox("Column", names, key="condition-column"), library, "lu")
        kind = library.columns[chosen]
        if kind in (NUMBER, WHOLE):
            condition = _range(library, chosen)
        elif kind == YES_NO:
            value = st.segmented_control("Is", ("yes", "no"), default="yes", required=True,
                                         key="condition-flag")
            condition = Selection(flags=((chosen, value == "yes"),))
        else:
            assert kind == TEXT
            part = st.text_input("Contains", key="condition-text", max_chars=200)
            condition = Selection(texts=((chosen, part),)) if part else Selection()
        st.button("Add", type="primary", key="condition-add", disabled=condition.is_all,
                  on_click=_add, args=(condition.to_text(),))


def _range(library: Library, column: str) -> Selection:
    span = library.span(column)
    if span is None:
        st.caption("All its values are missing.")
        return Selection()
    left, right = st.columns(2)
    low = left.number_input("At least", value=None, key="condition-low", format="%g",
                            placeholder=f"{span[0]:.4g}")
    high = right.number_input("At most", value=None, key="condition-high", format="%g",
                              placeholder=f"{span[1]:.4g}")
    return Selection().within(column, low, high)


def _add(condition: str) -> None:
    before = (st.session_state.get("filter") or "").strip().rstrip(";")
    st.session_state["filter"] = f"{before}; {condition}" if before else condition
    to_first_page()
