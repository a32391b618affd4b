"""Rows that a visitor ticks, on whatever page: kept in the session, shown and saved in the sidebar.

The basket is of a session alone, so that no visitor of a hosted dashboard meets another's.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import streamlit as st

from core.errors import InputError
from core.library.basket import Basket, Identity, Pick
from core.library.export import TextKind
from core.library.store import Library
from dashboard.rows import data, text
from dashboard.rows.columns import Keys
from dashboard.rows.sheet import COLUMNS, ROWS, sheet_pdf, sheet_svg
from dashboard.shared import messages

_KEY = "basket"
_LISTED = 8
"""Rows of the sidebar's list that are shown at a time."""

_LINE_WIDTH = 165
"""Pixels; columns would stand below each other on a phone."""

_FILES: dict[TextKind, str] = {"sdf": "chemical/x-mdl-sdfile", "csv": "text/csv",
                               "smi": "chemical/x-daylight-smiles"}


def current() -> Basket:
    """The session's basket."""
    return st.session_state.get(_KEY, Basket())


def pick_box(library: Library, row: dict[str, Any], keys: Keys, marked: int) -> None:
    """A box beside a row that puts it into the basket, or takes it out.

    Args:
        library: whose row.
        row: of it, as a dictionary.
        keys: of the list that it stands in.
        marked: so many first nodes of its graph are a fragment that it grew from.
    """
    basket, identity = current(), data.identity(library, row)
    key, is_in = f"pick-{keys.page}-{row['row']}", identity in basket
    # The basket is what counts: the sidebar and other lists change it, too.
    st.session_state[key] = is_in
    is_late = basket.is_full and not is_in
    st.checkbox("Pick", key=key, disabled=is_late, on_change=_take_box,
                args=(key, library, row, marked), help=text.BASKET_FULL if is_late else None)


def _take_box(key: str, library: Library, row: dict[str, Any], marked: int) -> None:
    if st.session_state[key]:
        _put(library, row, marked)
    else:
        _drop(data.identity(library, row))


def table_boxes(
    library: Library, rows: Sequence[dict[str, Any]], keys: Keys, marked: int
) -> dict[str, Any]:
    """What makes the rows of `st.dataframe` tickable; arguments as of `pick_box`."""
    places = [row["row"] for row in rows]
    # Of other rows another table: the browser keeps ticks by their places in it.
    key = f"picks-{keys.page}-{zlib.crc32(repr((library.key, places)).encode()):08x}"
    basket = current()
    inside = [place for place, row in enumerate(rows)
              if data.identity(library, row) in basket]
    if sorted(_ticked(key)) != inside:
        st.session_state[key] = {"selection": {"rows": inside, "columns": [], "cells": []}}
    return {"key": key, "selection_mode": "multi-row",
            "on_select": partial(_take_ticks, key, library, rows, marked)}


def _ticked(key: str) -> list[int]:
    state: Any = st.session_state.get(key)
    return [] if state is None else list(state["selection"]["rows"])


def _take_ticks(
    key: str, library: Library, rows: Sequence[dict[str, Any]], marked: int
) -> None:
    ticked = set(_ticked(key))
    for place, row in enumerate(rows):
        identity = data.identity(library, row)
        if place not in ticked:
            _drop(identity)
        elif identity not in current():
            _put(library, row, marked)


def _put(library: Library, row: dict[str, Any], marked: int) -> None:
    try:
        pick = Pick.of(library, row, data.generated(library, row), marked=marked)
    except InputError as error:  # its folder is gone since
        st.session_state[f"{_KEY}-fault"] = str(error)
        return
    st.session_state[_KEY] = current().with_(pick)


def _drop(identity: Identity) -> None:
    st.session_state[_KEY] = current().without(identity)


def _empty() -> None:
    st.session_state[_KEY] = Basket()


def show_basket() -> None:
    """The basket in the sidebar: what is in it, and its files; nothing while it is empty."""
    if fault := st.session_state.pop(f"{_KEY}-fault", None):
        messages.error(fault)
    basket = current()
    if not basket:
        return
    with st.sidebar, st.container(border=True, key="basket", gap="small"):
        st.markdown(text.basket_title(len(basket)))
        with st.expander("See and remove", type="compact"):
            _show_list(basket)
        if basket.is_full:
            st.caption(text.BASKET_FULL)
        _show_files(basket)
        st.caption(text.BASKET_LASTS)


def _show_list(basket: Basket) -> None:
    key = f"{_KEY}-list"
    pages = -(-len(basket) // _LISTED)
    if st.session_state.get(key, 1) > pages:
        st.session_state[key] = pages
    page = 1 if pages == 1 else st.session_state.get(key, 1)
    for pick in basket.picks[(page - 1) * _LISTED:page * _LISTED]:
        name = zlib.crc32(repr(pick.identity).encode())
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(text.picked(pick), width=_LINE_WIDTH)
            st.button(":material/close:", type="tertiary", key=f"unpick-{name:08x}",
                      help="Remove", on_click=_drop, args=(pick.identity,))
    if pages > 1:
        st.pagination(pages, key=key, max_visible_pages=3)
    st.button("Empty the basket", icon=":material/delete:", type="tertiary", key="empty-basket",
              on_click=_empty)


def _show_files(basket: Basket) -> None:
    """Buttons whose files are written once they are clicked."""
    st.caption("Download as")
    with st.container(horizontal=True, gap="small"):
        for kind, mime in _FILES.items():
            if kind == "csv" or basket.molecules:
                _save(text.KIND_NAMES[kind], partial(_text, basket, kind), kind, mime,
                      text.BASKET_HELP[kind])
        several = len(basket) > COLUMNS * ROWS
        _save("PDF", lambda: sheet_pdf(basket, datetime.now()), "pdf", "application/pdf",
              text.SHEET_HELP)
        _save("SVG", lambda: sheet_svg(basket, datetime.now())[0], "zip" if several else "svg",
              "application/zip" if several else "image/svg+xml",
              text.SHEET_PAGES_HELP if several else text.SHEET_HELP)


def _text(basket: Basket, kind: TextKind) -> bytes:
    return basket.to_text(kind).encode()


def _save(label: str, make: Callable[[], bytes], ending: str, mime: str, help: str) -> None:
    st.download_button(label, make, f"trailscope-basket.{ending}", mime,
                       key=f"{_KEY}-{label.lower()}", on_click="ignore", help=help)
