"""A small uniform sample of events to look at: a few tokens of every type and bin.

Every event draws a number that depends on nothing but the seed, its sequence and its place, and the
smallest numbers of each cell are kept. So the sample of a whole run is uniform, however the run was
cut into chunks, and the samples of two chunks join by keeping the smallest again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from core.calibration.token_events import TokenEvents, bin_of
from core.calibration.token_types import NUM_BINS
from core.sent.batch import mix64
from core.sent.vocabulary import PAD

TOKENS_PER_CELL = 8
"""Tokens kept of every type and bin."""


@dataclass(frozen=True, eq=False)
class DrawnSequences:
    """Different sequences of some graphs, and how often the strategy drew each; on one device.

    Attributes:
        tokens: [B, L] int64, right-padded.
        graph: row of each one's graph, [B] int64.
        number: of the draw that first gave it, counted over the whole set, [B] int64.
        multiplicity: times it was drawn, [B] int64.
    """

    tokens: Tensor
    graph: Tensor
    number: Tensor
    multiplicity: Tensor

    def __getitem__(self, rows: Tensor) -> DrawnSequences:
        """Some of the sequences."""
        return DrawnSequences(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True, eq=False)
class TokenSample:
    """Sampled events by cell, smallest priority first; arrays of n.

    Attributes:
        priority: [n] float64, the number drawn.
        cell: [n] int64, type · 15 + bin, the type by its place in `DISJOINT_TYPES`.
        graph: [n] int64, row of the graph in the whole set.
        position: [n] int64, of the target in the sequence.
        predicted: [n] int64, the most probable token.
        confidence: [n] float32, at temperature 1.
        sequences: [n, L] int16, `sos … eos`, then `pad`.
    """

    priority: np.ndarray
    cell: np.ndarray
    graph: np.ndarray
    position: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    sequences: np.ndarray

    @classmethod
    def draw(cls, events: TokenEvents, drawn: DrawnSequences, *, seed: int) -> TokenSample:
        """Sample the events of some sequences; `events.row` counts these sequences."""
        priority = _priorities(events, drawn, seed)
        confidence, _ = events.at(1.0)
        cell = events.type * NUM_BINS + bin_of(confidence)
        kept = torch.from_numpy(_smallest(cell.cpu().numpy(), priority.cpu().numpy()))
        kept = kept.to(cell.device)
        row = events.row[kept]
        found = (
            priority[kept], cell[kept], drawn.graph[row], events.position[kept],
            events.predicted[kept], confidence[kept], drawn.tokens[row].to(torch.int16),
        )
        return cls(*(tensor.cpu().numpy() for tensor in found))

    @classmethod
    def join(cls, samples: Sequence[TokenSample]) -> TokenSample:
        """The sample of all events together."""
        width = max(sample.sequences.shape[1] for sample in samples)
        columns = []
        for field in fields(cls):
            parts = [getattr(sample, field.name) for sample in samples]
            if field.name == "sequences":
                parts = [np.pad(part, ((0, 0), (0, width - part.shape[1])), constant_values=PAD)
                         for part in parts]
            columns.append(np.concatenate(parts))
        whole = cls(*columns)
        kept = _smallest(whole.cell, whole.priority)
        return cls(*(column[kept] for column in columns))

    @property
    def target(self) -> np.ndarray:
        """The tokens that came, [n]."""
        return self.sequences[np.arange(len(self.position)), self.position].astype(np.int64)

    def sequence(self, row: int) -> list[int]:
        """The whole sequence of one event, without padding."""
        tokens = self.sequences[row]
        return tokens[tokens != PAD].tolist()


def _priorities(events: TokenEvents, drawn: DrawnSequences, seed: int) -> Tensor:
    """Uniform numbers, [n] float64; the smallest of m of them for an event drawn m times."""
    stream = mix64(mix64(drawn.number + 1) + seed % (1 << 63))
    bits = mix64(stream[events.row] + events.position) & ((1 << 53) - 1)
    uniform = (bits.double() + 0.5) / (1 << 53)
    return 1 - (1 - uniform) ** (1 / drawn.multiplicity[events.row].double())


def _smallest(cell: np.ndarray, priority: np.ndarray) -> np.ndarray:
    """Rows of the `TOKENS_PER_CELL` smallest priorities of each cell, by cell, then priority."""
    order = np.lexsort((priority, cell))
    ordered = cell[order]
    starts = np.searchsorted(ordered, ordered)  # where each row's cell begins
    return order[np.arange(len(order)) - starts < TOKENS_PER_CELL]
