"""Order repair: does fine-tuning few weights on random orders cure a model of its order?

A model trained under a biased strategy is fine-tuned on linearizations of another strategy, one arm
after the other (`core.repair.arms`), all with the same batches and number of steps. Each result
is measured on the same test graphs under the model's own order and under the other one.

Learning rates are chosen by method and number of parameters (`Arm.tuned_as`): the rate of lowest
validation NLL under the new order after the same number of steps, found by climbing a ladder. All
sparse arms of about as many entries use the rate that was best for the global static `gradient`
mask. The hindsight mask is cut from the change of the arm of all weights, which is therefore
trained first. The change of every arm is also measured scaled (`core.repair.scaling`).
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch

from core.evaluation.graph_set import GraphSet
from core.finetune.config import FinetuneConfig, stored_settings
from core.finetune.export import merged_checkpoint, record_of
from core.finetune.run import FinetuneRun
from core.finetune.streams import GraphStream, TokenStream
from core.likelihood.scoring import Precision, score_trails
from core.model.checkpoints import Checkpoint
from core.model.training import TrainingGraphs
from core.records import RECORD
from core.repair.arms import FULL, Arm
from core.repair.measurement import Measurement, describe
from core.repair.result import RepairResult
from core.repair.scaling import SCALED_GRAPHS, ScalingMeasurement, first_graphs
from core.runs import claim, hold, write_json
from core.salience.hindsight import hindsight_scores
from core.salience.language_model import LanguageModel
from core.salience.masks import Mask, select
from core.salience.matrices import SalienceError
from core.sent.batch import GraphBatch
from core.sent.sampler import sample_trails
from core.sent.strategies import Strategy

RATES = tuple(round(10 ** (-4 + i / 2), 6) for i in range(8))
"""The ladder of learning rates, half a decade apart: 1e-4 … 0.316."""

_FIRST_RUNG = {"full": 2}
_DEFAULT_RUNG = 4


@dataclass(frozen=True)
class RepairConfig:
    """Everything that a result depends on, besides model, graphs and arm.

    Attributes:
        order: name of the strategy to fine-tune on.
        steps: of every arm.
        batch_size: graphs per step.
        permutations: K, linearizations per test graph and order.
        reselect_every: steps between the selections of dynamic arms.
        num_examples: sequences that criteria are averaged over.
        tuning_graphs: validation graphs that learning rates are chosen on.
        seed: fixes batches, linearizations and masks.
        precision: of forward passes.
    """

    order: str = "random_order"
    steps: int = 150
    batch_size: int = 32
    permutations: int = 8
    reselect_every: int = 25
    num_examples: int = 256
    tuning_graphs: int = 256
    seed: int = 0
    precision: Precision = "bf16"

    def __post_init__(self) -> None:
        Strategy.from_name(self.order)  # refuses an unknown one

    def to_json(self) -> dict[str, Any]:
        """All settings as records and the experiment's folder hold them."""
        return stored_settings(self)

    @property
    def finetuning(self) -> FinetuneConfig:
        """What the runs of all arms share; an arm says the rest (`Arm.apply_to`)."""
        return FinetuneConfig(
            method="full", reselect_every=self.reselect_every,
            num_examples=self.num_examples, steps=self.steps,
            batch_size=self.batch_size, seed=self.seed, precision=self.precision)


@dataclass(frozen=True)
class RepairProgress:
    """State of the experiment.

    Attributes:
        arm: name of the arm, or of the one whose learning rate is being chosen.
        stage: what is being done.
        done: steps, or graphs, of the stage.
        total: of them.
        loss: of the last step, nats per token; None outside of training.
    """

    arm: str
    stage: Literal["tune", "train", "measure", "scale"]
    done: int
    total: int
    loss: float | None = None


