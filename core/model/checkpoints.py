"""Models on disk: `from_pretrained` folders with what is needed to use and to trust them.

A folder holds `config.json` and `model.safetensors` as `transformers` writes them, so that any
tool of that ecosystem opens it, and `trailscope.json` with vocabulary, strategy, data split,
training record and the SHA-256 of the weights. Weights are stored in fp16 and used in fp32.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.utils import logging as transformers_logging

from core.chemistry.chemistry import QM9, Chemistry
from core.errors import InputError, one_line
from core.model.transformer import to_device
from core.records import sha256_of, write_json
from core.sent.strategies import STRATEGIES, Strategy
from core.sent.vocabulary import Vocabulary

FORMAT_VERSION = 1
_CARD = "trailscope.json"
_WEIGHTS = "model.safetensors"


class CheckpointError(InputError):
    """A model cannot be loaded; the message says why and what would be right."""


@dataclass(frozen=True)
class ModelCard:
    """What a folder says of its model besides the weights.

    Attributes:
        name: how commands and pages call it.
        vocabulary: what it can write.
        strategy: the strategy it was trained under.
        preset: its size, a key of `core.model.transformer.PRESETS`, or `imported`.
        data: data set, split and number of graphs it was trained on.
        training: the training record: steps, molecules, seconds, device, loss.
        weights_sha256: hash of `model.safetensors`, checked on loading.
        path: the folder.
        chemistry: what the labels of its graphs mean; None for graphs without labels. Folders that
            do not say are of QM9.
    """

    name: str
    vocabulary: Vocabulary
    strategy: Strategy
    preset: str
    data: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    weights_sha256: str = ""
    path: Path = Path()
    chemistry: Chemistry | None = None

    def __post_init__(self) -> None:
        if self.chemistry is None and self.vocabulary.is_labelled:
            object.__setattr__(self, "chemistry", QM9)

    @property
    def steps(self) -> int | None:
        """Training steps behind the weights, None if not known."""
        record = self.training
        return record.get("steps", record.get("config", {}).get("steps"))

    def to_json(self) -> dict[str, Any]:
        """The content of `trailscope.json`."""
        return {
            "format_version": FORMAT_VERSION,
            "name": self.name,
            "vocabulary": self.vocabulary.to_json(),
            "chemistry": None if self.chemistry is None else self.chemistry.to_json(),
            "strategy": self.strategy.name,
            "preset": self.preset,
            "data": self.data,
            "training": self.training,
            "weights_sha256": self.weights_sha256,
        }


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


def assets_folder() -> Path:
    """Folder of shipped checkpoints and results; `TRAILSCOPE_ASSETS` overrides it."""
    override = os.environ.get("TRAILSCOPE_ASSETS")
    return Path(override) if override else Path(__file__).parents[2] / "assets"


def models_folder() -> Path:
    """Folder of models that were made here, `TRAILSCOPE_MODELS` or `runs/models`."""
    return Path(os.environ.get("TRAILSCOPE_MODELS") or Path("runs") / "models")


@dataclass(frozen=True)
class ShippedModels:
    """What the assets folder, or the one of models that were made here, holds.

    Attributes:
        cards: of the models whose card can be read: those of molecules first, then by data set,
            then in the strategies' order.
        complaints: one sentence for every damaged folder.
    """

    cards: tuple[ModelCard, ...]
    complaints: tuple[str, ...]


def find_shipped_models() -> ShippedModels:
    """Read the cards of the assets folder; a damaged one does not hide the others."""
    cards, complaints = [], []
    for path in sorted((assets_folder() / "checkpoints").glob(f"*/{_CARD}")):
        try:
            cards.append(read_card(path.parent))
        except CheckpointError as error:
            complaints.append(str(error))
    order = list(STRATEGIES)

    def rank(card: ModelCard) -> tuple[bool, str, int, str]:
        name = card.strategy.name
        return (not card.vocabulary.is_labelled, str(card.data.get("name", "")),
                order.index(name) if name in order else len(order), card.name)

    return ShippedModels(tuple(sorted(cards, key=rank)), tuple(complaints))


def shipped_models() -> list[ModelCard]:
    """Cards of all models in the assets folder, in the order of `ShippedModels`.

    Raises:
        CheckpointError: if one of them is damaged.
    """
    found = find_shipped_models()
    if found.complaints:
        raise CheckpointError(found.complaints[0])
    return list(found.cards)


def resolve_model(name_or_path: str | Path) -> Path:
    """Folder of a shipped model's name, of one that was made here, or the given folder.

    Raises:
        CheckpointError: listing the shipped names.
    """
    for place in (assets_folder() / "checkpoints", models_folder()):
        named = place / str(name_or_path)
        if named.parent == place and (named / _CARD).is_file():
            return named
    folder = Path(name_or_path)
    if folder.is_dir():
        return folder
    names = ", ".join(card.name for card in find_shipped_models().cards) or "none"
    raise CheckpointError(
        f"There is no model {str(name_or_path)!r}; give a checkpoint folder or one of: {names}."
    )


def read_card(folder: Path) -> ModelCard:
    """Read `trailscope.json` of a checkpoint folder.

    Raises:
        CheckpointError: if it is missing, of another format version, or broken.
    """
    path = folder / _CARD
    if not path.is_file():
        raise CheckpointError(
            f"{folder} is not a TrailScope checkpoint: it has no {_CARD}. An AutoGraph or LU "
            "checkpoint is brought in with `trailscope import-checkpoint`."
        )
    try:
        row = json.loads(path.read_text(encoding="utf-8"))
        if row["format_version"] != FORMAT_VERSION:
            raise CheckpointError(
                f"{path} has format version {row['format_version']}; this TrailScope reads "
                f"version {FORMAT_VERSION}."
            )
        return ModelCard(
            name=str(row["name"]),
            vocabulary=Vocabulary.from_json(row["vocabulary"]),
            chemistry=Chemistry.from_json(row["chemistry"]) if row.get("chemistry") else None,
            strategy=Strategy.from_name(row["strategy"]),
            preset=row["preset"],
            data=dict(row["data"]),
            training=dict(row["training"]),
            weights_sha256=row["weights_sha256"],
            path=folder,
        )
    except CheckpointError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged ({error!r}); get the folder again.") from error


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
    weights = folder / _WEIGHTS
    if not weights.is_file():
        raise CheckpointError(f"{folder} has no {_WEIGHTS}; get the folder again.")
    if sha256_of(weights) != card.weights_sha256:
        raise CheckpointError(
            f"{weights} is not the file that {_CARD} describes (its SHA-256 differs); get the "
            "folder again."
        )
    try:
        model = _read_model(folder)
    except Exception as error:  # of any of the libraries that read a file which may be damaged
        raise CheckpointError(
            f"{folder} cannot be loaded ({one_line(error)}); get the folder again."
        ) from error
    if model.config.vocab_size != len(card.vocabulary):
        raise CheckpointError(
            f"{folder} says {len(card.vocabulary)} tokens in {_CARD}, but "
            f"{model.config.vocab_size} in config.json; get the folder again."
        )
    return Checkpoint(to_device(model, device), card, is_compiled=compile)


def _read_model(folder: Path) -> LlamaForCausalLM:
    """The model of a folder, all weights and no others; `from_pretrained` invents missing ones."""
    config = LlamaConfig.from_json_file(folder / "config.json")
    with torch.random.fork_rng(devices=[]):  # a new model starts out random
        model = LlamaForCausalLM(config)
    model.load_state_dict(load_file(folder / _WEIGHTS))
    return model.eval()


def save_checkpoint(folder: Path, model: LlamaForCausalLM, card: ModelCard) -> ModelCard:
    """Write a checkpoint folder, weights in fp16.

    Returns:
        The card as written, with path and hash filled in.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _quiet():
        deepcopy(model).half().save_pretrained(folder)
    card = ModelCard(**{**card.__dict__, "path": folder,
                        "weights_sha256": sha256_of(folder / _WEIGHTS)})
    write_json(folder / _CARD, card.to_json())
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
