"""What the Models and Calibration pages say of results that are missing or cannot be trusted."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from core.assets import assets_folder
from core.evaluation.result import Evaluation
from dashboard.reliability import evaluations, text
from dashboard.reliability.evaluations import ShippedEvaluations
from dashboard.shared import messages
from dashboard.shared.checkpoints import shipped_cards


def shipped_results() -> ShippedEvaluations | None:
    """All results; says which cannot be read, and how to make some if there are none."""
    shipped = evaluations.shipped()
    for fault in shipped.faults:
        messages.warning(fault, icon=":material/folder_off:")
    if shipped.found:
        return shipped
    folder = assets_folder() / "results" / "evaluations" / "qm9-random_order"
    st.info("There are no evaluations to show yet. Run the command below once for every model; "
            "it also fits a temperature, and can be stopped and resumed.",
            icon=":material/info:")
    st.code(f"{text.EVALUATE} --model qm9-random_order --strategy all "
            f"--output {folder}", language="bash", wrap_lines=True)
    return None


def warn_of_other_weights(found: Collection[Evaluation]) -> None:
    """Say which results belong to other weights than those that are shipped."""
    for fault in text.weights_faults(found, shipped_cards()):
        messages.warning(fault, icon=":material/sync_problem:")
