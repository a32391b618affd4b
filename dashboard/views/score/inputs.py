"""The sidebar of the Score page: which molecules, and how they are scored."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.library.settings import ScoringSettings
from core.model.card import ModelCard
from core.sent.strategies import Strategy
from dashboard.shared.choices import (
    DEFAULT_MODEL,
    MAX_SEED,
    PRECISIONS,
    STRATEGY_OPTIONS,
    resolved_order,
)
from dashboard.shared.inputs import NumberFields
from dashboard.shared.model_choice import choose_model
from dashboard.shared.run_switch import FIXED
from dashboard.shared.typed_molecules import typed_name
from dashboard.shared.visitors import say_limit
from dashboard.views.score import text
from dashboard.views.score.query import (
    DEFAULT_PERMUTATIONS,
    FILE_TYPES,
    MAX_PERMUTATIONS,
    MAX_TYPED,
    MIN_PERMUTATIONS,
    ScoreQuery,
    max_rows,
    max_upload_mb,
)


def choose_settings(
    models: Mapping[str, ModelCard], fields: NumberFields, *, fixed: bool = False
) -> ScoringSettings:
    """Draw the sidebar with number inputs among `fields`; `fixed` while a run goes on."""
    with st.sidebar:
        if fixed:
            st.caption(FIXED)
        card = models[choose_model(models, key="scorer", default=DEFAULT_MODEL,
                                   help="The model that says how likely each molecule is.",
                                   disabled=fixed)]
        order = st.selectbox("Order", STRATEGY_OPTIONS, key="scoreorder", bind="query-params",
                             help=f"own: {card.strategy.name}, that {card.name} was trained under.",
                             disabled=fixed)
        left, right = st.columns(2)
        permutations = fields.take(left, left.number_input(
            "K", value=DEFAULT_PERMUTATIONS, step=8, key="scorek", bind="query-params",
            help="Linearizations per molecule; LU has an interval from 16 on.", disabled=fixed),
            "K", MIN_PERMUTATIONS, MAX_PERMUTATIONS)
        seed = fields.take(right, right.number_input(
            "Seed", value=0, step=1, key="scoreseed", bind="query-params",
            help="Fixes linearizations and intervals.", disabled=fixed), "Seed", 0, MAX_SEED)
        precision = st.selectbox("Precision", PRECISIONS, key="scoreprecision",
                                 bind="query-params",
                                 help="bf16 is up to three times as fast on processors that "
                                      "support it; NLLs are then off by about 0.05 nats.",
                                      disabled=fixed)
        if (most := max_rows()) is not None:
            say_limit(most, "rows")
    strategy = Strategy.from_name(resolved_order(order, card.strategy.name))
    return ScoringSettings.of(card, strategy, permutations=int(permutations), seed=int(seed),
                              precision=precision)


def choose_molecules(settings: ScoringSettings, *, fixed: bool = False) -> ScoreQuery | None:
    """Draw the fields for text and file, `fixed` while a run goes on; None while both are empty."""
    left, right = st.columns(2, gap="large")
    typed = left.text_area("Paste molecules", key="scoretext", height=150, max_chars=MAX_TYPED,
                           persist_state="session",
                           placeholder="CCO ethanol\nCC(N)C(=O)O alanine", help=text.TYPED_HELP,
                           disabled=fixed)
    file = right.file_uploader("Or drop a file", FILE_TYPES, key="scorefile",
                               max_upload_size=max_upload_mb(), help=text.FILE_HELP,
                               disabled=fixed)
    with right.expander("Columns"):
        one, other = st.columns(2)
        smiles = one.text_input(text.SMILES_FIELD, key="scorecolumn", max_chars=200,
                                persist_state="session",
                                help=text.COLUMN_HELP.format(name="smiles"), disabled=fixed)
        name = other.text_input(text.NAMES_FIELD, key="scoreid", max_chars=200,
                                persist_state="session",
                                help=text.COLUMN_HELP.format(name="id, mol_id or name"),
                                disabled=fixed)
    if file is not None:
        return ScoreQuery(settings.model, settings, file.name, file.getvalue(), smiles or "",
                          name or "")
    if typed and typed.strip():
        return ScoreQuery(settings.model, settings, typed_name(typed),
                          f"{typed.rstrip()}\n".encode(), smiles or "", name or "")
    return None
