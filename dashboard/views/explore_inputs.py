"""The sidebar of the Explore page: molecule, model, order, K and seed, all in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.errors import InputError
from core.model.checkpoints import ModelCard
from dashboard import cache
from dashboard.state import (
    DEFAULT_MODEL,
    DEFAULT_PERMUTATIONS,
    DEFAULT_SMILES,
    MAX_PERMUTATIONS,
    MAX_SEED,
    MIN_PERMUTATIONS,
    OWN_ORDER,
    STRATEGY_OPTIONS,
    Choice,
    url_complaints,
)

_GALLERY_COLUMNS = 2


def warn_about_address(models: Sequence[str]) -> None:
    """Say which URL parameters cannot be taken; streamlit then drops them from the address."""
    if "address_read" not in st.session_state:
        st.session_state.address_read = True
        st.session_state.complaints = url_complaints(st.query_params.to_dict(), models)
    for complaint in st.session_state.complaints:
        st.warning(complaint, icon=":material/link_off:")
    # Said once: the next rerun has valid choices only.
    st.session_state.complaints = []


def choose(models: Mapping[str, ModelCard]) -> Choice:
    """Draw the sidebar and return what is chosen."""
    with st.sidebar:
        smiles = st.text_input(
            "Molecule (SMILES)", DEFAULT_SMILES, key="smiles", bind="query-params",
            placeholder="CCO", help="Press Enter. H, C, N, O and F, at most 29 atoms with "
                                    "hydrogens.",
        )
        with st.popover("Well-known molecules", icon=":material/apps:", width="stretch"):
            _show_gallery()
        names = list(models)
        model = st.selectbox(
            "Model", names, index=names.index(DEFAULT_MODEL) if DEFAULT_MODEL in names else 0,
            key="model", bind="query-params",
            help="Each was trained on molecules written in one kind of order.",
        )
        strategy = st.selectbox(
            "Order of linearizations", STRATEGY_OPTIONS, key="strategy", bind="query-params",
            help="own: the order the model was trained under. Any other shows what the model "
                 "makes of orders that it has not seen.",
        )
        left, right = st.columns(2)
        permutations = left.number_input(
            "K", MIN_PERMUTATIONS, MAX_PERMUTATIONS, DEFAULT_PERMUTATIONS, 1,
            key="k", bind="query-params", help="Permutations: linearizations drawn, 2 to 256.",
        )
        seed = right.number_input(
            "Seed", 0, MAX_SEED, 0, 1, key="seed", bind="query-params",
            help="Fixes the linearizations and the interval.",
        )
        card = models[model]
        own = card.strategy.name
        st.caption(f"{card.name}: trained under `{own}`, scored under "
                   f"`{own if strategy == OWN_ORDER else strategy}`.")
    return Choice(
        smiles=smiles or "", model=card.name, weights=card.weights_sha256,
        strategy=own if strategy == OWN_ORDER else strategy,
        permutations=int(permutations), seed=int(seed),
    )


def choose_hydrogens() -> bool:
    """Whether drawings show hydrogens as atoms."""
    return st.sidebar.toggle("Show hydrogens", True, key="hydrogens", bind="query-params")


def show_title(title: str, smiles: str) -> None:
    """Headline of the page."""
    code = f" &nbsp;:gray[`{smiles}`]" if "`" not in smiles else ""
    st.header(f"{title}{code}", anchor=False)


def _show_gallery() -> None:
    try:
        entries = cache.gallery()
    except InputError as error:
        st.error(str(error))
        return
    dark = is_dark()
    columns = st.columns(_GALLERY_COLUMNS)
    for number, (name, smiles) in enumerate(entries):
        with columns[number % _GALLERY_COLUMNS]:
            st.image(cache.thumbnail(name, smiles, dark), alt=f"Structure of {name}")
            st.button(name, key=f"gallery-{number}", on_click=_take, args=(smiles,),
                      width="stretch")


def _take(smiles: str) -> None:
    st.session_state.smiles = smiles


def is_dark() -> bool:
    """Whether the visitor's theme is dark."""
    return st.context.theme.type == "dark"
