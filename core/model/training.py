"""Training a model under a strategy: every step sees fresh linearizations of its molecules.

Step s is a function of (seed, s) alone: which molecules, which orders, which learning rate. So a
run can be stopped anywhere, resumed from its last state and ends with the same weights. `train` is
a generator that yields after every step; whoever iterates shows progress and may stop.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import LlamaForCausalLM

from core.errors import InputError
from core.model.transformer import build_model
from core.records import write_json
from core.sent.batch import GraphBatch
from core.sent.sampler import sample_trails
from core.sent.strategies import Strategy
from core.sent.vocabulary import PAD, Vocabulary


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that the resulting weights depend on, besides the graphs.

    Attributes:
        strategy: name of the strategy that orders the training molecules.
        preset: model size.
        steps: optimizer steps.
        batch_size: graphs per step, one fresh linearization each.
        optimizer: `muon` (Jordan et al. 2024: orthogonalised momentum for the matrices inside the
            blocks, AdamW for the rest) or `adamw`. Muon reaches the same loss in about two thirds
            of the steps here.
        learning_rate: peak rate, reached after `warmup_steps`, then linearly to zero.
        warmup_steps: steps of linear warm-up.
        weight_decay: decoupled weight decay of matrices.
        clip_norm: bound on the norm of the gradient.
        seed: fixes initial weights, molecule order and linearizations.
        precision: `bf16` (autocast; weights and optimizer stay fp32) or `fp32`.
        micro_batch: graphs per forward pass; bounds memory, does not change the gradient's mean.
        compile: fuse the forward pass with `torch.compile` (needs a C++ compiler).
    """

    strategy: str
    preset: str = "small"
    steps: int = 20_000
    batch_size: int = 512
    optimizer: Literal["muon", "adamw"] = "muon"
    learning_rate: float = 2e-3
    warmup_steps: int = 200
    weight_decay: float = 0.1
    clip_norm: float = 1.0
    seed: int = 0
    precision: str = "bf16"
    micro_batch: int = 64
    compile: bool = False


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


class TrainingError(InputError):
    """Training cannot start or go on; the message says why and what would be right."""


def train(
    config: TrainingConfig,
    graphs: GraphBatch,
    vocabulary: Vocabulary,
    *,
    run_folder: Path,
    device: torch.device | str = "cpu",
    save_every_s: float = 120.0,
) -> Iterator[TrainingStep]:
    """Train from scratch, or resume what `run_folder` holds; the state is saved there.

    The generator's end means that all steps are done; `trained_model` then reads the weights.

    Args:
        config: settings; a resumed run must have been started with the same ones.
        graphs: the training graphs, collated; they are moved to `device` once.
        vocabulary: must hold all graphs.
        run_folder: where state and loss history go.
        device: where to train.
        save_every_s: seconds between saved states.

    Raises:
        TrainingError: if `run_folder` holds a run of other settings, or the loss is not finite.
    """
    graphs.check_fits(vocabulary)
    trainer = _Trainer(config, graphs.to(device), vocabulary, run_folder, torch.device(device))
    saved_at = time.monotonic()
    try:
        while trainer.step < config.steps:
            yield trainer.advance()
            if time.monotonic() - saved_at > save_every_s:
                trainer.save()
                saved_at = time.monotonic()
    finally:
        trainer.save()


def trained_model(
    config: TrainingConfig, vocabulary: Vocabulary, run_folder: Path
) -> LlamaForCausalLM:
    """The model in a run folder, on the CPU in evaluation mode."""
    model = _initial_model(config, vocabulary)
    weights = load_file(run_folder / "state.safetensors")
    model.load_state_dict({name.removeprefix("model/"): tensor for name, tensor in weights.items()
                           if name.startswith("model/")})
    return model


def loss_history(run_folder: Path) -> list[tuple[int, float]]:
    """(step, mean loss since the entry before) pairs of a run, about every 1% of it."""
    return [tuple(entry) for entry in _read_progress(run_folder)["history"]]


