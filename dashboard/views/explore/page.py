"""Explore one molecule or planar graph: how its likelihood changes with the order of writing."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.chemistry.notation import MoleculeError
from core.errors import InputError
from core.model.card import ModelCard
from dashboard.components.figure_downloads.downloads import figures_are_of
from dashboard.components.report_button import title_row
from dashboard.shared import checkpoints, guide, messages
from dashboard.shared import format as shared_format
from dashboard.shared.guide_steps import step_here
from dashboard.shared.introduction import introduce
from dashboard.shared.links import EXPLORE
from dashboard.shared.model_choice import offer_reader
from dashboard.shared.progress import progress_bar
from dashboard.views.explore import data, inputs, sections, text
from dashboard.views.explore.query import ExploreQuery

_SHORT = ("NLL", "LU", "permutation", "order-marginal", "ESS")


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
        introduce(text.QUESTION, text.usual_example(text.words(is_molecule=True)), *_SHORT)
        similar = data.similar_name(query.smiles)
        is_name = data.is_like_a_name(query.smiles)
        said = text.unknown_name(query.smiles) if is_name else error
        messages.error(f"{said} Did you mean {similar}?" if similar else said)
        with st.container(horizontal=True):
            offer_reader(query.smiles, models, key="model", like=models[query.model])
            inputs.offer_likest(query)
        return False
    return True


def show_graph(
    query: ExploreQuery, models: Mapping[str, ModelCard], *, show_hydrogens: bool
) -> None:
    """Numbers, trail player and sections of one molecule or graph under one model."""
    with show_title(query, models[query.model]):
        beside_title = st.container(horizontal=True, vertical_alignment="center")
    with beside_title:
        guide.offer_guide(models)
    figures_are_of(query.input, query.model, f"seed{query.seed}")
    introduction, words = st.container(), text.words(is_molecule=query.planar is None)
    try:
        with progress_bar(f"Scoring under {query.model}",
                          cancel=inputs.cancel_scoring()) as progress:
            analysis = data.analysis(query, progress)
    except InputError:
        with introduction:
            introduce(text.QUESTION, text.usual_example(words), *_SHORT)
        raise
    inputs.remember_finished()
    step = step_here(EXPLORE, st.query_params)
    with introduction:
        introduce(text.QUESTION, text.worked_example(analysis, words), *_SHORT)
        if step is not None and query.planar is None:
            guide.show_guide(step, text.guided(
                step, analysis, data.graph_layout(query), show_hydrogens=show_hydrogens),
                model=query.model, smiles=query.smiles)
    # The guide's second view is of where it comes from, which is shown right below the strip.
    first = st.container() if step == 2 else None
    sections.show_numbers(query, analysis)
    chosen = sections.choose_permutation(query, analysis)
    with beside_title:
        sections.offer_report(query, show_hydrogens=show_hydrogens)
    sections.play(query, chosen, show_hydrogens=show_hydrogens)
    with first or st.container():
        sections.show_sections(query, analysis, models, show_hydrogens=show_hydrogens)


def show_title(query: ExploreQuery, card: ModelCard) -> DeltaGenerator:
    """What is explored, and what of it should be known; returns a place beside the title."""
    if query.planar is not None:
        beside = title_row("Planar graph", code=query.input)
        st.caption(f":material/hub: {shared_format.planar_summary(data.graph(query))}. "
                   f"{text.planar_source(query.planar, card)}")
        return beside
    chemistry = query.molecule_chemistry
    molecule = data.molecule(query.smiles, chemistry)
    beside = title_row(text.formula(molecule.graph, chemistry), code=query.smiles)
    for note in filter(None, (*molecule.notes, text.size_note(molecule.graph, chemistry))):
        st.caption(f":material/info: {shared_format.plain(note)}")
    return beside


main()
