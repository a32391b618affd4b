"""From logits to calibration events, and from events to the sums that are kept of them.

See docs/definitions.md, Calibration.

Logits live as long as their slice. What outlives them per event is its confidence, whether it was
correct and its type; and per graph, at every temperature, the number, confidence and correctness of
its events in each bin, its NLL and its Brier score, each by token type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.calibration.token_types import BIN_EDGES, DISJOINT_TYPES, NUM_BINS, TokenType
from core.sent.vocabulary import PAD, Vocabulary

NUM_TYPES = len(DISJOINT_TYPES)


def token_types(tokens: Tensor, vocabulary: Vocabulary) -> Tensor:
    """Place in `DISJOINT_TYPES` of every token of sequences [B, L], as [B, L] int64.

    An index is of a new node if it is greater than every index before it in the sequence.
    """
    is_index = (tokens >= vocabulary.index_offset) & (tokens < vocabulary.node_offset)
    index = torch.where(is_index, tokens, -1)
    highest_before = index.cummax(1).values.roll(1, 1)
    highest_before[:, 0] = -1
    is_node = (tokens >= vocabulary.node_offset) & (tokens < vocabulary.edge_offset)
    kinds = (
        (TokenType.NEW_NODE, is_index & (index > highest_before)),
        (TokenType.REVISIT, is_index & (index <= highest_before)),
        (TokenType.NODE_LABEL, is_node),
        (TokenType.EDGE_LABEL, tokens >= vocabulary.edge_offset),
    )
    place = torch.full_like(tokens, DISJOINT_TYPES.index(TokenType.SPECIAL))
    for token_type, is_kind in kinds:
        place.masked_fill_(is_kind, DISJOINT_TYPES.index(token_type))
    return place


def bin_of(confidence: Tensor) -> Tensor:
    """Bin of every confidence, int64: bin b holds (BIN_EDGES[b], BIN_EDGES[b + 1]].

    Edges are compared in the precision of the confidences, so that 0.2 is on an edge in each.
    """
    inner = torch.as_tensor(np.array(BIN_EDGES[1:-1]), dtype=confidence.dtype,
                            device=confidence.device)
    return torch.bucketize(confidence, inner)


@dataclass(frozen=True, eq=False)
class TokenEvents:
    """Predicted tokens of some sequences, flat; each tensor [n], on the model's device.

    Attributes:
        row: sequence that the token belongs to.
        position: of the token in its sequence, at least 1.
        type: place in `DISJOINT_TYPES`.
        target: the token that came.
        predicted: the most probable token.
        margins: logits minus the largest of their row, [n, V] float32, at most 0.
    """

    row: Tensor
    position: Tensor
    type: Tensor
    target: Tensor
    predicted: Tensor
    margins: Tensor

    @classmethod
    def from_logits(cls, logits: Tensor, tokens: Tensor, vocabulary: Vocabulary) -> TokenEvents:
        """Events of sequences [B, L] with logits [B, L − 1, V] of all tokens but the first."""
        row, place = (tokens[:, 1:] != PAD).nonzero(as_tuple=True)
        position = place + 1
        flat = logits[row, place]
        largest, predicted = flat.max(-1)
        return cls(
            row, position, token_types(tokens, vocabulary)[row, position], tokens[row, position],
            predicted, flat - largest[:, None],
        )

    @property
    def correct(self) -> Tensor:
        """Whether the most probable token came, [n] bool."""
        return self.predicted == self.target

    def at(self, temperature: float) -> tuple[Tensor, Tensor]:
        """Confidence and NLL (nats) with logits divided by a temperature, each [n] float32."""
        margins = self.margins if temperature == 1 else self.margins / temperature
        total = margins.exp().sum(-1)
        of_target = margins.gather(1, self.target[:, None]).squeeze(1)
        return total.reciprocal(), total.log() - of_target


class EventSums:
    """Sums over the events of G graphs, by temperature and type, filled slice by slice.

    Attributes:
        counts: events in each bin, [T, G, 5, 15] float64.
        confidence: sum of their confidences, same shape.
        correct: how many are correct, same shape.
        nll: nats, [T, G, 5] float64.
        brier: sum of (confidence − correct)², same shape.
    """

    def __init__(
        self, num_graphs: int, temperatures: Sequence[float], device: torch.device | str
    ) -> None:
        self.temperatures = tuple(temperatures)
        by_type = (len(self.temperatures), num_graphs, NUM_TYPES)

        def zeros(*shape: int) -> Tensor:
            return torch.zeros(shape, dtype=torch.float64, device=device)

        self.counts = zeros(*by_type, NUM_BINS)
        self.confidence = zeros(*by_type, NUM_BINS)
        self.correct = zeros(*by_type, NUM_BINS)
        self.nll = zeros(*by_type)
        self.brier = zeros(*by_type)

    def add(self, events: TokenEvents, graph: Tensor, weight: Tensor) -> None:
        """Count events.

        Args:
            events: n of them.
            graph: row of the graph of each, [n] int64.
            weight: how often each counts, [n].
        """
        group = graph * NUM_TYPES + events.type
        weight = weight.double()
        correct = events.correct.double()
        for t, temperature in enumerate(self.temperatures):
            confidence, nll = events.at(temperature)
            slot = group * NUM_BINS + bin_of(confidence)
            confidence = confidence.double()
            for total, place, value in (
                (self.counts, slot, weight),
                (self.confidence, slot, weight * confidence),
                (self.correct, slot, weight * correct),
                (self.nll, group, weight * nll),
                (self.brier, group, weight * (confidence - correct) ** 2),
            ):
                total[t].view(-1).index_add_(0, place, value)
