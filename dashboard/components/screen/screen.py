"""How wide the visitor's window is, a streamlit component: nothing is drawn."""

from __future__ import annotations

from functools import cache
from typing import Any

import streamlit as st

from dashboard.components.bundle import join_scripts
from dashboard.shared.theme import SCREEN, is_narrow


def watch_screen() -> None:
    """Hear of the window's width, for `is_narrow`; the page is drawn anew when that changes."""
    _component()(key=SCREEN, data={"narrow": is_narrow()}, on_narrow_change=lambda: None)


@cache
def _component() -> Any:
    """Register the component once per process."""
    return st.components.v2.component(
        "trailscope_screen", js=join_scripts("walks.js", "screen/screen.js"))
