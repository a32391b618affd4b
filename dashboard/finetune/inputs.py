"""The sidebar of the Fine-tune page: what a run of one's own does, all of it in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from core.errors import InputError
from core.finetune.learning_rates import default_learning_rate
from core.model.card import ModelCard
from core.salience.criteria import CRITERIA
from core.salience.masks import SCOPES
from dashboard.finetune import data, query, text
from dashboard.finetune.learning_set import qm9_file
from dashboard.finetune.query import AS_RANK, GENERATED, OWN, PLANAR, QM9, RunChoice, Source
from dashboard.finetune.repairs import passes
from dashboard.shared.choices import DENSITIES, MAX_SEED, STRATEGY_OPTIONS, resolved_order
from dashboard.shared.inputs import reset_if_invalid

_ADDRESS_READ = "finetune_address_read"
_FILES = ("csv", "tsv", "smi", "sdf", "json", "jsonl")


@dataclass(frozen=True)
class Inputs:
    """What the sidebar says: a run, or one sentence on why there is none."""

    choice: RunChoice | None
    complaint: str = ""

    def run(self) -> RunChoice:
        """The run.

        Raises:
            InputError: saying why there is none.
        """
        if self.choice is None:
            raise InputError(self.complaint)
        return self.choice


def warn_about_address(
    models: Mapping[str, ModelCard], shipped: data.ShippedRepairs
) -> None:
    """Say once which URL parameters cannot be taken; streamlit drops them from the address."""
    if _ADDRESS_READ not in st.session_state:
        st.session_state[_ADDRESS_READ] = True
        address, criteria = st.query_params.to_dict(), st.query_params.get_all("criteria")
        for complaint in query.finetune_complaints(
                address, _offered(address, criteria, models, shipped), criteria):
            st.warning(complaint, icon=":material/link_off:")


def _offered(
    address: Mapping[str, str], asked: Sequence[str], models: Mapping[str, ModelCard],
    shipped: data.ShippedRepairs,
) -> query.Offered:
    """What there is for the models that an address names, or that stand first."""
    repaired = shipped.found.get(address.get("repaired", "")) or next(
        iter(shipped.found.values()), {})
    arms = {name: result.arm for name, result in repaired.items() if name != "none"}
    criteria = tuple(name for name in CRITERIA if name in {arm.criterion for arm in arms.values()})
    hidden = tuple(name for name, arm in arms.items() if not passes(
        arm, criteria=[name for name in asked if name in criteria],
        scope=_possible(address.get("scopes", ""), query.SCOPE_OPTIONS),
        selection=_possible(address.get("selection", ""), query.SELECTIONS)))
    base = address.get("base", "")
    return query.Offered(
        models=tuple(models), repaired=tuple(shipped.found), arms=tuple(arms), criteria=criteria,
        hidden_arms=hidden,
        kinds=_kinds(models[base if base in models else _default_base(models)]),
        makers=tuple(data.makers()))


def _possible(asked: str, options: Sequence[str]) -> str:
    return asked if asked in options else options[0]


def _default_base(models: Mapping[str, ModelCard]) -> str:
    return query.DEFAULT_BASE if query.DEFAULT_BASE in models else next(iter(models))


def choose(models: Mapping[str, ModelCard]) -> Inputs:
    """Draw the sidebar and return what is chosen."""
    with st.sidebar:
        st.subheader("Your run", anchor=False)
        st.caption(text.SIDEBAR_NOTE)
        names = tuple(models)
        default = _default_base(models)
        reset_if_invalid("base", names, default)
        base = st.selectbox("Model to start from", names, index=names.index(default), key="base",
                            bind="query-params",
                            help="A shipped one, or one that was fine-tuned here.")
        card = models[base]
        order = st.selectbox(
            "Order to learn", STRATEGY_OPTIONS,
            index=STRATEGY_OPTIONS.index(query.DEFAULT_ORDER), key="learn", bind="query-params",
            help=f"{base} was trained under {card.strategy.name}.")
        source = _choose_source(card)
        how = _choose_method()
        budget = _choose_budget(card)
    rate = budget.pop("rate")
    return Inputs(RunChoice(
        model=base, weights=card.weights_sha256, own_order=card.strategy.name,
        order=resolved_order(order, card.strategy.name), source=source, **how,
        learning_rate=query.RATES.get(rate) or default_learning_rate(
            how["method"], share=how["density"], rank=how["rank"]), **budget))


def _choose_source(card: ModelCard) -> Source:
    kinds = _kinds(card)
    reset_if_invalid("data", kinds)
    kind = st.selectbox("Learn from", kinds, key="data", bind="query-params",
                        help=f"{query.DATA_HELP} QM9's train split can be chosen where it has "
                             "been downloaded.")
    detail, text, file = "", "", None
    if kind == GENERATED:
        names = tuple(data.makers())
        default = card.name if card.name in names else names[0]
        reset_if_invalid("made", names, default)
        detail = st.selectbox("Generated by", names, index=names.index(default), key="made",
                              bind="query-params")
    elif kind == OWN:
        text, file = _choose_own()
    number = st.number_input(
        "How many at most", 1, query.max_molecules(),
        min(query.DEFAULT_MOLECULES, query.max_molecules()), 100, key="molecules",
        bind="query-params", help="The first ones. They come up in shuffled epochs, linearized "
                                  "afresh every time.")
    return Source(kind, int(number), detail, text, file)


def _kinds(card: ModelCard) -> tuple[str, ...]:
    if not card.vocabulary.is_labelled:
        return (PLANAR,)
    return tuple(kind for kind, possible in (
        (GENERATED, bool(data.makers())), (OWN, True),
        (QM9, qm9_file() is not None)) if possible)


def _choose_own() -> tuple[str, tuple[str, bytes] | None]:
    text = st.text_area(
        "SMILES, one per line, or CSV", key="own", bind="query-params", height=110,
        max_chars=query.MAX_TYPED, placeholder="CCO\nCC(N)C(=O)O",
        help="H, C, N, O and F, at most 29 atoms with hydrogens.")
    uploaded = st.file_uploader(
        "Or a file", _FILES, key="own_file", max_upload_size=query.MAX_UPLOAD_MB,
        help="Taken instead of the text. A file is not part of the address.")
    return text or "", None if uploaded is None else (uploaded.name, uploaded.getvalue())


def _choose_method() -> dict:
    """Arguments of `RunChoice` on what is trained."""
    name = st.selectbox("Method", tuple(query.METHOD_NAMES), key="method", bind="query-params",
                        help="sparse: single entries. LoRA, PiSSA: two thin factors beside every "
                             "matrix.")
    how = {"method": query.METHOD_NAMES[name], "criterion": "gradient", "scope": "global",
           "every": 0, "density": None, "rank": None}
    if name == "sparse":
        how |= _choose_mask()
    elif name != "all weights":
        how["rank"] = _choose_rank("Rank")
    return how


def _choose_mask() -> dict:
    left, right = st.columns(2)
    criterion = left.selectbox("Criterion", tuple(CRITERIA),
                               index=tuple(CRITERIA).index("gradient"), key="by",
                               bind="query-params", help="random is the control.")
    scope = right.selectbox("Scope", SCOPES, key="over", bind="query-params",
                            help="Select over all matrices together, or in each.")
    amount = st.segmented_control("Entries to train", query.AMOUNTS, default=query.SHARE,
                                  required=True, key="amount", bind="query-params",
                                  width="stretch")
    density, rank = None, None
    if amount == AS_RANK:
        rank = _choose_rank("Rank of the LoRA with as many numbers")
    else:
        density = DENSITIES[st.select_slider("Share", tuple(DENSITIES), query.DEFAULT_SHARE,
                                             key="share", bind="query-params")]
    every = st.number_input(
        "Steps between selections", 0, query.MAX_EVERY, 0, 5, key="every", bind="query-params",
        help="0 selects once (static); else the mask is chosen anew along the way (dynamic).")
    return {"criterion": criterion, "scope": scope, "every": int(every), "density": density,
            "rank": rank}


def _choose_rank(label: str) -> int:
    return int(st.number_input(label, 1, query.MAX_RANK, query.DEFAULT_RANK, 1, key="rank",
                               bind="query-params"))


def _choose_budget(card: ModelCard) -> dict:
    left, right = st.columns(2)
    steps = left.number_input("Steps", 1, query.max_steps(), query.DEFAULT_STEPS, 10, key="steps",
                              bind="query-params", help="Of AdamW.")
    batch = right.number_input("Batch size", 1, query.MAX_BATCH, query.DEFAULT_BATCH, 8,
                               key="batch", bind="query-params", help="Sequences per step.")
    rate = left.selectbox("Learning rate", query.RATE_OPTIONS, key="rate", bind="query-params",
                          help=f"The peak, after {query.WARMUP_STEPS} steps. auto: what did "
                               "well in the shipped comparison.")
    seed = right.number_input("Seed", 0, MAX_SEED, 0, 1, key="tuneseed", bind="query-params",
                              help="Fixes batches, masks, first factors and what is measured.")
    test = left.number_input(
        "Measured on", query.MIN_TEST, query.MAX_TEST, query.DEFAULT_TEST, 10, key="test",
        bind="query-params", help="The first graphs of the test set, before and after, K = "
                                  f"{query.PERMUTATIONS}, under both orders.")
    precision = right.selectbox("Precision", query.PRECISIONS, key="arithmetic",
                                bind="query-params",
                                help="bf16 is faster on processors that have it.")
    return {"steps": int(steps), "batch_size": int(batch), "rate": rate, "seed": int(seed),
            "precision": precision, "test": int(test)}
