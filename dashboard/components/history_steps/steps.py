"""Every choice a step of the browser's history, so that Back undoes it; a streamlit component.

A run that Back or Forward asks for follows the address. If another request breaks it off, the run
of that one has to follow the address instead, as does every run until one has come to its end.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.components.bundle import join_scripts

_KEY = "history-steps"
_FOLLOWED = "history_walks_followed"


def history_steps() -> None:
    """See that choices become steps, and that the address decides after Back and Forward.

    Call before any widget of the page; nothing is drawn.
    """
    walks = _component()(key=_KEY, default={"walks": 0}, on_walks_change=lambda: None).walks
    context = get_script_run_ctx()
    if context is not None and walks != st.session_state.get(_FOLLOWED, 0):
        context.is_history_navigation = True


def address_is_followed() -> None:
    """Call at the end of every run."""
    st.session_state[_FOLLOWED] = st.session_state[_KEY].walks


@cache
def _component() -> Any:
    """Register the component once per process."""
    return st.components.v2.component(
        "trailscope_history_steps", js=join_scripts("walks.js", "history_steps/steps.js"))
