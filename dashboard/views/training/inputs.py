"""The widgets of the Training page; all but files and pasted molecules stand in the address."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.study.training_record import TrainingRecord
from dashboard.shared.choices import MAX_SEED
from dashboard.shared.format import plain
from dashboard.shared.inputs import NumberFields, reset_if_invalid
from dashboard.shared.run_switch import FIXED
from dashboard.shared.typed_molecules import typed_name
from dashboard.views.training import text
from dashboard.views.training.data import Upload
from dashboard.views.training.query import (
    ALL_SIZES,
    FILE_TYPES,
    MAX_RECORD_MB,
    MAX_TYPED,
    MAX_UPLOAD_MB,
    MEASURES,
    SAMPLES,
    SHARES,
    UNDER,
    WRITTEN_AS,
    OwnMolecules,
)

_MAX_LINES = 8
"""So many trainings can be told apart in one picture."""


def choose_set(sets: Sequence[str]) -> str:
    """A bar of the sets that ship, and of a visitor's own molecules."""
    reset_if_invalid("divset", tuple(sets))
    return st.segmented_control("Graphs", sets, default=sets[0], required=True, key="divset",
                                bind="query-params") or sets[0]


def choose_diversity() -> tuple[str, str]:
    """Measure and share of random orders, in the words of `MEASURES` and `SHARES`."""
    measures, shares = tuple(MEASURES), tuple(SHARES)
    with st.container(horizontal=True, gap="medium"):
        measure = st.segmented_control("Measure", measures, default=measures[0], required=True,
                                       key="divmeasure", bind="query-params", width="content")
        share = st.segmented_control(
            "Random orders mixed in", shares, default=shares[0], required=True, key="divmix",
            bind="query-params", width="content",
            help="Share of the linearizations that random_order writes instead of the strategy.")
    return measure or measures[0], share or shares[0]


def choose_own(fields: NumberFields, *, fixed: bool = False) -> OwnMolecules | None:
    """Fields for a visitor's molecules, `fixed` while a run goes on; None while they are empty."""
    if fixed:
        st.caption(FIXED)
    left, right = st.columns(2, gap="large")
    typed = left.text_area("Paste molecules", key="divtext", height=150, max_chars=MAX_TYPED,
                           persist_state="session", placeholder="CCO ethanol\nCC(N)C(=O)O alanine",
                           help="A SMILES per line, then perhaps a name.", disabled=fixed)
    file = right.file_uploader("Or drop a file of molecules", FILE_TYPES, key="divfile",
                               max_upload_size=MAX_UPLOAD_MB, help=text.OWN_HELP, disabled=fixed)
    one, two, three = st.columns(3)
    written_as = one.selectbox("Written as", WRITTEN_AS, key="divas", bind="query-params",
                               help=text.WRITTEN_AS_HELP, disabled=fixed)
    samples = two.selectbox("Samples per molecule", tuple(map(str, SAMPLES)), key="divsamples",
                            bind="query-params", help="Linearizations of each molecule, at most.",
                            disabled=fixed)
    seed = fields.take(three, three.number_input(
        "Seed", value=0, step=1, key="divseed", bind="query-params",
        help="Fixes linearizations and intervals.", disabled=fixed), "Seed", 0, MAX_SEED)
    if file is not None:
        name, content = file.name, file.getvalue()
    elif typed and typed.strip():
        name, content = typed_name(typed), f"{typed.rstrip()}\n".encode()
    else:
        return None
    return OwnMolecules(name, content, written_as, int(samples), int(seed))


def bring_records(*, hosted: bool) -> Sequence[Upload]:
    """Files of training records that a visitor adds to the pictures."""
    with st.expander("Add your own trainings", icon=":material/upload_file:"):
        st.markdown(text.bring_help(hosted=hosted))
        return st.file_uploader(
            "Training records", ["json"], accept_multiple_files=True, key="trainfiles",
            max_upload_size=MAX_RECORD_MB, label_visibility="collapsed")


def choose_dataset(names: Sequence[str]) -> str:
    """Whose trainings are compared; a bar where there are several data sets."""
    if len(names) == 1:
        return names[0]
    reset_if_invalid("trainset", tuple(names))
    return st.segmented_control("Data set", names, default=names[0], required=True,
                                key="trainset", bind="query-params",
                                format_func=plain) or names[0]


def choose_course(sizes: Sequence[str], number: int) -> tuple[str, str]:
    """Size of the training set, and the order of the held-out graphs.

    Args:
        sizes: in words, ascending.
        number: of trainings.
    """
    orders = tuple(UNDER)
    options = (ALL_SIZES, *sizes) if len(sizes) > 1 else tuple(sizes)
    # Many lines hide each other, and few graphs are what is learnt by heart.
    first = options[1] if number > _MAX_LINES and len(sizes) > 1 else options[0]
    reset_if_invalid("trainsize", options)
    with st.container(horizontal=True, gap="medium"):
        size = st.segmented_control("Graphs learnt", options, default=first, required=True,
                                    key="trainsize", bind="query-params", width="content")
        under = st.segmented_control(
            "Held-out graphs written in", orders, default=orders[0], required=True,
            key="trainunder", bind="query-params", width="content",
            help="The order that the model learns, or random order.")
    return size or first, under or orders[0]


def sizes_of(records: Sequence[TrainingRecord]) -> tuple[str, ...]:
    """Sizes of training sets in words, ascending."""
    return tuple(text.size(number) for number in sorted(
        {record.graphs or 0 for record in records}))
