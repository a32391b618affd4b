"""The sidebar of the Fine-tune page: what a run of one's own does, all of it in the address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.data.file_kind import FILE_SUFFIXES
from core.data.registry import DATASETS
from core.finetune.config import FinetuneConfig, entries_to_train
from core.finetune.learning_rates import default_learning_rate
from core.model.card import ModelCard
from core.salience.criteria import CONTROL, CRITERIA, DEFAULT_CRITERION, selected_by
from core.salience.masks import SCOPES
from dashboard.shared.choices import (
    DENSITIES,
    MAX_SEED,
    PRECISIONS,
    STRATEGY_OPTIONS,
    resolved_order,
)
from dashboard.shared.inputs import NumberFields, reset_if_invalid
from dashboard.shared.model_choice import choose_model
from dashboard.shared.run_switch import FIXED
from dashboard.shared.visitors import say_limit
from dashboard.views.finetune import data, query, text
from dashboard.views.finetune.live import is_running
from dashboard.views.finetune.points import passes
from dashboard.views.finetune.query import AS_RANK, GENERATED, OWN, FinetuneQuery, Source

_FILES = (*FILE_SUFFIXES, ".gz")


def address_faults(
    address: Mapping[str, str], models: Mapping[str, ModelCard], shipped: data.ShippedRepairs
) -> list[str]:
    """What of the address cannot be taken on this machine."""
    criteria = st.query_params.get_all("criteria")
    return query.address_faults(address, _offered(address, criteria, models, shipped), criteria,
                                st.query_params.get_all("beside"))


def _offered(
    address: Mapping[str, str], asked: Sequence[str], models: Mapping[str, ModelCard],
    shipped: data.ShippedRepairs,
) -> query.Offered:
    """What there is for the models that an address names, or that stand first."""
    asked_for = address.get("repaired", "")
    repaired = shipped.found.get(asked_for) or shipped.found.get(shipped.default or "", {})
    arms = {name: result.arm for name, result in repaired.items() if name != "none"}
    criteria = tuple(
        name for name in selected_by() if name in {arm.criterion for arm in arms.values()})
    hidden = tuple(name for name, arm in arms.items() if not passes(
        arm, criteria=[name for name in asked if name in criteria],
        scope=_possible(address.get("scopes", ""), query.SCOPE_OPTIONS),
        selection=_possible(address.get("selection", ""), query.SELECTIONS)))
    base = address.get("base", "")
    card = models[base if base in models else _default_base(models)]
    return query.Offered(
        models=tuple(models), repaired=tuple(shipped.found), arms=tuple(arms), criteria=criteria,
        hidden_arms=hidden,
        kinds=_kinds(card), makers=data.makers(card) or data.all_makers())


def _possible(asked: str, options: Sequence[str]) -> str:
    return asked if asked in options else options[0]


def _default_base(models: Mapping[str, ModelCard]) -> str:
    return query.DEFAULT_BASE if query.DEFAULT_BASE in models else next(iter(models))


_HIDDEN = "hidden-run-fields"
"""Key of a container that the page's style sheet does not show."""


@dataclass(frozen=True)
class _Size:
    """How many entries a sparse run trains: a share, or as many as LoRA of a rank has numbers."""

    density: float | None = None
    matched_rank: int | None = None


@dataclass(frozen=True)
class RunSettings:
    """What the sidebar says.

    Attributes:
        query: makes a run of it; only that needs the model itself, to count its entries. It raises
            `InputError` for settings that make no run: a `FieldError` for a number outside its
            range.
        beside_molecules: below the field of one's own molecules, where it is drawn.
    """

    query: Callable[[], FinetuneQuery]
    beside_molecules: DeltaGenerator


