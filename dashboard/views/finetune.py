"""Fine-tune a model on another order by few of its weights, and see what that repairs."""

from __future__ import annotations

import streamlit as st

from core.errors import InputError
from dashboard import cache, cache_repairs, texts_finetune
from dashboard.state_finetune import CODE, COMPARE, NUMBERS, RUN, SECTIONS
from dashboard.views import finetune_inputs as inputs
from dashboard.views import finetune_live as live
from dashboard.views import finetune_results as results


def main() -> None:
    """The page from top to bottom; what is wrong with an input is said where it shows."""
    st.header("Fine-tune", anchor=False)
    st.caption(texts_finetune.INTRO)
    try:
        models = cache.models()
        shipped = cache_repairs.shipped()
        for complaint in shipped.complaints:
            st.warning(complaint, icon=":material/folder_off:")
        inputs.warn_about_address(models, shipped)
        section = st.segmented_control(
            "Section", SECTIONS, default=COMPARE if shipped.found else RUN, required=True,
            key="tuning", bind="query-params", label_visibility="collapsed")
        show(section, inputs.choose(models), shipped)
    except InputError as error:
        st.error(str(error), icon=":material/error:")


def show(
    section: str | None, chosen: inputs.Inputs, shipped: cache_repairs.ShippedRepairs
) -> None:
    """One section; settings of a run that are wrong do not hide the shipped results."""
    if section == RUN:
        live.show(chosen.run(), shipped)
    elif section == CODE:
        results.show_code(chosen.run(), shipped)
    elif section in (COMPARE, NUMBERS):
        results.show(section, shipped)


main()
