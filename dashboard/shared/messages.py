"""Sentences on what a visitor, a link or a file brought: shown letter by letter, never as markup.

An address that somebody else wrote could otherwise make the page load a picture from elsewhere, or
show a link as its own.
"""

from __future__ import annotations

import streamlit as st

from dashboard.shared.format import plain


def error(fault: object, *, icon: str = ":material/error:") -> None:
    """What cannot be shown, and why: an `InputError` or a sentence."""
    st.error(plain(str(fault)), icon=icon)


def warning(fault: object, *, icon: str) -> None:
    """What was left out."""
    st.warning(plain(str(fault)), icon=icon)


def info(note: object, *, icon: str = ":material/info:") -> None:
    """What should be known."""
    st.info(plain(str(note)), icon=icon)
