"""The criteria: one pure function each from a matrix' weights and a statistic to scores, SPEC 6.

The statistic is what has to be computed of the model once, such as the mean gradient; criteria
that share it are computed together at the cost of one. A high score is selected first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from core.salience.errors import SalienceError
from core.salience.examples import TokenSequences
from core.salience.gradients import DEFAULT_TOKEN_BUDGET, check_finite
from core.salience.language_model import LanguageModel
from core.salience.matrices import weights_of
from core.salience.salience import Salience
from core.salience.statistics import FROM_EXAMPLES, Statistic, Statistics


def random(weight: Tensor, uniform: Tensor) -> Tensor:
    """Independent uniform numbers in [0, 1): the control."""
    return uniform


def magnitude(weight: Tensor, _: Tensor) -> Tensor:
    """abs(W), Han 2015 (arXiv 1506.02626)."""
    return weight.abs()


def gradient(weight: Tensor, gradient: Tensor) -> Tensor:
    """abs(G)."""
    return gradient.abs()


def snip(weight: Tensor, gradient: Tensor) -> Tensor:
    """abs(W ⊙ G), Lee 2019 (arXiv 1810.02340)."""
    return (weight * gradient).abs()


def force(weight: Tensor, gradient: Tensor) -> Tensor:
    """−W ⊙ G: how much the loss rises, to first order, if the entry is removed (Mozer and
    Smolensky 1989; cf. arXiv 2006.09081)."""
    return -weight * gradient


def taylor(weight: Tensor, gradient: Tensor) -> Tensor:
    """(W ⊙ G)², Molchanov 2019 (arXiv 1906.10771); in the order of `snip`."""
    return (weight * gradient).square()


def fisher(weight: Tensor, squared_gradient: Tensor) -> Tensor:
    """mean_i (∇_W L_i)², Sung 2021 (arXiv 2111.09839)."""
    return squared_gradient


def synflow(weight: Tensor, flow: Tensor) -> Tensor:
    """abs(W ⊙ ∂R/∂W), Tanaka 2020 (arXiv 2006.05467)."""
    return flow.abs()


def grasp(weight: Tensor, hessian_gradient: Tensor, *, temperature: float = 1.0) -> Tensor:
    """W ⊙ (H·G), Wang 2020 (arXiv 2002.07376), with the sign of arXiv 2412.13488's code.

    The temperature is that of the loss, so it is already in the product.
    """
    return weight * hessian_gradient


def lamp(weight: Tensor, _: Tensor) -> Tensor:
    """w² over the sum of all squares in the matrix that are not smaller (arXiv 2010.07611)."""
    sizes, order = weight.abs().flatten().sort()
    squares = sizes.double().square()
    not_smaller = squares.flip(0).cumsum(0).flip(0)
    # Equal entries share the sum that begins at the first of them.
    is_first = torch.ones_like(sizes, dtype=torch.bool)
    is_first[1:] = sizes[1:] != sizes[:-1]
    first = torch.where(is_first, torch.arange(len(sizes), device=sizes.device), 0).cummax(0).values
    scores = torch.where(squares > 0, squares / not_smaller[first], 0.0)
    return torch.empty_like(scores).scatter_(0, order, scores).view(weight.shape)


def id3(weight: Tensor, gradient: Tensor, *, epsilon: float = 1.0, power: float = 2.0) -> Tensor:
    """abs(G) / (abs(W) + ε)^p (arXiv 2408.14470)."""
    return gradient.abs() / (weight.abs() + epsilon) ** power


@dataclass(frozen=True)
class Criterion:
    """One way to score entries.

    Attributes:
        name: key in `CRITERIA`.
        formula: as SPEC 6 writes it.
        source: who introduced it.
        function: (weight, statistic, **options) → scores, all of one shape; pure.
        statistic: what `function` takes besides the weight.
        is_signed: scores may be negative.
        options: name → default; every value is a positive number.
    """

    name: str
    formula: str
    source: str
    function: Callable[..., Tensor]
    statistic: Statistic = "none"
    is_signed: bool = False
    options: Mapping[str, float] = field(default_factory=dict)

    @property
    def needs_examples(self) -> bool:
        """Whether scores depend on calibration examples."""
        return self.statistic in FROM_EXAMPLES


CRITERIA: dict[str, Criterion] = {criterion.name: criterion for criterion in (
    Criterion("random", "uniform", "Liu 2024, control", random, "uniform"),
    Criterion("magnitude", "|W|", "Han 2015", magnitude),
    Criterion("gradient", "|G|", "Liu 2024", gradient, "gradient"),
    Criterion("snip", "|W ⊙ G|", "Lee 2019", snip, "gradient"),
    Criterion("force", "−W ⊙ G", "Mozer and Smolensky 1989", force, "gradient", is_signed=True),
    Criterion("taylor", "(W ⊙ G)²", "Molchanov 2019", taylor, "gradient"),
    Criterion("fisher", "mean_i (∇L_i)²", "Sung 2021", fisher, "squared_gradient"),
    Criterion("synflow", "|W ⊙ ∂R/∂W|", "Tanaka 2020", synflow, "flow"),
    Criterion("grasp", "W ⊙ (H·G)", "Wang 2020", grasp, "hessian_gradient", is_signed=True,
              options={"temperature": 1.0}),
    Criterion("lamp", "w² / Σ of squares not smaller", "Lee 2021", lamp),
    Criterion("id3", "|G| / (|W| + ε)^p", "Agarwal 2024", id3, "gradient",
              options={"epsilon": 1.0, "power": 2.0}),
)}
"""All criteria by name, the only list of them."""


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
        examples: calibration examples, for criteria that need them.
        seed: of `random`.
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
        temperature=given.get("grasp", {}).get("temperature", 1.0), progress=progress)
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
        raise SalienceError(f"{criterion} is averaged over calibration examples; give some, or "
                            "use a criterion without data, such as magnitude.")
    if not len(examples):
        raise SalienceError("There are no calibration examples; give at least one.")
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
        is_signed=criterion.is_signed, model=model.name, model_digest=model.digest,
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
    return {criterion.name: {name: float(given.get(name, default))
                             for name, default in criterion.options.items()}
            for criterion in criteria}
