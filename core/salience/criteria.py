"""The criteria: one pure function each from a matrix' weights and a statistic to scores.

The statistic is what has to be computed of the model once, such as the mean gradient; criteria
that share it are computed together at the cost of one. A high score is selected first. A criterion
is one entry of `CRITERIA`, and all else asks the entry: commands and pages list and describe what
stands here, and the repair experiment runs it (docs/definitions.md, Salience).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor  # takes longer to import than a command needs to list the criteria

Statistic = Literal["none", "uniform", "flow", "gradient", "hessian_gradient", "squared_gradient"]
"""What a score is computed from besides the weight itself."""

FROM_EXAMPLES: tuple[Statistic, ...] = ("gradient", "hessian_gradient", "squared_gradient")
"""Statistics that examples are averaged for, one pass over them each."""


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
    import torch

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
class Option:
    """A number that a criterion can be given.

    Attributes:
        default: positive, as every value is.
        help: what it does, a sentence.
    """

    default: float
    help: str


@dataclass(frozen=True)
class Criterion:
    """One way to score entries.

    Attributes:
        name: key in `CRITERIA`.
        formula: of the score.
        measures: what a high score says of a weight, a sentence.
        source: who introduced it.
        function: (weight, statistic, **options) → scores, all of one shape; pure.
        statistic: what `function` takes besides the weight; criteria of one statistic cost as much
            as one of them.
        is_signed: scores may be negative.
        is_control: scores say nothing of the model; it is what other criteria are compared with.
        selects_like: the criterion that ranks entries in the same order, whatever the model.
        options: what `function` can be given, by name.
    """

    name: str
    formula: str
    measures: str
    source: str
    function: Callable[..., Tensor]
    statistic: Statistic = "none"
    is_signed: bool = False
    is_control: bool = False
    selects_like: str | None = None
    options: Mapping[str, Option] = field(default_factory=dict)

    @property
    def needs_examples(self) -> bool:
        """Whether scores depend on examples."""
        return self.statistic in FROM_EXAMPLES

    @property
    def needs_seed(self) -> bool:
        """Whether scores are drawn at random, so that a seed decides them."""
        return self.statistic == "uniform"

    @property
    def is_slow(self) -> bool:
        """Whether scores cost several times as much as a gradient."""
        return self.statistic in ("hessian_gradient", "squared_gradient")


CRITERIA: dict[str, Criterion] = {criterion.name: criterion for criterion in (
    Criterion("random", "uniform",
              "A number drawn at random: the control, which knows nothing of the model.",
              "Liu 2024, control", random, "uniform", is_control=True),
    Criterion("magnitude", "|W|", "How large the weight is.", "Han 2015", magnitude),
    Criterion("gradient", "|G|", "How strongly the loss depends on the weight.", "Liu 2024",
              gradient, "gradient"),
    Criterion("snip", "|W ⊙ G|",
              "How much the loss would change, to first order, if the weight were zero.",
              "Lee 2019", snip, "gradient"),
    Criterion("force", "−W ⊙ G",
              "How much the loss would rise, to first order, if the weight were zero.",
              "Mozer and Smolensky 1989", force, "gradient", is_signed=True),
    Criterion("taylor", "(W ⊙ G)²",
              "The square of what snip measures, so it selects the same weights.",
              "Molchanov 2019", taylor, "gradient", selects_like="snip"),
    Criterion("fisher", "mean_i (∇L_i)²",
              "How strongly the loss of single examples depends on the weight.", "Sung 2021",
              fisher, "squared_gradient"),
    Criterion("synflow", "|W ⊙ ∂R/∂W|",
              "How much passes through the weight from input to output.", "Tanaka 2020", synflow,
              "flow"),
    Criterion("grasp", "W ⊙ (H·G)",
              "How much smaller the gradient would become if the weight were zero.", "Wang 2020",
              grasp, "hessian_gradient", is_signed=True,
              options={"temperature": Option(
                  1.0, "Divides the logits of the loss. 200 in the literature.")}),
    Criterion("lamp", "w² / Σ of squares not smaller",
              "How large the weight is compared with the larger weights of its matrix.",
              "Lee 2021", lamp),
    Criterion("id3", "|G| / (|W| + ε)^p",
              "How strongly the loss depends on the weight; large weights count less.",
              "Agarwal 2024", id3, "gradient",
              options={"epsilon": Option(1.0, "ε, added to |W|."),
                       "power": Option(2.0, "p, of |W| + ε.")}),
)}
"""All criteria by name, the only list of them."""

DEFAULT_CRITERION = "gradient"
"""The simplest criterion that looks at examples."""

CONTROL = next(name for name, criterion in CRITERIA.items() if criterion.is_control)
"""The criterion that the experiment compares all others with."""

HINDSIGHT = "hindsight"
"""What entries are selected by that a run of all weights changed most (`core.salience.hindsight`):
a reference beside the criteria and none of them, as it is known only after that run."""


def selected_by() -> tuple[str, ...]:
    """All that the entries of a mask can have been selected by, as registered now."""
    return (*CRITERIA, HINDSIGHT)


def names_where(is_meant: Callable[[Criterion], bool]) -> list[str]:
    """Names of the criteria that something holds of, as registered.

    >>> names_where(lambda criterion: criterion.is_signed)
    ['force', 'grasp']
    """
    return [name for name, criterion in CRITERIA.items() if is_meant(criterion)]


def always_agree(first: str, second: str) -> bool:
    """Whether two criteria rank entries in the same order, whatever the model.

    >>> always_agree("taylor", "snip"), always_agree("magnitude", "snip")
    (True, False)
    """
    order = [CRITERIA[name].selects_like or name for name in (first, second)]
    return order[0] == order[1]