class RepairExperiment:
    """A model, the graphs to teach it with, and those to judge it by.

    Args:
        checkpoint: the model, trained under another strategy than `config.order`.
        training: graphs to fine-tune on.
        validation: graphs to choose learning rates on.
        test: graphs to measure on.
        config: how.
        run_folder: where unfinished work is kept.
        compile: fuse forward passes.
        scaled_graphs: test graphs that scaled changes are measured on; 0 measures none. No part of
            `config`, as what else comes out does not depend on it.

    Raises:
        SalienceError: if the model was trained under `config.order` itself; if the run folder
            holds an experiment on another model, other graphs or with other settings.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        training: TrainingGraphs,
        validation: GraphSet,
        test: GraphSet,
        config: RepairConfig,
        run_folder: Path,
        compile: bool = False,
        scaled_graphs: int = SCALED_GRAPHS,
    ) -> None:
        own = checkpoint.card.strategy.name
        if own == config.order:
            raise SalienceError(f"{checkpoint.card.name} was trained under {own} already; there "
                                "is nothing to repair. Choose another model or another order.")
        self.checkpoint = checkpoint
        self.model = LanguageModel.from_checkpoint(checkpoint)
        self.orders = (own, config.order)
        self.config = config
        self.folder = run_folder
        self._validation = validation
        self._test = test
        self._compile = compile
        self._scaled_on = first_graphs(test, scaled_graphs)
        self._results: dict[str, RepairResult] = {}
        self._stream: TokenStream = GraphStream(
            training, checkpoint.vocabulary, Strategy.from_name(config.order), seed=config.seed)
        self._claim_folder()

    def run(self, arm: Arm) -> Iterator[RepairProgress]:
        """Choose the arm's learning rate, fine-tune, measure; `result` then says what came out.

        An arm that was finished in this run folder is read from it, and nothing is yielded, unless
        its scaled change is missing: then only that is measured.
        """
        finished = self.folder / "finished" / arm.name
        if (finished / RECORD).is_file():
            self._results[arm.name] = RepairResult.load(finished)
            if self._is_scaled(arm):
                return
        with hold(self.folder):
            yield from self._run(arm)
            self._results[arm.name].save(finished)

    def _run(self, arm: Arm) -> Iterator[RepairProgress]:
        if arm.method == "none":
            yield from self._measure(arm, self.checkpoint)
            return
        mask = (yield from self._hindsight_mask(arm)) if arm.is_hindsight else None
        yield from self._tune(arm.tuned_as)
        run = self._finetune_run(arm, self._rate_of(arm), self.folder / "arms" / arm.name, mask)
        yield from _train(run, arm.name, "train")
        repaired = merged_checkpoint(run, name=f"{self.model.name} after {arm.name}")
        if arm.name not in self._results:
            yield from self._measure(arm, repaired, run)
        yield from self._scale(arm, repaired)

    def result(self, arm: Arm) -> RepairResult:
        """What came out of an arm once `run` has come to its end."""
        return self._results[arm.name]

    def rates_tried(self) -> dict[str, dict[str, float]]:
        """Arm that was tuned → learning rate → validation NLL per token after it, nats."""
        return {path.stem: json.loads(path.read_text(encoding="utf-8"))
                for path in sorted((self.folder / "tuning").glob("*.json"))}

    @property
    def result_settings(self) -> dict[str, object]:
        """What the results of all arms share and name, as JSON."""
        return {**self.config.to_json(), "test": describe(self._test)}

    def _claim_folder(self) -> None:
        """Learning rates and results are kept by the arm's name: one folder, one experiment."""
        settings = {"model": self.model.weights_sha256, "orders": list(self.orders),
                    **self.result_settings, "training": self._stream.source,
                    "validation": describe(self._validation)}
        claim(self.folder, settings, what="a repair", error=SalienceError)

    def _measure(
        self, arm: Arm, checkpoint: Checkpoint, run: FinetuneRun | None = None
    ) -> Iterator[RepairProgress]:
        measurement = Measurement(
            checkpoint, self._test, self.orders, permutations=self.config.permutations,
            seed=self.config.seed, precision=self.config.precision,
            folder=self.folder / "measured" / arm.name)
        for step in measurement.steps():
            yield RepairProgress(arm.name, "measure", step.done, step.total)
        self._results[arm.name] = measurement.result(
            arm, self.checkpoint, training=None if run is None else record_of(run).result,
            settings={**self.result_settings, "compiled": self._compile,
                      "learning_rate": None if run is None else run.config.learning_rate})

    def _scale(self, arm: Arm, repaired: Checkpoint) -> Iterator[RepairProgress]:
        """Measure the arm's change of weights at other scales."""
        if self._is_scaled(arm):
            return
        folder, number = self.folder / "scaled", len(self._scaled_on.graphs)
        measurement = ScalingMeasurement(
            self.checkpoint, repaired, self._scaled_on, self.orders,
            permutations=self.config.permutations, seed=self.config.seed,
            precision=self.config.precision, folder=folder / f"{arm.name}-on-{number}",
            known={0.0: folder / f"none-on-{number}"})
        for step in measurement.steps():
            yield RepairProgress(arm.name, "scale", step.done, step.total)
        self._results[arm.name] = replace(self._results[arm.name], scaled=measurement.result())

    def _is_scaled(self, arm: Arm) -> bool:
        """Whether nothing is left to measure of the arm's change at other scales."""
        wanted, found = len(self._scaled_on.graphs), self._results[arm.name].scaled
        return arm.method == "none" or not wanted or (
            found is not None and found.graphs == wanted)

    def _hindsight_mask(self, arm: Arm) -> Generator[RepairProgress, None, Mask]:
        """Cut the arm's mask from the change of all weights, which is learnt first if need be."""
        yield from self._tune(FULL)
        run = self._finetune_run(FULL, self._rate_of(FULL), self.folder / "arms" / FULL.name)
        yield from _train(run, FULL.name, "train")
        after = merged_checkpoint(run, name=f"{self.model.name} after {FULL.name}")
        scores = hindsight_scores(self.model, LanguageModel.from_checkpoint(after))
        return select(scores, count=arm.count)

    def _finetune_run(
        self, arm: Arm, rate: float, folder: Path, mask: Mask | None = None
    ) -> FinetuneRun:
        config = replace(arm.apply_to(self.config.finetuning), learning_rate=rate,
                         compile=self._compile)
        return FinetuneRun(self.model, self._stream, config, run_folder=folder, mask=mask)

    def _rate_of(self, arm: Arm) -> float:
        found = self._tried_rates(arm.tuned_as)
        return float(min(found, key=lambda rate: found[rate]))

    def _tune(self, arm: Arm) -> Iterator[RepairProgress]:
        """Climb the ladder until the best rate found has a worse neighbour on either side."""
        rung: int | None = _FIRST_RUNG.get(arm.method, _DEFAULT_RUNG)
        while rung is not None:
            if f"{RATES[rung]:g}" not in self._tried_rates(arm):
                yield from self._try_rate(arm, RATES[rung])
            rung = next_rung(self._tried_rates(arm))

    def _try_rate(self, arm: Arm, rate: float) -> Iterator[RepairProgress]:
        run = self._finetune_run(arm, rate, self.folder / "tuning" / f"{arm.name}-{rate:g}")
        try:
            yield from _train(run, f"{arm.name} at {rate:g}", "tune")
            nll = self._validation_nll(merged_checkpoint(run, name=arm.name))
        except SalienceError:  # not finite: too high a rate
            nll = 1e9  # JSON has no infinity
        write_json(self._rates_file(arm), {**self._tried_rates(arm), f"{rate:g}": nll})

    def _validation_nll(self, checkpoint: Checkpoint) -> float:
        """NLL per token of one linearization each under the new order, nats."""
        graphs = self._validation.graphs[: self.config.tuning_graphs]
        trails = sample_trails(
            GraphBatch.from_graphs(graphs, with_automorphisms=False), checkpoint.vocabulary,
            Strategy.from_name(self.config.order), permutations=1,
            generator=torch.Generator().manual_seed(self.config.seed))
        found = score_trails(checkpoint, trails, precision=self.config.precision)
        return found.nll_per_token

    def _tried_rates(self, arm: Arm) -> dict[str, float]:
        """Rate → validation NLL per token, of an arm."""
        path = self._rates_file(arm)
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def _rates_file(self, arm: Arm) -> Path:
        return self.folder / "tuning" / f"{arm.name}.json"


def next_rung(found: dict[str, float]) -> int | None:
    """Rung to try next: a neighbour of the best that is not known yet; None if both are.

    Args:
        found: rate, as text → validation NLL.
    """
    known = {i: found[f"{rate:g}"] for i, rate in enumerate(RATES) if f"{rate:g}" in found}
    best = min(known, key=lambda rung: known[rung])
    for rung in (best + 1, best - 1):
        if rung not in known and 0 <= rung < len(RATES):
            return rung
    return None


def _train(
    run: FinetuneRun, name: str, stage: Literal["tune", "train"]
) -> Iterator[RepairProgress]:
    with closing(run.steps()) as steps:
        for step in steps:
            yield RepairProgress(name, stage, step.step, run.config.steps, step.loss)
