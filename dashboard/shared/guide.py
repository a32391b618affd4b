"""A first visit: a button that leads through four views of one molecule, and a strip on each.

Whoever did not ask for it sees the button and no more.
"""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from dashboard.shared.choices import DEFAULT_SMILES
from dashboard.shared.guide_steps import MODEL, PARAMETER, STEPS, SUBJECT, WHERE, query_of

_OFFER = ("Of one molecule: why it has two numbers, where they come from, whether the model is "
          "calibrated, and which molecules to trust.")


def offer_guide(models: Collection[str]) -> None:
    """The quiet button that begins it, on the Explore page where it is not under way.

    Args:
        models: names of those that there are.
    """
    if MODEL in models and PARAMETER not in st.query_params:
        st.button("New here? Four views in a minute", key="guide-offer", type="tertiary",
                  icon=":material/tour:", help=_OFFER, on_click=_begin)


def _begin() -> None:
    st.session_state.smiles, st.session_state.model = DEFAULT_SMILES, MODEL
    _go(1)


def show_guide(number: int, sentences: str, *, model: str, smiles: str) -> None:
    """The strip on top of a view.

    Args:
        number: of the step, from 1.
        sentences: one or two, as Markdown, with the figures of the page where there are some.
        model: name of the model that the page is about.
        smiles: the molecule.
    """
    with st.container(border=True, key="guide", gap="small"):
        st.markdown(f":gray[{number} of {len(STEPS)}] &ensp;**{STEPS[number - 1].title}** "
                    f"{sentences}")
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            if number > 1:
                _lead(number, number - 1, "Back", ":material/arrow_back:", model, smiles)
            if number < len(STEPS):
                _lead(number, number + 1, f"Next: {STEPS[number].title}",
                      ":material/arrow_forward:", model, smiles)
            st.button("Leave the guide" if number < len(STEPS) else "Done", key="guide-leave",
                      type="tertiary", icon=":material/close:", on_click=_go, args=(None,))


def _lead(here: int, number: int, label: str, icon: str, model: str, smiles: str) -> None:
    """What leads from one step to another."""
    page = STEPS[number - 1].page
    if page == STEPS[here - 1].page:
        # A link within a page leaves the browser's address as it is.
        st.button(label, key=f"guide-{number}", type="tertiary", icon=icon, on_click=_go,
                  args=(number,))
    else:
        st.page_link(page, label=label, icon=icon, query_params=query_of(number, model, smiles))


def _go(number: int | None) -> None:
    """Another step of the same page; None ends the guide."""
    if number == 2:
        st.session_state.view = WHERE
    if number is not None:
        st.query_params[PARAMETER] = str(number)
        return
    for name in (PARAMETER, SUBJECT):
        st.query_params.pop(name, None)
