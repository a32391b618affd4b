"""Sentences and tables of the Models page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd

from core.assets import results_folder
from core.calibration.reliability import Reliability
from core.calibration.token_types import TokenType
from core.data.column_choice import listed
from core.evaluation.cross_evaluation import (
    Cell,
    CrossEvaluation,
    Quantity,
    Rise,
    rises,
    worst_cases,
)
from core.likelihood.low_lu import MARK
from core.model.card import ModelCard
from core.sent.strategies import RANDOM_ORDER
from dashboard.reliability.text import sample, tokens_of, verdict, weights_note
from dashboard.shared.format import estimate, short
from dashboard.views.models.query import ModelsQuery

QUESTION = "Which model can be trusted under which order of writing?"
"""What the page answers."""

EXAMPLE = """\
Each row is a model, each column an order in which the same test molecules are written. The frame
marks the order that the model learnt.

**Example.** A row that reads 0.006 in its frame and 0.100 under `random_order`, as ECE, is of a
model whose probabilities can be believed as long as molecules are written its way. Written
otherwise they are off by ten percentage points on average. Click a cell to see at which
probabilities.
"""
"""How to read the page."""

_BESIDE_LU = (
    "Nats: standard deviation of the NLL over permutations, which LU divides by the mean NLL. "
    f"{MARK}: low because the NLL is high; another cell has a higher LU and varies by fewer nats.")


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
    if query.nats is not None and query.cross.low_lu:
        sentences.append(low_lu_sentence(query.cross))
    return " ".join(sentences)


def low_lu_sentence(cross: CrossEvaluation) -> str:
    """How many low LUs come from a high NLL, and the clearest of them."""
    marked = cross.low_lu
    clearest = max(marked, key=lambda cell: marked[cell].spread_nats / marked[cell].its_spread_nats)
    (model, order), found = clearest, marked[clearest]
    other_model, other_order = found.shown_by
    cells = "1 cell is" if len(marked) == 1 else f"{len(marked)} cells are"
    return (f"{cells} marked {MARK}: a low LU that comes from a high NLL. Most of all **{model}** "
            f"under {order}, LU {short(cross.cells[clearest].lu.value)}: between orders of a graph "
            f"its NLL varies by {short(found.spread_nats)} nats, that of **{other_model}** under "
            f"{other_order} (LU {short(cross.cells[found.shown_by].lu.value)}) by "
            f"{short(found.its_spread_nats)}.")


def heatmap_table(query: ModelsQuery) -> pd.DataFrame:
    """A row per cell; of LU with its nats, and what shows that it comes from a high NLL."""
    cross, nats = query.cross, query.nats
    table = cross.to_table(query.estimates)
    if nats is None:
        return table
    cells = list(query.estimates)
    shown_by = [cross.low_lu[cell].shown_by if cell in cross.low_lu else None for cell in cells]
    return table.assign(
        **pd.DataFrame([nats[cell].columns("nll_std_nats") for cell in cells]),
        low_lu_from_high_nll=[cell in cross.low_lu for cell in cells],
        shown_by=[" under ".join(cell) if cell else "" for cell in shown_by])


def heatmap_caption(query: ModelsQuery, cards: Mapping[str, ModelCard]) -> str:
    """What the heatmap shows, and of which graphs."""
    found = query.cross.cells.values()
    parts = [
        query.quantity.measure.meaning, "Lower is better.",
        "" if query.nats is None else _BESIDE_LU,
        "A frame marks a model under the order it was trained under.",
        "Small numbers are 95% intervals.", "Click a cell to open it.", f"{sample(found)}.",
        weights_note(found, cards) or "",
    ]
    return " ".join(filter(None, parts))


def cell_sentence(found: Reliability) -> str:
    """How well calibrated a model is under the opened order."""
    return f"ECE of {tokens_of(found.token_type)}: **{estimate(found.ece)}**. {verdict(found)}"


def heatmap_alt(query: ModelsQuery) -> str:
    """The table in words, for those who cannot see it."""
    cross, nats, estimates = query.cross, query.nats or {}, query.estimates
    what = named(query.quantity, query.token_type)

    def beside(cell: Cell) -> str:
        if cell not in nats:
            return ""
        mark = ", low because its NLL is high" if cell in cross.low_lu else ""
        return f", {estimate(nats[cell])} nats{mark}"

    cells = "; ".join(
        f"{' under '.join(cell)}: {estimate(estimates[cell])}{beside(cell)}"
        for cell in cross.in_order if cell in estimates)
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
            "trained_under": card.strategy.name,
            "data": _data(card),
            "size": card.preset,
            "parameters": record.get("parameters"),
            "steps": card.steps,
            "graphs_seen": record.get("graphs_seen"),
            "device": record.get("device"),
            "training_minutes": None if seconds is None else seconds / 60,
            "last_loss_nats_per_token": losses[-1][1],
            "weights_sha256": card.weights_sha256,
        })
    return pd.DataFrame(rows)


def not_measured(cards: Iterable[str], measured: Collection[str]) -> str:
    """How a model that the pages have no evaluation of comes into them; empty if there is none."""
    missing = [name for name in cards if name not in measured]
    if not missing:
        return ""
    return (f"Not yet in the heatmap and on Calibration: {listed(missing)}. To measure one: "
            f"`trailscope evaluate --model {missing[0]} --strategy all --output "
            f"{results_folder() / missing[0]}`")


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
    if any(rise.is_at_least for rise in risen):  # then the highest is no upper end
        span = f"at least {low} times"
    else:
        span = f"{low} times" if low == high else f"{low} to {high} times"
    if len(risen) == 1:
        return f"{risen[0].model} shows {span} the {what} that it shows under its own order."
    return (f"the {len(risen)} models trained under another order show {span} the {what} that "
            "they show under their own.")


def _number(ratio: float) -> str:
    """Two digits: a ratio of two estimates deserves no more."""
    return f"{ratio:.1f}" if ratio < 10 else f"{ratio:,.0f}"
