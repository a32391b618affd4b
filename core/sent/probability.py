"""Every sequence of a small graph with its probability: the oracle for all that is sampled.

All walks advance together, one node per step, as in `core.sent.sampler`; but where the sampler
chooses one candidate, the enumeration follows each of them. Several visit orders may write the
same tokens, so the walks are merged by their tokens at the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from core.errors import InputError
from core.graph.graph import Graph
from core.sent.batch import GraphBatch
from core.sent.strategies import RANDOM_ORDER, Bias, Strategy, TieBreak
from core.sent.trails import TrailBatch
from core.sent.vocabulary import PAD, Vocabulary
from core.sent.writer import write_tokens

MAX_WALKS = 1_000_000
"""Walks followed at most; bounds time (seconds) and memory (about 1 GB) for very symmetric graphs,
where many walks write the same sequence."""

_WRITE_CHUNK = 32_768  # walks written at a time, about 100 MB of working memory for QM9


class TooManySequencesError(InputError):
    """The graph has more sequences than the limit, or needs too much work to list them."""


@dataclass(frozen=True, eq=False)
class SequenceDistribution:
    """All S sequences that a strategy can write for one graph.

    Attributes:
        tokens: S distinct sequences `sos … eos`, most probable first, equally probable ones in
            lexicographic order.
        probabilities: q(sequence | G), [S] float64, in (0, 1], sum 1, read-only.
        orders: one visit order that writes each sequence, [S, n] int64, read-only.
        strategy: the strategy that writes them.
        tie_break: how ties are broken.
    """

    tokens: tuple[tuple[int, ...], ...]
    probabilities: np.ndarray
    orders: np.ndarray
    strategy: Strategy
    tie_break: TieBreak

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def log_q(self) -> np.ndarray:
        """Natural log of the probabilities, [S] float64, at most 0."""
        return np.log(self.probabilities)

    def to_trails(self) -> TrailBatch:
        """The S sequences as the permutations of one graph, [1, S, L], ready to be scored."""
        lengths = torch.tensor([len(sequence) for sequence in self.tokens])
        tokens = torch.full((len(self), int(lengths.max())), PAD, dtype=torch.int32)
        for row, sequence in zip(tokens, self.tokens, strict=True):
            row[: len(sequence)] = torch.tensor(sequence, dtype=torch.int32)
        return TrailBatch(
            tokens=tokens[None],
            lengths=lengths[None],
            orders=torch.tensor(self.orders)[None],
            log_q=torch.tensor(self.log_q)[None],
            strategy=self.strategy,
            tie_break=self.tie_break,
            seed=None,
        )


def enumerate_sequences(
    graph: Graph,
    vocabulary: Vocabulary,
    strategy: Strategy,
    *,
    tie_break: TieBreak = TieBreak.RANDOM,
    limit: int = 100_000,
) -> SequenceDistribution:
    """List every sequence of a graph with its exact probability.

    See docs/definitions.md, Linearizations.

    Args:
        graph: a small graph; under `random_order` methanol has 18 sequences, ethanol
            536 and propanol 28,664.
        vocabulary: fixes the token numbers; must hold every node and label.
        strategy: biases of the start, jump and neighbour choices.
        tie_break: how one of several best candidates is taken; with lowest-index ties only biased
            choices become deterministic.
        limit: most sequences to list, at least 1.

    Raises:
        TooManySequencesError: for more than `limit` sequences, or more than `MAX_WALKS` walks.
        VocabularyError: for a graph that the vocabulary cannot write.
        ValueError: for a limit below 1.
    """
    if limit < 1:
        raise ValueError(f"limit must be at least 1, got {limit}.")
    tie_break = TieBreak(tie_break)
    node_at = np.arange(graph.num_nodes)
    if tie_break is TieBreak.RANDOM:  # as in `sample_trails`, not even rounding sees the spelling
        graph, node_at = graph.canonical, graph.canonical_order
    batch = GraphBatch.from_graphs([graph], with_automorphisms=False)
    batch.check_fits(vocabulary)
    is_symmetric = tie_break is TieBreak.RANDOM or strategy == RANDOM_ORDER
    earlier_twin = _earlier_twins(graph) if is_symmetric else _no_twins(graph)
    twin_swaps = _num_twin_swaps(earlier_twin)
    walks_per_sequence = graph.num_automorphisms // twin_swaps  # at most, if ties are not symmetric
    orders, log_q = _follow_all_walks(
        graph, strategy, tie_break, earlier_twin, limit * walks_per_sequence
    )
    sequences = _write(batch, orders, vocabulary)
    if len(set(sequences)) > limit:
        raise _too_many_sequences(graph, strategy)
    return _merge(sequences, node_at[orders], log_q + math.log(twin_swaps), strategy, tie_break)


def _follow_all_walks(
    graph: Graph,
    strategy: Strategy,
    tie_break: TieBreak,
    earlier_twin: np.ndarray,
    most_walks: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Visit orders [W, n] that take twins in increasing order, and log q of each order [W].

    Every prefix of a walk can be completed, so there are at least as many walks as prefixes: too
    many prefixes at any step are reason enough to refuse.
    """
    num_nodes = graph.num_nodes
    adjacent = np.zeros((num_nodes, num_nodes), dtype=bool)
    adjacent[graph.edges[:, 0], graph.edges[:, 1]] = True
    adjacent |= adjacent.T
    orders = np.zeros((1, 0), dtype=np.int64)
    log_q = np.zeros(1)
    visited = np.zeros((1, num_nodes + 1), dtype=bool)
    visited[:, num_nodes] = True  # stands in for the twin of a node that has none before it
    for step in range(num_nodes):
        unvisited = ~visited[:, :num_nodes]
        if step == 0:
            candidates = _keep_best(unvisited, graph.degrees, strategy.start, tie_break)
        else:
            near = adjacent[orders[:, -1]] & unvisited
            candidates = np.where(
                near.any(axis=1, keepdims=True),
                _keep_best(near, graph.degrees, strategy.neighbour, tie_break),
                _keep_best(unvisited, graph.degrees, strategy.jump, tie_break),
            )
        followed = candidates & visited[:, earlier_twin]
        _check_work(int(np.count_nonzero(followed)), most_walks, graph, strategy)
        walk, node = np.nonzero(followed)
        log_q = (log_q - np.log(candidates.sum(axis=1)))[walk]
        orders = np.column_stack([orders[walk], node])
        visited = visited[walk]
        visited[np.arange(len(walk)), node] = True
    return orders, log_q


