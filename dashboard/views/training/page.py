"""Which order to train with: diversity, memorization, data size and mixing."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.errors import InputError
from core.quotas import is_hosted
from core.study.run import Diversity
from dashboard.shared import messages
from dashboard.shared.inputs import FieldError, warn_about_address
from dashboard.shared.introduction import introduce
from dashboard.views.training import data, inputs, sections, text
from dashboard.views.training.query import ALL_SIZES, OWN, Records, address_faults


def main() -> None:
    """The page from top to bottom; what is wrong is said where it shows."""
    st.title("Training", anchor=False)
    introduce(text.QUESTION, text.EXAMPLE, "NLL", "LU", "ECE", "generalization gap")
    shipped, damaged = data.shipped_diversity()
    above, below = st.container(), st.container()
    with below:  # drawn first, as the address is about what it holds as well
        known = data.records(inputs.bring_records(hosted=is_hosted()))
    with above:
        show_diversity(shipped, damaged, known)
    show_trainings(known)


def show_diversity(
    shipped: dict[str, Diversity], damaged: list[str], known: Records
) -> None:
    """What is wrong with the address or what ships, and how different linearizations are."""
    datasets = tuple(dict.fromkeys(record.dataset for record in known.found))
    warn_about_address("training", partial(
        address_faults, sets=(*shipped, OWN), datasets=datasets,
        sizes=(ALL_SIZES, *inputs.sizes_of(known.found))))
    for fault in damaged:
        messages.warning(fault, icon=":material/error:")
    try:
        sections.show_diversity(shipped)
    except InputError as error:
        sections.end_run(error, is_field=isinstance(error, FieldError))


def show_trainings(known: Records) -> None:
    """All that training records say."""
    for fault in known.faults:
        messages.error(fault)
    datasets = tuple(dict.fromkeys(record.dataset for record in known.found))
    if not datasets:
        st.info(text.no_records(), icon=":material/info:")
        return
    dataset = inputs.choose_dataset(datasets)
    records = [record for record in known.found if record.dataset == dataset]
    sections.show_course(records)
    sections.show_sizes(records)
    sections.show_mixtures(records)
    sections.show_table(records)


main()
