"""What can be chosen on the Salience page, and how it stands in the address."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.salience.criteria import CRITERIA
from core.salience.masks import SCOPES, Scope
from core.sent.strategies import RANDOM_ORDER, STRATEGIES
from dashboard.shared.choices import DENSITIES, MAX_SEED, STRATEGY_OPTIONS
from dashboard.shared.query_params import Choice, Number, Parameters, faults

SOURCES = SHIPPED, OTHER = ("shipped", "other")
"""Models that ship, or any causal LM that the visitor names by folder or hub name."""

DEFAULT_MODEL = "qm9-max_degree_first"
MAX_EXAMPLES, DEFAULT_EXAMPLES = 512, 64
MIN_OPTION, MAX_OPTION = 0.01, 1000.0
MAX_PERMUTATIONS, DEFAULT_PERMUTATIONS = 256, 32

DEFAULT_DENSITY = "1%"

QUANTITIES = DENSITY, MEAN_SCORE = ("density of the mask", "mean score")
"""What the heatmap of matrices shows."""

MEASURES = JACCARD, RATIO = ("Jaccard index", "multiples of chance")
"""How agreement is written."""

DIFFERENCES = MOVED, OVER_CHANCE = ("where density moves", "agreement over chance")
"""What the heatmap of two settings shows."""

DENSEST = "the densest"
"""The matrix that is opened before one is chosen."""

SECTIONS = CRITERIA_SECTION, TWO_SETTINGS, ONE_MOLECULE, STABILITY, MATRICES, CODE = (
    "Criteria", "Two settings", "One molecule", "Stability", "All matrices", "Code")
"""Sections of the page. Streamlit writes a choice into the address as it is labelled."""

SAME = "same"
"""In the second of two settings: as in the first."""

STABILITY_SEEDS = 3
_STABILITY_PARTS = (1, 2, 4)


@dataclass(frozen=True)
class SalienceQuery:
    """What scores depend on.

    Attributes:
        model: a shipped model's name, or a folder or hub name.
        version: tells its weights from others: their SHA-256, or the age of a folder.
        criterion: key of `CRITERIA`.
        strategy: a registered name, never `own`; empty for models that take a file of tokens.
        number: examples; linearizations if there is a `smiles`.
        seed: fixes them.
        tokens: file of token sequences; empty for molecules and planar graphs.
        smiles: the only molecule to draw examples from; empty for the set.
        options: of the criterion, where they are not its defaults.
        tokens_age: tells the file's content from what it held before.
    """

    model: str
    version: str
    criterion: str
    strategy: str
    number: int
    seed: int
    tokens: str = ""
    smiles: str = ""
    options: tuple[tuple[str, float], ...] = field(default=())
    tokens_age: str = ""

    @property
    def needs_examples(self) -> bool:
        """Whether its criterion does."""
        return CRITERIA[self.criterion].needs_examples

    @property
    def needs_seed(self) -> bool:
        """Whether its scores depend on the seed."""
        return self.needs_examples or CRITERIA[self.criterion].needs_seed

    @property
    def has_examples(self) -> bool:
        """Whether there are any: a model without an order reads them from a file."""
        return bool(self.strategy or self.tokens)

    @property
    def lacks_examples(self) -> bool:
        """Whether its criterion needs examples that nobody has named."""
        return self.needs_examples and not self.has_examples

    @property
    def key(self) -> SalienceQuery:
        """The same without what its criterion does not depend on."""
        if self.needs_examples:
            return self
        return replace(self, strategy="", number=0, seed=self.seed if self.needs_seed else 0,
                       tokens="", smiles="", tokens_age="")

    def with_criterion(self, criterion: str) -> SalienceQuery:
        """The same examples, scored by another criterion with its default options."""
        options = self.options if criterion == self.criterion else ()
        return replace(self, criterion=criterion, options=options)


@dataclass(frozen=True)
class MaskQuery:
    """What a mask depends on: its scores, and how it is cut from them."""

    salience: SalienceQuery
    scope: Scope
    density: float


def comparable_criteria(query: SalienceQuery, *, slow: bool) -> list[str]:
    """Criteria whose masks are compared; those that need data only where there is some."""
    return [name for name, criterion in CRITERIA.items()
            if (slow or not criterion.is_slow or name == query.criterion)
            and (query.has_examples or not criterion.needs_examples)]


def stability_sizes(number: int) -> tuple[int, ...]:
    """Numbers of examples that masks are drawn anew from, increasing.

    >>> stability_sizes(64), stability_sizes(1)
    ((16, 32, 64), (1,))
    """
    return tuple(sorted({max(1, number // part) for part in _STABILITY_PARTS}))


def stability_seeds(seed: int) -> tuple[int, ...]:
    """Seeds of the draws: the chosen one and those that follow."""
    return tuple(seed_after(seed, step) for step in range(STABILITY_SEEDS))


def seed_after(seed: int, steps: int = 1) -> int:
    """The seed so many steps on, from the largest one back to 0.

    >>> seed_after(7), seed_after(MAX_SEED)
    (8, 0)
    """
    return (seed + steps) % (MAX_SEED + 1)


def other_order(chosen: str, own: str) -> str:
    """What an order is compared with before another is chosen.

    >>> other_order("max_degree_first", "max_degree_first"), other_order("random_order", "own")
    ('random_order', 'own')
    """
    return next(order for order in (RANDOM_ORDER.name, own, *STRATEGIES) if order != chosen)


def commands(mask_query: MaskQuery) -> str:
    """The command lines that write the same scores and the same mask."""
    query = mask_query.salience
    parts = [f"trailscope salience --model {shlex.quote(query.model)}",
             f"--criterion {query.criterion}"]
    if query.needs_examples:
        parts += _example_options(query)
    parts += [f"--option {name}={value:g}" for name, value in query.options]
    if query.needs_seed:
        parts.append(f"--seed {query.seed}")
    return (f"{' '.join(parts)} --output scores\n"
            f"trailscope mask scores/{query.criterion}.safetensors "
            f"--density {mask_query.density:g} --scope {mask_query.scope} "
            "--output mask.safetensors")


def _example_options(query: SalienceQuery) -> list[str]:
    if query.tokens:
        return [f"--tokens {shlex.quote(query.tokens)}", f"--number {query.number}"]
    order = f"--strategy {shlex.quote(query.strategy)}"
    if query.smiles:
        return [order, f"--input {shlex.quote(query.smiles)}",
                f"--permutations {query.number}"]
    return [order, f"--number {query.number}"]


def python(mask_query: MaskQuery) -> str:
    """The Python that gives the same mask."""
    query = mask_query.salience
    lines: list[str] = []
    names = ["compute_salience", "open_language_model", "select"]
    examples: list[str] = []
    arguments = ""
    if query.needs_examples:
        arguments = ", examples"
        lines, more = _example_imports(query)
        names += more
        examples = [_example_lines(query)]
    elif query.needs_seed:
        arguments = f", seed={query.seed}"
    if query.options:
        arguments += f", options={dict(query.options)!r}"
    return "\n".join([
        *sorted([*lines, f"from core.salience import {', '.join(sorted(names))}"],
                key=lambda line: ("pathlib" not in line, line)), "",
        f"model = open_language_model({query.model!r})",
        *examples,
        f"scores = compute_salience(model, {query.criterion!r}{arguments})",
        f"mask = select(scores, density={mask_query.density:g}, scope={mask_query.scope!r})",
        "print(mask.nnz, mask.densities())", "",
    ])


def _example_imports(query: SalienceQuery) -> tuple[list[str], list[str]]:
    """Lines, and what else is imported of `core.salience`."""
    if query.tokens:
        return ["from pathlib import Path"], ["read_token_file"]
    lines = ["from core.sent import Strategy"]
    if query.smiles:
        return [*lines, "from core.chemistry import from_smiles",
                "from core.evaluation.graph_set import GraphSet"], ["draw_examples"]
    return lines, ["draw_examples", "shipped_graphs"]


def _example_lines(query: SalienceQuery) -> str:
    if query.tokens:
        return (f"examples = read_token_file(Path({query.tokens!r}), model, "
                f"number={query.number})")
    molecule, graphs, number = "", "shipped_graphs(card)", f"number={query.number}"
    if query.smiles:
        molecule = (f"molecule = from_smiles({query.smiles!r}, card.chemistry,\n"
                    "                       max_atoms=card.vocabulary.max_nodes)\n")
        graphs = "GraphSet('typed', None, (molecule.graph,))"
        number = f"number=1, permutations={query.number}"
    return f"""\