def choose(models: Mapping[str, ModelCard], *, hidden: bool = False) -> RunSettings:
    """Draw the sidebar.

    Args:
        models: that a run can start from.
        hidden: whether nothing on the page depends on it. It is drawn all the same, as a file that
            was brought and what the address says would be lost with the fields.
    """
    if hidden:
        st.sidebar.caption(text.SIDEBAR_ELSEWHERE)
    with st.sidebar, st.container(key=_HIDDEN if hidden else "run-fields"):
        st.header("Your run", anchor=False)
        st.caption(FIXED if is_running() else text.SIDEBAR_NOTE)
        base = choose_model(models, key="base", default=_default_base(models),
                            label="Model to start from",
                            help="A shipped one, or one that was fine-tuned here.",
                            disabled=is_running())
        card = models[base]
        order = st.selectbox(
            "Order to learn", STRATEGY_OPTIONS,
            index=STRATEGY_OPTIONS.index(query.DEFAULT_ORDER), key="learn", bind="query-params",
            help=f"{base} was trained under {card.strategy.name}.", disabled=is_running())
        fields = NumberFields()
        source, beside_molecules = _choose_source(card, fields)
        how, size = _choose_method(fields)
        budget, test = _choose_budget(fields)
    return RunSettings(partial(
        _query, fields, card, resolved_order(order, card.strategy.name), source, how | budget, size,
        test), beside_molecules)


def _query(
    fields: NumberFields, card: ModelCard, order: str, source: Source, settings: dict[str, Any],
    size: _Size, test: int,
) -> FinetuneQuery:
    """The run that the sidebar describes; `settings` are arguments of `FinetuneConfig`."""
    fields.check()
    if settings["method"] == "sparse":
        settings = settings | {"count": entries_to_train(
            data.matrices(card.name, card.weights_sha256), density=size.density,
            match_rank=size.matched_rank)}
    rate = settings["learning_rate"] or default_learning_rate(
        settings["method"], share=size.density, rank=size.matched_rank or settings.get("rank"))
    config = FinetuneConfig(**settings | {"learning_rate": rate})
    return FinetuneQuery(card.name, card.weights_sha256, card.strategy.name, order, source, config,
                         size.density, size.matched_rank, test)


def _choose_source(card: ModelCard, fields: NumberFields) -> tuple[Source, DeltaGenerator]:
    kinds = _kinds(card)
    reset_if_invalid("data", kinds)
    kind = st.selectbox("Learn from", kinds, key="data", bind="query-params",
                        help=text.data_help(card), disabled=is_running())
    detail, typed, file = "", "", None
    if kind == GENERATED:
        names = data.makers(card)
        default = card.name if card.name in names else names[0]
        reset_if_invalid("made", names, default)
        detail = st.selectbox("Generated by", names, index=names.index(default), key="made",
                              bind="query-params", disabled=is_running())
    elif kind == OWN:
        typed, file = _choose_own(card)
    beside_molecules = st.container()
    number = fields.take(None, st.number_input(
        "Graphs to learn from, at most",
        value=min(query.DEFAULT_MOLECULES, query.max_molecules()), step=100, key="molecules",
        bind="query-params",
        help="The first ones; they are shuffled in every epoch and linearized anew each time.",
        disabled=is_running()), "The number of graphs", 1, query.max_molecules())
    say_limit(query.max_molecules(), "graphs")
    return Source(kind, int(number), detail, typed, file), beside_molecules


def _kinds(card: ModelCard) -> tuple[str, ...]:
    dataset = data.dataset_at_hand(card)
    parts = () if dataset is None else (query.training_part(dataset),)
    if card.chemistry is None:
        return parts or (query.training_part(DATASETS["planar"]),)
    return (*([GENERATED] if data.makers(card) else []), OWN, *parts)


def _choose_own(card: ModelCard) -> tuple[str, tuple[str, bytes] | None]:
    typed = st.text_area(
        "SMILES, one per line, or CSV", key="own", bind="query-params", height=110,
        max_chars=query.MAX_TYPED, placeholder="CCO\nCC(N)C(=O)O",
        help=text.molecules_help(card), disabled=is_running())
    uploaded = st.file_uploader(
        "Or a file", _FILES, key="own_file", max_upload_size=query.max_upload_mb(),
        help="SMILES, CSV, SDF, Parquet or JSON Lines, also gzipped. Taken instead of the text. A "
             "file is not part of the address.", disabled=is_running())
    return typed or "", None if uploaded is None else (uploaded.name, uploaded.getvalue())


