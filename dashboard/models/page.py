"""Which model can be trusted under which order, at a glance."""

from __future__ import annotations

import streamlit as st

from core.calibration.token_types import TokenType
from core.errors import InputError
from core.evaluation.cross_evaluation import QUANTITIES, CrossEvaluation, cross_evaluations
from dashboard.models import sections
from dashboard.reliability import notes
from dashboard.shared import inputs as shared_inputs
from dashboard.shared import query_params


def main() -> None:
    """The page from top to bottom; what is wrong is said where it shows."""
    st.header("Models", anchor=False)
    try:
        shipped = notes.shipped_results()
        if shipped is not None:
            tables = cross_evaluations(shipped.found)
            shared_inputs.warn_about_address("models", _offers(tables))
            notes.warn_of_other_weights(shipped)
            show_results(tables)
        sections.show_shipped_models()
    except InputError as error:
        st.error(str(error), icon=":material/error:")


def show_results(tables: dict[str, CrossEvaluation]) -> None:
    """Heatmap, the chosen cell and all numbers of one data set."""
    cross = sections.choose_dataset(tables)
    quantity, token_type = sections.choose_quantity(cross)
    cell = sections.show_heatmap(cross, quantity, token_type)
    sections.show_cell(cross, cell, token_type)
    sections.show_all_numbers(cross)


def _offers(tables: dict[str, CrossEvaluation]) -> query_params.Offers:
    models = [model for cross in tables.values() for model in cross.models]
    orders = dict.fromkeys(order for cross in tables.values() for order in cross.strategies)
    return (
        ("dataset", "data set", tuple(tables)), ("metric", "metric", tuple(QUANTITIES)),
        ("tokens", "type of tokens", tuple(of.label for of in TokenType)), ("row", "model", models),
        ("column", "order", tuple(orders)),
    )


main()