card = model.checkpoint.card
{molecule}examples = draw_examples(
    {graphs},
    card.vocabulary,
    Strategy.from_name({query.strategy!r}),
    {number}, seed={query.seed},
)"""


def address_faults(
    query: Mapping[str, str], models: Sequence[str], *, hosted: bool = False
) -> list[str]:
    """One sentence for every parameter of an address that cannot be taken as it stands.

    Args:
        query: the address's parameters.
        models: names of the shipped models.
        hosted: whether these are all that can be named.
    """
    sources = (SHIPPED,) if hosted else SOURCES
    return faults(query, {"models": Choice("kind of models", sources),
                          "lm": Choice("model", models, is_of_server=True),
                          **_parameters()})


def model_faults(
    query: Mapping[str, str], *, matrices: Sequence[str], examples: int
) -> list[str]:
    """The same for what depends on the model, and is not already told by `address_faults`.

    Args:
        query: the address's parameters.
        matrices: labels of the model's matrices, and what stands for the densest.
        examples: how many there are at most.
    """
    found = faults(query, {"matrix": Choice("matrix", matrices)})
    if not faults(query, {"examples": _EXAMPLES}):
        found += faults(query, {"examples": replace(_EXAMPLES, high=examples)})
    return found


_EXAMPLES = Number("number of examples", 1, MAX_EXAMPLES)


def _parameters() -> Parameters:
    """What does not depend on the models."""
    return {
        "criterion": Choice("criterion", tuple(CRITERIA)), "scope": Choice("scope", SCOPES),
        "calibration": Choice("order", STRATEGY_OPTIONS),
        "density": Choice("density", tuple(DENSITIES)), "cells": Choice("quantity", QUANTITIES),
        "lab": Choice("section", SECTIONS), "agree": Choice("measure", MEASURES),
        "slow": Choice("switch", ("true", "false")),
        "criterion2": Choice("criterion", (SAME, *CRITERIA)),
        "scope2": Choice("scope", (SAME, *SCOPES)),
        "calibration2": Choice("order", STRATEGY_OPTIONS),
        "difference": Choice("quantity", DIFFERENCES),
        "examples": _EXAMPLES, "draw": Number("seed", 0, MAX_SEED),
        "draw2": Number("seed", 0, MAX_SEED),
        "onek": Number("number of linearizations", 1, MAX_PERMUTATIONS),
        **{f"option_{name}": Number(name, MIN_OPTION, MAX_OPTION)
           for criterion in CRITERIA.values() for name in criterion.options},
    }
