"""Rows of a library on the page: as a table or as cards, page by page, each a click from Explore
and from the basket, and all of them as files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.library.export import KINDS, Kind
from core.library.selection import Selection
from core.library.store import NUMBER, WHOLE, YES_NO, Library
from dashboard.rows import data, text
from dashboard.rows.basket import current, pick_box, table_boxes
from dashboard.rows.columns import (
    CARDS,
    DIRECTIONS,
    HIGHEST_FIRST,
    LINK,
    LOOKS,
    PICTURE,
    ROWS_OF,
    TABLE,
    Keys,
    column_named,
    labels_of,
    own_columns,
    unsorted,
)
from dashboard.rows.conditions import to_first_page
from dashboard.shared import own_models
from dashboard.shared.checkpoints import is_here
from dashboard.shared.inputs import reset_if_invalid
from dashboard.shared.links import EXPLORE, explore_address, explore_query
from dashboard.shared.progress import progress_bar
from dashboard.shared.theme import is_dark

_CARD_WIDTH = 240
_WIDTHS = {"smiles": 240, "id": 150}

_MIME: dict[Kind, str] = {
    "csv": "text/csv", "sdf": "chemical/x-mdl-sdfile", "smi": "chemical/x-daylight-smiles",
    "parquet": "application/vnd.apache.parquet", "jsonl": "application/x-ndjson"}

_QUICK_ROWS: dict[Kind, int] = {"csv": 20_000, "sdf": 200, "smi": 3_000, "parquet": 50_000,
                                "jsonl": 20_000}
"""So many rows are written in the time of a click."""

_QUICK_MOLECULES = 3_000
"""The same where SMILES are written anew."""

_MOST_ROWS: dict[Kind, int] = {
    "csv": 1_000_000, "sdf": 100_000, "smi": 1_000_000, "parquet": 1_000_000,
    "jsonl": 1_000_000}
"""A file lies in the server's memory until it is saved, so that there is a largest one."""

_PACKED_FROM = 100_000
"""Files of text with so many rows are gzipped."""


def choose_order(library: Library, keys: Keys, *, look: str = TABLE) -> None:
    """Draw the choice of an order, and of a table or cards.

    Args:
        library: whose rows.
        keys: of the widgets.
        look: what is chosen at first.
    """
    names = (unsorted(library), *labels_of(library).values())
    reset_if_invalid(keys.sort, names)
    st.selectbox("Sort by", names, key=keys.sort, bind="query-params", width=200,
                 on_change=to_first_page, args=(keys,))
    st.selectbox("Direction", DIRECTIONS, key=keys.direction, bind="query-params", width=150,
                 on_change=to_first_page, args=(keys,))
    st.segmented_control("Show as", LOOKS, default=look, required=True, key=keys.look,
                         bind="query-params", on_change=to_first_page, args=(keys,))


def in_order(library: Library, selection: Selection, keys: Keys) -> Selection:
    """A selection in the order that `choose_order` offers."""
    state, usual = st.session_state, unsorted(library)
    return replace(selection,
                   sort=column_named(state.get(keys.sort, usual), labels_of(library), "row"),
                   descending=state.get(keys.direction) == HIGHEST_FIRST)