def _keep_best(
    candidates: np.ndarray, degrees: np.ndarray, bias: Bias, tie_break: TieBreak
) -> np.ndarray:
    """The candidates [W, n] bool among which a choice is uniform."""
    if bias is Bias.RANDOM:
        return candidates
    worth = (degrees if bias is Bias.MAX_DEGREE else -degrees).astype(np.int16)
    worth_of = np.where(candidates, worth, np.int16(-len(degrees)))  # degrees are below n
    best = candidates & (worth_of == worth_of.max(axis=1, keepdims=True))
    if tie_break is TieBreak.LOWEST_INDEX:
        best &= best.cumsum(axis=1) == 1
    return best


def _earlier_twins(graph: Graph) -> np.ndarray:
    """The next lower twin of every node, n where there is none, [n] int64.

    Twins are nodes whose exchange is a symmetry of the labelled graph, such as the hydrogens on
    one carbon. If ties are random, each walk that meets them in one order has counterparts in all
    other orders, equally probable and with the same tokens. So only walks that meet twins in
    increasing order are followed, and each stands for `_num_twin_swaps` of its kind. (A choice by
    lowest index is not symmetric in twins: which of them is left decides what comes next.)
    """
    labels = None if graph.node_labels is None else graph.node_labels.tolist()
    label_of = graph.edge_label_of
    around = [{v: label_of.get((u, v), 0) for v in near} for u, near in enumerate(graph.neighbours)]

    def are_twins(u: int, v: int) -> bool:
        without_v = {node: label for node, label in around[u].items() if node != v}
        without_u = {node: label for node, label in around[v].items() if node != u}
        return without_v == without_u and (labels is None or labels[u] == labels[v])

    return np.array([
        next((u for u in reversed(range(v)) if are_twins(u, v)), graph.num_nodes)
        for v in range(graph.num_nodes)
    ])


