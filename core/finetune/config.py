"""`FinetuneConfig`: the settings of a fine-tuning run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.finetune.low_rank import lora_parameters
from core.finetune.methods import METHODS, Method
from core.likelihood.scoring import Precision
from core.salience.criteria import DEFAULT_CRITERION, HINDSIGHT, selected_by
from core.salience.masks import SCOPES, Scope, count_of
from core.salience.matrices import SalienceError, WeightMatrix, num_entries

_STORED_NAMES = {"num_examples": "calibration_examples"}
"""Settings that files call otherwise; files that ship and runs that wait keep their names."""


@dataclass(frozen=True)
class FinetuneConfig:
    """Everything that the resulting weights depend on, besides the model and the stream.

    Attributes:
        method: `sparse`, `lora`, `pissa` or `full`.
        criterion: what a sparse run selects entries by, one of `selected_by()`; by `hindsight` it
            needs a mask.
        scope: over all matrices together (`global`) or in each (`local`).
        count: entries that a sparse run trains.
        reselect_every: steps between selections of a dynamic run; 0 is a static run.
        num_examples: sequences that criteria are averaged over.
        rank: of `lora` and `pissa`.
        steps: optimizer steps, AdamW without weight decay.
        batch_size: sequences per step.
        learning_rate: peak rate, reached after `warmup_steps`, then linearly to zero.
        warmup_steps: steps of linear warm-up.
        clip_norm: bound on the norm of the gradient of what is trained.
        seed: fixes LoRA's first factors, dropout, and criteria that are drawn at random.
        precision: `bf16` (autocast; weights and optimizer stay fp32) or `fp32`.
        micro_batch: sequences per forward pass; bounds memory, does not change the gradient.
        compile: fuse the forward pass with `torch.compile` (needs a C++ compiler).
    """

    method: Method = "sparse"
    criterion: str = DEFAULT_CRITERION
    scope: Scope = "global"
    count: int | None = None
    reselect_every: int = 0
    num_examples: int = 256
    rank: int | None = None
    steps: int = 200
    batch_size: int = 64
    learning_rate: float = 1e-3
    warmup_steps: int = 10
    clip_norm: float = 1.0
    seed: int = 0
    precision: Precision = "bf16"
    micro_batch: int = 32
    compile: bool = False

    def __post_init__(self) -> None:
        known: tuple[tuple[str, str, Sequence[str]], ...] = (
            ("method", self.method, METHODS), ("criterion", self.criterion, selected_by()),
            ("scope", self.scope, SCOPES), ("precision", self.precision, ("bf16", "fp32")))
        for what, value, values in known:
            if value not in values:
                raise SalienceError(f"Unknown {what} {value!r}; use {', '.join(values)}.")
        for what in ("steps", "batch_size", "warmup_steps", "micro_batch", "num_examples"):
            if getattr(self, what) < 1:
                raise SalienceError(f"{what} is at least 1, got {getattr(self, what)}.")
        if not 0 < self.learning_rate < float("inf"):
            raise SalienceError(f"A learning rate is above 0, got {self.learning_rate:g}.")
        if self.reselect_every < 0:
            raise SalienceError("The steps between selections are 0 (a static mask) or more, got "
                                f"{self.reselect_every}.")
        if self.method == "sparse" and self.count is None:
            raise SalienceError("A sparse run needs the number of entries to train.")
        if self.criterion == HINDSIGHT and self.reselect_every:
            raise SalienceError(f"A {HINDSIGHT} mask is known only after a run, so it cannot be "
                                "chosen again along the way; use a static mask.")
        if self.method in ("lora", "pissa") and self.rank is None:
            raise SalienceError(f"A run of {self.method} needs a rank.")

    def to_json(self) -> dict[str, Any]:
        """All settings as records and run folders hold them."""
        return stored_settings(self)

    @property
    def is_dynamic(self) -> bool:
        """Whether the mask is chosen again along the way."""
        return self.method == "sparse" and self.reselect_every > 0

    def trained_numbers(self, matrices: tuple[WeightMatrix, ...]) -> int | None:
        """Numbers that a run trains, of a model with these matrices; None for all weights."""
        if self.method == "full":
            return None
        return self.count if self.rank is None or self.method == "sparse" else lora_parameters(
            matrices, self.rank)


def stored_settings(config: Any) -> dict[str, Any]:
    """The fields of a dataclass of settings, by the names that they have in stored files."""
    return {_STORED_NAMES.get(name, name): value for name, value in asdict(config).items()}


def entries_to_train(
    matrices: tuple[WeightMatrix, ...],
    *,
    density: float | None = None,
    match_rank: int | None = None,
) -> int:
    """`count` of a sparse run that is to train a share of the entries, or as many as LoRA.

    Args:
        matrices: of the model.
        density: share of all entries, above 0 and at most 1.
        match_rank: rank of the LoRA that has as many numbers; instead of a share.

    Raises:
        SalienceError: for a share that selects nothing.
    """
    if match_rank is not None:
        return lora_parameters(matrices, match_rank)
    assert density is not None
    return count_of(num_entries(matrices), density)
