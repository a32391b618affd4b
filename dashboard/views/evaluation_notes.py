"""What the Models and Calibration pages say of results that are missing or cannot be trusted."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.model.checkpoints import CheckpointError, ModelCard, assets_folder
from dashboard import cache, cache_evaluations, texts_evaluations
from dashboard.cache_evaluations import ShippedEvaluations
from dashboard.complaints import Offers, choice_complaints


def shipped_results() -> ShippedEvaluations | None:
    """All results; says which cannot be read, and how to make some if there are none."""
    shipped = cache_evaluations.shipped()
    for complaint in shipped.complaints:
        st.warning(complaint, icon=":material/folder_off:")
    if shipped.found:
        return shipped
    folder = assets_folder() / "results" / "evaluations" / "qm9-random_order"
    st.info("There are no evaluations to show yet. Make them with the command below, once for "
            "every model; it fits a temperature, too, and can be stopped and resumed.",
            icon=":material/info:")
    st.code(f"{texts_evaluations.EVALUATE} --model qm9-random_order --strategy all "
            f"--output {folder}", language="bash", wrap_lines=True)
    return None


def shipped_cards() -> Mapping[str, ModelCard]:
    """Cards of the models by name; none is needed to look at results."""
    try:
        return cache.models()
    except CheckpointError:
        return {}


def warn_of_other_weights(shipped: ShippedEvaluations) -> None:
    """Say which results belong to other weights than those that are shipped."""
    for complaint in texts_evaluations.weights_complaints(shipped.found, shipped_cards()):
        st.warning(complaint, icon=":material/sync_problem:")


def warn_about_address(page: str, offers: Offers) -> None:
    """Say once which URL parameters cannot be taken; streamlit drops them from the address."""
    key = f"{page}_address_read"
    if key not in st.session_state:
        st.session_state[key] = True
        for complaint in choice_complaints(st.query_params.to_dict(), offers):
            st.warning(complaint, icon=":material/link_off:")


def keep_possible(key: str, options: tuple[str, ...], default: str | None = None) -> None:
    """Forget a choice that another choice has made impossible."""
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = options[0] if default is None else default
