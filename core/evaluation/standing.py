"""Where one graph stands among the test graphs of a model, so that its numbers mean something."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.evaluation.result import Evaluation
from core.likelihood.analysis import Analysis


@dataclass(frozen=True, eq=False)
class Tested:
    """The test graphs of a model under an order, as they were evaluated.

    Attributes:
        permutations: K of each.
        lu, nll_mean, nll_per_token: of every graph, [n].
    """

    permutations: int
    lu: np.ndarray
    nll_mean: np.ndarray
    nll_per_token: np.ndarray

    @classmethod
    def of(cls, evaluation: Evaluation) -> Tested:
        """The graphs of an evaluation."""
        return cls(evaluation.permutations, *(
            evaluation.graphs[column].to_numpy(np.float64)
            for column in ("lu", "nll_mean", "nll_per_token")))

    def standings(self, analysis: Analysis) -> tuple[float | None, float, float]:
        """Shares of the test graphs with a lower LU, NLL of a sequence and NLL per token.

        LU grows with K (of normal NLLs by 8% from 8 to 32), so the graph's own is that of as many
        permutations as the test graphs had, averaged over its permutations in groups of so many;
        None if it has fewer.

        Args:
            analysis: of one graph.
        """
        nll, k = analysis.likelihoods.nll[0].double().numpy(), self.permutations
        groups = nll[: len(nll) // k * k].reshape(-1, k)
        lu = (groups.std(1) / groups.mean(1)).mean() if len(groups) else None
        return (None if lu is None else float((self.lu < lu).mean()),
                float((self.nll_mean < nll.mean()).mean()),
                float((self.nll_per_token < analysis.likelihoods.nll_per_token).mean()))
