"""A model measured under several orders, a few graphs at a time, so that progress is seen.

The numbers are those of `core.evaluation.run` on the same graphs: what a graph is scored on
depends on its place and the seed, not on how graphs are grouped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.calibration.temperature import TEMPERATURES
from core.evaluation.graph_set import GraphSet
from core.evaluation.result import Evaluation
from core.evaluation.run import EvaluationConfig, EvaluationRun
from core.likelihood.scoring import Precision
from core.model.checkpoints import Checkpoint
from core.model.transformer import num_parameters
from core.repair.arms import Arm
from core.repair.result import RepairResult

FEW_GRAPHS = 8
"""Graphs between two reports of progress to a page, about a second's work at K = 8."""


@dataclass(frozen=True)
class _ReportingOften(EvaluationConfig):
    """An evaluation in chunks of `FEW_GRAPHS`."""

    @property
    def chunk_size(self) -> int:
        return FEW_GRAPHS


@dataclass(frozen=True)
class MeasurementStep:
    """State of a measurement.

    Attributes:
        order: that graphs are being scored under.
        done: graphs that are done under it.
        total: graphs.
        done_under_all: graphs that are done over all orders, of `Measurement.total`.
    """

    order: str
    done: int
    total: int
    done_under_all: int


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
        often: as a page needs it: report after every few graphs, and `plain`.
        plain: do without calibration at other temperatures than 1, which no result keeps.

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
        often: bool = False,
        plain: bool = False,
    ) -> None:
        config = _ReportingOften if often else EvaluationConfig
        temperatures = (1.0,) if often or plain else TEMPERATURES
        self._runs = [
            EvaluationRun(checkpoint, graphs, config(order, permutations, seed, precision),
                          run_folder=folder / order, temperatures=temperatures, is_shared=often)
            for order in orders]
        self.total = len(graphs.graphs) * len(self._runs)

    def steps(self) -> Iterator[MeasurementStep]:
        """Do what is left; yields after every chunk of graphs."""
        before = 0
        for run in self._runs:
            for step in run.steps():
                yield MeasurementStep(run.config.strategy, step.done, step.total,
                                      before + step.done)
            before += len(run.graphs.graphs)

    def evaluations(self) -> Iterator[Evaluation]:
        """What came out under each order, once `steps` has come to its end."""
        return (run.result() for run in self._runs)

    def result(
        self,
        arm: Arm,
        base: Checkpoint,
        *,
        settings: dict[str, Any],
        training: Mapping[str, Any] | None = None,
    ) -> RepairResult:
        """What came out, once `steps` has come to its end.

        Args:
            arm: that led to the model.
            base: the model that it started from.
            settings: of fine-tuning and measuring, JSON values.
            training: `result` of the fine-tuning run's record; None for the model as it was.
        """
        facts: dict[str, Any] = {"num_parameters": 0} if training is None else {
            "num_parameters": training["parameters"], "wall_s": training["wall_s"],
            "history": tuple((int(step), float(loss))
                             for step, loss in training["loss_nats_per_token"])}
        return RepairResult.from_evaluations(
            self.evaluations(), arm=arm, model=base.card.name,
            weights_sha256=base.card.weights_sha256, num_weights=num_parameters(base.network),
            settings=settings, device=str(base.device), **facts)


def describe(graphs: GraphSet) -> dict[str, Any]:
    """What a result says of the graphs that it was measured on."""
    return {"name": graphs.name, "split": graphs.split, "graphs": len(graphs.graphs)}
