"""Token numbers of SENT sequences, in the layout of the AutoGraph and LU checkpoints.

See docs/definitions.md, Linearizations.

Six special tokens come first, then one token per visit index, then node labels, then edge labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from core.chemistry.chemistry import BONDS, MOSES, QM9, Chemistry

SOS, RESET, LADJ, RADJ, EOS, PAD = range(6)
_SPECIAL_NAMES = ("sos", "reset", "ladj", "radj", "eos", "pad")


class TokenKind(StrEnum):
    """The four kinds of tokens that calibration tells apart (docs/definitions.md, Calibration)."""

    SPECIAL = "special"
    NODE_INDEX = "node_index"
    NODE_LABEL = "node_label"
    EDGE_LABEL = "edge_label"


@dataclass(frozen=True)
class Vocabulary:
    """What a model can write: up to `max_nodes` nodes, with labels or without.

    Attributes:
        max_nodes: largest graph that can be written.
        node_names: one name per node label (chemical elements for molecules); empty if unlabelled.
        edge_names: one name per edge label (bond types); empty if unlabelled.
    """

    max_nodes: int
    node_names: tuple[str, ...] = ()
    edge_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.max_nodes < 1:
            raise ValueError(f"max_nodes must be at least 1, got {self.max_nodes}.")
        if bool(self.node_names) != bool(self.edge_names):
            raise ValueError("Name both node and edge labels, or neither.")

    @property
    def is_labelled(self) -> bool:
        """Whether sequences carry node and edge labels."""
        return bool(self.node_names)

    @property
    def pad(self) -> int:
        """Token that fills up shorter sequences of a batch; no part of any."""
        return PAD

    @property
    def index_offset(self) -> int:
        """Token of visit index 0."""
        return len(_SPECIAL_NAMES)

    @property
    def node_offset(self) -> int:
        """Token of node label 0."""
        return self.index_offset + self.max_nodes

    @property
    def edge_offset(self) -> int:
        """Token of edge label 0."""
        return self.node_offset + len(self.node_names)

    def __len__(self) -> int:
        return self.edge_offset + len(self.edge_names)

    def kind(self, token: int) -> TokenKind:
        """Kind of a token; raises ValueError for a number outside the vocabulary."""
        if not 0 <= token < len(self):
            raise ValueError(f"Token {token} is outside the vocabulary (0 to {len(self) - 1}).")
        if token < self.index_offset:
            return TokenKind.SPECIAL
        if token < self.node_offset:
            return TokenKind.NODE_INDEX
        return TokenKind.NODE_LABEL if token < self.edge_offset else TokenKind.EDGE_LABEL

    def token_name(self, token: int) -> str:
        """What a person reads: `sos`, `7` for visit index 7, `C`, `double`."""
        match self.kind(token):
            case TokenKind.SPECIAL:
                return _SPECIAL_NAMES[token]
            case TokenKind.NODE_INDEX:
                return str(token - self.index_offset)
            case TokenKind.NODE_LABEL:
                return self.node_names[token - self.node_offset]
            case TokenKind.EDGE_LABEL:
                return self.edge_names[token - self.edge_offset]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; `from_json` reads it back."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Vocabulary:
        """Read what `to_json` wrote."""
        return cls(int(row["max_nodes"]), tuple(row["node_names"]), tuple(row["edge_names"]))


def vocabulary_of(chemistry: Chemistry) -> Vocabulary:
    """The vocabulary that writes a chemistry's molecules."""
    return Vocabulary(chemistry.max_nodes, chemistry.elements, BONDS)


QM9_VOCABULARY = vocabulary_of(QM9)
"""44 tokens: at most 29 atoms of five elements, kekulized bonds (aromatic kept, unused)."""

MOSES_VOCABULARY = vocabulary_of(MOSES)
"""45 tokens: at most 27 atoms of eight elements, hydrogens implicit."""

PLANAR_VOCABULARY = Vocabulary(max_nodes=64)
"""70 tokens: unlabelled graphs of at most 64 nodes."""

VOCABULARIES: dict[str, Vocabulary] = {
    "qm9": QM9_VOCABULARY, "moses": MOSES_VOCABULARY, "planar": PLANAR_VOCABULARY,
}
"""Named vocabularies, the only list of them."""
