"""Scores of a model by one criterion or several: every statistic once, then a formula an entry."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from core.salience.criteria import CRITERIA, Criterion
from core.salience.examples import TokenSequences
from core.salience.gradients import DEFAULT_TOKEN_BUDGET, check_finite
from core.salience.language_model import LanguageModel
from core.salience.matrices import SalienceError, weights_of
from core.salience.salience import Salience
from core.salience.statistics import Statistics


def compute_salience(
    model: LanguageModel,
    criterion: str,
    examples: TokenSequences | None = None,
    *,
    seed: int = 0,
    options: Mapping[str, float] | None = None,
    token_budget: int = DEFAULT_TOKEN_BUDGET,
    progress: Callable[[int, int], None] | None = None,
) -> Salience:
    """Score every entry by one criterion; see `compute_saliences`."""
    return compute_saliences(model, [criterion], examples, seed=seed, options=options,
                             token_budget=token_budget, progress=progress)[criterion]


def compute_saliences(
    model: LanguageModel,
    criteria: Sequence[str],
    examples: TokenSequences | None = None,
    *,
    seed: int = 0,
    options: Mapping[str, float] | None = None,
    token_budget: int = DEFAULT_TOKEN_BUDGET,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Salience]:
    """Score every entry by several criteria; what they share is computed once.

    Args:
        model: stays untouched.
        criteria: keys of `CRITERIA`.
        examples: sequences to average over, for criteria that need them.
        seed: of criteria that are drawn at random.
        options: of the criteria, such as `{"temperature": 200}`; each takes those it knows.
        token_budget: most tokens, padding included, in one pass.
        progress: called as `progress(done, total)` in examples, summed over all passes; may raise
            to cancel.

    Returns:
        Criterion → scores, in the given order.

    Raises:
        SalienceError: for an unknown criterion or option; without examples where they are needed;
            for examples that the model cannot read; for gradients or scores that are not finite.
    """
    chosen = [_criterion(name) for name in criteria]
    given = _options_of(chosen, options or {})
    if any(criterion.needs_examples for criterion in chosen):
        check_examples(model, examples, next(c.name for c in chosen if c.needs_examples))
    statistics = Statistics(
        model, examples, {c.statistic for c in chosen}, seed=seed, token_budget=token_budget,
        temperature=next((options["temperature"] for options in given.values()
                          if "temperature" in options), 1.0), progress=progress)
    scored: dict[str, Salience] = {}
    for kind, statistic in statistics.compute_all():
        for criterion in (c for c in chosen if c.statistic == kind):
            scored[criterion.name] = _score(model, criterion, statistic, examples,
                                            given[criterion.name], seed)
    return {name: scored[name] for name in criteria}


def check_examples(model: LanguageModel, examples: TokenSequences | None, criterion: str) -> None:
    """Refuse examples that a model cannot read.

    Raises:
        SalienceError: for none, for sequences longer than the model's positions, and for tokens
            outside its vocabulary.
    """
    if examples is None:
        raise SalienceError(f"{criterion} is averaged over examples; give some, or "
                            "use a criterion without data, such as magnitude.")
    if not len(examples):
        raise SalienceError("There are no examples; give at least one.")
    longest = int(examples.lengths.max())
    if model.max_tokens is not None and longest > model.max_tokens:
        raise SalienceError(f"The longest example has {longest:,} tokens; {model.name} attends "
                            f"over at most {model.max_tokens:,}.")
    tokens = examples.tokens[examples.is_real]
    if int(tokens.min()) < 0 or int(tokens.max()) >= model.vocab_size:
        raise SalienceError(f"An example has a token outside 0 … {model.vocab_size - 1}, the "
                            f"vocabulary of {model.name}; write the examples in its vocabulary.")


def _score(
    model: LanguageModel, criterion: Criterion, statistic: dict[str, Tensor],
    examples: TokenSequences | None, options: dict[str, float], seed: int,
) -> Salience:
    weights = weights_of(model.model, model.matrices)
    with torch.no_grad():
        scores = {
            name: criterion.function(weight.detach(), statistic[name], **options)
            .to("cpu", torch.float32) for name, weight in weights.items()}
    check_finite(scores, f"score by {criterion.name}", "options that keep scores in range")
    return Salience(
        scores=scores, matrices=model.matrices, criterion=criterion.name,
        is_signed=criterion.is_signed, model=model.name, weights_sha256=model.weights_sha256,
        options=options, seed=seed,
        examples={**examples.source, "digest": examples.digest}
        if criterion.needs_examples and examples is not None else None)


def _criterion(name: str) -> Criterion:
    if name not in CRITERIA:
        raise SalienceError(f"Unknown criterion {name!r}; use one of {', '.join(CRITERIA)}.")
    return CRITERIA[name]


def _options_of(
    criteria: Sequence[Criterion], given: Mapping[str, float]
) -> dict[str, dict[str, float]]:
    """Options of each criterion, defaults included."""
    known = {name for criterion in criteria for name in criterion.options}
    for name, value in given.items():
        if name not in known:
            names = ", ".join(criterion.name for criterion in criteria)
            raise SalienceError(f"Unknown option {name!r} of {names}; " + (
                f"use {', '.join(sorted(known))}." if known else "there are no options."))
        if not (isinstance(value, int | float) and math.isfinite(value) and value > 0):
            raise SalienceError(f"Option {name} is a positive number, got {value!r}.")
    return {criterion.name: {name: float(given.get(name, option.default))
                             for name, option in criterion.options.items()}
            for criterion in criteria}
