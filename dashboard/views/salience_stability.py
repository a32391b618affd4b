"""How much of a mask is due to which calibration examples were drawn."""

from __future__ import annotations

import streamlit as st

from core.salience.masks import Mask
from dashboard import cache_salience, texts_agreement
from dashboard.charts_salience import stability_chart
from dashboard.components.figure_downloads import figure_downloads
from dashboard.state_salience import Cut
from dashboard.views.explore_inputs import is_dark
from dashboard.views.progress import progress_bar

_ASKED = "stability_asked"
_PLAIN = {"displayModeBar": False}  # downloads have buttons of their own


def show_stability(cut: Cut, mask: Mask) -> None:
    """Jaccard index between draws against their size, behind a button: it takes a while."""
    if reason := texts_agreement.why_stable(cut.setting):
        st.info(reason, icon=":material/info:")
        return
    st.markdown(texts_agreement.stability_question(cut.setting))
    button = st.empty()
    if st.session_state.get(_ASKED) != cut.setting:
        button.button("Draw again and compare", key="draw-again", type="primary",
                      icon=":material/casino:", on_click=_ask, args=(cut,))
        return
    button.button("Cancel", key="cancel-draws", icon=":material/stop:", on_click=_ask,
                  args=(None,))
    with progress_bar("Drawing and scoring", "examples") as progress:
        found = cache_salience.stability(cut, progress)
    button.empty()
    st.markdown(texts_agreement.stability_finding(found))
    table = texts_agreement.stability_frame(found)
    with st.container(width=640):
        st.plotly_chart(stability_chart(found, dark=is_dark()), key="stability-chart",
                        config=_PLAIN, alt=texts_agreement.stability_finding(found))
        figure_downloads(f"stability {mask.model} {mask.criterion}", key="downloads-draws",
                         target="stability-chart", csv=table.to_csv(index=False))
    st.caption(texts_agreement.stability_note(mask, found))


def _ask(cut: Cut | None) -> None:
    st.session_state[_ASKED] = None if cut is None else cut.setting
