"""The visitor's theme."""

from __future__ import annotations

import streamlit as st


def is_dark() -> bool:
    """Whether the visitor's theme is dark."""
    return st.context.theme.type == "dark"
