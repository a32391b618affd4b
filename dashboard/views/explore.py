"""Explore one molecule: how its likelihood changes with the order in which it is written."""

from __future__ import annotations

import streamlit as st

from core.errors import InputError
from core.likelihood.analysis import Analysis
from core.model.checkpoints import ModelCard
from dashboard import cache, texts
from dashboard.state import Choice
from dashboard.views import explore_inputs as inputs
from dashboard.views import explore_sections as sections


def main() -> None:
    """The page from top to bottom."""
    try:
        models = cache.models()
    except InputError as error:
        st.error(str(error))
        st.stop()
    inputs.warn_about_address(list(models))
    choice = inputs.choose(models)
    show_hydrogens = inputs.choose_hydrogens()
    try:
        molecule = cache.molecule(choice.smiles)
    except InputError as error:
        inputs.show_title("No molecule yet")
        st.error(str(error), icon=":material/error:")
        return
    inputs.show_title(texts.formula(molecule.graph), choice.smiles)
    for note in filter(None, (*molecule.notes, texts.size_note(molecule.graph))):
        st.caption(f":material/info: {note}")

    analysis = analyse_with_progress(choice, models[choice.model])
    sections.show_numbers(analysis)
    chosen = sections.choose_permutation(analysis)
    sections.play(choice, chosen, show_hydrogens=show_hydrogens)
    sections.show_sections(choice, analysis, models, show_hydrogens=show_hydrogens)


def analyse_with_progress(choice: Choice, card: ModelCard) -> Analysis:
    """The numbers; a bar appears while they are computed, any change of input cancels them."""
    place = st.empty()

    def show(done: int, total: int) -> None:
        place.progress(done / total, f"Scoring {done} of {total} sequences under {card.name}")

    try:
        return cache.analysis(choice, progress=show)
    finally:
        place.empty()


main()
