"""The grid of generated graphs: filters, cards, pages, downloads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.errors import InputError
from core.triage.generation import Generation
from dashboard.shared import messages, own_models
from dashboard.shared.choices import MAX_SEED
from dashboard.shared.links import (
    EXPLORE,
    SAMPLES,
    explore_address,
    explore_query,
    library_address,
)
from dashboard.shared.progress import progress_bar
from dashboard.shared.theme import is_dark
from dashboard.views.triage import data
from dashboard.views.triage import text as triage_text
from dashboard.views.triage.query import (
    ALL,
    DIRECTIONS,
    HIGHEST_FIRST,
    KINDS,
    KINDS_WITHOUT_STABILITY,
    LIVE,
    PAGE_SIZE,
    SORTS,
    Filter,
)

_CARD_WIDTH = 240
_QUICK_ROWS = 200
"""So many molecules are written as SDF in the time of a click."""

_SDF = "chemical/x-mdl-sdfile"


def show_molecules(found: Generation) -> None:
    """Filters, one page of the grid, and downloads of all that is shown."""
    chosen, smarts = _choose_filter(found)
    matches = None
    if smarts:
        try:
            with progress_bar("Reading molecules for the search", "molecules") as progress:
                matches = data.matches(found, smarts, progress)
        except InputError as error:
            messages.error(error)
            return
    rows = chosen.rows(found.table, matches)
    st.markdown(triage_text.shown_rows(len(rows), len(found.table), smarts))
    if rows:
        show_page(found, rows, key="page")
        show_downloads(found, rows, name="shown")
    if st.session_state.source != LIVE:
        # The same rows as a database: conditions on any number, scatter, comparison.
        st.link_button("Open in the Library", library_address(f"{found.card.name}{SAMPLES}"),
                       type="tertiary", icon=":material/open_in_new:",
                       help="Filter by any number, scatter with lasso, compare models.")


def _choose_filter(found: Generation) -> tuple[Filter, str]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sort = st.selectbox("Sort by", list(SORTS), key="sort", bind="query-params", width=200,
                            on_change=_to_first_page)
        direction = st.selectbox("Direction", DIRECTIONS, key="direction", bind="query-params",
                                 width=150, on_change=_to_first_page)
        smarts = st.text_input(
            "Substructure (SMARTS)", key="smarts", bind="query-params", placeholder="[OX2H]",
            width=220, on_change=_to_first_page,
            help="Press Enter. Hydrogens are counted on their atoms, as in [CH3], unless the "
                 "pattern has a hydrogen atom itself, as in [#6][H].",
        ) if found.is_molecular else ""
        kind = st.segmented_control(
            "Show", KINDS if found.has_stability else KINDS_WITHOUT_STABILITY, default=ALL,
            required=True, key="show", bind="query-params", on_change=_to_first_page)
        only_unique = st.toggle("Without repeats", key="unique", bind="query-params",
                                on_change=_to_first_page,
                                help="Only valid graphs, each of them once.")
    chosen = Filter(kind, only_unique, sort, direction == HIGHEST_FIRST)
    return chosen, (smarts or "").strip()


def _to_first_page() -> None:
    st.session_state.page = 1


def show_page(found: Generation, rows: Sequence[int], *, key: str) -> None:
    """One page of cards, and the number box that turns pages."""
    pages = -(-len(rows) // PAGE_SIZE)
    grid = st.container(horizontal=True)
    page = 1
    if pages > 1:
        # Without `value`: callbacks set the state, and a default beside that is warned of.
        page = int(st.number_input(f"Page, 1 to {pages:,}", min_value=1, max_value=MAX_SEED,
                                   step=1, key=key, bind="query-params", width=180))
        if page > pages:
            st.caption(f"There are {pages:,} pages; this is the last one.")
            page = pages
    with grid:
        for row in rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]:
            _show_card(found, row, key)


def _show_card(found: Generation, row: int, key: str) -> None:
    read = data.generated(found, row)
    with st.container(border=True, width=_CARD_WIDTH, gap="xsmall", key=f"card-{key}-{row}"):
        svg = data.picture(found, row, is_dark())
        if svg is not None:
            st.image(svg, alt=triage_text.structure_name(found, row), width="stretch")
        st.markdown(triage_text.card_name(found, row, read))
        st.markdown(triage_text.card_scores(found, row))
        st.markdown(triage_text.card_marks(found, row))
        if read.link_smiles is not None:
            config = found.samples.config
            of_explore: dict[str, Any] = {
                "smiles": read.link_smiles, "permutations": config.permutations,
                "seed": config.seed}
            help = None if read.is_typable else triage_text.OTHER_KEKULE
            if own_models.find(found.card.name) is None:
                # In a tab of its own, so that the place in the grid is not lost.
                st.link_button("Explore", explore_address(found.card.name, **of_explore),
                               type="tertiary", icon=":material/open_in_new:", help=help)
            else:  # a tab of its own would be another visitor, who has no such model
                st.page_link(EXPLORE, label="Explore", icon=":material/route:", help=help,
                             query_params=explore_query(found.card.name, **of_explore))


def show_downloads(found: Generation, rows: Sequence[int], *, name: str) -> None:
    """Buttons that save rows as CSV and, if they are molecules, as SDF.

    Args:
        found: the table.
        rows: in the order of the file.
        name: part of the file's name and of widget keys.
    """
    rows = tuple(rows)
    file = f"trailscope-{found.card.name}-{name}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            f"CSV, {len(rows):,} rows", lambda: triage_text.csv(found, rows), f"{file}.csv",
            "text/csv", key=f"csv-{name}", icon=":material/download:", on_click="ignore")
        valid = tuple(row for row in rows if found.table["valid"][row])
        if valid and found.is_molecular:
            _show_sdf(found, valid, name, f"{file}.sdf")


def _show_sdf(found: Generation, rows: tuple[int, ...], name: str, file: str) -> None:
    """A button at once for few molecules; for many, one that begins and then one that saves."""
    label, asked = f"SDF, {len(rows):,} molecules", f"sdf-{name}"
    wanted = found.samples.key, hash(rows)
    if len(rows) <= _QUICK_ROWS:
        st.download_button(label, lambda: data.sdf(found, rows), file, _SDF,
                           key=f"save-sdf-{name}", icon=":material/download:", on_click="ignore",
                           help=triage_text.SDF_NOTE)
    elif st.session_state.get(asked) != wanted:
        st.button(f"Prepare {label}", key=f"prepare-sdf-{name}", icon=":material/hourglass_empty:",
                  on_click=st.session_state.update, args=({asked: wanted},),
                  help=triage_text.SDF_NOTE)
    else:
        with progress_bar("Writing SDF", "molecules") as progress:
            text = data.sdf(found, rows, progress)
        st.download_button(label, text, file, _SDF, key=f"save-sdf-{name}",
                           icon=":material/download:", on_click="ignore")
