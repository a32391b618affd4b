"""Explore one molecule or planar graph: how its likelihood changes with the order of writing."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.chemistry.notation import MoleculeError
from core.errors import InputError
from core.model.card import ModelCard
from dashboard.components.report_button import title_row
from dashboard.shared import checkpoints, messages
from dashboard.shared import format as shared_format
from dashboard.shared.introduction import introduce
from dashboard.shared.model_choice import offer_reader
from dashboard.shared.progress import progress_bar
from dashboard.views.explore import data, inputs, sections, text
from dashboard.views.explore.query import ExploreQuery


def main() -> None:
    """The page from top to bottom; what is wrong with an input is said where it shows."""
    try:
        inputs.warn_of_damaged_models(checkpoints.model_faults())
        models = checkpoints.models()
        inputs.warn_about_address(models)
        query = inputs.choose(models)
        show_hydrogens = (query.chemistry is not None and query.chemistry.has_hydrogen_nodes
                          and inputs.choose_hydrogens())
        if query.planar is not None or is_readable(query, models):
            show_graph(query, models, show_hydrogens=show_hydrogens)
    except InputError as error:
        messages.error(error)


def is_readable(query: ExploreQuery, models: Mapping[str, ModelCard]) -> bool:
    """Whether the model can read the molecule; else say why not, and offer one that can."""
    try:
        data.molecule(query.smiles, query.molecule_chemistry)
    except MoleculeError as error:
        st.title("Explore", anchor=False)
        similar = data.similar_name(query.smiles)
        messages.error(f"{error} Did you mean {similar}?" if similar else error)
        with st.container(horizontal=True):
            offer_reader(query.smiles, models, key="model", like=models[query.model])
            inputs.offer_likest(query)
        return False
    return True


def show_graph(
    query: ExploreQuery, models: Mapping[str, ModelCard], *, show_hydrogens: bool
) -> None:
    """Numbers, trail player and sections of one molecule or graph under one model."""
    beside_title = show_title(query)
    introduction = st.container()
    with progress_bar(f"Scoring under {query.model}") as progress:
        analysis = data.analysis(query, progress)
    with introduction:
        introduce(text.QUESTION, text.worked_example(analysis, text.words(
            is_molecule=query.planar is None)))
    sections.show_numbers(query, analysis)
    chosen = sections.choose_permutation(query, analysis)
    with beside_title:
        sections.offer_report(query, show_hydrogens=show_hydrogens)
    sections.play(query, chosen, show_hydrogens=show_hydrogens)
    sections.show_sections(query, analysis, models, show_hydrogens=show_hydrogens)


def show_title(query: ExploreQuery) -> DeltaGenerator:
    """What is explored, and what of it should be known; returns a place beside the title."""
    if query.planar is not None:
        beside = title_row("Planar graph", code=query.input)
        st.caption(f":material/hub: {shared_format.planar_summary(data.graph(query))}. "
                   f"{text.planar_source(query.planar)}")
        return beside
    chemistry = query.molecule_chemistry
    molecule = data.molecule(query.smiles, chemistry)
    beside = title_row(text.formula(molecule.graph, chemistry), code=query.smiles)
    for note in filter(None, (*molecule.notes, text.size_note(molecule.graph, chemistry))):
        st.caption(f":material/info: {shared_format.plain(note)}")
    return beside


main()
