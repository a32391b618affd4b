"""How far a model's confidence can be believed, type by type and bin by bin."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import InputError
from dashboard.components.figure_downloads.downloads import figures_are_of
from dashboard.reliability import notes
from dashboard.shared import messages
from dashboard.shared.guide import show_guide
from dashboard.shared.guide_steps import molecule_of, step_here
from dashboard.shared.inputs import warn_about_address
from dashboard.shared.introduction import introduce
from dashboard.shared.links import CALIBRATION
from dashboard.views.calibration import inputs, sections, text, tokens
from dashboard.views.calibration.query import (
    ALL_TYPES,
    SECTIONS,
    TEMPERATURE,
    TOKENS,
    CalibrationQuery,
    address_faults,
)


def main() -> None:
    """The page from top to bottom; what is wrong is said where it shows."""
    st.title("Calibration", anchor=False)
    introduce(text.QUESTION, text.EXAMPLE, "ECE", "NLL")
    try:
        shipped = notes.shipped_results()
        if shipped is not None:
            warn_about_address("calibration", partial(
                address_faults, models=shipped.models, orders=shipped.orders))
            strip = st.container()
            show(inputs.choose(shipped), strip)
    except InputError as error:
        messages.error(error)


def show(query: CalibrationQuery, strip: DeltaGenerator) -> None:
    """Diagrams, and one of several sections, by a bar that is part of the address.

    Args:
        query: what is chosen.
        strip: a place for that of the guide.
    """
    figures_are_of(query.model, f"seed{query.evaluations[query.order].seed}")
    sections.show_source(query)
    temperature = inputs.choose_temperature(query)
    if (step := step_here(CALIBRATION, st.query_params)) is not None:
        with strip:
            show_guide(step, text.guided(query, temperature), model=query.model,
                       smiles=molecule_of(st.query_params))
    diagrams = st.container()
    section = st.segmented_control(
        "Section", SECTIONS, default=SECTIONS[0], required=True, key="section",
        bind="query-params", label_visibility="collapsed",
    )
    chosen = None
    if section == TOKENS:
        chosen = inputs.choose_bin(query)
    else:
        inputs.prepare_bin(query)
    with diagrams:
        sections.show_diagrams(query, temperature, chosen)
    if chosen is not None:
        tokens.show_tokens(query, chosen)
    elif section == ALL_TYPES:
        sections.show_all_types(query, temperature)
    elif section == TEMPERATURE:
        sections.show_temperatures(query, temperature)
    else:
        sections.show_numbers(query, temperature)


main()