class _Trainer:
    def __init__(
        self,
        config: TrainingConfig,
        graphs: GraphBatch,
        vocabulary: Vocabulary,
        run_folder: Path,
        device: torch.device,
    ) -> None:
        self.config = config
        self.graphs = graphs
        self.vocabulary = vocabulary
        self.folder = run_folder
        self.device = device
        self.strategy = Strategy.from_name(config.strategy)
        self.model = _initial_model(config, vocabulary).to(device).train()
        # Fused scaled-dot-product kernels are slower than plain matrix products on CPUs here:
        # 64 tokens and 32-wide heads are too small for them.
        self.model.set_attn_implementation("eager" if device.type == "cpu" else "sdpa")
        self.optimizers = _optimizers(self.model, config)
        self.forward = (torch.compile(self.model, dynamic=True) if config.compile
                        else self.model)
        self.step = 0
        self.wall_s = 0.0
        self.history: list[tuple[int, float]] = []
        self._recent: list[float] = []
        if (run_folder / "progress.json").is_file():
            self._resume()
        self.resumed_from = self.step
        self._started = time.monotonic() - self.wall_s
        self._wall_before = self.wall_s

    def advance(self) -> TrainingStep:
        rate = _learning_rate(self.config, self.step)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        tokens = self._tokens_of_step()
        num_targets = int((tokens[:, 1:] != PAD).sum())
        total = 0.0
        for part in tokens.split(self.config.micro_batch):
            loss = self._nll_sum(_trim(part)) / num_targets
            loss.backward()
            total += loss.item()
        if not total < float("inf"):
            raise TrainingError(f"The loss is {total} at step {self.step}; lower the learning "
                                f"rate below {self.config.learning_rate}.")
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
        for optimizer in self.optimizers:
            optimizer.step()
        self.model.zero_grad(set_to_none=True)
        self.step += 1
        self._note(total)
        here = max(self.wall_s - self._wall_before, 1e-9)
        done = (self.step - self.resumed_from) * self.config.batch_size
        return TrainingStep(self.step, total, rate, done / here, self.wall_s, self.resumed_from)

    def _tokens_of_step(self) -> Tensor:
        """Fresh linearizations of the step's molecules, longest first, [batch, L] int64."""
        config = self.config
        first = self.step * config.batch_size
        rows = [self._molecule(first + i) for i in range(config.batch_size)]
        generator = torch.Generator().manual_seed(config.seed * 1_000_003 + self.step)
        trails = sample_trails(
            self.graphs[torch.tensor(rows, device=self.device)], self.vocabulary, self.strategy,
            permutations=1, generator=generator,
        )
        longest_first = trails.lengths[:, 0].argsort(descending=True, stable=True)
        return trails.tokens[longest_first, 0].long()

    def _molecule(self, position: int) -> int:
        """Row of the position-th molecule of an endless stream of shuffled epochs."""
        epoch, place = divmod(position, len(self.graphs))
        if getattr(self, "_epoch", None) != epoch:
            generator = torch.Generator().manual_seed(self.config.seed * 7_919 + epoch)
            self._epoch = epoch
            self._epoch_order = torch.randperm(len(self.graphs), generator=generator).tolist()
        return self._epoch_order[place]

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
        """Write weights and optimizer state; the small progress file last, so it never lies."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tensors = {f"model/{name}": tensor for name, tensor in self.model.state_dict().items()}
        for name, parameter in self.model.named_parameters():
            for key, value in self._optimizer_state(parameter).items():
                tensors[f"optimizer/{key}/{name}"] = torch.as_tensor(value)
        partial = self.folder / ".state.partial"
        save_file({name: t.contiguous() for name, t in tensors.items()}, partial,
                  metadata={"step": str(self.step)})
        partial.replace(self.folder / "state.safetensors")
        write_json(self.folder / "progress.json", {
            "config": asdict(self.config), "step": self.step, "wall_s": self.wall_s,
            "device": str(self.device), "history": self.history, "recent": self._recent,
        })

    def _optimizer_state(self, parameter: torch.nn.Parameter) -> dict[str, Tensor]:
        """State of a parameter, empty before the first step, in the optimizer that owns it."""
        for optimizer in self.optimizers:
            if any(parameter is p for group in optimizer.param_groups for p in group["params"]):
                return optimizer.state[parameter]
        raise KeyError("a parameter that no optimizer trains")

    def _resume(self) -> None:
        progress = _read_progress(self.folder)
        started_with = TrainingConfig(**progress["config"])
        # How fast the arithmetic runs may change between sittings, what is learnt may not.
        if replace(started_with, compile=self.config.compile) != self.config:
            raise TrainingError(f"{self.folder} holds a run of other settings; use another folder "
                                "or the settings in its progress.json.")
        tensors = load_file(self.folder / "state.safetensors", device=str(self.device))
        self.model.load_state_dict({name.removeprefix("model/"): tensor
                                    for name, tensor in tensors.items()
                                    if name.startswith("model/")})
        parameters = dict(self.model.named_parameters())
        for name, tensor in tensors.items():
            if name.startswith("optimizer/"):
                _, key, parameter = name.split("/", 2)
                self._optimizer_state(parameters[parameter])[key] = tensor
        self.step, self.wall_s = progress["step"], progress["wall_s"]
        self.history = [tuple(entry) for entry in progress["history"]]
        self._recent = progress["recent"]


def _initial_model(config: TrainingConfig, vocabulary: Vocabulary) -> LlamaForCausalLM:
    generator = torch.Generator().manual_seed(config.seed)
    return build_model(vocabulary, config.preset, generator=generator)


def _optimizers(
    model: LlamaForCausalLM, config: TrainingConfig
) -> list[torch.optim.Optimizer]:
    """Muon for the blocks' matrices if asked for; AdamW without decay for norms and the rest."""
    blocks = [p for p in model.model.layers.parameters() if p.ndim == 2]
    ends = [model.model.embed_tokens.weight, model.lm_head.weight]
    norms = [p for p in model.parameters() if p.ndim < 2]
    decayed = {"params": ends, "weight_decay": config.weight_decay}
    if config.optimizer == "adamw":
        decayed["params"] = [*blocks, *ends]
    adamw = torch.optim.AdamW([decayed, {"params": norms, "weight_decay": 0.0}],
                              lr=config.learning_rate, betas=(0.9, 0.95), fused=True)
    if config.optimizer == "adamw":
        return [adamw]
    # Scaling the update's size to AdamW's lets both optimizers share one learning rate.
    muon = torch.optim.Muon(blocks, lr=config.learning_rate, weight_decay=config.weight_decay,
                            momentum=0.95, adjust_lr_fn="match_rms_adamw")
    return [muon, adamw]


def _learning_rate(config: TrainingConfig, step: int) -> float:
    """Linear warm-up, then linear decay to zero at the last step."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    left = config.steps - step
    return config.learning_rate * left / max(1, config.steps - config.warmup_steps)


def _trim(tokens: Tensor, multiple: int = 8) -> Tensor:
    """Drop padding columns that no row needs, keeping a multiple that suits compiled kernels."""
    longest = int((tokens != PAD).sum(1).max())
    width = -(-(longest - 1) // multiple) * multiple + 1
    if width <= tokens.shape[1]:
        return tokens[:, :width]
    return torch.nn.functional.pad(tokens, (0, width - tokens.shape[1]), value=PAD)


def _read_progress(folder: Path) -> dict:
    try:
        return json.loads((folder / "progress.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{folder} holds no readable run: {error}") from error
