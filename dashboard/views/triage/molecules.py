"""The generated graphs one by one: filters, cards or a table, downloads."""

from __future__ import annotations

import streamlit as st

from core.errors import InputError
from core.library.selection import Selection
from core.library.store import Library
from core.triage.generation import Generation
from dashboard.rows.clutter import choose_clutter, show_toggle
from dashboard.rows.columns import CARDS, Keys
from dashboard.rows.conditions import choose_rows, to_first_page
from dashboard.rows.data import count
from dashboard.rows.shown import choose_order, in_order, show_downloads, show_rows
from dashboard.shared import messages
from dashboard.shared.links import SAMPLES, library_address
from dashboard.views.triage import data, text
from dashboard.views.triage.query import (
    ALL,
    INVALID,
    KEPT_KEYS,
    KEYS,
    KINDS,
    KINDS_WITHOUT_STABILITY,
    LIVE,
    kind_condition,
)


def show_molecules(found: Generation) -> None:
    """Filters, one page of the graphs, and downloads of all that are shown."""
    library = data.library(found, is_live=_is_live())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        within = _choose_kind(found)
        choose_order(library, KEYS, look=CARDS)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        try:
            chosen = choose_rows(library, KEYS, within=within, in_row=True)
        except InputError as error:
            messages.error(error)
            return
    selection = _without_clutter(library, chosen)
    _show(found, library, in_order(library, selection, KEYS), KEYS,
          st.session_state[KEYS.look], "shown")
    if not _is_live():
        # The same rows with scatter, lasso and comparison.
        st.link_button("Open in the Library", library_address(f"{found.card.name}{SAMPLES}"),
                       type="tertiary", icon=":material/open_in_new:",
                       help="Distributions, scatter with lasso, comparison of models.")


def _choose_kind(found: Generation) -> Selection:
    kind = st.segmented_control(
        "Show", KINDS if found.has_stability else KINDS_WITHOUT_STABILITY, default=ALL,
        required=True, key="show", bind="query-params", on_change=to_first_page, args=(KEYS,))
    # Called so since it left out repeats, too, which are hidden anyway now: old links show the
    # same. Where the bar offers valid ones by themselves, it is there for such links alone.
    only_valid = show_toggle("Only valid", "unique", KEYS, drawn=found.has_stability)
    return kind_condition(kind, only_valid=only_valid)


def _without_clutter(library: Library, chosen: Selection) -> Selection:
    """Rows without repeats and molecules in several pieces, with how many there are.

    Args:
        library: whose rows.
        chosen: the rows that the filters leave.
    """
    state = st.session_state
    with st.container(horizontal=True, vertical_alignment="center"):
        sentence = st.container(width="content")
        selection, hidden = choose_clutter(
            library, chosen, KEYS, may_hide_pieces=state.show != INVALID)
    sentence.markdown(" ".join(filter(None, (text.shown_rows(
        count(library, selection), library.rows, chosen,
        (state.get(KEYS.smarts) or "").strip()), hidden))))
    return selection


def show_kept(found: Generation, rows: tuple[int, ...], score: str) -> None:
    """Kept rows, the best first.

    Args:
        found: the table.
        rows: of it, counted from 0.
        score: the column that ranked them.
    """
    library = data.library(found, is_live=_is_live())
    kept = Selection(rows=tuple(row + 1 for row in rows), sort=score)
    _show(found, library, kept, KEPT_KEYS, CARDS, "kept")


def _show(
    found: Generation, library: Library, selection: Selection, keys: Keys, look: str, name: str
) -> None:
    if count(library, selection):
        show_rows(library, selection, keys, look=look, marked=data.num_grown_from(found))
        show_downloads(library, selection, keys,
                       f"trailscope-{found.card.name}-seed{library.seed}-{name}")


def _is_live() -> bool:
    return st.session_state.source == LIVE
