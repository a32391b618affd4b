"""One trail as a person reads it: every token with its place in the graph and its surprisal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from core.sent.token_roles import TokenEvent
from core.sent.vocabulary import TokenKind
from dashboard.components.trail_player.meanings import token_title

GLYPHS = {"sos": "▸", "reset": "⤳", "ladj": "[", "radj": "]", "eos": "■", "pad": "·",
          "single": "–", "double": "=", "triple": "≡", "aromatic": "≈"}
"""Signs that stand for a token's name where there is little room."""


class TrailError(ValueError):
    """Tokens, order and graph do not describe the same trail; the message names the position."""


class Arrival(StrEnum):
    """How a walk comes to a node."""

    START = "start"
    WALK = "walk"
    JUMP = "jump"


@dataclass(frozen=True)
class Alternative:
    """A token that the model considered at a position."""

    name: str
    glyph: str
    kind: TokenKind
    probability: float
    is_actual: bool

    @property
    def title(self) -> str:
        """What it is called where there is room."""
        return token_title(self.name, self.kind)


@dataclass(frozen=True)
class TrailToken:
    """One token of a trail.

    Attributes:
        position: place in the sequence; `sos` stands at 0.
        name: what `Vocabulary.token_name` says; `glyph` is its short sign.
        kind: one of the four token kinds.
        surprisal_nats: −log p of this token given the ones before; None for `sos`.
        probability: p of this token; None for `sos`.
        event: what it does; this and what it is about come from `core.sent.token_roles`.
        step: visit index that the token belongs to; None for `sos` and `eos`. The edge label or
            `reset` before an index belongs to the visit it leads to.
        atom: graph node to look at: the listed one for a listed edge, else the visited one.
        bond: ends of the edge that it is about (the later visited end first), or None.
        meaning: a sentence on what the token does.
        alternatives: the model's most probable tokens here, the most probable first.
    """

    position: int
    name: str
    glyph: str
    kind: TokenKind
    surprisal_nats: float | None
    probability: float | None
    event: TokenEvent
    step: int | None
    atom: int | None
    bond: tuple[int, int] | None
    meaning: str
    alternatives: tuple[Alternative, ...] = ()

    @property
    def title(self) -> str:
        """What it is called where there is room."""
        return token_title(self.name, self.kind)

    @property
    def is_listed(self) -> bool:
        """Whether it is about an edge in a bracket."""
        return self.event in (TokenEvent.LIST_LABEL, TokenEvent.LIST_INDEX)


@dataclass(frozen=True)
class Visit:
    """One node visit of a trail.

    Attributes:
        step: visit index.
        node: graph node.
        arrival: how the walk came here.
        origin: node visited just before, walked or jumped from; None at the start.
        segment: number of the stretch between jumps, from 0.
        back_references: nodes listed in the bracket, in its order.
        position: place of the visit's index token in the sequence.
        last_position: place of the last token that belongs to the visit.
    """

    step: int
    node: int
    arrival: Arrival
    origin: int | None
    segment: int
    back_references: tuple[int, ...]
    position: int
    last_position: int


@dataclass(frozen=True, eq=False)
class TrailView:
    """A trail ready to be shown.

    Attributes:
        tokens: `sos … eos`.
        order: graph node visited at each step.
        visits: one entry per step.
        node_nats: nats on each graph node by `core.likelihood.attribution`, [n] float64.
        edge_nats: nats on each of its edges, [e] float64; with those of `eos` they sum to
            `total_nats`.
        is_molecule: whether it speaks of atoms and bonds, not of nodes and edges.
    """

    tokens: tuple[TrailToken, ...]
    order: tuple[int, ...]
    visits: tuple[Visit, ...]
    node_nats: np.ndarray
    edge_nats: np.ndarray
    is_molecule: bool

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def surprisal_nats(self) -> np.ndarray:
        """Surprisal per token, [len(self)], 0 for `sos`."""
        return np.array([token.surprisal_nats or 0.0 for token in self.tokens])

    @cached_property
    def cumulative_nats(self) -> np.ndarray:
        """NLL of the sequence up to and with each token, [len(self)]."""
        return self.surprisal_nats.cumsum()

    @property
    def total_nats(self) -> float:
        """NLL of the whole sequence."""
        return float(self.cumulative_nats[-1])
