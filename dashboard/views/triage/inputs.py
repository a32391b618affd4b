"""The sidebar of the Generate & triage page: where graphs come from, in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import streamlit as st

from core.chemistry.fragments import FragmentError, read_atoms
from core.model.card import ModelCard
from core.triage.samples import SamplesConfig
from dashboard.shared import messages
from dashboard.shared.choices import DEFAULT_MODEL, MAX_SEED, PRECISIONS
from dashboard.shared.inputs import NumberFields
from dashboard.shared.model_choice import choose_model
from dashboard.shared.run_switch import FIXED
from dashboard.shared.visitors import say_limit
from dashboard.views.triage.growth import choose_fragment
from dashboard.views.triage.live import is_running
from dashboard.views.triage.query import (
    DEFAULT_LIVE_NUMBER,
    DEFAULT_LIVE_PERMUTATIONS,
    DEFAULT_TOP_K,
    LIVE,
    LIVE_CHUNK,
    MAX_LIVE_PERMUTATIONS,
    MAX_TEMPERATURE,
    MAX_TOP_K,
    MIN_TEMPERATURE,
    SHIPPED,
    SOURCES,
    LiveQuery,
    max_live_number,
)


@dataclass(frozen=True)
class TriageQuery:
    """What the page is about: the shipped graphs of a model, or a live run of it."""

    model: str
    live: LiveQuery | None


def choose(models: Mapping[str, ModelCard]) -> TriageQuery:
    """Draw the sidebar and return what is chosen.

    Raises:
        FragmentError: for open atoms that are no numbers.
        FieldError: for a number outside its range.
    """
    fields = NumberFields()
    with st.sidebar:
        if is_running():
            st.caption(FIXED)
        source = st.segmented_control(
            "Graphs", SOURCES, default=SHIPPED, required=True, key="source", bind="query-params",
            width="stretch", help="shipped: sampled and scored beforehand. live: sampled now.",
            disabled=is_running())
        model = choose_model(
            models, key="generator", default=DEFAULT_MODEL,
            help="The model that generates the graphs; re-linearizations are drawn in its own "
                 "order.",
            disabled=is_running(),
        )
        card = models[model]
        config = _choose_config(fields) if source == LIVE else None
        if config is not None and card.chemistry is not None:
            config = _choose_growth(config)
    fields.check()
    return TriageQuery(model, None if config is None else LiveQuery(
        model, card.weights_sha256, config))


def _choose_growth(config: SamplesConfig) -> SamplesConfig:
    fragment, open_atoms = choose_fragment()
    try:
        return replace(config, fragment=fragment,
                       open_atoms=read_atoms(open_atoms) if open_atoms else None)
    except FragmentError as error:
        messages.beside_field(error)
        raise


def _choose_config(fields: NumberFields) -> SamplesConfig:
    most = max_live_number()
    left, right = st.columns(2)
    number = fields.take(left, left.number_input(
        "Sequences", value=min(DEFAULT_LIVE_NUMBER, most), step=25, key="n", bind="query-params",
        help=f"1 to {most:,}.", disabled=is_running()), "Sequences", 1, most)
    permutations = fields.take(right, right.number_input(
        "K", value=DEFAULT_LIVE_PERMUTATIONS, step=8, key="permutations", bind="query-params",
        help=f"Re-linearizations scored per valid graph, 2 to {MAX_LIVE_PERMUTATIONS}; LU has an "
             "interval from 16 on.", disabled=is_running()), "K", 2, MAX_LIVE_PERMUTATIONS)
    seed = fields.take(left, left.number_input(
        "Seed", value=0, step=1, key="runseed", bind="query-params",
        help="The same seed gives the same sequences and scores.", disabled=is_running()),
        "Seed", 0, MAX_SEED)
    temperature = fields.take(right, right.number_input(
        "Temperature", value=1.0, step=0.1, format="%.1f", key="temperature", bind="query-params",
        help="Divides the logits: below 1 likely tokens become likelier, above 1 less likely.",
        disabled=is_running()), "Temperature", MIN_TEMPERATURE, MAX_TEMPERATURE)
    top_k = fields.take(left, left.number_input(
        "Top k", value=DEFAULT_TOP_K, step=1, key="topk", bind="query-params",
        help="Tokens are drawn from the k most likely allowed ones; 0 keeps all.",
        disabled=is_running()), "Top k", 0, MAX_TOP_K)
    precision = right.selectbox(
        "Precision", PRECISIONS, key="precision", bind="query-params",
        help="Precision of scoring. bf16 is up to three times as fast on processors that "
             "support it; NLLs are then off by about 0.05 nats.", disabled=is_running())
    say_limit(most, "sequences")
    return SamplesConfig(
        int(number), int(permutations), int(seed), temperature=float(temperature),
        top_k=int(top_k) or None, precision=precision, chunk=LIVE_CHUNK,
    )
