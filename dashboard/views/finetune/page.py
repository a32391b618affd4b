"""Fine-tune a model on another order by few of its weights, and see what that repairs."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.errors import InputError
from dashboard.shared import checkpoints, messages
from dashboard.shared.inputs import FieldError, warn_about_address
from dashboard.shared.introduction import introduce
from dashboard.views.finetune import data, inputs, live, methods_compared, text
from dashboard.views.finetune.query import CODE, COMPARE, NUMBERS, RUN, SECTIONS


def main() -> None:
    """The page from top to bottom; what is wrong with an input is said where it shows."""
    st.title("Fine-tune", anchor=False)
    introduce(text.INTRO, text.EXAMPLE, "LU", "NLL", "ECE", "LoRA")
    try:
        models = checkpoints.models()
        shipped = data.shipped()
        for fault in shipped.faults:
            messages.warning(fault, icon=":material/folder_off:")
        warn_about_address("finetune", partial(
            inputs.address_faults, models=models, shipped=shipped))
        section = st.segmented_control(
            "Section", SECTIONS, default=COMPARE if shipped.found else RUN, required=True,
            key="tuning", bind="query-params", label_visibility="collapsed")
        show(section, inputs.choose(models, hidden=section not in (RUN, CODE)), shipped)
    except InputError as error:
        live.end()
        messages.error(error)


def show(
    section: str | None, run: inputs.RunSettings, shipped: data.ShippedRepairs
) -> None:
    """One section; settings of a run that are wrong do not hide the shipped results."""
    if section == RUN:
        try:
            query = run.query()
        except FieldError as error:
            live.refuse(error)
            return
        live.show(query, shipped, run.beside_molecules)
    elif section == CODE:
        methods_compared.show_code(run.query(), shipped)
    elif section in (COMPARE, NUMBERS):
        methods_compared.show(section, shipped)


main()