def _no_twins(graph: Graph) -> np.ndarray:
    return np.full(graph.num_nodes, graph.num_nodes)


def _num_twin_swaps(earlier_twin: np.ndarray) -> int:
    """Number of ways to permute nodes among their twins: the product of (class size)!."""
    num_nodes = len(earlier_twin)
    rank = np.ones(num_nodes + 1, dtype=np.int64)
    rank[num_nodes] = 0
    for node in range(num_nodes):
        rank[node] = rank[earlier_twin[node]] + 1
    return math.prod(rank[:num_nodes].tolist())


def _check_work(walks: int, most_walks: int, graph: Graph, strategy: Strategy) -> None:
    if walks > most_walks:
        raise _too_many_sequences(graph, strategy)
    if walks > MAX_WALKS:
        raise TooManySequencesError(
            f"{_name(graph)} needs more than {MAX_WALKS:,} walks to list its sequences under "
            f"{strategy.name}; take a smaller graph, or sample sequences instead."
        )


def _too_many_sequences(graph: Graph, strategy: Strategy) -> TooManySequencesError:
    return TooManySequencesError(
        f"{_name(graph)} has more sequences under {strategy.name} than the limit allows; "
        "take a smaller graph, raise the limit, or sample sequences instead."
    )


def _name(graph: Graph) -> str:
    return f"{graph.name or 'The graph'} ({graph.num_nodes} nodes)"


def _write(
    batch: GraphBatch, orders: np.ndarray, vocabulary: Vocabulary
) -> list[tuple[int, ...]]:
    """The sequence of every visit order, in chunks that bound the memory."""
    sequences: list[tuple[int, ...]] = []
    for first in range(0, len(orders), _WRITE_CHUNK):
        chunk = torch.from_numpy(orders[first : first + _WRITE_CHUNK])
        tokens, lengths = write_tokens(batch, chunk[None], vocabulary)
        sequences += [
            tuple(row[:length])
            for row, length in zip(tokens[0].tolist(), lengths[0].tolist(), strict=True)
        ]
    return sequences


def _merge(
    sequences: list[tuple[int, ...]],
    orders: np.ndarray,
    log_q: np.ndarray,
    strategy: Strategy,
    tie_break: TieBreak,
) -> SequenceDistribution:
    """Add up the walks that write the same tokens; most probable first."""
    row_of: dict[tuple[int, ...], int] = {}
    merged = np.array([row_of.setdefault(sequence, len(row_of)) for sequence in sequences])
    distinct = list(row_of)
    _, example = np.unique(merged, return_index=True)
    weights = np.bincount(merged, weights=np.exp(log_q))
    probabilities = weights / weights.sum()  # an only sequence has probability 1, not 1 - 1e-16
    # Rounded, so that equal probabilities compare equal whatever the node numbering.
    rounded = np.log(probabilities).round(9).tolist()
    ranking = sorted(range(len(distinct)), key=lambda row: (-rounded[row], distinct[row]))
    return SequenceDistribution(
        tokens=tuple(distinct[row] for row in ranking),
        probabilities=_frozen(probabilities[ranking]),
        orders=_frozen(orders[example[ranking]]),
        strategy=strategy,
        tie_break=tie_break,
    )


def _frozen(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array
