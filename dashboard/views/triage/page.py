"""Generate graphs, or load those that ship, and tell the good ones by their likelihood."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import InputError
from core.triage.generation import Generation
from dashboard.components.figure_downloads.downloads import figures_are_of
from dashboard.components.report_button import title_row
from dashboard.shared import checkpoints, messages
from dashboard.shared.guide_steps import step_here
from dashboard.shared.inputs import FieldError, warn_about_address
from dashboard.shared.introduction import introduce
from dashboard.shared.links import TRIAGE
from dashboard.shared.model_choice import offer_reader
from dashboard.views.triage import data, growth, inputs, live, sections, text
from dashboard.views.triage.query import VIEWS, VIEWS_WITHOUT_SET_METRICS, address_faults


def main() -> None:
    """The page from top to bottom; what is wrong with an input is said where it shows."""
    beside_title = title_row("Generate & triage")
    introduce(text.QUESTION, text.EXAMPLE, "LU", "NLL", "self", "order-marginal", "AUC")
    try:
        models = checkpoints.models()
        warn_about_address("triage", partial(address_faults, models=tuple(models)))
        query = inputs.choose(models)
        card = models[query.model]
        if query.live is None:
            show(data.shipped(card), beside_title)
        else:
            try:
                settled = growth.settle(query.live, card)
            except InputError as error:
                live.end()
                with st.sidebar:
                    messages.beside_field(error)
                messages.error(error)
                offer_reader(query.live.config.fragment or "", models, key="generator", like=card)
                return
            run = live.open_run(settled, card)
            if run.found is not None:
                show(run.found, beside_title)
            run.go_on()
    except FieldError as error:
        live.refuse(error)
    except InputError as error:
        live.end()
        messages.error(error)


def show(found: Generation, beside_title: DeltaGenerator) -> None:
    """How good the graphs are, and one of several sections, by a bar in the address."""
    if (step := step_here(TRIAGE, st.query_params)) is not None:
        sections.guide(found, step)
    figures_are_of(found.card.name, f"seed{found.samples.config.seed}")
    st.caption(text.provenance(found.samples))
    if finding := text.growth_finding(found):
        st.markdown(finding)
    if warning := text.other_weights(found):
        messages.warning(warning, icon=":material/sync_problem:")
    sections.show_shares(found)
    view = st.segmented_control(
        "Section", VIEWS if found.has_set_metrics else VIEWS_WITHOUT_SET_METRICS,
        default=VIEWS[0], required=True, key="part", bind="query-params",
        label_visibility="collapsed",
    )
    sections.show(found, view)
    with beside_title:
        sections.offer_report(found)


main()
