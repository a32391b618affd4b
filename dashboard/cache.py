"""Everything that is kept between reruns, bounded, and keyed by all that it depends on.

Results are immutable values and are shared between visitors as they are, so nothing is copied or
pickled on a hit.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

import streamlit as st

from core.chemistry.molecules import Molecule, from_smiles
from core.errors import InputError
from core.graph.graph import Graph
from core.graph.planar import PlanarGraph, PlanarName
from core.likelihood.analysis import Analysis, analyse
from core.likelihood.order_marginal import ExactUncertainty, exact_uncertainty
from core.likelihood.scoring import next_token_probabilities, score_trails
from core.likelihood.uncertainty import Uncertainty, lu_convergence
from core.model.checkpoints import (
    Checkpoint,
    CheckpointError,
    ModelCard,
    ShippedModels,
    assets_folder,
    find_shipped_models,
    load_checkpoint,
    models_folder,
)
from core.model.local_models import find_local_models
from core.sent.probability import enumerate_sequences
from core.sent.strategies import Strategy
from dashboard import texts
from dashboard.components.trail_view import TrailView, trail_view
from dashboard.drawings import Layout, layout, molecule_svg
from dashboard.state import Choice

Progress = Callable[[int, int], None]
Value = TypeVar("Value")
MAX_EXACT_SEQUENCES = 1000
"""Molecules with more sequences are not enumerated live."""

_ALTERNATIVES = 5
_TOKEN_BUDGET = 4096
"""Tokens per forward pass: small enough that progress is seen, and a change heard, every second."""

_CARDS_LAST_S = 30
"""A checkpoint folder that was mended or added shows after this long."""


def models() -> dict[str, ModelCard]:
    """Cards of the shipped models by name, then of those made here; damaged folders are left out.

    Raises:
        CheckpointError: if there are none.
    """
    cards = {card.name: card for card in (*_shipped().cards, *_local().cards)}
    if not cards:
        raise CheckpointError(" ".join(_shipped().complaints) or (
            f"There are no checkpoints in {assets_folder() / 'checkpoints'}; "
            "make them with `trailscope train`, or set TRAILSCOPE_ASSETS."))
    return cards


def model_complaints() -> tuple[str, ...]:
    """One sentence for every checkpoint folder that is damaged."""
    return _shipped().complaints + _local().complaints


@st.cache_resource(ttl=_CARDS_LAST_S, show_spinner=False)
def _shipped() -> ShippedModels:
    return find_shipped_models()


def _local() -> ShippedModels:
    """Models that were made here; one that was added shows at once."""
    age = tuple((str(path), path.stat().st_mtime_ns)
                for path in sorted(models_folder().glob("*/trailscope.json")))
    return _read_local(age) if age else ShippedModels((), ())


@st.cache_resource(max_entries=4, show_spinner=False)
def _read_local(age: tuple[tuple[str, int], ...]) -> ShippedModels:
    return find_local_models()


@st.cache_resource(max_entries=8, show_spinner="Loading the model")
def checkpoint(name: str, weights: str) -> Checkpoint:
    """A model by name; `weights` is its hash, so a replaced file is loaded anew."""
    return load_checkpoint(name)


@st.cache_resource(max_entries=256, show_spinner=False)
def molecule(smiles: str) -> Molecule:
    """A parsed molecule."""
    return from_smiles(smiles)


@st.cache_resource(max_entries=256, show_spinner=False)
def molecule_layout(smiles: str) -> Layout:
    """Where its atoms are drawn, the same for all trails."""
    return layout(molecule(smiles).graph)


@st.cache_resource(max_entries=256, show_spinner=False)
def planar(name: PlanarName) -> PlanarGraph:
    """A planar graph with the points that it joins."""
    return name.triangulate()


@st.cache_resource(max_entries=256, show_spinner=False)
def _planar_layout(name: PlanarName) -> Layout:
    drawn = planar(name)
    return layout(drawn.graph, positions=drawn.positions)


def graph(choice: Choice) -> Graph:
    """What a choice is about.

    Raises:
        MoleculeError: for a SMILES that is no molecule of the vocabulary.
    """
    return molecule(choice.smiles).graph if choice.planar is None else planar(choice.planar).graph


def graph_layout(choice: Choice) -> Layout:
    """Where it is drawn."""
    if choice.planar is None:
        return molecule_layout(choice.smiles)
    return _planar_layout(choice.planar)


@st.cache_resource(show_spinner=False)
def gallery() -> tuple[tuple[str, str], ...]:
    """(name, SMILES) of well-known molecules."""
    path = assets_folder() / "gallery.json"
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from None
    return tuple((row["name"], row["smiles"]) for row in rows)


@st.cache_resource(max_entries=128, show_spinner=False)
def thumbnail(name: str, smiles: str, dark: bool) -> str:
    """A gallery picture as SVG."""
    return molecule_svg(molecule_layout(smiles), dark=dark, title=name, width=150, height=96)


def analysis(choice: Choice, progress: Progress | None = None) -> Analysis:
    """Scored linearizations; `progress` hears of the work and may raise to cancel it."""

    def compute() -> Analysis:
        model = checkpoint(choice.model, choice.weights)
        return analyse(
            model, [graph(choice)], Strategy.from_name(choice.strategy),
            permutations=choice.permutations, seed=choice.seed, token_budget=_TOKEN_BUDGET,
            progress=progress,
        )

    return _analyses().get(choice, compute)


@st.cache_resource(max_entries=64, show_spinner=False)
def convergence(choice: Choice) -> tuple[Uncertainty, ...]:
    """LU after the first 2, 3, 4, … permutations."""
    found = analysis(choice)
    return lu_convergence(
        found.likelihoods.nll[0].numpy(), found.trails.log_q[0].numpy(), seed=choice.seed
    )


@st.cache_resource(max_entries=256, show_spinner=False)
def trail(choice: Choice, permutation: int) -> TrailView:
    """One linearization with its surprisal and the model's alternatives at every step."""
    found = analysis(choice)
    tokens = found.trails.sequence(0, permutation)
    model = checkpoint(choice.model, choice.weights)
    likely = next_token_probabilities(model, tokens).topk(_ALTERNATIVES)
    alternatives = [
        list(zip(ids, probabilities, strict=True))
        for ids, probabilities in zip(likely.indices.tolist(), likely.values.tolist(), strict=True)
    ]
    return trail_view(
        found.graphs[0], tokens, found.trails.order(0, permutation),
        found.likelihoods.token_nll[0, permutation].numpy(), alternatives, model.vocabulary,
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def permutation_csv(choice: Choice) -> str:
    """One row per permutation, as text."""
    return texts.permutation_table(analysis(choice)).to_csv(index=False)


@st.cache_resource(max_entries=256, show_spinner=False)
def trail_csv(choice: Choice, permutation: int) -> str:
    """One row per token of a linearization, as text."""
    return texts.token_table(trail(choice, permutation)).to_csv(index=False)


def exact(choice: Choice, progress: Progress | None = None) -> ExactUncertainty:
    """LU and order-marginal NLL without sampling error; `progress` as for `analysis`.

    Raises:
        TooManySequencesError: for more than `MAX_EXACT_SEQUENCES` sequences.
    """

    def compute() -> ExactUncertainty:
        model = checkpoint(choice.model, choice.weights)
        found = enumerate_sequences(
            graph(choice), model.vocabulary, Strategy.from_name(choice.strategy),
            limit=MAX_EXACT_SEQUENCES,
        )
        likelihoods = score_trails(model, found.to_trails(), token_budget=_TOKEN_BUDGET,
                                   progress=progress)
        return exact_uncertainty(likelihoods.nll[0].numpy(), found.probabilities)

    # Neither K nor the seed matters, so they must not be part of the key.
    key = (choice.input, choice.weights, choice.strategy)
    return _exact_values().get(key, compute)


class _BoundedCache:
    """Least recently used values. Unlike `st.cache_resource` it lets a computation draw progress
    on the page, and a computation that is cancelled leaves nothing behind."""

    def __init__(self, max_entries: int) -> None:
        self._values: OrderedDict[object, object] = OrderedDict()
        self._max_entries = max_entries
        self._lock = Lock()

    def get(self, key: object, compute: Callable[[], Value]) -> Value:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]  # type: ignore[return-value]
        value = compute()
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._max_entries:
                self._values.popitem(last=False)
        return value


@st.cache_resource(show_spinner=False)
def _analyses() -> _BoundedCache:
    return _BoundedCache(max_entries=128)


@st.cache_resource(show_spinner=False)
def _exact_values() -> _BoundedCache:
    return _BoundedCache(max_entries=128)
