"""Models that visitors bring: read without trusting them, and of their visitor alone.

At home a model that is brought joins those that were made here, in `models_folder()`. Where
strangers visit it lies in the visitor's private folder: that visitor's pages offer it beside the
others, nobody else's do, and it goes when the visitor leaves. From the first such model on the
visitor's pages share no values with those of others (`visitor_apart`).
"""

from __future__ import annotations

from io import SEEK_END
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import BinaryIO

from core.assets import assets_folder, models_folder
from core.errors import InputError
from core.model.card import CARD, CheckpointError, ModelCard, ShippedModels, read_card
from core.model.local_models import add_model, find_local_models, remove_model
from core.quotas import is_hosted, quotas
from dashboard.shared.file_age import age
from dashboard.shared.visitors import QuotaError, short_work, visitor

_FOLDER = "models"
_DIGITS = 6
"""Of a model's hash, behind its name where another model has that."""

_one_at_a_time = Lock()
"""A model takes several times its size while it is unpacked and tried."""


def found() -> ShippedModels:
    """What a visitor of a hosted dashboard has brought; at home nothing, see `models_folder`."""
    if not is_hosted() or not visitor().has_folder:
        return ShippedModels((), ())
    ages = tuple((str(path), age(path)) for path in sorted(_place().glob(f"*/{CARD}")))
    return visitor().cache("own cards", 1).get(ages, lambda: find_local_models(_place()))


def find(name: str) -> ModelCard | None:
    """A model that the visitor of a hosted dashboard has brought."""
    return next((card for card in found().cards if card.name == name), None)


def max_mb() -> int:
    """Megabytes that the files of a model may have, unpacked."""
    limits = quotas()
    return min(limits.model_mb, limits.visitor_mb) if is_hosted() else limits.model_mb


def bring(zipped: BinaryIO) -> ModelCard:
    """Take a zipped checkpoint folder, of which nothing is trusted.

    A model that is here already is not kept twice. One whose name another model has, or had for
    this visitor, gets the first digits of its hash behind it, so that a name, as links have it,
    never stands for two models.

    Returns:
        The card of the model as it is called here.

    Raises:
        InputError: for what is no such model, or is more than may be kept here.
    """
    from core.model.given_model import model_digest, unpack_model  # with torch

    whose = visitor()
    most = float(max_mb())
    if is_hosted():
        left = quotas().visitor_mb - whose.num_bytes / 1e6
        if left < zipped.seek(0, SEEK_END) / 1e6:
            raise QuotaError(f"{max(left, 0):,.0f} of the {quotas().visitor_mb:,} MB that a "
                             "visitor has here are left; remove models or runs to bring another.")
        most = min(most, left)
    try:
        with short_work() as check, _one_at_a_time, TemporaryDirectory(dir=_workplace()) as folder:
            check()
            card = unpack_model(zipped, Path(folder), max_mb=most)
            digest = model_digest(Path(folder))
            name, there = _name_for(card.name, digest)
            if there is not None:
                return there
            whose.is_apart = is_hosted()
            whose.models_brought[name] = digest
            return add_model(Path(folder), name=name, place=_place())
    finally:
        whose.remove_if_gone()


def remove(name: str) -> None:
    """Remove a model that the visitor of a hosted dashboard has brought.

    Raises:
        InputError: if there is none of that name.
    """
    remove_model(name, place=_place())


def _name_for(name: str, digest: str) -> tuple[str, ModelCard | None]:
    """What a model is called here, and the model itself if it is here already."""
    from core.model.given_model import model_digest

    for called in (name, f"{name[:70]}-{digest[:_DIGITS]}"):
        there = next((folder / called for folder in (assets_folder() / "checkpoints",
                                                     models_folder(), _place())
                      if (folder / called).exists()), None)
        if there is None:
            if visitor().models_brought.get(called, digest) == digest:
                return called, None
            continue
        try:
            if model_digest(there) == digest:
                return called, read_card(there)
        except InputError:  # a damaged folder has its name all the same
            continue
    raise CheckpointError(f"There are other models called {name} here; give this one another name "
                          f"in its {CARD}.")


def _place() -> Path:
    return visitor().folder / _FOLDER if is_hosted() else models_folder()


def _workplace() -> Path | None:
    return visitor().folder if is_hosted() else None
