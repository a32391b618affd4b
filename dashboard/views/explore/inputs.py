"""The sidebar of the Explore page: molecule or graph, model, order, K and seed, in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

import streamlit as st

from core.chemistry.chemistry import Chemistry
from core.errors import InputError
from core.graph.planar import MAX_PLANAR_NUMBER, PlanarName
from core.library.rows import planar_nodes
from core.model.card import ModelCard
from dashboard.components.sketcher.sketcher import offer_sketcher
from dashboard.shared import inputs as shared_inputs
from dashboard.shared import messages
from dashboard.shared.choices import (
    DEFAULT_MODEL,
    DEFAULT_SMILES,
    MAX_SEED,
    OWN_ORDER,
    STRATEGY_OPTIONS,
)
from dashboard.shared.model_choice import choose_model
from dashboard.shared.progress import Cancel
from dashboard.shared.theme import is_dark
from dashboard.shared.visitors import say_time
from dashboard.views.explore import data
from dashboard.views.explore.query import (
    DEFAULT_PERMUTATIONS,
    MAX_PERMUTATIONS,
    MIN_PERMUTATIONS,
    ExploreQuery,
    address_faults,
)

_GALLERY_COLUMNS = 2
_SCORED = ("model", "smiles", "graph", "number", "strategy", "k", "seed")
"""Keys of what the sequences depend on."""

_FINISHED = "explore_finished"
"""What they were when the page was last drawn with its numbers."""


def warn_of_damaged_models(faults: Sequence[str]) -> None:
    """Say which models are missing from the list, and why."""
    for fault in faults:
        messages.warning(fault, icon=":material/folder_off:")


def warn_about_address(models: Mapping[str, ModelCard]) -> None:
    """Say once what of the address cannot be taken."""
    planar = [name for name, card in models.items() if card.chemistry is None]
    shared_inputs.warn_about_address("explore", partial(
        address_faults, models=list(models), planar_models=planar))


def choose(models: Mapping[str, ModelCard]) -> ExploreQuery:
    """Draw the sidebar and return what is chosen."""
    with st.sidebar:
        card = models[choose_model(
            models, key="model", default=DEFAULT_MODEL,
            help="Each was trained on molecules or planar graphs written in one kind of order. The "
                 "box holds those of one data set; the bar above it offers the models of all.",
        )]
        planar = _choose_planar() if card.chemistry is None else None
        smiles = "" if card.chemistry is None else _choose_molecule(card.chemistry)
        strategy = st.selectbox(
            "Order of linearizations", STRATEGY_OPTIONS, key="strategy", bind="query-params",
            help="own: the order the model was trained under. Any other shows what the model "
                 "makes of orders that it has not seen.",
        )
        permutations, seed = _choose_sample()
        say_time()
        own = card.strategy.name
        st.caption(f"{card.name}: trained under `{own}`, scored under "
                   f"`{own if strategy == OWN_ORDER else strategy}`.")
    return ExploreQuery(
        smiles=smiles, model=card.name, weights_sha256=card.weights_sha256,
        strategy=own if strategy == OWN_ORDER else strategy,
        permutations=permutations, seed=seed, planar=planar, chemistry=card.chemistry,
        planar_nodes=planar_nodes(card),
    )


def _choose_molecule(chemistry: Chemistry) -> str:
    smiles = st.text_input(
        "Molecule (SMILES)", DEFAULT_SMILES, key="smiles", bind="query-params",
        placeholder="CCO", help=f"Or a name, such as aspirin. Press Enter. {chemistry.limits}",
    )
    with st.popover("Well-known molecules", icon=":material/apps:", width="stretch"):
        _show_gallery(chemistry)
    found = smiles or ""
    with suppress(InputError):  # the gallery above has said so
        found = data.by_name(found) or found
    offer_sketcher("smiles", found)
    return found


def _choose_planar() -> PlanarName:
    left, right = st.columns(2)
    seed = left.number_input(
        "Graph seed", 0, MAX_PLANAR_NUMBER, 0, 1, key="graph", bind="query-params",
        help="Every seed gives an endless series of random graphs.",
    )
    index = right.number_input(
        "Number", 0, MAX_PLANAR_NUMBER, 0, 1, key="number", bind="query-params",
        help="Place in that series, from 0.",
    )
    return PlanarName(int(seed), int(index))


def _choose_sample() -> tuple[int, int]:
    """K and the seed of the linearizations."""
    left, right = st.columns(2)
    permutations = left.number_input(
        "K", MIN_PERMUTATIONS, MAX_PERMUTATIONS, DEFAULT_PERMUTATIONS, 1,
        key="k", bind="query-params",
        help=f"Number of permutations drawn, {MIN_PERMUTATIONS} to {MAX_PERMUTATIONS:,}.",
    )
    seed = right.number_input(
        "Seed", 0, MAX_SEED, 0, 1, key="seed", bind="query-params",
        help="Fixes the linearizations and the interval.",
    )
    return int(permutations), int(seed)


def remember_finished() -> None:
    """Note the choices whose numbers are on the page."""
    st.session_state[_FINISHED] = _scored()


def cancel_scoring() -> Cancel | None:
    """A button that goes back to the choices whose numbers are on the page.

    Where there are none yet, it goes to the usual K; that one cannot be cancelled.
    """
    before = st.session_state.get(_FINISHED)
    if before is None or before == _scored():
        if st.session_state.k <= DEFAULT_PERMUTATIONS:
            return None
        before = {"k": DEFAULT_PERMUTATIONS}
    return Cancel("cancel-scoring", partial(st.session_state.update, before),
                  f"Goes back to K = {before['k']:,} and what else was chosen before.")


def _scored() -> dict[str, object]:
    return {key: st.session_state[key] for key in _SCORED if key in st.session_state}


def choose_hydrogens() -> bool:
    """Whether drawings show hydrogens as atoms."""
    return st.sidebar.toggle("Show hydrogens", True, key="hydrogens", bind="query-params")


def _show_gallery(chemistry: Chemistry) -> None:
    try:
        entries = data.gallery(chemistry)
    except InputError as error:
        messages.error(error)
        return
    pictures = data.thumbnails(chemistry, is_dark())
    columns = st.columns(_GALLERY_COLUMNS)
    for number, ((name, smiles), picture) in enumerate(zip(entries, pictures, strict=True)):
        with columns[number % _GALLERY_COLUMNS]:
            st.image(picture, alt=f"Structure of {name}")
            st.button(name, key=f"gallery-{number}", on_click=_take, args=(smiles,),
                      width="stretch")


def offer_likest(query: ExploreQuery) -> None:
    """A button that opens the well-known molecule that the one asked for is most like, or, where
    none is like it, one that the model reads."""
    likest = data.likest(query.smiles, query.molecule_chemistry)
    if (found := likest or data.any_known(query.molecule_chemistry)) is None:
        return
    name, smiles = found
    st.button(f"Open {name}, which is most like it" if likest else f"Open {name} instead",
              key="likest", on_click=_take, args=(smiles,), icon=":material/apps:",
              help="Of the well-known molecules that this model reads.")


def _take(smiles: str) -> None:
    st.session_state.smiles = smiles
