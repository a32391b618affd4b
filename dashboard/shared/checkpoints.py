"""The models that there are, and their weights, kept between reruns."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.assets import assets_folder, models_folder
from core.model.card import CheckpointError, ModelCard, ShippedModels, find_shipped_models
from core.model.checkpoints import Checkpoint, load_checkpoint
from core.model.local_models import find_local_models
from dashboard.shared import own_models
from dashboard.shared.file_age import age
from dashboard.shared.visitors import visitor

_CARDS_LAST_S = 30
"""A checkpoint folder that was mended or added shows after this long."""


def models() -> dict[str, ModelCard]:
    """Cards of the shipped models by name, then of those made here, then of those that the visitor
    brought; damaged folders are left out.

    Raises:
        CheckpointError: if there are none.
    """
    cards = {card.name: card for card in (
        *_shipped().cards, *_local().cards, *own_models.found().cards)}
    if not cards:
        damaged = len(model_faults())
        raise CheckpointError(
            f"Of the {damaged} models here none can be read; get them again, or set "
            "TRAILSCOPE_ASSETS." if damaged else
            f"There are no checkpoints in {assets_folder() / 'checkpoints'}; "
            "make them with `trailscope train`, or set TRAILSCOPE_ASSETS.")
    return cards


def model_faults() -> tuple[str, ...]:
    """One sentence for every checkpoint folder that is damaged."""
    return _shipped().faults + _local().faults


def _shipped() -> ShippedModels:
    return _read_shipped(str(assets_folder()))


@st.cache_resource(ttl=_CARDS_LAST_S, show_spinner=False)
def _read_shipped(assets: str) -> ShippedModels:
    """Of an assets folder: what was found in one says nothing of another."""
    return find_shipped_models()


def _local() -> ShippedModels:
    """Models that were made here; one that was added shows at once."""
    ages = tuple((str(path), age(path))
                 for path in sorted(models_folder().glob("*/trailscope.json")))
    return _read_local(ages) if ages else ShippedModels((), ())


@st.cache_resource(max_entries=4, show_spinner=False)
def _read_local(ages: tuple[tuple[str, str], ...]) -> ShippedModels:
    return find_local_models()


def checkpoint(name: str, weights_sha256: str) -> Checkpoint:
    """A model by name; by its weights' hash too, so that a replaced file is loaded anew."""
    own = own_models.find(name)
    if own is None:
        return _checkpoint(name, weights_sha256)
    return visitor().cache("checkpoints", 2).get(
        (name, weights_sha256), lambda: load_checkpoint(own.path))


@st.cache_resource(max_entries=8, show_spinner="Loading the model")
def _checkpoint(name: str, weights_sha256: str) -> Checkpoint:
    return load_checkpoint(name)


def folder_of(name: str) -> str:
    """What a process beside this one finds a model by: its name, or the folder of a visitor's."""
    own = own_models.find(name)
    return name if own is None else str(own.path)


def is_here(name: str, weights_sha256: str) -> bool:
    """Whether a model that scored something is still there, under its name and with its weights."""
    card = shipped_cards().get(name)
    return card is not None and card.weights_sha256 == weights_sha256


def shipped_cards() -> Mapping[str, ModelCard]:
    """Cards of the models by name; none is needed to look at results."""
    try:
        return models()
    except CheckpointError:
        return {}
