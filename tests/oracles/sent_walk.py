"""A literal SENT walk: AG algorithm 1 with LU's biases, one node and one list at a time.

See docs/definitions.md, Linearizations.

Slow and obvious on purpose. It is what the batched sampler is tested against, and the plain-Python
base that the benchmark compares with.
"""

import math
import random
from collections.abc import Iterator
from itertools import permutations

from core.graph.graph import Graph
from core.sent.strategies import Bias, Strategy, TieBreak


def draw_order(
    graph: Graph,
    strategy: Strategy,
    *,
    generator: random.Random,
    tie_break: TieBreak = TieBreak.RANDOM,
) -> list[int]:
    """One visit order."""
    order: list[int] = []
    for _ in range(graph.num_nodes):
        order.append(generator.choice(best_candidates(graph, order, strategy, tie_break)))
    return order


def best_candidates(
    graph: Graph, visited: list[int], strategy: Strategy, tie_break: TieBreak = TieBreak.RANDOM
) -> list[int]:
    """The nodes that a walk may visit next, each with the same probability."""
    unvisited = [node for node in range(graph.num_nodes) if node not in visited]
    near = [node for node in unvisited if visited and node in graph.neighbours[visited[-1]]]
    if not visited:
        candidates, bias = unvisited, strategy.start
    elif near:
        candidates, bias = near, strategy.neighbour
    else:
        candidates, bias = unvisited, strategy.jump
    best = best_by(candidates, bias, graph)
    if tie_break is TieBreak.LOWEST_INDEX and bias is not Bias.RANDOM:
        best = [min(best)]
    return best


def best_by(candidates: list[int], bias: Bias, graph: Graph) -> list[int]:
    degree = [len(near) for near in graph.neighbours]
    if bias is Bias.RANDOM:
        return candidates
    extreme = (max if bias is Bias.MAX_DEGREE else min)(degree[v] for v in candidates)
    return [v for v in candidates if degree[v] == extreme]


def log_q_of_order(graph: Graph, order: list[int], strategy: Strategy) -> float:
    """Natural log of the probability of a visit order with random ties; -inf if it is no walk."""
    log_q = 0.0
    for step, node in enumerate(order):
        best = best_candidates(graph, order[:step], strategy)
        if node not in best:
            return -math.inf
        log_q -= math.log(len(best))
    return log_q


def automorphisms(graph: Graph) -> Iterator[tuple[int, ...]]:
    """Every permutation of the nodes that keeps the graph, by trying all of them."""
    for candidate in permutations(range(graph.num_nodes)):
        if graph.relabel(candidate) == graph:
            yield candidate
