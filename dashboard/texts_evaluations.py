"""Sentences and cells about evaluations, for the Models and Calibration pages."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd

from core.calibration.token_types import Reliability, TokenType
from core.evaluation.result import Evaluation
from core.model.checkpoints import ModelCard
from core.stats.estimates import Estimate, Interval

EVALUATE = "trailscope evaluate"


def type_name(token_type: TokenType) -> str:
    """A type as people read it, such as `node label`."""
    return str(token_type).replace("_", " ")


def tokens_of(token_type: TokenType) -> str:
    """The tokens of a type, within a sentence."""
    return "all tokens" if token_type is TokenType.ALL else f"{type_name(token_type)} tokens"


def graph_word(evaluation: Evaluation) -> str:
    """What the graphs of an evaluation are called."""
    return "molecules" if evaluation.vocabulary.is_labelled else "graphs"


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
    return (f"{sample([evaluation])}, {evaluation.precision} on {evaluation.device}. Intervals: "
            f"95%, resampling {graph_word(evaluation)}.")


def weights_complaints(found: Iterable[Evaluation], cards: Mapping[str, ModelCard]) -> list[str]:
    """One sentence for every model whose results were made with other weights than it has now."""
    complaints = {}
    for evaluation in found:
        model, made_with = evaluation.model, evaluation.weights_sha256
        card = cards.get(model)
        if card is None:
            complaints[model] = (f"The model {model} is not shipped any more; its results were "
                                 f"made with weights {made_with[:8]}….")
        elif card.weights_sha256 != made_with:
            complaints[model] = (
                f"Results of {model} were made with other weights ({made_with[:8]}…) than the "
                f"shipped model has now ({card.weights_sha256[:8]}…); make them anew with "
                f"`{EVALUATE}`."
            )
    return list(complaints.values())


def weights_note(found: Iterable[Evaluation], cards: Mapping[str, ModelCard]) -> str | None:
    """That all results belong to the shipped weights, if they do."""
    if weights_complaints(found, cards):
        return None
    return "All were made with the weights that are shipped (SHA-256 compared)."


def evaluation_row(evaluation: Evaluation) -> dict[str, object]:
    """Every number of an evaluation with its interval, at temperature 1, as a row of a table."""
    row: dict[str, object] = {
        "model": evaluation.model, "evaluated under": evaluation.strategy,
        "own order": evaluation.strategy == evaluation.trained_under,
        **_columns("NLL per token", evaluation.nll_per_token),
        **_columns("NLL", evaluation.nll_per_graph), **_columns("LU", evaluation.lu),
    }
    for token_type in evaluation.token_types:
        found = evaluation.reliability(token_type)
        name = type_name(token_type)
        row |= _columns(f"ECE {name}", found.ece)
        row |= _columns(f"smooth ECE {name}", found.smooth_ece)
        row |= _columns(f"Brier {name}", found.brier)
    return row | {
        "fitted temperature": evaluation.fitted_temperature,
        "graphs": evaluation.num_graphs, "K": evaluation.permutations, "seed": evaluation.seed,
        "weights": evaluation.weights_sha256,
    }


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


def _columns(name: str, found: Estimate | None) -> dict[str, float]:
    if found is None:
        return {name: math.nan}
    ends = found.interval or Interval(math.nan, math.nan)
    return {name: found.value, f"{name} low": ends.low, f"{name} high": ends.high}


def _range(numbers: Iterable[int]) -> str:
    known = sorted(set(numbers))
    return f"{known[0]:,}" if len(known) == 1 else f"{known[0]:,} to {known[-1]:,}"
