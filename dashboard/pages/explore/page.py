"""Explore one molecule or planar graph: how its likelihood changes with the order of writing."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.errors import InputError
from core.model.card import ModelCard
from dashboard.pages.explore import data, inputs, sections, text
from dashboard.pages.explore.query import ExploreQuery
from dashboard.shared import checkpoints
from dashboard.shared import format as shared_format
from dashboard.shared.progress import progress_bar


def main() -> None:
    """The page from top to bottom; what is wrong with an input is said where it shows."""
    try:
        models = checkpoints.models()
        inputs.warn_of_damaged_models(checkpoints.model_complaints())
        inputs.warn_about_address(models)
        choice = inputs.choose(models)
        show_hydrogens = (choice.chemistry is not None and choice.chemistry.has_hydrogen_nodes
                          and inputs.choose_hydrogens())
        show_graph(choice, models, show_hydrogens=show_hydrogens)
    except InputError as error:
        st.error(str(error), icon=":material/error:")


def show_graph(
    choice: ExploreQuery, models: Mapping[str, ModelCard], *, show_hydrogens: bool
) -> None:
    """Numbers, trail player and sections of one molecule or graph under one model."""
    show_title(choice)
    with progress_bar(f"Scoring under {choice.model}") as progress:
        analysis = data.analysis(choice, progress)
    sections.show_numbers(choice, analysis)
    chosen = sections.choose_permutation(choice, analysis)
    sections.play(choice, chosen, show_hydrogens=show_hydrogens)
    sections.show_sections(choice, analysis, models, show_hydrogens=show_hydrogens)


def show_title(choice: ExploreQuery) -> None:
    """What is explored, and what of it should be known."""
    if choice.planar is not None:
        inputs.show_title("Planar graph", choice.input)
        st.caption(f":material/hub: {shared_format.planar_summary(data.graph(choice))}. "
                   f"{text.planar_source(choice.planar)}")
        return
    chemistry = choice.molecule_chemistry
    molecule = data.molecule(choice.smiles, chemistry)
    inputs.show_title(text.formula(molecule.graph, chemistry), choice.smiles)
    for note in filter(None, (*molecule.notes, text.size_note(molecule.graph, chemistry))):
        st.caption(f":material/info: {note}")


main()
