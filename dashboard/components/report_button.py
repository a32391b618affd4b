"""The button that makes a page's report and then saves it, at the right of the page's title."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import InputError
from dashboard.shared import messages
from dashboard.shared.visitors import short_work, visitor

_ASKED = "report_asked"
_BESIDE = "beside_title"
_KEPT = 2  # reports of a visitor, a megabyte each


def title_row(title: str, *, code: str = "") -> DeltaGenerator:
    """Headline of a page; returns the place at its right, where the report's button goes.

    Args:
        title: the words.
        code: behind them, such as a SMILES.
    """
    row = st.container(horizontal=True, vertical_alignment="center",
                       horizontal_alignment="distribute")
    said = f" &nbsp;:gray[`{code}`]" if code and "`" not in code else ""
    row.title(f"{title}{said}", anchor=False, width="content")
    # Streamlit's own header covers the first pixels of a page, where titles have nothing to show.
    row.html(f"<style>.st-key-{_BESIDE} {{padding-top: 0.5rem}}</style>")
    return row.container(width="content", key=_BESIDE)


def report_button(make: Callable[[], str], of: object, *, file: str) -> None:
    """Show the button; what it makes is kept until the page shows something else.

    Args:
        make: the report as HTML, called when it is asked for.
        of: all that the report depends on, hashable.
        file: its name.
    """
    if st.session_state.get(_ASKED) != of:
        st.button("Report", key="make_report", icon=":material/description:",
                  on_click=_ask, args=(of,),
                  help="One HTML file with figures, tables and how they were made; it opens "
                       "without a server.")
        return
    try:
        with st.spinner("Making the report"), short_work():
            html = visitor().cache("reports", _KEPT).get(of, make)
    except InputError as error:
        messages.error(error)
        return
    st.download_button("Save report", html, file, "text/html", key="save_report", type="primary",
                       icon=":material/download:", on_click="ignore")


def _ask(of: object) -> None:
    st.session_state[_ASKED] = of
