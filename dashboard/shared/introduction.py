"""What a page answers, and a worked example of how to read it, below its title."""

from __future__ import annotations

import streamlit as st


def introduce(question: str, example: str) -> None:
    """Draw them.

    Args:
        question: that the page answers, one sentence.
        example: how to read what it shows, in Markdown.
    """
    with st.container(horizontal=True, vertical_alignment="center",
                      horizontal_alignment="distribute"):
        st.caption(question, width="content")
        with st.popover("What am I looking at?", icon=":material/help:", type="tertiary"):
            # The link opens a tab of its own, so that the reader's place is kept.
            st.markdown(f"{example}\n\n[:material/menu_book: All terms in plain words](./glossary)")
