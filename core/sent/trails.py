"""`TrailBatch`: K linearizations of each of G graphs, the value that scoring and pages share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from core.sent.strategies import Strategy, TieBreak
from core.sent.vocabulary import PAD


@dataclass(frozen=True, eq=False)
class TrailBatch:
    """Linearizations of G graphs, K each, padded to L tokens and N nodes.

    Attributes:
        tokens: [G, K, L] int32, `sos … eos`, then `pad`.
        lengths: [G, K] int64, tokens up to and with `eos`.
        orders: [G, K, N] int64; `orders[g, k, t]` is the node visited at step t, -1 is padding.
        log_q: [G, K] float64, natural log of the probability that the strategy writes this
            sequence (docs/definitions.md, Linearizations); NaN where it is not known in closed
            form.
        strategy: the strategy that drew them.
        tie_break: how ties were broken.
        seed: the `GraphSeed` that reproduces them, or None for a torch generator.
    """

    tokens: Tensor
    lengths: Tensor
    orders: Tensor
    log_q: Tensor
    strategy: Strategy
    tie_break: TieBreak
    seed: int | None

    def __len__(self) -> int:
        return self.tokens.shape[0]

    @property
    def permutations(self) -> int:
        """K, the number of linearizations per graph."""
        return self.tokens.shape[1]

    def sequence(self, graph: int, permutation: int) -> list[int]:
        """Tokens of one linearization without padding."""
        length = int(self.lengths[graph, permutation])
        return self.tokens[graph, permutation, :length].tolist()

    def order(self, graph: int, permutation: int) -> list[int]:
        """Visited nodes of one linearization without padding."""
        order = self.orders[graph, permutation]
        return order[order >= 0].tolist()

    def to(self, device: torch.device | str) -> TrailBatch:
        """The same trails on another device."""
        return replace(
            self, tokens=self.tokens.to(device), lengths=self.lengths.to(device),
            orders=self.orders.to(device), log_q=self.log_q.to(device),
        )

    @classmethod
    def concatenate(
        cls,
        parts: Sequence[TrailBatch],
        *,
        strategy: Strategy,
        tie_break: TieBreak,
        seed: int | None,
    ) -> TrailBatch:
        """Join batches along the graphs, padding tokens and orders to the longest."""
        return cls(
            tokens=_join([part.tokens for part in parts], PAD),
            lengths=torch.cat([part.lengths for part in parts]),
            orders=_join([part.orders for part in parts], -1),
            log_q=torch.cat([part.log_q for part in parts]),
            strategy=strategy, tie_break=tie_break, seed=seed,
        )


def _join(parts: Sequence[Tensor], fill: int) -> Tensor:
    if len(parts) == 1:
        return parts[0]
    width = max(part.shape[-1] for part in parts)
    pad = torch.nn.functional.pad
    return torch.cat([pad(part, (0, width - part.shape[-1]), value=fill) for part in parts])
