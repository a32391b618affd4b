"""Fine-tuning a model: chosen entries only, low-rank adapters, or all weights.

Like training (`core.model.training`), a step is a function of the settings and its number alone, so
a run can be stopped anywhere and ends with the same weights when it is resumed. `finetune` is a
generator that yields after every step; whoever iterates shows progress and may stop.

A sparse run is *static* if its mask is chosen once, before the first step, and *dynamic* if it is
chosen anew every `reselect_every` steps by the same criterion on the same examples, scored with the
weights as they then are.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.finetune.config import FinetuneConfig
from core.finetune.full import FullTuning
from core.finetune.low_rank import LowRankTuning
from core.finetune.methods import Tuning
from core.finetune.run_state import restore_run, save_run
from core.finetune.sparse import SparseTuning
from core.finetune.streams import TokenStream
from core.model.optimizers import learning_rate_at
from core.runs import (
    PROGRESS,
    check_settings,
    hold,
    holds_state,
    read_progress,
    refuse_if_held,
)
from core.salience.compute import compute_salience
from core.salience.criteria import CRITERIA, HINDSIGHT
from core.salience.examples import TokenSequences
from core.salience.language_model import LanguageModel
from core.salience.masks import Mask, select
from core.salience.matrices import SalienceError


@dataclass(frozen=True)
class FinetuneStep:
    """State after a step.

    Attributes:
        step: steps done, from 1.
        loss: mean NLL per token of the step's batch before the step, nats.
        learning_rate: of the step.
        sequences_per_s: rate since the run was started or resumed.
        wall_s: seconds spent, earlier sittings included.
        resumed_from: step that this sitting started from.
        num_new: entries that the mask was given before this step, None if it was not chosen anew.
    """

    step: int
    loss: float
    learning_rate: float
    sequences_per_s: float
    wall_s: float
    resumed_from: int
    num_new: int | None = None


class FinetuneRun:
    """One model being fine-tuned; the given model itself is not touched.

    Args:
        model: what to start from.
        stream: what to learn from.
        config: how.
        run_folder: where the state is kept; a run of the same settings in it is resumed.
        mask: entries of a sparse run, instead of those that the criterion selects.

    Attributes:
        mask: entries of a sparse run at its start, else None.
        num_parameters: numbers that are trained.
        history: (step, loss) pairs, nats per token.
        wall_s: seconds spent.

    Raises:
        SalienceError: if `run_folder` holds a run of other settings; for a mask of other matrices,
            a number of entries or a rank that is impossible; for a model without matrices.
        RunFolderError: if another process works in `run_folder`, or its state is damaged.
    """

    def __init__(
        self,
        model: LanguageModel,
        stream: TokenStream,
        config: FinetuneConfig,
        *,
        run_folder: Path,
        mask: Mask | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.base = model
        self.stream = stream
        self.config = config
        self.folder = run_folder
        self.step = 0
        self.wall_s = 0.0
        self.history: list[tuple[int, float]] = []
        if mask is not None:
            mask.check_fits(model.matrices, model.name)
        elif config.method == "sparse" and config.criterion == HINDSIGHT:
            raise SalienceError(f"{HINDSIGHT} is no criterion that scores a model: it needs one "
                                "that was fine-tuned from it; give a mask cut from the two.")
        self._settings = {"model": model.weights_sha256, "stream": stream.source,
                          **config.to_json(), "mask": None if mask is None else mask.digest}
        resumed = self._claim_folder()
        # `deepcopy` would copy gradients too; a loaded model has none.
        self._copy = replace(model, model=deepcopy(model.model), checkpoint=None)
        self._examples = (stream.examples(config.num_examples) if self._needs_examples(mask)
                          else None)
        self.mask = mask if mask is not None or config.method != "sparse" else (
            self._choose_mask(progress))
        self.tuning: Tuning = self._prepare()
        self.num_parameters = self.tuning.num_parameters
        self.optimizer = torch.optim.AdamW(
            self.tuning.parameters, lr=config.learning_rate, betas=(0.9, 0.95), weight_decay=0.0)
        if resumed:
            self._resume()
        self.tuning.model.train()
        self._forward = (torch.compile(self.tuning.model, dynamic=True) if config.compile
                         else self.tuning.model)

    @property
    def is_done(self) -> bool:
        """Whether all steps are done."""
        return self.step >= self.config.steps

    def steps(self, *, save_every_s: float = 60.0) -> Generator[FinetuneStep, None, None]:
        """Do what is left, step by step; closing the generator saves the state too.

        Raises:
            SalienceError: if the loss or a gradient is not finite; the state saved last remains.
            RunFolderError: if another process works in the run folder, or it cannot be written.
        """
        with hold(self.folder):
            yield from self._steps(save_every_s)

    def _steps(self, save_every_s: float) -> Generator[FinetuneStep, None, None]:
        resumed_from, started = self.step, time.monotonic()
        wall_before, saved_at = self.wall_s, time.monotonic()
        is_whole = True  # not so while weights are being changed, nor after a failed step
        try:
            while not self.is_done:
                is_whole = False
                num_new = self._reselect() if self._is_due() else None
                rate, loss = self._advance()
                is_whole = True
                self.wall_s = wall_before + time.monotonic() - started
                here = max(self.wall_s - wall_before, 1e-9)
                yield FinetuneStep(
                    self.step, loss, rate,
                    (self.step - resumed_from) * self.config.batch_size / here, self.wall_s,
                    resumed_from, num_new)
                if time.monotonic() - saved_at > save_every_s:
                    self.save()
                    saved_at = time.monotonic()
        finally:
            if is_whole:
                self.save()

    def save(self) -> None:
        """Write the state to the run folder."""
        save_run(self.folder, self.tuning, self.optimizer, {
            "settings": self._settings, "step": self.step, "wall_s": self.wall_s,
            "num_parameters": self.num_parameters, "device": str(self.base.device),
            "history": self.history,
        })

    def _advance(self) -> tuple[float, float]:
        config = self.config
        rate = learning_rate_at(self.step, peak=config.learning_rate,
                                warmup_steps=config.warmup_steps, steps=config.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        batch = self.stream.batch(self.step, config.batch_size)
        self.optimizer.zero_grad(set_to_none=True)
        with self.tuning.listening(), self._seeded():
            loss = self._backward(batch)
        norm = torch.nn.utils.clip_grad_norm_(self.tuning.parameters, config.clip_norm)
        if not (loss < float("inf") and bool(norm.isfinite())):
            raise SalienceError(
                f"The loss or its gradient is not finite at step {self.step} (loss {loss:g}); "
                f"use a learning rate below {config.learning_rate:g}.")
        self.optimizer.step()
        self.tuning.apply()
        self.step += 1
        self.history.append((self.step, loss))
        return rate, loss

    @contextmanager
    def _seeded(self) -> Generator[None, None, None]:
        """What a step draws, as dropout does, depends on the seed and the step alone."""
        device = self.base.device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.manual_seed(self.config.seed * 1_000_003 + self.step)
            yield

    def _backward(self, batch: TokenSequences) -> float:
        """Gradient of the batch's mean NLL per token, and the mean itself, nats."""
        num_targets = int(batch.is_target.sum())
        longest_first = batch.rows(batch.lengths.argsort(descending=True, stable=True))
        total = 0.0
        for first in range(0, len(batch), self.config.micro_batch):
            rows = torch.arange(first, min(first + self.config.micro_batch, len(batch)))
            loss = self._nll_sum(longest_first.rows(rows)) / num_targets
            loss.backward()
            total += loss.item()
        return total

    def _nll_sum(self, part: TokenSequences) -> Tensor:
        # Kernels that are compiled for any length are quicker at multiples of 8.
        inputs, targets = _inputs_and_targets(part, multiple=8 if self.config.compile else 1)
        inputs, targets = inputs.to(self.base.device), targets.to(self.base.device)
        autocast = (torch.autocast(self.base.device.type, torch.bfloat16)
                    if self.config.precision == "bf16" else nullcontext())
        with autocast:
            logits = self._forward(input_ids=inputs, use_cache=False).logits
        return torch.nn.functional.cross_entropy(
            logits.float().flatten(0, 1), targets.flatten(), reduction="sum")

    def _is_due(self) -> bool:
        return self.config.is_dynamic and self.step > 0 and (
            self.step % self.config.reselect_every == 0)

    def _reselect(self) -> int:
        assert isinstance(self.tuning, SparseTuning)
        self.tuning.model.eval()
        mask = self._choose_mask(None)
        self.tuning.model.train()
        return self.tuning.reselect(mask, self.optimizer)

    def _choose_mask(self, progress: Callable[[int, int], None] | None) -> Mask:
        """By the criterion, with the weights as they now are."""
        config = self.config
        salience = compute_salience(
            self._copy, config.criterion, self._examples,
            seed=config.seed + self.step, progress=progress)
        return select(salience, count=config.count, scope=config.scope)

    def _needs_examples(self, mask: Mask | None) -> bool:
        config = self.config
        chooses = config.method == "sparse" and (mask is None or config.is_dynamic)
        return chooses and CRITERIA[config.criterion].needs_examples

    def _prepare(self) -> Tuning:
        config, model = self.config, self._copy.model
        if config.method == "sparse":
            assert self.mask is not None
            return SparseTuning(model, self.mask)
        if config.method == "full":
            return FullTuning(model)
        assert config.rank is not None
        return LowRankTuning(model, self.base.matrices, method=config.method, rank=config.rank,
                             seed=config.seed)

    def _claim_folder(self) -> bool:
        """Whether the folder holds a run to resume."""
        refuse_if_held(self.folder)
        if not holds_state(self.folder):
            return False
        # How fast the arithmetic runs may change between sittings, what is learnt may not.
        check_settings(self.folder / PROGRESS, read_progress(self.folder)["settings"],
                       self._settings, what="a run", error=SalienceError, free=("compile",))
        return True

    def _resume(self) -> None:
        progress = read_progress(self.folder)
        self.step = restore_run(self.folder, self.tuning, self.optimizer)
        self.wall_s = progress["wall_s"]
        self.history = [(step, loss) for step, loss in progress["history"] if step <= self.step]


def _inputs_and_targets(part: TokenSequences, *, multiple: int = 1) -> tuple[Tensor, Tensor]:
    """Tokens to read and to predict, [B, T] int64, −100 where nothing is to be predicted.

    T is rounded up to a multiple.
    """
    targets = torch.where(part.is_target, part.tokens[:, 1:], -100)
    # What stands behind a sequence need not be a token at all.
    inputs = torch.where(part.is_target, part.tokens[:, :-1], 0)
    missing = -inputs.shape[1] % multiple
    return (torch.nn.functional.pad(inputs, (0, missing)),
            torch.nn.functional.pad(targets, (0, missing), value=-100))


def optimizer_bytes(optimizer: torch.optim.Optimizer) -> int:
    """Bytes of all optimizer state that grows with the number of trained entries."""
    states: list[dict[str, Any]] = list(optimizer.state.values())
    return sum(value.numel() * value.element_size() for state in states
               for value in state.values() if isinstance(value, Tensor) and value.ndim)
