"""A model measured under several orders, a few graphs at a time, so that progress is seen.

The numbers are those of `core.evaluation.run` on the same graphs: what a graph is scored on
depends on its place and the seed, not on how graphs are grouped. Calibration is measured at
temperature 1 only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.evaluation.graph_set import GraphSet
from core.evaluation.result import Evaluation
from core.evaluation.run import EvaluationConfig, EvaluationRun
from core.likelihood.scoring import Precision
from core.model.checkpoints import Checkpoint

CHUNK_GRAPHS = 8
"""Graphs between two reports of progress, about a second's work at K = 8."""


@dataclass(frozen=True)
class _SmallChunks(EvaluationConfig):
    """An evaluation that tells of its progress often."""

    @property
    def chunk_size(self) -> int:
        return CHUNK_GRAPHS


class Measurement:
    """One model on the same graphs under each of some orders.

    Args:
        checkpoint: the model.
        graphs: what to measure on.
        orders: names of strategies.
        permutations: K, linearizations per graph and order.
        seed: fixes them.
        precision: of forward passes.
        folder: where finished graphs are kept; a measurement of the same settings is resumed.

    Attributes:
        total: graphs to score, over all orders.

    Raises:
        EvaluationRunError: for no graphs, or a folder of other settings.
        VocabularyError: for a graph that the model cannot read.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        graphs: GraphSet,
        orders: Sequence[str],
        *,
        permutations: int = 8,
        seed: int = 0,
        precision: Precision = "fp32",
        folder: Path,
    ) -> None:
        self._runs = [
            EvaluationRun(checkpoint, graphs, _SmallChunks(order, permutations, seed, precision),
                          run_folder=folder / order, temperatures=(1.0,), is_shared=True)
            for order in orders]
        self.total = len(graphs.graphs) * len(self._runs)

    def steps(self) -> Iterator[int]:
        """Do what is left; yields the number of graphs done so far, over all orders."""
        before = 0
        for run in self._runs:
            for step in run.steps():
                yield before + step.done
            before += len(run.graphs.graphs)

    def result(self) -> list[Evaluation]:
        """One evaluation per order, once `steps` has come to its end."""
        return [run.result() for run in self._runs]
