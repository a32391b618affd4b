"""Models that were made on this machine, kept where pages and commands find them by name.

Every checkpoint folder directly inside `models_folder()` is such a model, also one that somebody
put there by hand; its name is the folder's. Of those that `keep_model` wrote only so many stay.
"""

from __future__ import annotations

import io
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

from core.assets import assets_folder, models_folder
from core.errors import InputError
from core.model.card import CARD, CheckpointError, ModelCard, ShippedModels, read_card
from core.runs import RunFolderError, replacing

MAX_KEPT = 12
"""Models that `keep_model` keeps at a time, some 7 MB each at preset `small`."""

_FILES = ("config.json", "generation_config.json", "model.safetensors", CARD)
_MARK = ".kept"


def find_local_models() -> ShippedModels:
    """Cards of the models in `models_folder()`, by name; a damaged one does not hide the others.

    A model that is called as a shipped one is left out: the name means the shipped one.
    """
    cards, faults = [], []
    for path in sorted(models_folder().glob(f"*/{CARD}")):
        folder = path.parent
        if (assets_folder() / "checkpoints" / folder.name / CARD).is_file():
            faults.append(f"{folder} is called as a shipped model; rename the folder.")
        elif not folder.name.startswith("."):
            try:
                cards.append(replace(read_card(folder), name=folder.name))
            except CheckpointError as error:
                faults.append(str(error))
    return ShippedModels(tuple(cards), tuple(faults))


def keep_model(checkpoint: Path, *, limit: int = MAX_KEPT) -> ModelCard:
    """Copy a checkpoint folder into `models_folder()`, under the name that its card says.

    Of the models that were kept so, those beyond `limit` are removed, the oldest first; folders
    that came there in another way stay.

    Raises:
        CheckpointError: for a folder without a card, or a model that is called as a shipped one.
        InputError: if the folder cannot be written.
    """
    card = read_card(checkpoint)
    target = models_folder() / card.name
    if target.parent != models_folder() or card.name.startswith("."):
        raise CheckpointError(f"{card.name!r} cannot be a folder's name; give the model another.")
    if (assets_folder() / "checkpoints" / card.name).exists():
        raise CheckpointError(f"{card.name} is the name of a shipped model; give this one another.")
    try:
        with replacing(target) as partial:
            partial.mkdir()
            for name in _FILES:
                if (checkpoint / name).is_file():
                    shutil.copyfile(checkpoint / name, partial / name)
            (partial / _MARK).touch()
    except RunFolderError as error:
        reason = getattr(error.__cause__, "strerror", None) or error.__cause__
        raise InputError(f"{models_folder()} cannot be written ({reason}); set TRAILSCOPE_MODELS "
                         "to a folder that can.") from error
    _forget_oldest(limit)
    return replace(card, path=target)


def zip_checkpoint(folder: Path) -> bytes:
    """A checkpoint folder as a zip that unpacks to a folder of the model's name."""
    name = read_card(folder).name
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in _FILES:
            if (folder / file).is_file():
                archive.write(folder / file, f"{name}/{file}")
    return packed.getvalue()


def _forget_oldest(limit: int) -> None:
    kept = [mark.parent for mark in models_folder().glob(f"*/{_MARK}")]
    kept.sort(key=lambda folder: (folder / _MARK).stat().st_mtime_ns)
    for folder in kept[: max(0, len(kept) - limit)]:
        shutil.rmtree(folder, ignore_errors=True)
