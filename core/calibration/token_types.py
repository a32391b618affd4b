"""Which tokens are compared, and in which bins of confidence."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

NUM_BINS = 15
"""Bins of a reliability diagram, of equal width."""

BIN_EDGES = np.arange(NUM_BINS + 1) / NUM_BINS
"""Bin b holds the confidences in (BIN_EDGES[b], BIN_EDGES[b + 1]]."""
BIN_EDGES.setflags(write=False)


class TokenType(StrEnum):
    """What a token says, judged by the target and not by the prediction.

    `NEW_NODE` and `REVISIT` are the two halves of `NODE_INDEX`: an index greater than every index
    before it in the sequence, and any other. `ALL` is every predicted token.
    """

    ALL = "all"
    NODE_INDEX = "node_index"
    NEW_NODE = "new_node"
    REVISIT = "revisit"
    NODE_LABEL = "node_label"
    EDGE_LABEL = "edge_label"
    SPECIAL = "special"

    @classmethod
    def from_label(cls, label: str) -> TokenType:
        """The type that is called so.

        Raises:
            ValueError: if none is.
        """
        return cls(label.replace(" ", "_"))

    @property
    def label(self) -> str:
        """What people call it.

        >>> TokenType.NODE_LABEL.label
        'node label'
        """
        return self.value.replace("_", " ")

    @property
    def parts(self) -> tuple[TokenType, ...]:
        """The disjoint types that make up this one, itself if it is one of them."""
        if self is TokenType.ALL:
            return DISJOINT_TYPES
        if self is TokenType.NODE_INDEX:
            return (TokenType.NEW_NODE, TokenType.REVISIT)
        return (self,)


DISJOINT_TYPES = (
    TokenType.NEW_NODE, TokenType.REVISIT, TokenType.NODE_LABEL, TokenType.EDGE_LABEL,
    TokenType.SPECIAL,
)
"""The five types that every token belongs to exactly one of, in the order they are stored in."""
