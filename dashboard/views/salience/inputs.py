"""What is chosen on the Salience page, all of it in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import streamlit as st

from core.errors import InputError
from core.model.card import CheckpointError, ModelCard
from core.quotas import is_hosted
from core.salience.criteria import CRITERIA, DEFAULT_CRITERION
from core.salience.language_model import LanguageModel
from core.salience.masks import SCOPES
from core.salience.matrices import WeightMatrix
from dashboard.shared import checkpoints
from dashboard.shared.choices import (
    DENSITIES,
    MAX_SEED,
    OWN_ORDER,
    STRATEGY_OPTIONS,
    resolved_order,
)
from dashboard.shared.file_age import age
from dashboard.shared.inputs import reset_if_invalid
from dashboard.shared.model_choice import choose_model
from dashboard.shared.visitors import say_time
from dashboard.views.salience import data, text
from dashboard.views.salience.cells import Grid, label
from dashboard.views.salience.query import (
    DEFAULT_DENSITY,
    DEFAULT_EXAMPLES,
    DEFAULT_MODEL,
    DENSEST,
    MAX_EXAMPLES,
    MAX_OPTION,
    MIN_OPTION,
    OTHER,
    QUANTITIES,
    SHIPPED,
    SOURCES,
    MaskQuery,
    SalienceQuery,
    model_faults,
)


def faults_of_model(address: Mapping[str, str], query: SalienceQuery) -> list[str]:
    """What of the address is beyond the limits of the chosen model."""
    model = data.language_model(query.model, query.version)
    return model_faults(address, matrices=_matrix_options(Grid(tuple(model.matrices))),
                        examples=most_examples(query.model, query.version))


def shipped_models() -> Mapping[str, ModelCard]:
    """Cards by name; there may be none, since any other model will do."""
    try:
        return checkpoints.models()
    except CheckpointError:
        if is_hosted():
            raise
        return {}


def choose(models: Mapping[str, ModelCard]) -> SalienceQuery | None:
    """Draw the sidebar and return what scores depend on; None as long as no model is named."""
    with st.sidebar:
        name, version, tokens = _choose_model(models)
        if not name:
            return None
        criterion = st.selectbox(
            "Criterion", list(CRITERIA), index=list(CRITERIA).index(DEFAULT_CRITERION),
            key="criterion", bind="query-params", help="How each weight is scored.",
        )
        chosen = CRITERIA[criterion]
        st.caption(text.criterion_note(criterion))
        options = _choose_options(criterion)
        model = data.language_model(name, version)
        order = "" if model.checkpoint is None else _choose_order(model, chosen.needs_examples)
        number, seed = _choose_sample(name, version, criterion)
        if chosen.needs_examples:
            _say_where_from(name, version)
        say_time()
    return SalienceQuery(name, version, criterion, order, number, seed,
                         tokens="" if model.checkpoint else tokens, options=options,
                         tokens_age="" if model.checkpoint else age(tokens))


def _choose_model(models: Mapping[str, ModelCard]) -> tuple[str, str, str]:
    """Name or path, what tells its weights from others, and a file of token sequences."""
    source = SHIPPED
    if not is_hosted():
        source = st.segmented_control(
            "Models", SOURCES, default=SHIPPED if models else OTHER, required=True, key="models",
            bind="query-params", width="stretch",
            help="other: any causal language model of transformers, from a folder or the hub.",
        ) or SHIPPED
    if source == SHIPPED and models:
        model = choose_model(models, key="lm", default=DEFAULT_MODEL,
                             help="The weight matrices inside its decoder blocks are scored.")
        return model, models[model].weights_sha256, ""
    path = st.text_input(
        "Folder or name on the hub", key="path", bind="query-params",
        placeholder="openai-community/gpt2",
        help="A folder with config.json and safetensors weights, a TrailScope checkpoint, or a "
             "name on the hub: that model is downloaded.",
    )
    tokens = st.text_input(
        "File of token sequences", key="tokenfile", bind="query-params",
        placeholder="examples.jsonl",
        help="JSON Lines: one list of token ids per line, for models other than TrailScope's.",
    )
    if "\0" in f"{path}{tokens}":
        raise InputError("A path holds a NUL character; name a folder or file without one.")
    return path or "", age(path or ""), tokens or ""


def _choose_options(criterion: str) -> tuple[tuple[str, float], ...]:
    """Those of the criterion that differ from its defaults."""
    chosen = []
    for name, option in CRITERIA[criterion].options.items():
        value = st.number_input(
            name.capitalize(), MIN_OPTION, MAX_OPTION, option.default, 1.0, key=f"option_{name}",
            bind="query-params", help=option.help,
        )
        if value != option.default:
            chosen.append((name, float(value)))
    return tuple(chosen)


def _choose_order(model: LanguageModel, needed: bool) -> str:
    own = own_order(model)
    order = st.selectbox(
        "Order of the examples", STRATEGY_OPTIONS, key="calibration",
        bind="query-params", disabled=not needed,
        help=f"own: {own}, which the model was trained under.",
    )
    return resolved_order(order, own)


def _choose_sample(model: str, version: str, criterion: str) -> tuple[int, int]:
    left, right = st.columns(2)
    chosen, most = CRITERIA[criterion], most_examples(model, version)
    number = left.number_input(
        "Examples", 1, most, min(DEFAULT_EXAMPLES, most), 16, key="examples", bind="query-params",
        disabled=not chosen.needs_examples,
        help=f"Examples that scores are averaged over, at most {most}.",
    )
    seed = right.number_input(
        "Seed", 0, MAX_SEED, 0, 1, key="draw", bind="query-params",
        disabled=not (chosen.needs_examples or chosen.needs_seed),
        help="Fixes which examples are drawn and how they are linearized.",
    )
    return int(number), int(seed)


def _say_where_from(model: str, version: str) -> None:
    with suppress(InputError):  # scoring will say what is wrong
        st.caption(text.examples_note(data.graphs_at_hand(model, version)))


def most_examples(model: str, version: str) -> int:
    """Examples that there are, as far as the page goes."""
    with suppress(InputError):  # a criterion that needs them will say what is wrong
        graphs = data.graphs_at_hand(model, version)
        if graphs is not None:
            return min(MAX_EXAMPLES, len(graphs.graphs))
    return MAX_EXAMPLES


def own_order(model: LanguageModel) -> str:
    """Name of the strategy that a TrailScope model was trained under."""
    return OWN_ORDER if model.checkpoint is None else model.checkpoint.card.strategy.name


def choose_mask(query: SalienceQuery) -> tuple[MaskQuery, str]:
    """Density and scope of the mask, and what the heatmap shows."""
    with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
        density = st.select_slider(
            "Density of the mask", tuple(DENSITIES), DEFAULT_DENSITY, key="density",
            bind="query-params", width=420, help="Share of the entries that is selected.",
        )
        scope = st.segmented_control(
            "Scope", SCOPES, default=SCOPES[0], required=True, key="scope", bind="query-params",
            width="content", help="global: ranked over all matrices together. local: within each.",
        ) or SCOPES[0]
        quantity = st.segmented_control(
            "Cells show", QUANTITIES, default=QUANTITIES[0], required=True, key="cells",
            bind="query-params", width="content",
        ) or QUANTITIES[0]
    return MaskQuery(query, scope, DENSITIES[density]), quantity


def choose_matrix(grid: Grid, densest: WeightMatrix) -> WeightMatrix:
    """The matrix to look into; a click on the heatmap chooses it."""
    options = _matrix_options(grid)
    reset_if_invalid("matrix", options, DENSEST)
    option = st.selectbox("Matrix to look into", options, key="matrix", bind="query-params",
                          width=260)
    return densest if option == DENSEST else grid.labels[option]


def _matrix_options(grid: Grid) -> tuple[str, ...]:
    return DENSEST, *grid.labels


def take_matrix(grid: Grid, clicked: Sequence[Any]) -> None:
    """A click on the heatmap becomes the choice of the box, and so part of the address."""
    found = {matrix.name: matrix for matrix in grid.matrices}.get(clicked[0])
    if found is not None:
        st.session_state.matrix = label(found)
