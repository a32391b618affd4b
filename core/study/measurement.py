"""What a trained model is like: on graphs that it learnt, on others, and in what it samples.

A run folder holds the chunks of up to four evaluations (test and training graphs, each under the
model's own order and `random_order`; see `core.evaluation.run`) and the counts of the samples. What
they hold depends on the settings alone, so that a run can be stopped anywhere.

Definitions: docs/definitions.md, Training records.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from core.calibration.token_types import TokenType
from core.evaluation.graph_set import GraphSet
from core.evaluation.result import Evaluation
from core.evaluation.run import EvaluationConfig, EvaluationRun
from core.likelihood.scoring import Precision
from core.model.card import CARD, ModelCard
from core.model.checkpoints import Checkpoint
from core.model.generation import SamplingConfig, generate
from core.records import RECORD, RunRecord
from core.runs import claim, write_json
from core.sent.strategies import RANDOM_ORDER
from core.stats.estimates import Estimate
from core.stats.molecule_bootstrap import MoleculeBootstrap
from core.study.sampled import Sampled, judge_samples
from core.study.training_record import COMMAND, FORMAT_VERSION, TrainingRecord, TrainingRecordError

_SAMPLES = "samples.json"
_ONLY_ONE = (1.0,)  # temperature
_APART = 1  # added to the seed of training graphs' resamples: those of test graphs are independent


@dataclass(frozen=True)
class StudyConfig:
    """How a trained model is measured.

    Attributes:
        permutations: K ≥ 2, linearizations per graph.
        samples: sequences that are sampled, at least one.
        seed: fixes linearizations, samples and resamples.
        precision: of the forward passes.
    """

    permutations: int = 8
    samples: int = 1000
    seed: int = 0
    precision: Precision = "fp32"

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise TrainingRecordError(f"The number of samples must be at least 1, got "
                                      f"{self.samples}.")


class StudyRun:
    """One trained model; run again on its folder, it goes on.

    Args:
        checkpoint: the model.
        learnt: graphs that came in its training.
        test: others.
        config: how to measure.
        training_smiles: of all molecules that it was trained on; None where nothing is said to be
            novel.
        run_folder: where finished parts are kept.

    Raises:
        TrainingRecordError: if the model's card says nothing of its training, or `run_folder`
            holds other settings.
        EvaluationRunError, VocabularyError: as `EvaluationRun`.
    """

    def __init__(
        self, checkpoint: Checkpoint, learnt: GraphSet, test: GraphSet, config: StudyConfig, *,
        training_smiles: Collection[str] | None, run_folder: Path,
    ) -> None:
        card = checkpoint.card
        check_trained(card)
        self.checkpoint, self.learnt, self.test, self.config = checkpoint, learnt, test, config
        self._known = training_smiles
        self.folder = run_folder
        claim(run_folder, {"format_version": FORMAT_VERSION, "checkpoint": card.weights_sha256,
                           "learnt": learnt.digest, "test": test.digest,
                           "training_smiles": _digest(training_smiles), **asdict(config)},
              what="a study", error=TrainingRecordError)
        own = card.strategy
        self._runs = {
            f"{which}-{order}": self._evaluation(which, graphs, strategy.name)
            for which, graphs in (("test", test), ("train", learnt))
            for order, strategy in (("own", own), ("random", RANDOM_ORDER))
            if order == "own" or (which == "test" and own != RANDOM_ORDER)
        }

    def steps(self) -> Iterator[tuple[str, int, int]]:
        """Do what is left; yields what is being done, how much of it is done, and of how much."""
        said = {"test-own": "test graphs, own order", "test-random": "test graphs, random order",
                "train-own": "training graphs, own order"}
        for name, run in self._runs.items():
            for step in run.steps():
                yield said[name], step.done, step.total
        if not (self.folder / _SAMPLES).exists():
            yield from self._sample()

    def _sample(self) -> Iterator[tuple[str, int, int]]:
        number = self.config.samples
        generator = torch.Generator().manual_seed(self.config.seed)
        samples = []
        yield "samples", 0, number
        for batch in generate(self.checkpoint, number, generator=generator,
                              config=SamplingConfig(precision=self.config.precision)):
            samples += batch
            yield "samples", len(samples), number
        write_json(self.folder / _SAMPLES,
                   asdict(judge_samples(samples, self.checkpoint.card, self._known)))

    @cached_property
    def record(self) -> RunRecord:
        """What all parts say together, once `steps` has come to its end."""
        found = {name: run.result() for name, run in self._runs.items()}
        sampled = Sampled(**json.loads((self.folder / _SAMPLES).read_text(encoding="utf-8")))
        card = self.checkpoint.card
        own, train = found["test-own"], found["train-own"]
        random = found.get("test-random", own)
        measured: dict[str, Estimate | None] = {
            "train_nll_per_token": train.nll_per_token,
            "test_nll_per_token": own.nll_per_token,
            "gap_nll_per_token": _gap(own, train),
            "test_nll_per_token_random": random.nll_per_token,
            "lu": own.lu, "lu_random": random.lu,
            "nll_std": own.nll_std, "nll_std_random": random.nll_std,
            "ece": own.reliability(TokenType.ALL).ece,
            "ece_random": random.reliability(TokenType.ALL).ece,
            **sampled.estimates,
        }
        training = {**card.training}
        training.pop("loss_nats_per_token", None)  # a row per step, which the card keeps
        return RunRecord(
            COMMAND,
            {"format_version": FORMAT_VERSION,
             "card": replace(card, training=training).to_json(),
             "measurement": {"test_graphs": own.num_graphs, "training_graphs": train.num_graphs,
                             **asdict(self.config)}},
            {"measured": {name: estimate.to_json() for name, estimate in measured.items()
                          if estimate is not None}},
            seed=self.config.seed, device=str(self.checkpoint.device),
            weights_sha256=card.weights_sha256)

    def save(self, folder: Path) -> TrainingRecord:
        """Write `record.json`, and read it as a page does."""
        self.record.write(folder / RECORD)
        return TrainingRecord.load(folder)

    def _evaluation(self, which: str, graphs: GraphSet, strategy: str) -> EvaluationRun:
        config = EvaluationConfig(strategy, self.config.permutations,
                                  self.config.seed + (_APART if which == "train" else 0),
                                  self.config.precision)
        return EvaluationRun(self.checkpoint, graphs, config, temperatures=_ONLY_ONE,
                             run_folder=self.folder / f"{which}-{strategy}")


def check_trained(card: ModelCard) -> None:
    """Refuse a model that was trained elsewhere, or whose record could not be read back.

    Raises:
        TrainingRecordError: if its card says nothing of its training, or what no record may say.
    """
    if not card.training:
        raise TrainingRecordError(f"{card.name} does not say how it was trained, so its training "
                                  "cannot be studied; give a model that `trailscope train` made.")
    TrainingRecord.from_text(json.dumps(card.to_json()), f"{CARD} of the model")


def _digest(smiles: Collection[str] | None) -> str | None:
    """Of all molecules that samples are compared with, whatever their order."""
    return None if smiles is None else hashlib.sha256(
        "\n".join(sorted(smiles)).encode()).hexdigest()


def _gap(test: Evaluation, train: Evaluation) -> Estimate:
    """NLL per token of test graphs minus that of training graphs, which are resampled apart."""
    value = test.nll_per_token.value - train.nll_per_token.value
    means, reason = [], None
    for one in (test, train):
        bootstrap = MoleculeBootstrap(one.num_graphs, seed=one.seed)
        nats = one.graphs["nll_mean"].to_numpy(np.float64) * one.permutations
        found = bootstrap.means(np.stack([nats, one.graphs["num_tokens"]], axis=1))
        reason = reason or bootstrap.reason
        means.append(None if found is None else found[:, 0] / found[:, 1])
    above, below = means
    if above is None or below is None:
        return Estimate(value, None, reason)
    # The tail of the smaller set: its resamples cover too little by themselves.
    of_fewer = MoleculeBootstrap(min(test.num_graphs, train.num_graphs), seed=test.seed)
    return Estimate(value, of_fewer.interval(above - below))
