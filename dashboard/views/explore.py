"""Explore one molecule: how its likelihood changes with the order in which it is written."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.errors import InputError
from core.model.checkpoints import ModelCard
from dashboard import cache, texts
from dashboard.state import Choice
from dashboard.views import explore_inputs as inputs
from dashboard.views import explore_sections as sections
from dashboard.views.progress import progress_bar


def main() -> None:
    """The page from top to bottom; what is wrong with an input is said where it shows."""
    try:
        models = cache.models()
        inputs.warn_about_address(list(models))
        choice = inputs.choose(models)
        show_molecule(choice, models, show_hydrogens=inputs.choose_hydrogens())
    except InputError as error:
        st.error(str(error), icon=":material/error:")


def show_molecule(
    choice: Choice, models: Mapping[str, ModelCard], *, show_hydrogens: bool
) -> None:
    """Numbers, trail player and sections of one molecule under one model."""
    molecule = cache.molecule(choice.smiles)
    inputs.show_title(texts.formula(molecule.graph), choice.smiles)
    for note in filter(None, (*molecule.notes, texts.size_note(molecule.graph))):
        st.caption(f":material/info: {note}")
    with progress_bar(f"Scoring under {choice.model}") as progress:
        analysis = cache.analysis(choice, progress)
    sections.show_numbers(analysis)
    chosen = sections.choose_permutation(analysis)
    sections.play(choice, chosen, show_hydrogens=show_hydrogens)
    sections.show_sections(choice, analysis, models, show_hydrogens=show_hydrogens)


main()
