"""Sentences and tables about evaluations and their reliability."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd

from core.calibration.reliability import Reliability
from core.calibration.token_types import TokenType
from core.evaluation.measures import MEASURES
from core.evaluation.result import Evaluation
from core.model.card import ModelCard
from core.stats.estimates import Estimate, interval_columns
from core.units import with_unit
from dashboard.shared.format import estimate, interval

EVALUATE = "trailscope evaluate"


def tokens_of(token_type: TokenType) -> str:
    """The tokens of a type, within a sentence."""
    return "all tokens" if token_type is TokenType.ALL else f"{token_type.label} tokens"


def graph_word(evaluation: Evaluation) -> str:
    """What the graphs of an evaluation are called."""
    return "molecules" if evaluation.has_molecules else "graphs"


def source(evaluation: Evaluation) -> str:
    """Where the graphs of an evaluation come from."""
    if evaluation.split is None:
        return evaluation.dataset
    return f"{evaluation.dataset}, {evaluation.split} split"


def sample(found: Collection[Evaluation]) -> str:
    """How many graphs, permutations and which seed, over all evaluations of one data set."""
    first = next(iter(found))
    graphs = _range(evaluation.num_graphs for evaluation in found)
    permutations = _range(evaluation.permutations for evaluation in found)
    seeds = _range(evaluation.seed for evaluation in found)
    return (f"{source(first)}: {graphs} {graph_word(first)}, K = {permutations}, seed {seeds}")


def provenance(evaluation: Evaluation) -> str:
    """How an evaluation was made."""
    return (f"{sample([evaluation])}, {evaluation.precision} on {evaluation.device}. 95% "
            f"intervals from resampling {graph_word(evaluation)}.")


def weights_faults(found: Iterable[Evaluation], cards: Mapping[str, ModelCard]) -> list[str]:
    """One sentence for every model whose results were made with other weights than it has now."""
    faults = {}
    for evaluation in found:
        model, made_with = evaluation.model, evaluation.weights_sha256
        card = cards.get(model)
        if card is None:
            faults[model] = (f"The model {model} is no longer shipped; its results were "
                                 f"computed with weights {made_with[:8]}….")
        elif card.weights_sha256 != made_with:
            faults[model] = (
                f"The results of {model} were computed with other weights ({made_with[:8]}…) than "
                f"the shipped model now has ({card.weights_sha256[:8]}…); compute them again with "
                f"`{EVALUATE}`."
            )
    return list(faults.values())


def weights_note(found: Iterable[Evaluation], cards: Mapping[str, ModelCard]) -> str | None:
    """That all results belong to the shipped weights, if they do."""
    if weights_faults(found, cards):
        return None
    return "All results were computed with the shipped weights (SHA-256 compared)."


def bin_table(found: Sequence[Reliability]) -> pd.DataFrame:
    """A row per diagram and bin."""
    return pd.concat([
        pd.DataFrame({
            "token_type": str(one.token_type), "temperature": one.temperature,
            "low": one.edges[:-1], "high": one.edges[1:], "tokens": one.counts,
            "confidence": one.confidence, "accuracy": one.accuracy,
            "accuracy_low": one.band_low, "accuracy_high": one.band_high,
        })
        for one in found
    ], ignore_index=True)


def _range(numbers: Iterable[int]) -> str:
    known = sorted(set(numbers))
    return f"{known[0]:,}" if len(known) == 1 else f"{known[0]:,} to {known[-1]:,}"


def verdict(found: Reliability) -> str:
    """Whether ECE tells of miscalibration, and in which direction."""
    if found.is_calibrated is None:
        return found.ece.reason or ""
    band = interval(found.ece_if_calibrated)
    if found.is_calibrated:
        return f"A perfectly calibrated model would also show {band}: no sign of miscalibration."
    return f"A perfectly calibrated model would show {band}; this one is {_direction(found)}."


def _direction(found: Reliability) -> str:
    gap = found.mean_gap
    word = "overconfident" if gap > 0 else "underconfident"
    if abs(gap) < found.ece.value / 2:
        return "overconfident in some bins and underconfident in others"
    return f"{word}, by {abs(gap) * 100:.1f} percentage points on average"


def diagram_alt(found: Reliability, strategy: str) -> str:
    """What a reliability diagram shows, for those who cannot see it."""
    worst = found.worst_bin
    low, high = found.edges[worst : worst + 2]
    bins = "; ".join(
        f"{found.edges[b]:.2f} to {found.edges[b + 1]:.2f}: {count:,} tokens, "
        f"{found.accuracy[b]:.1%} right at {found.confidence[b]:.1%}"
        for b, count in enumerate(found.counts.tolist()) if count
    )
    return (f"Reliability of {tokens_of(found.token_type)} under {strategy} at temperature "
            f"{found.temperature:.3g}: ECE {estimate(found.ece)}, most of it from confidences "
            f"{low:.2f} to {high:.2f}. {bins}.")


def multiples_alt(diagrams: Sequence[Sequence[Reliability]], orders: Sequence[str]) -> str:
    """ECE of every type under every order."""
    parts = [
        f"{found.token_type.label} under {order}: {estimate(found.ece)}"
        for of_type in diagrams for found, order in zip(of_type, orders, strict=True)
    ]
    return f"Reliability by type of token; ECE of {'; '.join(parts)}."


def score_table(diagrams: Sequence[Sequence[Reliability]], orders: Sequence[str]) -> pd.DataFrame:
    """A row per type and order, with every score and its interval."""
    return pd.DataFrame([
        {
            "tokens": found.token_type.label, "evaluated under": order,
            "number": found.num_events, "temperature": round(found.temperature, 4),
            MEASURES["ece"].name: estimate(found.ece),
            "ECE if calibrated": interval(found.ece_if_calibrated),
            MEASURES["smooth_ece"].name: "not stored" if found.smooth_ece is None
            else estimate(found.smooth_ece),
            MEASURES["brier"].name: estimate(found.brier),
            MEASURES["nll_per_token"].name: estimate(found.nll),
        }
        for of_type in diagrams for found, order in zip(of_type, orders, strict=True)
    ])


def score_frame(diagrams: Sequence[Sequence[Reliability]], orders: Sequence[str]) -> pd.DataFrame:
    """`score_table` for a file: all digits, and names as in every other file."""
    return pd.DataFrame([
        {
            "token_type": str(found.token_type), "evaluated_under": order,
            "tokens": found.num_events, "temperature": found.temperature,
            **found.ece.columns("ece"),
            **interval_columns("ece_if_calibrated", found.ece_if_calibrated),
            **(found.smooth_ece or Estimate(math.nan)).columns("smooth_ece"),
            **found.brier.columns("brier"), **found.nll.columns(with_unit("nll_per_token")),
        }
        for of_type in diagrams for found, order in zip(of_type, orders, strict=True)
    ])
