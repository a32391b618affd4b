"""Training a model under a strategy: every step sees fresh linearizations of its molecules.

Step s is a function of (seed, s) alone: which molecules, which orders, which learning rate. So a
run can be stopped anywhere, resumed from its last state and ends with the same weights. `train` is
a generator that yields after every step; whoever iterates shows progress and may stop.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Generator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Protocol, get_args

import torch
from torch import Tensor
from torch.nn.functional import pad
from transformers import LlamaForCausalLM

from core.errors import InputError
from core.memory import keep_freed_memory
from core.model.epochs import ShuffledEpochs
from core.model.optimizers import OptimizerName, build_optimizers, learning_rate_at
from core.model.run_state import restore_run, restore_weights, save_run
from core.model.transformer import PRESETS, build_model, to_device
from core.runs import PROGRESS, check_settings, hold, holds_state, read_progress
from core.sent.batch import GraphBatch
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER, Strategy, check_share
from core.sent.vocabulary import PAD, Vocabulary

TrainingPrecision = Literal["bf16", "fp32"]


class TrainingError(InputError):
    """Training cannot start or go on; the message says why and what would be right."""


class TrainingGraphs(Protocol):
    """Graphs to train on: a `GraphBatch`, or a `DataPart` that collates what is asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Tensor) -> GraphBatch:
        """The graphs at the given rows, [n] int64, in that order."""
        ...

    def check_fits(self, vocabulary: Vocabulary) -> None:
        """Raise an InputError for graphs that the vocabulary cannot write."""
        ...


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that the resulting weights depend on, besides the graphs.

    Attributes:
        strategy: name of the strategy that orders the training molecules.
        preset: model size.
        steps: optimizer steps.
        batch_size: graphs per step, one fresh linearization each.
        optimizer: `muon` (Jordan et al. 2024: orthogonalised momentum for the matrices inside the
            blocks, AdamW for the rest) or `adamw`. The two have not been compared at rates
            tuned alike.
        learning_rate: peak rate, reached after `warmup_steps`, then linearly to zero.
        warmup_steps: steps of linear warm-up.
        weight_decay: decoupled weight decay of matrices.
        clip_norm: bound on the norm of the gradient.
        mix: share of the graphs that `random_order` writes instead, in [0, 1]; which ones is drawn
            anew in every step.
        seed: fixes initial weights, molecule order and linearizations.
        precision: of products, Muon's included: `bf16` (weights and optimizer state stay fp32) or
            `fp32`.
        micro_batch: graphs per forward pass; bounds memory, does not change the gradient's mean.
        compile: fuse the forward pass with `torch.compile` (needs a C++ compiler).
    """

    strategy: str
    preset: str = "small"
    steps: int = 20_000
    batch_size: int = 512
    optimizer: OptimizerName = "muon"
    learning_rate: float = 2e-3
    warmup_steps: int = 200
    weight_decay: float = 0.1
    clip_norm: float = 1.0
    mix: float = 0.0
    seed: int = 0
    precision: TrainingPrecision = "bf16"
    micro_batch: int = 64
    compile: bool = False

    def __post_init__(self) -> None:
        Strategy.from_name(self.strategy)  # refuses an unknown one
        check_share(self.mix, TrainingError)
        for what, value, known in (
            ("preset", self.preset, tuple(PRESETS)),
            ("optimizer", self.optimizer, get_args(OptimizerName)),
            ("precision", self.precision, get_args(TrainingPrecision)),
        ):
            if value not in known:
                raise TrainingError(f"Unknown {what} {value!r}; use {', '.join(known)}.")


@dataclass(frozen=True)
class TrainingStep:
    """State after a step.

    Attributes:
        step: steps done, from 1.
        loss: mean NLL per token of the step's batch, nats.
        learning_rate: of the step.
        graphs_per_s: rate since training was started or resumed.
        wall_s: seconds spent, earlier sittings included.
        resumed_from: step that this sitting started from.
    """

    step: int
    loss: float
    learning_rate: float
    graphs_per_s: float
    wall_s: float
    resumed_from: int


def train(
    config: TrainingConfig,
    graphs: TrainingGraphs,
    vocabulary: Vocabulary,
    *,
    run_folder: Path,
    device: torch.device | str = "cpu",
    save_every_s: float = 120.0,
    save_at: Collection[int] = (),
) -> Generator[TrainingStep, None, None]:
    """Train from scratch, or resume what `run_folder` holds; the state is saved there.

    The generator's end means that all steps are done; `trained_model` then reads the weights.
    Closing it before saves the state too.

    Args:
        config: settings; a resumed run must have been started with the same ones.
        graphs: the training graphs; those of a step are moved to `device` when it needs them.
        vocabulary: must hold all graphs.
        run_folder: where state and loss history go.
        device: where to train.
        save_every_s: seconds between saved states.
        save_at: steps after which the state is saved before it is yielded, so that a checkpoint of
            just that step can be written (`write_trained_checkpoint`).

    Raises:
        TrainingError: if `run_folder` holds a run of other settings, or the loss is not finite.
        RunFolderError: if another process trains in `run_folder`, or it cannot be written.
    """
    keep_freed_memory()
    graphs.check_fits(vocabulary)
    with hold(run_folder):
        trainer = _Trainer(config, graphs, vocabulary, run_folder, torch.device(device))
        saved_at = time.monotonic()
        try:
            while trainer.step < config.steps:
                state = trainer.advance()
                if state.step in save_at:
                    trainer.save()
                yield state
                if time.monotonic() - saved_at > save_every_s:
                    trainer.save()
                    saved_at = time.monotonic()
        finally:
            if trainer.is_between_steps:
                trainer.save()


def trained_model(
    config: TrainingConfig, vocabulary: Vocabulary, run_folder: Path
) -> LlamaForCausalLM:
    """The model in a run folder, on the CPU in evaluation mode."""
    model = _initial_model(config, vocabulary)
    restore_weights(run_folder, model)
    return model


def tokens_of_step(
    config: TrainingConfig,
    step: int,
    graphs: TrainingGraphs,
    vocabulary: Vocabulary,
    *,
    epochs: ShuffledEpochs,
    device: torch.device | str = "cpu",
) -> Tensor:
    """What a step learns from: fresh linearizations of its molecules.

    Args:
        config: says how many, in which order, and the seed.
        step: steps done before, from 0.
        graphs: to choose from.
        vocabulary: must hold them.
        epochs: over the graphs, by the same seed.
        device: to draw them on.

    Returns:
        Token ids, [batch_size, L] int64, longest first, filled up with `PAD`.
    """
    rows = torch.tensor(epochs.batch(step, config.batch_size))
    generator = torch.Generator().manual_seed(config.seed * 1_000_003 + step)
    # Without a mixture nothing more is drawn, so runs are what they were before there was one.
    is_random = (torch.rand(len(rows), generator=generator) < config.mix if config.mix
                 else torch.zeros(len(rows), dtype=torch.bool))
    drawn = [
        sample_trails(graphs[rows[mine]].to(device), vocabulary, strategy,
                      permutations=1, generator=generator)
        for strategy, mine in ((Strategy.from_name(config.strategy), ~is_random),
                               (RANDOM_ORDER, is_random))
        if mine.any()]
    lengths = torch.cat([trails.lengths[:, 0] for trails in drawn])
    width = max(trails.tokens.shape[-1] for trails in drawn)
    tokens = torch.cat([
        pad(trails.tokens[:, 0], (0, width - trails.tokens.shape[-1]), value=PAD)
        for trails in drawn])
    return tokens[lengths.argsort(descending=True, stable=True)].long()


class _Trainer:
    def __init__(
        self,
        config: TrainingConfig,
        graphs: TrainingGraphs,
        vocabulary: Vocabulary,
        run_folder: Path,
        device: torch.device,
    ) -> None:
        self.config = config
        self.graphs = graphs
        self.vocabulary = vocabulary
        self.folder = run_folder
        self.device = device
        self.model = to_device(_initial_model(config, vocabulary), device).train()
        self.optimizers = build_optimizers(
            self.model, config.optimizer,
            learning_rate=config.learning_rate, weight_decay=config.weight_decay,
            dtype=torch.bfloat16 if config.precision == "bf16" else torch.float32,
        )
        self.forward = (torch.compile(self.model, dynamic=True) if config.compile
                        else self.model)
        self.step = 0
        self.is_between_steps = True  # not so while the weights are being changed
        self.wall_s = 0.0
        self.history: list[tuple[int, float]] = []
        self._recent: list[float] = []
        self._rows = ShuffledEpochs(len(graphs), seed=config.seed)
        if holds_state(run_folder):
            self._resume()
        self.resumed_from = self.step
        self._started = time.monotonic() - self.wall_s
        self._wall_before = self.wall_s

    def advance(self) -> TrainingStep:
        config = self.config
        rate = learning_rate_at(self.step, peak=config.learning_rate,
                                warmup_steps=config.warmup_steps, steps=config.steps)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        tokens = tokens_of_step(config, self.step, self.graphs, self.vocabulary,
                                epochs=self._rows, device=self.device)
        num_targets = int((tokens[:, 1:] != PAD).sum())
        total = 0.0
        for part in tokens.split(config.micro_batch):
            loss = self._nll_sum(_trim(part)) / num_targets
            loss.backward()
            total += loss.item()
        if not total < float("inf"):
            raise TrainingError(f"The loss is {total} at step {self.step}; lower the learning "
                                f"rate below {config.learning_rate}.")
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), config.clip_norm)
        self.is_between_steps = False
        for optimizer in self.optimizers:
            optimizer.step()
        self.model.zero_grad(set_to_none=True)
        self.step += 1
        self._note(total)
        self.is_between_steps = True
        here = max(self.wall_s - self._wall_before, 1e-9)
        done = (self.step - self.resumed_from) * config.batch_size
        return TrainingStep(self.step, total, rate, done / here, self.wall_s, self.resumed_from)

    def _nll_sum(self, tokens: Tensor) -> Tensor:
        autocast = (torch.autocast(self.device.type, torch.bfloat16)
                    if self.config.precision == "bf16" else nullcontext())
        with autocast:
            logits = self.forward(input_ids=tokens[:, :-1], use_cache=False).logits
        return torch.nn.functional.cross_entropy(
            logits.float().flatten(0, 1), tokens[:, 1:].flatten(), ignore_index=PAD, reduction="sum"
        )

    def _note(self, loss: float) -> None:
        self.wall_s = time.monotonic() - self._started
        self._recent.append(loss)
        every = max(1, self.config.steps // 100)
        if self.step % every == 0 or self.step == self.config.steps:
            self.history.append((self.step, sum(self._recent) / len(self._recent)))
            self._recent.clear()

    def save(self) -> None:
        save_run(self.folder, self.model, self.optimizers, {
            "config": asdict(self.config), "graphs": len(self.graphs), "step": self.step,
            "wall_s": self.wall_s,
            "device": str(self.device), "history": self.history, "recent": self._recent,
        })

    def _resume(self) -> None:
        progress = read_progress(self.folder)
        # How fast the arithmetic runs may change between sittings, what is learnt may not.
        check_settings(self.folder / PROGRESS, asdict(TrainingConfig(**progress["config"])),
                       asdict(self.config), what="a run", error=TrainingError, free=("compile",))
        learnt = progress.get("graphs", len(self.graphs))
        if learnt != len(self.graphs):
            raise TrainingError(f"{self.folder} holds a run on {learnt:,} graphs, this is one on "
                                f"{len(self.graphs):,}; use another run folder.")
        self.step = restore_run(self.folder, self.model, self.optimizers)
        self.wall_s = progress["wall_s"]
        self.history = [tuple(entry) for entry in progress["history"]]
        self._recent = progress["recent"]


def _initial_model(config: TrainingConfig, vocabulary: Vocabulary) -> LlamaForCausalLM:
    generator = torch.Generator().manual_seed(config.seed)
    return build_model(vocabulary, config.preset, generator=generator)


def _trim(tokens: Tensor, multiple: int = 8) -> Tensor:
    """Drop padding columns that no row needs, keeping a multiple that suits compiled kernels."""
    longest = int((tokens != PAD).sum(1).max())
    width = -(-(longest - 1) // multiple) * multiple + 1
    if width <= tokens.shape[1]:
        return tokens[:, :width]
    return pad(tokens, (0, width - tokens.shape[1]), value=PAD)
