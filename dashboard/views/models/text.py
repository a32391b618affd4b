"""Sentences and tables of the Models page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from core.calibration.reliability import Reliability
from core.calibration.token_types import TokenType
from core.evaluation.cross_evaluation import (
    Cell,
    CrossEvaluation,
    Quantity,
    Rise,
    rises,
    worst_cases,
)
from core.model.card import ModelCard
from core.sent.strategies import RANDOM_ORDER
from core.stats.estimates import Estimate
from dashboard.reliability.text import sample, tokens_of, verdict, weights_note
from dashboard.shared.format import estimate
from dashboard.views.models.query import ModelsQuery


def named(quantity: Quantity, token_type: TokenType) -> str:
    """A quantity and the tokens it is of, within a sentence."""
    if not quantity.has_types:
        return quantity.name
    return f"{quantity.name} of {tokens_of(token_type)}"


def finding(query: ModelsQuery) -> str:
    """Which model can be trusted under which order, read off the table."""
    what = named(query.quantity, query.token_type)
    sentences = []
    ranked = worst_cases(query.cross, query.estimates)
    if ranked:
        best = ranked[0]
        others = f" {_others(len(ranked))}" if len(ranked) > 1 else ""
        sentences.append(
            f"**{best.model}** has the lowest worst case{others}: whatever the order, its {what} "
            f"is at most {estimate(best.estimate)} (under {best.strategy})."
        )
    else:
        sentences.append("No model has been evaluated under every order yet.")
    risen = rises(query.cross, query.estimates, RANDOM_ORDER.name)
    if risen:
        sentences.append(f"Under {RANDOM_ORDER.name}, {_rise(risen, what)}")
    return " ".join(sentences)


def heatmap_caption(query: ModelsQuery, cards: Mapping[str, ModelCard]) -> str:
    """What the heatmap shows, and of which graphs."""
    found = query.cross.cells.values()
    parts = [
        query.quantity.measure.meaning, "Lower is better.",
        "A frame marks a model under the order it was trained under.",
        "Small numbers are 95% intervals.", "Click a cell to open it.", f"{sample(found)}.",
        weights_note(found, cards) or "",
    ]
    return " ".join(filter(None, parts))


def cell_sentence(found: Reliability) -> str:
    """How well calibrated a model is under the opened order."""
    return f"ECE of {tokens_of(found.token_type)}: **{estimate(found.ece)}**. {verdict(found)}"


def heatmap_alt(cross: CrossEvaluation, what: str, estimates: Mapping[Cell, Estimate]) -> str:
    """The table in words, for those who cannot see it."""
    cells = "; ".join(
        f"{model} under {strategy}: {estimate(estimates[model, strategy])}"
        for model in cross.models for strategy in cross.strategies
        if (model, strategy) in estimates
    )
    return f"{what} of every model (row) under every order (column). {cells}."


def training_table(cards: Iterable[ModelCard]) -> pd.DataFrame:
    """What is known of how each shipped model was made."""
    rows = []
    for card in cards:
        record = card.training
        losses = record.get("loss_nats_per_token") or [[None, None]]
        seconds = record.get("wall_s")
        rows.append({
            "model": card.name,
            "trained under": card.strategy.name,
            "data": _data(card),
            "size": card.preset,
            "parameters": record.get("parameters"),
            "steps": card.steps,
            "graphs seen": record.get("graphs_seen"),
            "device": record.get("device"),
            "minutes": None if seconds is None else seconds / 60,
            "last loss (nats/token)": losses[-1][1],
            "weights (SHA-256)": card.weights_sha256[:12],
        })
    return pd.DataFrame(rows)


def _data(card: ModelCard) -> str:
    name, number = card.data.get("name"), card.data.get("graphs")
    if name is None:
        return "not recorded"
    return f"{name}, {number:,} graphs" if isinstance(number, int) else str(name)


def _others(count: int) -> str:
    return "of both models" if count == 2 else f"of all {count} models"


def _rise(risen: Sequence[Rise], what: str) -> str:
    """How much higher models stand under a foreign order."""
    low, high = _number(risen[0].ratio), _number(risen[-1].ratio)
    span = f"{low} times" if low == high else f"{low} to {high} times"
    if any(rise.is_at_least for rise in risen):
        span = f"at least {span}"
    if len(risen) == 1:
        return f"{risen[0].model} shows {span} the {what} that it shows under its own order."
    return (f"the {len(risen)} models trained under another order show {span} the {what} that "
            "they show under their own.")


def _number(ratio: float) -> str:
    """Two digits: a ratio of two estimates deserves no more."""
    return f"{ratio:.1f}" if ratio < 10 else f"{ratio:,.0f}"
