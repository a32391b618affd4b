"""What a page answers, and a worked example of how to read it, below its title."""

from __future__ import annotations

import streamlit as st

SPELT_OUT = {
    "NLL": "negative log-likelihood, in nats; lower is likelier",
    "LU": "Linearization Uncertainty; 0 means that no order matters",
    "ECE": "expected calibration error",
    "permutation": "one of the orders of writing that were drawn",
    "order-marginal": "over all ways to write it together",
    "self": "of the very sequence that the model wrote",
    "ESS": "effective sample size, how many of the permutations that rests on",
    "AUC": "area under the ROC curve; 0.5 is chance",
    "LoRA": "low-rank adapters",
    "generalization gap": "how much likelier learnt molecules are than others",
}
"""Abbreviations and terms of the pages, in the words of the glossary."""


def introduce(question: str, example: str, *short: str) -> None:
    """Draw them.

    Args:
        question: that the page answers, one sentence.
        example: how to read what it shows, in Markdown.
        short: what the page uses of `SPELT_OUT`; they are spelt out before all else.
    """
    with st.container(horizontal=True, vertical_alignment="center",
                      horizontal_alignment="distribute"):
        st.caption(question, width="content")
        with st.popover("What am I looking at?", icon=":material/help:", type="tertiary"):
            # The link opens a tab of its own, so that the reader's place is kept.
            st.markdown(f"{example}\n\n[:material/menu_book: All terms in plain words](./glossary)")
    if short:
        st.caption(":small[" + " &nbsp; ".join(
            f"**{name}**: {SPELT_OUT[name]}." for name in short) + "]")
