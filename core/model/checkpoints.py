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
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.utils import logging as transformers_logging

from core.errors import one_line
from core.model.card import CARD, CheckpointError, ModelCard, read_card, resolve_model
from core.model.transformer import model_of, to_device
from core.records import sha256_of
from core.runs import staging, write_json
from core.sent.vocabulary import Vocabulary

WEIGHTS = "model.safetensors"
"""What the weights of a checkpoint folder are called."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A loaded model with its card; the model is in evaluation mode and fp32.

    Attributes:
        model: the model itself.
        card: what its folder says of it.
        is_compiled: score with fused kernels; see `forward`.
    """

    model: LlamaForCausalLM
    card: ModelCard
    is_compiled: bool = False

    @cached_property
    def forward(self) -> Callable[..., Any]:
        """The model as scoring calls it.

        Compiling takes about half a minute and a C++ compiler; afterwards scoring takes two thirds
        of the time. Sampling calls `model`: its cache grows at every step.
        """
        return torch.compile(self.model, dynamic=True) if self.is_compiled else self.model

    @property
    def vocabulary(self) -> Vocabulary:
        """What the model can write."""
        return self.card.vocabulary

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.model.parameters()).device


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
        config = LlamaConfig.from_json_file(folder / "config.json")
        model = model_of(config, load_file(weights))
    except Exception as error:  # of any of the libraries that read a file which may be damaged
        raise CheckpointError(
            f"{folder} cannot be loaded ({one_line(error)}); get the folder again."
        ) from error
    if model.config.vocab_size != len(card.vocabulary):
        raise CheckpointError(
            f"{folder} says {len(card.vocabulary)} tokens in {CARD}, but "
            f"{model.config.vocab_size} in config.json; get the folder again."
        )
    return Checkpoint(to_device(model, device), card, is_compiled=compile)


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
    was_enabled = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if was_enabled:
            transformers_logging.enable_progress_bar()
