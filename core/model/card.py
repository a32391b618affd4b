"""What a checkpoint folder says of its model, and which models there are; no weights are read.

So `trailscope models` and whoever looks for a name need no torch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.assets import assets_folder, models_folder
from core.chemistry.chemistry import CHEMISTRIES, Chemistry
from core.errors import InputError
from core.sent.strategies import STRATEGIES, Strategy
from core.sent.vocabulary import Vocabulary

FORMAT_VERSION = 1
CARD = "trailscope.json"
"""What the card of a checkpoint folder is called."""


_PLANAR = "planar"
"""The data set of planar graphs."""


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
            do not say are of the first known one with their elements: the oldest are of QM9.
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
            object.__setattr__(self, "chemistry", _chemistry_of(self.vocabulary))

    @property
    def steps(self) -> int | None:
        """Training steps behind the weights, None if not known."""
        record = self.training
        return record.get("steps", record.get("config", {}).get("steps"))

    @property
    def is_planar(self) -> bool:
        """Whether its graphs are to be planar: without labels, and of no other data set."""
        name = self.data.get("name", _PLANAR)
        return self.chemistry is None and str(name).lower() == _PLANAR

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


def _chemistry_of(vocabulary: Vocabulary) -> Chemistry | None:
    """The first known one with these elements; None for labels that are no elements of any."""
    return next((chemistry for chemistry in CHEMISTRIES.values()
                 if chemistry.elements == vocabulary.node_names), None)


@dataclass(frozen=True)
class ShippedModels:
    """What the assets folder, or the one of models that were made here, holds.

    Attributes:
        cards: of the models whose card can be read: those of molecules first, then by data set,
            then in the strategies' order.
        faults: one sentence for every damaged folder.
    """

    cards: tuple[ModelCard, ...]
    faults: tuple[str, ...]


def find_shipped_models() -> ShippedModels:
    """Read the cards of the assets folder; a damaged one does not hide the others."""
    cards, faults = [], []
    for path in sorted((assets_folder() / "checkpoints").glob(f"*/{CARD}")):
        try:
            cards.append(read_card(path.parent))
        except CheckpointError as error:
            faults.append(str(error))
    order = list(STRATEGIES)

    def rank(card: ModelCard) -> tuple[bool, str, int, str]:
        name = card.strategy.name
        return (card.chemistry is None, str(card.data.get("name", "")),
                order.index(name) if name in order else len(order), card.name)

    return ShippedModels(tuple(sorted(cards, key=rank)), tuple(faults))


def shipped_models() -> list[ModelCard]:
    """Cards of all models in the assets folder, in the order of `ShippedModels`.

    Raises:
        CheckpointError: if one of them is damaged.
    """
    found = find_shipped_models()
    if found.faults:
        raise CheckpointError(found.faults[0])
    return list(found.cards)


def resolve_model(name_or_path: str | Path) -> Path:
    """Folder of a shipped model's name, of one that was made here, or the given folder.

    Raises:
        CheckpointError: listing the shipped names.
    """
    for place in (assets_folder() / "checkpoints", models_folder()):
        named = place / str(name_or_path)
        if named.parent == place and (named / CARD).is_file():
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
    path = folder / CARD
    if not path.is_file():
        raise CheckpointError(
            f"{folder} is not a TrailScope checkpoint: it has no {CARD}. A model of AutoGraph, LU "
            "or transformers is brought in with `trailscope import-checkpoint`."
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
