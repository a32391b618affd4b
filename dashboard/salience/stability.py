"""How much of a mask is due to which calibration examples were drawn."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.salience.masks import Mask
from dashboard.components.figure import show_figure
from dashboard.salience import data, text
from dashboard.salience.charts import stability_chart
from dashboard.salience.query import MaskQuery
from dashboard.shared.progress import progress_bar

_ASKED = "stability_asked"


def show_stability(cut: MaskQuery, mask: Mask) -> None:
    """Jaccard index between draws against their size, behind a button: it takes a while."""
    if reason := text.why_stable(cut.setting):
        st.info(reason, icon=":material/info:")
        return
    st.markdown(text.stability_question(cut.setting))
    button = st.empty()
    if st.session_state.get(_ASKED) != cut.setting:
        button.button("Draw again and compare", key="draw-again", type="primary",
                      icon=":material/casino:", on_click=_ask, args=(cut,))
        return
    button.button("Cancel", key="cancel-draws", icon=":material/stop:", on_click=_ask,
                  args=(None,))
    with progress_bar("Drawing and scoring", "examples") as progress:
        found = data.stability(cut, progress)
    button.empty()
    st.markdown(text.stability_finding(found))
    with st.container(width=640):
        show_figure(partial(stability_chart, found), f"stability {mask.model} {mask.criterion}",
                    key="stability-chart", alt=text.stability_finding(found),
                    csv=text.stability_frame(found))
    st.caption(text.stability_note(mask, found))


def _ask(cut: MaskQuery | None) -> None:
    st.session_state[_ASKED] = None if cut is None else cut.setting
