"""Sentences and tables of the Calibration page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.calibration.reliability import Reliability
from core.calibration.stored_tokens import StoredToken
from core.evaluation.measures import MEASURES
from core.evaluation.result import Evaluation
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import Vocabulary
from core.stats.estimates import Estimate
from core.units import with_unit
from dashboard.components.trail_player.meanings import token_title
from dashboard.reliability.text import graph_word, tokens_of
from dashboard.shared.format import estimate, fixed, plain, short
from dashboard.views.calibration.query import CalibrationQuery

QUESTION = "When the model gives a token 70%, is it right in 70 of 100 cases?"
"""What the page answers."""

EXAMPLE = """\
Every token of the test molecules was predicted with some probability. The diagram sorts these
predictions by that probability, from left to right, and shows upwards how many came true. On the
dashed line both agree.

**Example.** A dot at 90% across and 75% up: the model was sure in nine of ten cases and right in
three of four, so it is overconfident there. ECE is the mean distance of the dots from the line,
each weighed by its predictions. At the left are tokens under the model's own order, at the right
the same molecules under random order.
"""
"""How to read the page."""

_SCORES = {"ece": MEASURES["ece"], "smooth_ece": MEASURES["smooth_ece"],
           "nll": MEASURES["nll_per_token"], "brier": MEASURES["brier"]}
"""Fields of a `Reliability`."""


def shown_orders(model: str, native: str) -> str:
    """Which orders are on the page whatever is chosen."""
    always = "That order is always shown." if native == RANDOM_ORDER.name else (
        f"That order and `{RANDOM_ORDER.name}` are always shown.")
    return f"{model} was trained under `{native}`. {always}"


def guided(query: CalibrationQuery, temperature: float | None) -> str:
    """What the strip of the guide says, with the numbers of the diagrams.

    Args:
        query: what the page shows.
        temperature: as `CalibrationQuery.diagram` takes it.
    """
    native = query.evaluations[query.order].trained_under
    off = {order: fixed(query.diagram(order, temperature).ece.value, 3)
           for order in (native, RANDOM_ORDER.name) if order in query.evaluations}
    said = ["A model is calibrated if what it gives 70% comes true in 70 of 100 cases."]
    if native in off:
        said.append(f"Under its own order {query.model} is off by {off.pop(native)} on average "
                    "(ECE, the first diagram).")
    if RANDOM_ORDER.name in off:
        said.append(f"Under random order it is off by {off[RANDOM_ORDER.name]} (the second one): "
                    "what it says of orders that it has not seen is not to be believed.")
    return " ".join(said)


def other_scores(found: Reliability) -> str:
    """What else is known of a diagram, in one line."""
    known = [(_SCORES[name], getattr(found, name)) for name in ("smooth_ece", "brier", "nll")]
    parts = [f"{measure.name} {estimate(one)} {measure.unit}".rstrip()
             for measure, one in known if one is not None]
    return " · ".join([*parts, f"{found.num_events:,} tokens"])


def bin_sentence(found: Reliability, number: int, strategy: str) -> str:
    """How many tokens a bin holds and how many are right."""
    low, high = found.edges[number : number + 2]
    what = f"{tokens_of(found.token_type)} under {strategy}"
    name = f"Bin {low:.2f} – {high:.2f}"
    if not found.counts[number]:
        return f"**{name}** holds no {found.token_type.label} tokens under {strategy}." \
            if found.token_type != "all" else f"**{name}** holds no tokens under {strategy}."
    text = (f"**{name}** of {what}: {found.counts[number]:,} tokens, "
            f"**{found.accuracy[number]:.1%} right**")
    if np.isfinite(found.band_low[number]):
        text += f" (95%: {found.band_low[number]:.1%} – {found.band_high[number]:.1%})"
    return f"{text} at a mean confidence of {found.confidence[number]:.1%}."


def fit_sentence(evaluation: Evaluation) -> str:
    """Where the fitted temperature comes from, or that there is none."""
    fitted = evaluation.fitted_temperature
    if fitted is None:
        return f"Under {evaluation.strategy} no temperature was fitted."
    told: Mapping[str, object] = evaluation.details.get("temperature_fit") or {}
    number, split = told.get("graphs"), told.get("split")
    of = f"{number:,} {split or ''} {graph_word(evaluation)}".replace("  ", " ") if isinstance(
        number, int) else f"a validation set of {graph_word(evaluation)}"
    limit = (" It is the highest or lowest temperature tried, so the optimum may lie beyond."
             if told.get("is_at_limit") else "")
    return (f"Under {evaluation.strategy} the fitted temperature is {fitted:.3f}, the one with "
            f"the lowest NLL on {of}, none of which are shown here.{limit}")


def fit_table(before: Sequence[Reliability], after: Sequence[Reliability | None],
              orders: Sequence[str]) -> pd.DataFrame:
    """A row per order: every score at temperature 1 and at the fitted one."""
    return pd.DataFrame([
        {
            "evaluated under": order,
            "temperature": "1" if best is None else f"1 → {best.temperature:.3f}",
            **{measure.name: _arrow(getattr(one, name),
                                    None if best is None else getattr(best, name))
               for name, measure in _SCORES.items()},
        }
        for one, best, order in zip(before, after, orders, strict=True)
    ])


def _arrow(before: Estimate | None, after: Estimate | None) -> str:
    shown = [estimate(one) for one in (before, after) if one is not None]
    return " → ".join(shown) or "not stored"


def curve_table(curves: Sequence[Sequence[Reliability]], orders: Sequence[str]) -> pd.DataFrame:
    """A row per order and temperature."""
    rows = []
    for of_order, order in zip(curves, orders, strict=True):
        for found in of_order:
            row: dict[str, object] = {"evaluated_under": order, "temperature": found.temperature}
            row |= found.ece.columns("ece") | found.brier.columns("brier")
            rows.append(row | found.nll.columns(with_unit("nll_per_token")))
    return pd.DataFrame(rows)


def curves_alt(before: Sequence[Reliability], after: Sequence[Reliability | None],
               orders: Sequence[str]) -> str:
    """What the temperature curves show."""
    parts = []
    for one, best, order in zip(before, after, orders, strict=True):
        text = f"under {order} ECE is {short(one.ece.value)} at temperature 1"
        if best is not None:
            text += f" and {short(best.ece.value)} at the fitted {best.temperature:.3f}"
        parts.append(text)
    return f"ECE and NLL per token against temperature: {'; '.join(parts)}."


def sample_note(evaluation: Evaluation, sampled: pd.DataFrame) -> str:
    """How the shown tokens were chosen."""
    of_types = ", the same number of each type" if sampled["token_type"].nunique() > 1 else ""
    whole = "the molecule" if evaluation.has_molecules else "the graph"
    return (f"{len(sampled)} tokens drawn uniformly from the bin{of_types}; bins and predictions "
            f"are those at temperature 1. Faint: the part of {whole} that was not yet written when "
            "the model made its prediction.")


def interleaved(sampled: pd.DataFrame) -> pd.DataFrame:
    """Tokens of several types in turn, so that the first few show them all."""
    turn = sampled.groupby("token_type").cumcount()
    return sampled.iloc[turn.argsort(kind="stable")]


def token_word(token: int, vocabulary: Vocabulary) -> str:
    """A token as people read it."""
    return token_title(vocabulary.token_name(token), vocabulary.kind(token))


def prediction(token: StoredToken, vocabulary: Vocabulary) -> str:
    """What the model predicted and what came."""
    predicted = f"**{token_word(token.predicted, vocabulary)}** ({token.confidence:.2f})"
    if token.correct:
        return f"predicted {predicted}, right"
    return f"predicted {predicted}, was **{token_word(token.target, vocabulary)}**"


def place(token: StoredToken) -> str:
    """Where in its sequence a token stands, and in which graph."""
    return f"token {token.position} of {token.length - 1} · {plain(token.smiles or token.id)}"


def token_alt(token: StoredToken, vocabulary: Vocabulary) -> str:
    """A token's picture in words."""
    said = prediction(token, vocabulary).replace("*", "")
    return f"{place(token)}: {said}."


def sampled_table(tokens: pd.DataFrame, vocabulary: Vocabulary) -> pd.DataFrame:
    """The sampled tokens of a bin, one row each."""
    table = tokens.drop(columns=["tokens"]).copy()
    table["target"] = [vocabulary.token_name(int(token)) for token in tokens["target"]]
    table["predicted"] = [vocabulary.token_name(int(token)) for token in tokens["predicted"]]
    table["sequence"] = [" ".join(vocabulary.token_name(int(token)) for token in sequence)
                         for sequence in tokens["tokens"]]
    return table
