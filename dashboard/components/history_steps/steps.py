"""Every choice a step of the browser's history, so that Back undoes it; a streamlit component."""

from __future__ import annotations

from functools import cache
from typing import Any

import streamlit as st

from dashboard.components.bundle import join_scripts


def history_steps() -> None:
    """See that choices become steps; nothing is drawn, and everything happens in the browser."""
    _component()(key="history-steps")


@cache
def _component() -> Any:
    """Register the component once per process."""
    return st.components.v2.component(
        "trailscope_history_steps", js=join_scripts("history_steps/steps.js"))