def show_rows(
    library: Library, selection: Selection, keys: Keys, *, look: str, marked: int = 0
) -> None:
    """One page of rows, and what turns pages.

    Args:
        library: whose rows.
        selection: of them, in its order.
        keys: of the widgets.
        look: one of `LOOKS`.
        marked: so many first nodes of every graph are a fragment that it grew from.
    """
    number, on_page = data.count(library, selection), ROWS_OF[look]
    place = st.container()
    page = _choose_page(max(1, -(-number // on_page)), keys)
    rows = data.page(library, selection, (page - 1) * on_page, on_page)
    if picks := len(current()):
        st.caption(text.in_basket(picks))
    with place:
        if not _has_model(library):
            st.caption(text.model_gone(library))
        if len(rows):
            _LOOKS[look](library, rows, keys, marked)


def _choose_page(pages: int, keys: Keys) -> int:
    """Buttons that turn pages, where there are several."""
    if pages == 1:
        return 1
    asked = st.session_state.get(keys.page) or st.query_params.get(keys.page)
    if asked is not None and int(asked) > pages:  # Streamlit would go to the first one
        st.caption(f"There are {pages:,} pages; this is the last one.")
        st.session_state[keys.page] = pages
    # Without `default`: callbacks set the state, and a default beside that is warned of.
    return st.pagination(pages, key=keys.page, bind="query-params", max_visible_pages=9)


def _show_table(library: Library, rows: pd.DataFrame, keys: Keys, marked: int) -> None:
    labels = labels_of(library)
    # Of the input's own columns as on screen, where none is called as the picture or the link.
    keys_of = {name: labels[name] for name in own_columns(library)}
    table = rows[[*labels, "row"]].rename(columns=keys_of)
    config: dict[str, Any] = {
        keys_of.get(name, name): _column(name, label, library.columns[name])
        for name, label in {**labels, "row": "row"}.items()}
    records = _records(rows)
    if library.is_samples and library.vocabulary is not None:  # as on the cards
        table[keys_of.get("smiles", "smiles")] = [
            data.generated(library, row).smiles for row in records]
    pictures = [data.as_address(data.picture(library, row, is_dark(), marked)) for row in records]
    queries = [_explore_query(library, row) for row in records]
    is_own = own_models.find(library.model) is not None
    if any(pictures):
        table.insert(0, PICTURE, pictures)
        config[PICTURE] = st.column_config.ImageColumn(PICTURE, width=130)
    opens = f"{keys.page}-explore"
    if any(queries) and not is_own:
        table.insert(1, LINK, [query and explore_address(library.model, **query)
                               for query in queries])
        config[LINK] = st.column_config.LinkColumn(
            "Explore", display_text=":material/open_in_new:", width="small",
            help="Opens the molecule with the same model, order, K and seed.")
    elif any(queries):
        # A link of a table opens a tab of its own, which would be another visitor, who has no such
        # model.
        table.insert(1, LINK, [query and "Open" for query in queries])
        config[LINK] = st.column_config.ButtonColumn(
            "Explore", width="small", type="tertiary", key=opens,
            help="Opens the molecule with the same model, order, K and seed.")
    st.dataframe(table, hide_index=True, row_height=76, column_config=config,
                 height=min(640, 40 + 76 * len(table)),
                 alt=f"{len(table)} rows of {library.folder.name}",
                 **table_boxes(library, records, keys, marked))
    clicked: Any = st.session_state.get(opens) if is_own else None
    if clicked is not None and (query := queries[clicked["row"]]):
        st.switch_page(EXPLORE, query_params=explore_query(library.model, **query))


def _column(name: str, label: str, kind: str) -> Any:
    if kind == YES_NO:
        return st.column_config.CheckboxColumn(label)
    if kind in (NUMBER, WHOLE):
        return st.column_config.NumberColumn(label, format="%.4g" if kind == NUMBER else "%d")
    return st.column_config.TextColumn(label, width=_WIDTHS.get(name))


def _show_cards(library: Library, rows: pd.DataFrame, keys: Keys, marked: int) -> None:
    with st.container(horizontal=True):
        for row in _records(rows):
            _show_card(library, row, keys, marked)


def _show_card(library: Library, row: dict[str, Any], keys: Keys, marked: int) -> None:
    read = data.generated(library, row)
    with st.container(border=True, width=_CARD_WIDTH, gap="xsmall",
                      key=f"card-{keys.page}-{row['row']}"):
        svg = data.picture(library, row, is_dark(), marked)
        if svg is not None:
            st.image(svg, alt=text.structure_name(library, row), width="stretch")
        st.markdown(text.card_name(library, row, read))
        if scores := text.card_scores(library, row):
            st.markdown(scores)
        st.markdown(text.card_marks(library, row))
        if notes := text.card_notes(library, row):
            st.caption(notes)
        with st.container(horizontal=True, vertical_alignment="center",
                          horizontal_alignment="distribute"):
            pick_box(library, row, keys, marked)
            if (query := _explore_query(library, row)) is not None:
                _show_link(library, query, None if read.is_typable else text.READ_AS_ANOTHER)


def _show_link(library: Library, query: dict[str, Any], help: str | None) -> None:
    if own_models.find(library.model) is None:
        # In a tab of its own, so that the place in the list is not lost.
        st.link_button("Explore", explore_address(library.model, **query), type="tertiary",
                       icon=":material/open_in_new:", help=help)
    else:  # a tab of its own would be another visitor, who has no such model
        st.page_link(EXPLORE, label="Explore", icon=":material/route:", help=help,
                     query_params=explore_query(library.model, **query))


_LOOKS = {TABLE: _show_table, CARDS: _show_cards}


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as dictionaries whose values are Python's own, None for what is missing."""
    return rows.astype(object).where(rows.notna(), None).to_dict("records")


def _has_model(library: Library) -> bool:
    """Samples ship with theirs."""
    return library.is_samples or is_here(library.model, library.weights_sha256)


def _explore_query(library: Library, row: dict[str, Any]) -> dict[str, Any] | None:
    """What opens the Explore page on a row with its numbers; None for what cannot be typed, and
    where the model that gave them is gone."""
    smiles = data.generated(library, row).link_smiles
    if smiles is None or not _has_model(library):
        return None
    strategy = "" if library.is_samples else library.strategy  # samples: the model's own
    return {"smiles": smiles, "strategy": strategy, "permutations": library.permutations,
            "seed": library.seed}


def show_downloads(library: Library, selection: Selection, keys: Keys, name: str) -> None:
    """Buttons that save all rows of a selection.

    Args:
        library: whose rows.
        selection: of them, in its order.
        keys: of the list that they are of.
        name: of the files, without their endings.
    """
    rows = data.count(library, selection)
    molecules = 0 if library.chemistry is None else data.count(
        library, selection.and_(Selection(flags=(("valid", True),))))
    above = st.container()
    with st.container(horizontal=True, vertical_alignment="center"):
        hydrogens = library.chemistry is not None and st.toggle(
            "Explicit hydrogens", key=f"hydrogens-{keys.page}", help=text.HYDROGENS_HELP)
        for kind in KINDS:
            number = molecules if kind in ("sdf", "smi") else rows
            if number:
                _show_download(library, selection, kind, number, keys, name, above,
                               hydrogens=hydrogens)


def _show_download(
    library: Library, selection: Selection, kind: Kind, number: int, keys: Keys, name: str,
    above: DeltaGenerator, *, hydrogens: bool,
) -> None:
    """A button at once for few rows; for many, one that begins and then one that saves."""
    is_packed = kind != "parquet" and number >= _PACKED_FROM
    ending = f"{kind}.gz" if is_packed else kind
    label, file = text.file_label(kind, number), f"{name}.{ending}"
    if number > _MOST_ROWS[kind]:
        st.button(label, disabled=True, key=f"too-many-{keys.page}-{kind}",
                  help=f"A file from this page has at most {_MOST_ROWS[kind]:,} rows; filter, or "
                       "write it in Python.")
        return
    asked = f"prepared-{keys.page}-{kind}"
    wanted = library.key, hash(selection), hydrogens
    is_rewritten = library.chemistry is not None and (hydrogens or library.is_samples)
    quick = min(_QUICK_ROWS[kind], _QUICK_MOLECULES if is_rewritten else number)
    key, help = f"save-{keys.page}-{kind}", text.KIND_HELP[kind]
    mime = "application/gzip" if is_packed else _MIME[kind]
    if number <= quick:
        st.download_button(
            label, lambda: data.file_of(library, selection, kind, ending, hydrogens=hydrogens),
            file, mime, key=key, icon=":material/download:", on_click="ignore", help=help)
    elif st.session_state.get(asked) != wanted:
        st.button(f"Prepare {label}", key=f"prepare-{keys.page}-{kind}",
                  icon=":material/hourglass_empty:", help=help,
                  on_click=st.session_state.update, args=({asked: wanted},))
    else:
        def make() -> bytes:
            with above, progress_bar(f"Writing {text.KIND_NAMES[kind]}", "rows") as progress:
                return data.file_of(library, selection, kind, ending, progress,
                                    hydrogens=hydrogens)

        made = data.prepared_file(library, selection, kind, make, hydrogens=hydrogens)
        st.download_button(label, made, file, mime, key=key, icon=":material/download:",
                           on_click="ignore", help=help)
