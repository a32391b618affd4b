"""Calibration of token probabilities: what a reliability diagram shows, by token type (SPEC 4).

Every predicted token is one event: its confidence is the largest softmax probability, and it is
correct if the most probable token is the one that came. Events fall into 15 bins of equal width by
confidence; a bin holds the confidences in (low, high].
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.stats.estimates import Estimate, Interval

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


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence against accuracy of one token type at one temperature.

    An event counts as often as its sequence was drawn. All intervals resample molecules.

    Attributes:
        token_type: of the events.
        temperature: that divided the logits.
        edges: of the bins, [16], from 0 to 1; bin b is (edges[b], edges[b + 1]].
        counts: events in each bin, [15] int64.
        confidence: mean confidence in each bin, [15], NaN where the bin is empty.
        accuracy: share of correct events in each bin, [15], NaN where it is empty.
        band_low: lower end of the 95% band of the accuracy, [15]; NaN where the bin is empty or
            there are too few molecules.
        band_high: upper end.
        ece: expected calibration error, Σ_b counts_b / n |accuracy_b − confidence_b|.
        ece_if_calibrated: where 95% of estimates like `ece` lie if every bin is perfectly
            calibrated; an `ece` inside tells of no miscalibration. None where there are too few
            molecules.
        brier: mean of (confidence − correct)², the Brier score of the statement "the most probable
            token comes"; not the multi-class score, which sums over all tokens.
        nll: −log probability of the target, nats per token.
        smooth_ece: smooth ECE (Błasiok & Nakkiran, arXiv 2309.12236), which has no bins; None at
            temperatures other than 1 and the fitted one.
    """

    token_type: TokenType
    temperature: float
    edges: np.ndarray
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    band_low: np.ndarray
    band_high: np.ndarray
    ece: Estimate
    ece_if_calibrated: Interval | None
    brier: Estimate
    nll: Estimate
    smooth_ece: Estimate | None

    @property
    def num_events(self) -> int:
        """Number of events in all bins."""
        return int(self.counts.sum())
