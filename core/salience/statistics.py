"""What criteria are computed from, each statistic of a model at most once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set

import torch
from torch import Tensor

from core.salience.criteria import FROM_EXAMPLES, Statistic
from core.salience.examples import TokenSequences
from core.salience.fisher import empirical_fisher
from core.salience.gradients import hessian_gradient_product, mean_gradient
from core.salience.language_model import LanguageModel
from core.salience.synflow import synaptic_flow

_ORDER: tuple[Statistic, ...] = ("none", "uniform", "flow", *FROM_EXAMPLES)


class Statistics:
    """Computes statistics of one model on one set of examples.

    The mean gradient is shared between those criteria that score it and the Hessian's product with
    it, if the temperature is the same.
    """

    def __init__(
        self,
        model: LanguageModel,
        examples: TokenSequences | None,
        kinds: Set[Statistic],
        *,
        seed: int,
        token_budget: int,
        temperature: float,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        """Compute nothing yet.

        Args:
            model: stays untouched.
            examples: given if any of the kinds is one of `FROM_EXAMPLES`.
            kinds: what is wanted.
            seed: of `uniform`.
            token_budget: most tokens, padding included, in one pass.
            temperature: of the Hessian's loss.
            progress: called as `progress(done, total)` in examples over all passes.
        """
        self._model, self._examples, self._kinds = model, examples, kinds
        self._seed, self._token_budget, self._temperature = seed, token_budget, temperature
        self._report, self._done = progress, 0
        self._gradients: dict[float, dict[str, Tensor]] = {}

    def compute_all(self) -> Iterator[tuple[Statistic, dict[str, Tensor]]]:
        """Each wanted statistic, by name of the matrix, one after the other."""
        for kind in _ORDER:
            if kind in self._kinds:
                yield kind, self._compute(kind)

    def _compute(self, kind: Statistic) -> dict[str, Tensor]:
        model = self._model
        if kind == "uniform":
            generator = torch.Generator().manual_seed(self._seed)
            return {matrix.name: torch.rand(matrix.shape, generator=generator)
                    for matrix in model.matrices}
        if kind == "flow":
            return synaptic_flow(model)
        if kind == "none":
            return {matrix.name: torch.empty(0) for matrix in model.matrices}
        assert self._examples is not None
        if kind == "gradient":
            return self._gradient(1.0)
        if kind == "squared_gradient":
            return empirical_fisher(model, self._examples, token_budget=self._token_budget,
                                    progress=self._progress)
        return hessian_gradient_product(
            model, self._examples, self._gradient(self._temperature),
            temperature=self._temperature, token_budget=self._token_budget,
            progress=self._progress)

    def _gradient(self, temperature: float) -> dict[str, Tensor]:
        assert self._examples is not None
        if temperature not in self._gradients:
            self._gradients = {temperature: mean_gradient(
                self._model, self._examples, temperature=temperature,
                token_budget=self._token_budget, progress=self._progress)}
        return self._gradients[temperature]

    @property
    def _passes(self) -> int:
        asked = len(self._kinds & set(FROM_EXAMPLES))
        needs_own_gradient = "gradient" not in self._kinds or self._temperature != 1
        return asked + ("hessian_gradient" in self._kinds and needs_own_gradient)

    def _progress(self, number: int) -> None:
        self._done += number
        if self._report is not None:
            self._report(self._done, self._passes * len(self._examples or ()))
