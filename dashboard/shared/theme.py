"""The visitor's theme and window."""

from __future__ import annotations

import streamlit as st

SCREEN = "screen"
"""Key of the component that says how wide the window is."""


def is_dark() -> bool:
    """Whether the visitor's theme is dark."""
    return st.context.theme.type == "dark"


def is_narrow() -> bool:
    """Whether figures have a phone's width: that of a phone, or of a window that is enlarged.

    Until the browser has said so, its name tells: those of phones have `Mobi` in it.
    """
    known = getattr(st.session_state.get(SCREEN), "narrow", None)
    return "Mobi" in st.context.headers.get("User-Agent", "") if known is None else bool(known)
