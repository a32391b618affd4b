"""Many scored molecules: filter, look, compare, keep, take along."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.errors import InputError
from core.library.selection import Selection
from core.library.store import Library
from core.quotas import is_hosted
from dashboard.components.figure_downloads.downloads import figures_are_of
from dashboard.components.report_button import title_row
from dashboard.rows.clutter import choose_clutter
from dashboard.rows.data import count
from dashboard.shared import messages
from dashboard.shared.inputs import warn_about_address
from dashboard.shared.introduction import introduce
from dashboard.views.library import data, inputs, sections, text
from dashboard.views.library.query import KEYS, ROWS, SECTIONS, address_faults, python


def main() -> None:
    """The page from top to bottom; what is wrong with an input is said where it shows."""
    beside_title = title_row("Library")
    introduce(text.QUESTION, text.EXAMPLE, "NLL", "LU", "self", "order-marginal")
    try:
        folders = data.libraries()
        if not folders:
            st.info(text.NO_LIBRARY, icon=":material/info:")
            return
        warn_about_address("library", partial(address_faults, names=tuple(folders)))
        with st.sidebar:
            library = inputs.choose_library(folders)
            selection = inputs.choose_rows(library)
    except InputError as error:
        messages.error(error)
        return
    figures_are_of(library.folder.name, library.model, f"seed{library.seed}")
    st.caption(text.provenance(library))
    if library.rows < library.total:
        messages.info(text.unfinished(library), icon=":material/hourglass_top:")
    selection = _say_rows(library, selection)
    view = st.segmented_control("Section", SECTIONS, default=ROWS, required=True, key="look",
                                bind="query-params", label_visibility="collapsed")
    sections.show(library, selection, view)
    if not library.is_samples:  # which have their report on the triage page
        with beside_title:
            sections.offer_report(library, selection)
    with st.expander("The same in Python", icon=":material/code:"):
        st.code(python(library, selection, hosted=is_hosted()), language="python",
                wrap_lines=True)


def _say_rows(library: Library, chosen: Selection) -> Selection:
    """How many rows are shown; those, which of samples are the ones that the triage page shows."""
    if not library.is_samples:
        st.markdown(text.shown(count(library, chosen), library, chosen))
        return chosen
    with st.container(horizontal=True, vertical_alignment="center"):
        sentence = st.container(width="content")
        selection, hidden = choose_clutter(library, chosen, KEYS)
    sentence.markdown(" ".join(filter(None, (
        text.shown(count(library, selection), library, chosen), hidden))))
    return selection


main()
