"""Models that were made or brought here, kept where pages and commands find them by name.

Every checkpoint folder directly inside `models_folder()` is such a model, also one that somebody
put there by hand; its name is the folder's. Of those that `keep_model` wrote only so many stay;
what `add_model` wrote stays until it is removed. What a visitor of a hosted dashboard brought lies
in a folder of the visitor's in the same way.
"""

from __future__ import annotations

import io
import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

from core.assets import assets_folder, models_folder
from core.errors import InputError
from core.model.card import CARD, CheckpointError, ModelCard, ShippedModels, read_card
from core.runs import RunFolderError, replacing, write_json

MAX_KEPT = 12
"""Models that `keep_model` keeps at a time, some 7 MB each at preset `small`."""

CONFIG, GENERATION = "config.json", "generation_config.json"
FILES = (CONFIG, GENERATION, "model.safetensors", CARD)
"""What a checkpoint folder holds; the generation config may be missing."""

_MARK = ".kept"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,79}")


def find_local_models(place: Path | None = None) -> ShippedModels:
    """Cards of the models in a folder, by name; a damaged one does not hide the others.

    A model that is called as a shipped one is left out: the name means the shipped one.

    Args:
        place: the folder of checkpoint folders, `models_folder()` by default.
    """
    cards, faults = [], []
    for path in sorted((place or models_folder()).glob(f"*/{CARD}")):
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
    _copy(checkpoint, target, card, mark=True)
    _forget_oldest(limit)
    return replace(card, path=target)


def add_model(checkpoint: Path, *, name: str = "", place: Path | None = None) -> ModelCard:
    """Copy a checkpoint folder to where models are found by name, to stay until it is removed.

    Args:
        checkpoint: the folder.
        name: that it gets, by default what its card says.
        place: the folder of checkpoint folders, `models_folder()` by default.

    Raises:
        CheckpointError: for a folder without a card, and a name that cannot be one or is taken.
        InputError: if the folder cannot be written.
    """
    card = read_card(checkpoint)
    card = replace(card, name=name or card.name)
    check_name(card.name)
    target = (place or models_folder()) / card.name
    if (assets_folder() / "checkpoints" / card.name).exists():
        raise CheckpointError(f"{card.name} is the name of a shipped model; give this one another.")
    if target.exists():
        raise CheckpointError(f"There is a model called {card.name} already; remove it first, or "
                              "give this one another name.")
    _copy(checkpoint, target, card)
    return replace(card, path=target)


def remove_model(name: str, *, place: Path | None = None) -> None:
    """Remove a model that was made or brought here.

    Raises:
        CheckpointError: if there is none of that name, saying which there are.
        InputError: if it cannot be removed.
    """
    place = place or models_folder()
    if not _NAME.fullmatch(name) or not (place / name / CARD).is_file():
        there = ", ".join(path.parent.name for path in sorted(place.glob(f"*/{CARD}"))) or "none"
        raise CheckpointError(f"There is no model {name!r} to remove in {place}, which holds: "
                              f"{there}.")
    try:
        if (place / name).is_symlink():
            (place / name).unlink()
        else:
            shutil.rmtree(place / name)
    except OSError as error:
        raise InputError(f"{place / name} cannot be removed ({error.strerror}).") from error


def check_name(name: str) -> None:
    """Refuse what cannot be a folder's name and part of an address.

    Raises:
        CheckpointError: saying what can.
    """
    if not _NAME.fullmatch(name):
        raise CheckpointError(f"{name[:60]!r} cannot be a model's name; use letters, digits, and "
                              "_ . + - behind the first one, at most 80.")


def _copy(checkpoint: Path, target: Path, card: ModelCard, *, mark: bool = False) -> None:
    """Copy a folder's files, its card with the name that the model has from now on."""
    try:
        with replacing(target) as partial:
            partial.mkdir()
            for name in FILES:
                if (checkpoint / name).is_file():
                    shutil.copyfile(checkpoint / name, partial / name)
            if card.name != read_card(checkpoint).name:
                write_json(partial / CARD, card.to_json())
            if mark:
                (partial / _MARK).touch()
    except RunFolderError as error:
        reason = getattr(error.__cause__, "strerror", None) or error.__cause__
        raise InputError(f"{target.parent} cannot be written ({reason}); set TRAILSCOPE_MODELS "
                         "to a folder that can.") from error


def zip_checkpoint(folder: Path) -> bytes:
    """A checkpoint folder as a zip that unpacks to a folder of the model's name."""
    name = read_card(folder).name
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in FILES:
            if (folder / file).is_file():
                archive.write(folder / file, f"{name}/{file}")
    return packed.getvalue()


def _forget_oldest(limit: int) -> None:
    kept = [mark.parent for mark in models_folder().glob(f"*/{_MARK}")]
    kept.sort(key=lambda folder: (folder / _MARK).stat().st_mtime_ns)
    for folder in kept[: max(0, len(kept) - limit)]:
        shutil.rmtree(folder, ignore_errors=True)
