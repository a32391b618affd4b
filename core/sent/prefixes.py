"""Beginnings of sequences that write a fragment, for a model to go on from.

A prefix is a linearization of the fragment without `eos`. An atom that a walk jumps away from is
closed: strict SENT lists it never again. So prefixes are walks of `random_order`, conditioned on
never jumping away from an open node; degrees in the finished graph, which other strategies look
at, are not known yet. Walks are drawn in batches and those that close too much are rejected, so
what is kept is distributed exactly like that (docs/definitions.md, Generation and quality).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.errors import InputError
from core.graph.graph import Graph
from core.sent.batch import GraphBatch
from core.sent.sampler import sample_trails
from core.sent.strategies import RANDOM_ORDER
from core.sent.vocabulary import EOS, PAD, Vocabulary

_WALKS = 4096
"""Walks drawn at a time, some ten milliseconds of work."""

_ROUNDS = 16
"""Batches of walks drawn at most. Fewer that fit by then are repeated, and without any there are
none; the largest set of nodes that stayed open by then is taken for the largest possible."""


class PrefixError(InputError):
    """Nodes that cannot all stay open; the message says which could."""


@dataclass(frozen=True, eq=False)
class Prefixes:
    """B beginnings of sequences, padded to P tokens; the fragment has n nodes.

    Attributes:
        tokens: [B, P] int64 from `sos` on, then `pad`.
        lengths: [B] int64, tokens without padding.
        orders: [B, n] int64; `orders[b, t]` is the node of the fragment written as index t.
        is_closed: [B, n] bool by index: may get no new neighbours.
    """

    tokens: Tensor
    lengths: Tensor
    orders: Tensor
    is_closed: Tensor

    def __len__(self) -> int:
        return len(self.tokens)


def draw_prefixes(
    graph: Graph,
    is_open: np.ndarray,
    vocabulary: Vocabulary,
    number: int,
    *,
    generator: torch.Generator,
) -> Prefixes:
    """Draw a prefix for every sample.

    Args:
        graph: the fragment.
        is_open: nodes that may get new neighbours, [n] bool.
        vocabulary: fixes the token numbers; must hold the fragment.
        number: prefixes to draw.
        generator: where the walks come from.

    Raises:
        PrefixError: if every walk that was drawn jumps away from an open node.
        VocabularyError: for a fragment that the vocabulary cannot write.
        ValueError: for fewer than one prefix, or `is_open` of another length.
    """
    if number < 1:
        raise ValueError(f"Give at least one prefix, got {number}.")
    kept, enough = [], 0
    for walks in _draw(graph, is_open, vocabulary, generator):
        rows = (~walks.is_lost.any(1)).nonzero().squeeze(1)
        kept.append((walks.tokens[rows], walks.lengths[rows], walks.orders[rows]))
        enough += len(rows)
        if enough >= number:
            break
    if not enough:
        raise PrefixError("These nodes cannot all stay open: every order jumps away from one of "
                          "them; leave open fewer.")
    taken = torch.arange(number) % enough
    width = max(tokens.shape[1] for tokens, _, _ in kept)
    tokens = torch.cat([torch.nn.functional.pad(tokens, (0, width - tokens.shape[1]), value=PAD)
                        for tokens, _, _ in kept])[taken]
    lengths, orders = (torch.cat([part[at] for part in kept])[taken] for at in (1, 2))
    return Prefixes(
        tokens=tokens.masked_fill(tokens == EOS, PAD)[:, : int(lengths.max()) - 1],
        lengths=lengths - 1,
        orders=orders,
        is_closed=torch.from_numpy(~is_open)[orders],
    )


def largest_open(graph: Graph, is_open: np.ndarray, vocabulary: Vocabulary) -> np.ndarray:
    """The most nodes out of `is_open` that one walk leaves open, [n] bool.

    A walk through a star must jump away from all but two of its tips. Of equally large sets it is
    the one that closes the highest numbers. Found by drawing walks from a fixed seed: where few of
    very many walks leave the most nodes open, it may be a slightly smaller set.
    """
    best: tuple[int, tuple[int, ...]] | None = None
    generator = torch.Generator().manual_seed(0)
    for walks in _draw(graph, is_open, vocabulary, generator):
        num_lost = walks.is_lost.sum(1)
        nodes = walks.orders.masked_fill(~walks.is_lost, -1)[num_lost == num_lost.min()]
        fewest = int(num_lost.min())
        highest = max(tuple(sorted(row, reverse=True)[:fewest])
                      for row in nodes.unique(dim=0).tolist())
        found = (-fewest, highest)
        best = found if best is None else max(best, found)
        if fewest == 0:
            break
    assert best is not None
    left = is_open.copy()
    left[list(best[1])] = False
    return left


@dataclass(frozen=True, eq=False)
class _Walks:
    tokens: Tensor  # [W, L] int64
    lengths: Tensor  # [W] int64
    orders: Tensor  # [W, n] int64
    is_lost: Tensor  # [W, n] bool by index: open, but jumped away from


def _draw(
    graph: Graph, is_open: np.ndarray, vocabulary: Vocabulary, generator: torch.Generator
) -> Iterator[_Walks]:
    """Batches of walks under `random_order`."""
    if len(is_open) != graph.num_nodes:
        raise ValueError(f"Give {graph.num_nodes} flags of open nodes, got {len(is_open)}.")
    batch = GraphBatch.from_graphs([graph], with_automorphisms=False)
    open_nodes = torch.from_numpy(is_open)
    adjacent = torch.zeros((graph.num_nodes, graph.num_nodes), dtype=torch.bool)
    ends = torch.from_numpy(graph.edges.copy())
    adjacent[ends[:, 0], ends[:, 1]] = adjacent[ends[:, 1], ends[:, 0]] = True
    for _ in range(_ROUNDS):
        trails = sample_trails(batch, vocabulary, RANDOM_ORDER, permutations=_WALKS,
                               generator=generator)
        orders = trails.orders[0]
        is_lost = open_nodes[orders]
        # The walk jumped exactly if the next node is no neighbour.
        is_lost[:, :-1] &= ~adjacent[orders[:, :-1], orders[:, 1:]]
        is_lost[:, -1] = False
        yield _Walks(trails.tokens[0].long(), trails.lengths[0], orders, is_lost)
