"""How much of a mask is due to which calibration examples were drawn."""

from __future__ import annotations

import streamlit as st

from core.salience.masks import Mask
from dashboard.components.figure_downloads.downloads import figure_downloads
from dashboard.salience import data, text
from dashboard.salience.charts import stability_chart
from dashboard.salience.query import MaskQuery
from dashboard.shared.progress import progress_bar
from dashboard.shared.theme import is_dark

_ASKED = "stability_asked"
_PLAIN = {"displayModeBar": False}  # downloads have buttons of their own


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
    table = text.stability_frame(found)
    with st.container(width=640):
        st.plotly_chart(stability_chart(found, dark=is_dark()), key="stability-chart",
                        config=_PLAIN, alt=text.stability_finding(found))
        figure_downloads(f"stability {mask.model} {mask.criterion}", key="downloads-draws",
                         target="stability-chart", csv=table.to_csv(index=False))
    st.caption(text.stability_note(mask, found))


def _ask(cut: MaskQuery | None) -> None:
    st.session_state[_ASKED] = None if cut is None else cut.setting
