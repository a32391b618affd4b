"""Batched SENT walks: all permutations of all graphs advance together, one node per step.

A step is the same few tensor operations for every trail (AG algorithm 1 with LU's biases;
docs/definitions.md, Linearizations): candidates are the unvisited neighbours, or all unvisited
nodes where there are none (a jump); the bias keeps the best of them; one is chosen; its bit leaves
the unvisited set. No Python runs per graph, so the same code is fast on a CPU and on a GPU. Tokens
are written afterwards from the visit orders alone (`core.sent.writer`), because an order determines
its sequence.

A molecule's numbers must not depend on how it is spelt. So with a `GraphSeed` and random ties the
walk goes over the canonically numbered graph, and only the orders come back in the numbering given.
Ties by lowest index keep the numbering given, for there it is part of the meaning.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from core.graph.graph import Graph
from core.sent import bitsets
from core.sent.batch import GraphBatch
from core.sent.randomness import RANDOM_BITS, GraphSeed, draw_choices
from core.sent.strategies import RANDOM_ORDER, Bias, Strategy, TieBreak
from core.sent.trails import TrailBatch
from core.sent.vocabulary import Vocabulary
from core.sent.writer import write_tokens

DEFAULT_CHUNK = 32_768
"""Trails walked at a time; about 100 MB of working memory for QM9."""


def sample_trails(
    graphs: Sequence[Graph] | GraphBatch,
    vocabulary: Vocabulary,
    strategy: Strategy,
    *,
    permutations: int,
    generator: torch.Generator | GraphSeed,
    tie_break: TieBreak = TieBreak.RANDOM,
    chunk_size: int = DEFAULT_CHUNK,
    device: torch.device | str | None = None,
) -> TrailBatch:
    """Draw K linearizations of every graph.

    Args:
        graphs: labelled or unlabelled graphs, at least one.
        vocabulary: fixes the token numbers; must hold every node and label.
        strategy: biases of the start, jump and neighbour choices.
        permutations: K ≥ 1, linearizations per graph.
        generator: a torch generator for one fresh stream, or a `GraphSeed` for sequences that
            depend on nothing but seed, graph up to its numbering, strategy and permutation number.
        tie_break: how one of several best candidates is taken.
        chunk_size: trails held in working memory at a time; does not change a `GraphSeed` result.
        device: where to walk; by default where the graphs are.

    Returns:
        Tokens, lengths, visit orders (in the graphs' own numbering) and log q of [G, K]
        linearizations. `log_q` is of the sequence, NaN if automorphisms were left out of a
        ready-made `GraphBatch` or if lowest-index ties leave random choices (then only enumeration
        gives it).

    Raises:
        VocabularyError: for a graph that the vocabulary cannot write.
        ValueError: for fewer than one permutation, or a ready-made `GraphBatch` without canonical
            numbering where a `GraphSeed` needs it.
    """
    if permutations < 1:
        raise ValueError(f"permutations must be at least 1, got {permutations}.")
    if not isinstance(graphs, GraphBatch):
        graphs = GraphBatch.from_graphs(graphs, with_automorphisms=True)
    if device is not None:
        graphs = graphs.to(device)
    graphs.check_fits(vocabulary)
    tie_break = TieBreak(tie_break)
    parts = [
        _sample_chunk(chunk, vocabulary, strategy, permutations, generator, tie_break)
        for chunk in _chunks(graphs, max(1, chunk_size // permutations))
    ]
    seed = generator.seed if isinstance(generator, GraphSeed) else None
    return TrailBatch.concatenate(parts, strategy=strategy, tie_break=tie_break, seed=seed)


def _chunks(graphs: GraphBatch, size: int) -> Iterator[GraphBatch]:
    for first in range(0, len(graphs), size):
        yield graphs[slice(first, first + size)]


def _sample_chunk(
    graphs: GraphBatch,
    vocabulary: Vocabulary,
    strategy: Strategy,
    permutations: int,
    generator: torch.Generator | GraphSeed,
    tie_break: TieBreak,
) -> TrailBatch:
    is_canonical = isinstance(generator, GraphSeed) and tie_break is TieBreak.RANDOM
    walked = graphs.canonical() if is_canonical else graphs
    choices = draw_choices(generator, walked, permutations, graphs.max_nodes)
    orders, log_q_order = _walk(walked, strategy, tie_break, choices)
    tokens, lengths = write_tokens(walked, orders, vocabulary)
    log_q = _sequence_log_q(graphs, log_q_order, strategy, tie_break)
    if is_canonical and graphs.canonical_order is not None:
        orders = _as_given(orders, graphs.canonical_order)
    return TrailBatch(tokens, lengths, orders, log_q, strategy, tie_break, seed=None)


def _as_given(orders: Tensor, canonical_order: Tensor) -> Tensor:
    """Orders [G, K, N] of the canonical numbering in the one given; padding stays -1."""
    node_at = canonical_order[:, None, : orders.shape[2]].expand_as(orders)
    return torch.where(orders < 0, orders, node_at.gather(2, orders.clamp_min(0)))


def _sequence_log_q(
    graphs: GraphBatch, log_q_order: Tensor, strategy: Strategy, tie_break: TieBreak
) -> Tensor:
    """From the probability of an order to that of its sequence, [G, K].

    See docs/definitions.md, Linearizations.
    """
    if tie_break is TieBreak.LOWEST_INDEX:
        if strategy.is_deterministic_with_lowest_index:
            return torch.zeros_like(log_q_order)
        if strategy != RANDOM_ORDER:
            return torch.full_like(log_q_order, math.nan)
    if graphs.log_automorphisms is None:
        return torch.full_like(log_q_order, math.nan)
    # Rounding must not push the probability of an only sequence above 1.
    return (log_q_order + graphs.log_automorphisms[:, None]).clamp_max(0.0)


def _walk(
    graphs: GraphBatch, strategy: Strategy, tie_break: TieBreak, choices: Tensor
) -> tuple[Tensor, Tensor]:
    """Visit orders [G, K, N] int64, padded with -1, and log q of each order [G, K] float64."""
    num_graphs, permutations, num_nodes = choices.shape
    trails = num_graphs * permutations
    device = choices.device
    graph_of = torch.arange(num_graphs, device=device).repeat_interleave(permutations)
    adjacency = _adjacency(graphs, num_nodes)
    neighbours = adjacency.flatten(0, 1)  # [G N, W], row g N + node
    bit_of = bitsets.single_bits(num_nodes, device)
    exists = torch.arange(num_nodes, device=device) < graphs.num_nodes[:, None]
    unvisited = bitsets.pack(exists)[graph_of]
    keep_best = _BiasFilter(graphs, num_nodes, strategy, graph_of)
    choice_at = choices.flatten(0, 1).T.contiguous()  # [N, B]
    lowest = tie_break is TieBreak.LOWEST_INDEX
    log_of = torch.arange(num_nodes + 1, device=device).clamp_min(1).double().log()

    orders = torch.empty((num_nodes, trails), dtype=torch.int64, device=device)
    log_q = torch.zeros(trails, dtype=torch.float64, device=device)
    for step in range(num_nodes):
        if step == 0:
            candidates = keep_best(unvisited, strategy.start)
            is_biased = torch.tensor(strategy.start is not Bias.RANDOM, device=device)
        else:
            near = neighbours[graph_of * num_nodes + orders[step - 1].clamp_min(0)] & unvisited
            stuck = bitsets.is_empty(near)
            candidates = torch.where(
                stuck,
                keep_best(unvisited, strategy.jump),
                keep_best(near, strategy.neighbour),
            )
            is_biased = torch.where(stuck.squeeze(1), strategy.jump is not Bias.RANDOM,
                                    strategy.neighbour is not Bias.RANDOM)
        choice = choice_at[step]
        if lowest:
            choice = choice.masked_fill(is_biased, 0)
        size, node = bitsets.count_and_choose(candidates, choice, RANDOM_BITS)
        visits = size > 0  # smaller graphs of the batch are done
        node = node.clamp_max(num_nodes - 1)
        orders[step] = torch.where(visits, node, -1)
        unvisited = unvisited & ~bit_of[node]
        log_q -= log_of[size.masked_fill(is_biased, 0)] if lowest else log_of[size]
    shape = (num_graphs, permutations)
    return orders.T.reshape(*shape, num_nodes), log_q.view(shape)


def _adjacency(graphs: GraphBatch, num_nodes: int) -> Tensor:
    """Neighbours of every node as bits, [G, N, W] int32."""
    num_graphs, num_edges = graphs.edges.shape[:2]
    device = graphs.device
    is_edge = torch.arange(num_edges, device=device) < graphs.num_edges[:, None]
    graph, edge = is_edge.nonzero(as_tuple=True)
    u, v = graphs.edges[graph, edge].unbind(-1)
    adjacent = torch.zeros((num_graphs, num_nodes, num_nodes), dtype=torch.bool, device=device)
    adjacent[graph, u, v] = True
    adjacent[graph, v, u] = True
    return bitsets.pack(adjacent)


class _BiasFilter:
    """Keeps the candidates that are best by a bias; degrees are those in the whole graph."""

    def __init__(
        self, graphs: GraphBatch, num_nodes: int, strategy: Strategy, graph_of: Tensor
    ) -> None:
        biases = {strategy.start, strategy.jump, strategy.neighbour}
        self._by_degree: list[Tensor] = []
        if biases == {Bias.RANDOM}:
            return
        degrees = torch.zeros((len(graphs), num_nodes), dtype=torch.int64, device=graphs.device)
        slots = torch.arange(graphs.edges.shape[1], device=graphs.device)
        is_edge = (slots < graphs.num_edges[:, None]).long()
        for end in (0, 1):
            degrees.scatter_add_(1, graphs.edges[..., end], is_edge)
        for degree in torch.unique(degrees).tolist():  # ascending
            self._by_degree.append(bitsets.pack(degrees == degree)[graph_of])

    def __call__(self, candidates: Tensor, bias: Bias) -> Tensor:
        if bias is Bias.RANDOM:
            return candidates
        worst_to_best = (
            self._by_degree if bias is Bias.MAX_DEGREE else list(reversed(self._by_degree))
        )
        best = torch.zeros_like(candidates)
        for of_degree in worst_to_best:
            better = candidates & of_degree
            best = torch.where(bitsets.is_empty(better), best, better)
        return best
