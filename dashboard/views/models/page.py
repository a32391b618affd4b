"""Which model can be trusted under which order, at a glance."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.errors import InputError
from core.evaluation.cross_evaluation import CrossEvaluation, cross_evaluations
from dashboard.reliability import notes
from dashboard.shared import messages
from dashboard.shared.inputs import warn_about_address
from dashboard.shared.introduction import introduce
from dashboard.shared.model_choice import capitalised
from dashboard.views.models import inputs, sections, text
from dashboard.views.models.query import ModelsQuery, address_faults


def main() -> None:
    """The page from top to bottom; what is wrong is said where it shows."""
    st.title("Models", anchor=False)
    introduce(text.QUESTION, text.EXAMPLE, "ECE", "NLL", "LU")
    try:
        shipped = notes.shipped_results()
        if shipped is not None:
            tables = {capitalised(name): cross
                      for name, cross in cross_evaluations(shipped.found).items()}
            inputs.read_old_address()
            warn_about_address("models", partial(address_faults, tables=tables))
            notes.warn_of_other_weights(shipped.found)
            show_results(tables)
        sections.show_shipped_models()
    except InputError as error:
        messages.error(error)


def show_results(tables: dict[str, CrossEvaluation]) -> None:
    """Heatmap, the chosen cell and all numbers of one data set."""
    cross = inputs.choose_dataset(tables)
    quantity, token_type = inputs.choose_quantity(cross)
    heatmap = st.container()  # above the boxes that say which cell is marked in it
    query = ModelsQuery(cross, quantity, token_type, inputs.choose_cell(cross))
    with heatmap:
        sections.show_heatmap(query)
    sections.show_cell(query)
    sections.show_all_numbers(cross)


main()
