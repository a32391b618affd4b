"""Links from page to page that open the other one on the same thing.

Pages share session state, and a parameter bound on one page is taken out of a link to another: each
page therefore has keys of its own.
"""

from __future__ import annotations

import streamlit as st

EXPLORE = "explore/page.py"
CALIBRATION = "calibration/page.py"


def calibration_link(model: str, strategy: str, tokens: str) -> None:
    """To the reliability diagrams of a model under an order."""
    st.page_link(CALIBRATION, label="Open on the Calibration page", icon=":material/target:",
                 query_params={"evaluated": model, "under": strategy, "type": tokens})
