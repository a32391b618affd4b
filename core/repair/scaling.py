"""`ScalingMeasurement`: W + α ΔW measured at one α after the other, a few graphs at a time.

Every α is a `Measurement` in a folder of its own, so that what is done is not done again. At α = 0
and α = 1 it is that of the two models themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.evaluation.graph_set import GraphSet
from core.evaluation.result import Evaluation
from core.finetune.scaling import MAX_ALPHA, check_scalable, scaled_checkpoint
from core.likelihood.scoring import Precision
from core.model.checkpoints import Checkpoint
from core.repair.measurement import Measurement
from core.repair.scaled_change import MEASURES, ScaledChange
from core.stats.estimates import Estimate

ALPHAS = tuple(i / 4 for i in range(int(4 * MAX_ALPHA) + 1))
"""Scales that are measured: 0, 0.25 … 1.5."""

SCALED_GRAPHS = 100
"""Test graphs that each of them is measured on, unless said otherwise: a third of an arm's."""


@dataclass(frozen=True)
class ScalingStep:
    """State of the measurement.

    Attributes:
        alpha: that is being measured.
        done: graphs that are done over all α and orders, of `ScalingMeasurement.total`.
        total: of them.
    """

    alpha: float
    done: int
    total: int


class ScalingMeasurement:
    """One change of weights on the same graphs at each of `ALPHAS`.

    Args:
        before: W.
        after: W + ΔW.
        graphs: what to measure on.
        orders: names of strategies, the model's own first.
        permutations: K, linearizations per graph and order.
        seed: fixes them.
        precision: of forward passes.
        folder: where finished graphs are kept; a measurement of the same settings is resumed.
        known: α → folder where such a measurement of the same graphs may lie already, or is to be
            kept for others.
        often: report after every few graphs, as a page needs it (`Measurement`).

    Raises:
        SalienceError: as `core.finetune.scaling.check_scalable`.
    """

    def __init__(
        self,
        before: Checkpoint,
        after: Checkpoint,
        graphs: GraphSet,
        orders: Sequence[str],
        *,
        permutations: int = 8,
        seed: int = 0,
        precision: Precision = "fp32",
        folder: Path,
        known: dict[float, Path] | None = None,
        often: bool = False,
    ) -> None:
        check_scalable(before, after)
        self._ends = {0.0: before, 1.0: after}
        self._graphs = graphs
        self._orders = tuple(orders)
        self._permutations = permutations
        self._seed = seed
        self._precision = precision
        self._folders = {alpha: (known or {}).get(alpha, folder / f"alpha-{alpha:g}")
                         for alpha in ALPHAS}
        self._often = often
        self._found: dict[float, dict[str, dict[str, Estimate]]] = {}
        self.total = len(graphs.graphs) * len(self._orders) * len(ALPHAS)

    def steps(self) -> Iterator[ScalingStep]:
        """Do what is left; yields after every chunk of graphs."""
        of_alpha = self.total // len(ALPHAS)
        for place, alpha in enumerate(ALPHAS):
            if alpha in self._found:
                continue
            measurement = self._measurement(alpha)
            for step in measurement.steps():
                yield ScalingStep(alpha, place * of_alpha + step.done_under_all, self.total)
            self._found[alpha] = {one.strategy: _estimates(one)
                                  for one in measurement.evaluations()}

    def result(self) -> ScaledChange:
        """What came out, once `steps` has come to its end."""
        return ScaledChange(len(self._graphs.graphs),
                            {alpha: self._found[alpha] for alpha in ALPHAS})

    def _measurement(self, alpha: float) -> Measurement:
        before, after = self._ends.values()
        model = self._ends.get(alpha) or scaled_checkpoint(
            before, after, alpha, name=f"{after.card.name} at {alpha:g}")
        return Measurement(
            model, self._graphs, self._orders, permutations=self._permutations, seed=self._seed,
            precision=self._precision, folder=self._folders[alpha], often=self._often,
            plain=True)


def first_graphs(graphs: GraphSet, number: int) -> GraphSet:
    """The first so many of a set, or all if there are fewer."""
    return replace(graphs, graphs=graphs.graphs[:number],
                   smiles=None if graphs.smiles is None else graphs.smiles[:number])


def _estimates(evaluation: Evaluation) -> dict[str, Estimate]:
    found = evaluation.headline
    return {measure: found[measure] for measure in MEASURES}
