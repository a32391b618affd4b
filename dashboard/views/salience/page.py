"""Which weights matter: scores, the masks cut from them, and how far masks agree."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.errors import InputError
from core.quotas import is_hosted
from dashboard.components.figure_downloads.downloads import figures_are_of
from dashboard.shared import messages
from dashboard.shared.inputs import warn_about_address
from dashboard.shared.introduction import introduce
from dashboard.shared.progress import progress_bar
from dashboard.views.salience import data, inputs, sections, text
from dashboard.views.salience.query import SECTIONS, MaskQuery, address_faults


def main() -> None:
    """The page from top to bottom; what is wrong with an input is said where it shows."""
    st.title("Salience", anchor=False)
    introduce(text.QUESTION, text.EXAMPLE)
    address = st.query_params.to_dict()  # before widgets drop from it what they cannot take
    try:
        models = inputs.shipped_models()
        warn_about_address("salience", partial(
            address_faults, models=tuple(models), hosted=is_hosted()), address)
        query = inputs.choose(models)
        if query is None:
            st.info(text.NAME_A_MODEL, icon=":material/info:")
            return
        warn_about_address("salience_model", partial(
            inputs.faults_of_model, query=query), address)
        mask_query, quantity = inputs.choose_mask(query)
        if query.lacks_examples:
            st.info(text.name_a_token_file(), icon=":material/info:")
        else:
            show(mask_query, quantity)
    except InputError as error:
        messages.error(error)


def show(mask_query: MaskQuery, quantity: str) -> None:
    """The mask over all matrices and inside one, then one of several sections."""
    with progress_bar("Scoring", "examples") as progress:
        mask = data.mask(mask_query, progress)
    salience = mask_query.salience
    figures_are_of(salience.smiles, salience.model, f"seed{salience.seed}")
    sections.show_source(mask)
    sections.show_mask(mask_query, mask, quantity)
    section = st.segmented_control(
        "Section", SECTIONS, default=SECTIONS[0], required=True, key="lab", bind="query-params",
        label_visibility="collapsed",
    )
    sections.show(mask_query, mask, section or SECTIONS[0])


main()
