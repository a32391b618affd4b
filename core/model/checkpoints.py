"""Models on disk: `from_pretrained` folders with what is needed to use and to trust them.

A folder holds `config.json` and `model.safetensors` as `transformers` writes them, so that any
tool of that ecosystem opens it, and `trailscope.json` with vocabulary, strategy, data split,
training record and the SHA-256 of the weights. Weights are stored in fp16 and used in fp32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch
from safetensors.torch import load_file
from torch import Tensor

from core.errors import one_line
from core.memory import keep_freed_memory
from core.model.card import CARD, CheckpointError, ModelCard, read_card, resolve_model
from core.model.llama import Llama, LlamaSettings
from core.records import sha256_of
from core.runs import staging, write_json
from core.sent.vocabulary import Vocabulary

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

Precision = Literal["fp32", "bf16"]
"""Of matrix products; what stands between them is fp32."""

WEIGHTS = "model.safetensors"
"""What the weights of a checkpoint folder are called."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A loaded model with its card, in evaluation mode and fp32.

    Attributes:
        network: the model as it scores and samples.
        card: what its folder says of it.
        is_compiled: score with fused kernels; see `forward`.
    """

    network: Llama
    card: ModelCard
    is_compiled: bool = False

    @classmethod
    def of(
        cls, model: LlamaForCausalLM, card: ModelCard, *, is_compiled: bool = False
    ) -> Checkpoint:
        """Of a model of `transformers`, whose weights are shared."""
        settings = LlamaSettings.from_json(model.config.to_dict())
        found = cls(Llama.of(settings, model.state_dict()), card, is_compiled)
        found.__dict__["model"] = model
        return found

    @cached_property
    def model(self) -> LlamaForCausalLM:
        """The model of `transformers` with the same weights, shared, to train and to look into.

        Importing that library takes seconds.
        """
        from core.model.transformer import model_of, to_device

        said = self.network.settings.said
        return to_device(model_of(said, self.network.state_dict()), self.device)

    def forward(self, precision: Precision) -> Callable[[Tensor], Tensor]:
        """The model as scoring calls it: from tokens [B, L] to logits [B, L, V] in fp32.

        Compiling takes about half a minute and a C++ compiler; afterwards scoring takes two thirds
        of the time. Sampling calls `in_precision`: its cache grows at every step.

        Args:
            precision: of its matrix products.
        """
        network = self.in_precision(precision)
        if not self.is_compiled:
            return network
        if precision not in self._compiled:
            self._compiled[precision] = torch.compile(network, dynamic=True)
        return self._compiled[precision]

    def in_precision(self, precision: Precision) -> Llama:
        """The network with matrix products of a precision."""
        return self.network.in_bf16() if precision == "bf16" else self.network

    @cached_property
    def _compiled(self) -> dict[str, Any]:
        return {}

    @property
    def vocabulary(self) -> Vocabulary:
        """What the model can write."""
        return self.card.vocabulary

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.network.parameters()).device


def load_checkpoint(
    name_or_path: str | Path, *, device: torch.device | str = "cpu", compile: bool = False
) -> Checkpoint:
    """Load a shipped model by name, or any checkpoint folder.

    Args:
        name_or_path: a name of `shipped_models`, or a folder.
        device: where the model goes.
        compile: score with fused kernels, for many molecules (`Checkpoint.forward`).

    Raises:
        CheckpointError: if it is missing, foreign, damaged or does not fit its own card.
    """
    keep_freed_memory()
    folder = resolve_model(name_or_path)
    card = read_card(folder)
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise CheckpointError(f"{folder} has no {WEIGHTS}; get the folder again.")
    if sha256_of(weights) != card.weights_sha256:
        raise CheckpointError(
            f"{weights} is not the file that {CARD} describes (its SHA-256 differs); get the "
            "folder again."
        )
    try:
        settings = LlamaSettings.read(folder / "config.json")
        network = Llama.of(settings, {name: tensor.float()
                                      for name, tensor in load_file(weights).items()})
    except Exception as error:  # of any of the libraries that read a file which may be damaged
        raise CheckpointError(
            f"{folder} cannot be loaded ({one_line(error)}); get the folder again."
        ) from error
    if settings.vocab_size != len(card.vocabulary):
        raise CheckpointError(
            f"{folder} says {len(card.vocabulary)} tokens in {CARD}, but "
            f"{settings.vocab_size} in config.json; get the folder again."
        )
    return Checkpoint(network.to(device), card, is_compiled=compile)


@lru_cache(maxsize=2)
def kept_checkpoint(name: str, weights_sha256: str) -> Checkpoint:
    """A model by name, of those loaded last, for a process that works on one after another.

    Args:
        name: of a model here.
        weights_sha256: of its weights, so that a model that was replaced is read anew.

    Raises:
        CheckpointError: as `load_checkpoint`.
    """
    return load_checkpoint(name)


def save_checkpoint(folder: Path, model: LlamaForCausalLM, card: ModelCard) -> ModelCard:
    """Write a checkpoint folder, weights in fp16.

    Returns:
        The card as written, with path and hash filled in.
    """
    with staging(folder) as partial:
        with _quiet():
            deepcopy(model).half().save_pretrained(partial)
        card = replace(card, path=folder, weights_sha256=sha256_of(partial / WEIGHTS))
        write_json(partial / CARD, card.to_json())
    return card


@contextmanager
def _quiet() -> Iterator[None]:
    """A model of a few megabytes needs no progress bar of its own."""
    from transformers.utils import logging as transformers_logging

    was_enabled = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if was_enabled:
            transformers_logging.enable_progress_bar()
