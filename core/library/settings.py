"""What the numbers of a scored set depend on, and the keys that say which are equal."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from core.library.manifest import FORMAT_VERSION
from core.likelihood.scoring import Precision
from core.model.card import ModelCard
from core.sent.strategies import Strategy

_DIGITS = 32
"""Hexadecimal digits of a key: 128 bits, so that ten million keys do not collide."""

LEAST_ROWS, MOST_ROWS = 64, 16_384
"""Of a part, unless the caller says otherwise."""

_PARTS = 1_000
"""About so many parts a large set has: few enough for the system to list and a database to open."""


@dataclass(frozen=True)
class ScoringSettings:
    """How a set is scored; equal settings and equal graphs give equal numbers.

    Attributes:
        model: name of the model, for people.
        weights_sha256: of its weights.
        strategy: name of the strategy that draws linearizations.
        permutations: K, linearizations per molecule, at least 2.
        seed: fixes linearizations and intervals.
        precision: of the forward passes.
        tie_break: how one of several best candidates is taken.
    """

    model: str
    weights_sha256: str
    strategy: str
    permutations: int = 32
    seed: int = 0
    precision: Precision = "fp32"
    tie_break: str = "random"

    @classmethod
    def of(
        cls, card: ModelCard, strategy: Strategy, *, permutations: int = 32, seed: int = 0,
        precision: Precision = "fp32",
    ) -> ScoringSettings:
        """Of a model under a strategy."""
        return cls(card.name, card.weights_sha256, strategy.name, permutations, seed, precision)

    def to_json(self) -> dict[str, Any]:
        """All of them, plain."""
        return asdict(self)

    @cached_property
    def _digest(self) -> str:
        decisive = {name: value for name, value in self.to_json().items() if name != "model"}
        return json.dumps(decisive | {"format_version": FORMAT_VERSION}, sort_keys=True)

    def key(self, graph_key: str) -> str:
        """Equal for rows whose numbers are: of a graph and all that they depend on."""
        return _hash(graph_key + self._digest)


def rows_per_part(rows: int) -> int:
    """How many rows of an input of this size one part holds.

    A part is lost when a run is killed inside it, so that parts of small inputs are small.

    >>> [rows_per_part(rows) for rows in (10, 1_000_000, 10_000_000, 1_000_000_000)]
    [64, 1024, 16384, 16384]
    """
    power = 1 << max(rows // _PARTS - 1, 0).bit_length()
    return min(max(power, LEAST_ROWS), MOST_ROWS)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
