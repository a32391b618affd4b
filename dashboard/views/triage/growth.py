"""Growing from a fragment: which one, and its open atoms, chosen on a drawing."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from core.chemistry.fragments import Fragment
from core.errors import InputError
from core.model.card import ModelCard
from dashboard.components.atom_picker.picker import atom_picker
from dashboard.views.triage import data
from dashboard.views.triage import text as triage_text
from dashboard.views.triage.live import is_running
from dashboard.views.triage.query import LiveQuery

_OPEN = "open"
_DRAWING_WIDTH = 420


def choose_fragment() -> tuple[str | None, str]:
    """Draw the two inputs; the fragment, None for none, and its open atoms as they were typed."""
    fragment = st.text_input(
        "Grow from a fragment", key="fragment", bind="query-params", placeholder="c1ccncc1",
        on_change=_forget_open,
        help="A SMILES. Every molecule will contain it unchanged, but for hydrogens that give way "
             "to what grows. Empty: molecules are made from nothing.", disabled=is_running())
    if not (fragment or "").strip():
        return None, ""
    open_atoms = st.text_input(
        "Open atoms", key=_OPEN, bind="query-params", placeholder="all that can be",
        help="Atoms that may get new bonds, counted from 0 in the order of the SMILES, such as "
             "2,4. Click them on the drawing instead. The others stay as they are.",
             disabled=is_running())
    return fragment.strip(), (open_atoms or "").strip()


def _forget_open() -> None:
    """The atoms of another fragment are others."""
    st.session_state[_OPEN] = ""


def settle(query: LiveQuery, card: ModelCard) -> LiveQuery:
    """Draw the fragment of a live run; the run with its open atoms named.

    Raises:
        InputError: for a fragment that the model cannot grow from.
    """
    config = query.config
    if config.fragment is None:
        return query
    try:
        fragment = data.fragment(card, config.fragment, config.open_atoms)
    except InputError:
        drawn = data.drawn_fragment(card, config.fragment)
        if drawn is not None and config.open_atoms is not None:
            _show(drawn, card, config.open_atoms)  # so that another choice can be clicked
        raise
    _show(fragment, card, fragment.open_atoms)
    st.caption(triage_text.fragment_caption(fragment, card))
    return replace(query, config=replace(
        config, fragment=fragment.smiles, open_atoms=fragment.open_atoms))


def _show(fragment: Fragment, card: ModelCard, open_atoms: tuple[int, ...]) -> None:
    possible = [atom for atom, free in enumerate(fragment.free_valences) if free]
    with st.container(width=_DRAWING_WIDTH):
        atom_picker(data.fragment_layout(fragment, card), open_atoms, possible,
                    key="fragment_drawing", on_change=_open)


def _open(atoms: tuple[int, ...]) -> None:
    st.session_state[_OPEN] = ",".join(map(str, atoms))