def _choose_method(fields: NumberFields) -> tuple[dict[str, Any], _Size]:
    """Arguments of `FinetuneConfig` on what is trained, and how many entries of a sparse run."""
    name = st.selectbox("Method", tuple(query.METHOD_NAMES), key="method", bind="query-params",
                        help="sparse: single entries of the matrices. LoRA, PiSSA: two thin "
                             "factors beside every matrix.", disabled=is_running())
    how: dict[str, Any] = {"method": query.METHOD_NAMES[name]}
    if how["method"] == "sparse":
        return _choose_mask(how, fields)
    if how["method"] == "full":
        return how, _Size()
    return how | {"rank": _choose_rank("Rank", fields)}, _Size()


def _choose_mask(how: dict[str, Any], fields: NumberFields) -> tuple[dict[str, Any], _Size]:
    left, right = st.columns(2)
    criterion = left.selectbox("Criterion", tuple(CRITERIA),
                               index=tuple(CRITERIA).index(DEFAULT_CRITERION), key="by",
                               bind="query-params", help=f"{CONTROL} is the control.",
                               disabled=is_running())
    scope = right.selectbox("Scope", SCOPES, key="over", bind="query-params",
                            help="Select over all matrices together, or in each.",
                            disabled=is_running())
    amount = st.segmented_control("Entries to train", query.AMOUNTS, default=query.SHARE,
                                  required=True, key="amount", bind="query-params",
                                  width="stretch", disabled=is_running())
    if amount == AS_RANK:
        size = _Size(matched_rank=_choose_rank("Rank of the LoRA with as many numbers",
                                                fields))
    else:
        size = _Size(density=DENSITIES[st.select_slider(
            "Share", tuple(DENSITIES), query.DEFAULT_SHARE, key="share", bind="query-params",
            disabled=is_running())])
    every = fields.take(None, st.number_input(
        "Steps between selections", value=0, step=5, key="every", bind="query-params",
        help="0 selects once (static); else the mask is chosen anew along the way (dynamic).",
        disabled=is_running()), "Steps between selections", 0, query.MAX_EVERY)
    return how | {"criterion": criterion, "scope": scope, "reselect_every": int(every),
                  "num_examples": query.NUM_EXAMPLES}, size


def _choose_rank(label: str, fields: NumberFields) -> int:
    return int(fields.take(None, st.number_input(
        label, value=query.DEFAULT_RANK, step=1, key="rank", bind="query-params",
        disabled=is_running()), label, 1, query.MAX_RANK))


def _choose_budget(fields: NumberFields) -> tuple[dict[str, Any], int]:
    """Further arguments of `FinetuneConfig`, and how many graphs are measured on."""
    left, right = st.columns(2)
    steps = fields.take(left, left.number_input(
        "Steps", value=query.DEFAULT_STEPS, step=10, key="steps", bind="query-params",
        help="Steps of the optimizer, AdamW.", disabled=is_running()),
        "Steps", 1, query.max_steps())
    batch = fields.take(right, right.number_input(
        "Batch size", value=query.DEFAULT_BATCH, step=8, key="batch", bind="query-params",
        help="Sequences per step.", disabled=is_running()), "Batch size", 1, query.MAX_BATCH)
    rate = left.selectbox("Learning rate", query.RATE_OPTIONS, key="rate", bind="query-params",
                          help=f"The peak, after {query.WARMUP_STEPS} steps. auto: what did "
                               "well in the shipped comparison.", disabled=is_running())
    seed = fields.take(right, right.number_input(
        "Seed", value=0, step=1, key="tuneseed", bind="query-params",
        help="Fixes batches, masks, LoRA's starting values and the sequences that are measured.",
        disabled=is_running()), "Seed", 0, MAX_SEED)
    test = fields.take(left, left.number_input(
        "Test graphs", value=query.DEFAULT_TEST, step=10, key="test", bind="query-params",
        help="How many are measured before and after, under both orders, at "
             f"K = {query.PERMUTATIONS}.", disabled=is_running()),
        "Test graphs", query.MIN_TEST, query.MAX_TEST)
    precision = right.selectbox("Precision", PRECISIONS, key="arithmetic",
                                bind="query-params",
                                help="bf16 is faster on processors that have it.",
                                disabled=is_running())
    return {"steps": int(steps), "batch_size": int(batch), "learning_rate": query.RATES.get(rate),
            "warmup_steps": query.WARMUP_STEPS, "seed": int(seed), "precision": precision
            }, int(test)
