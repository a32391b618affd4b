"""Literal enumeration: every order by recursion, one list of tokens each, no symmetry.

See docs/definitions.md, Linearizations.
"""

from collections import defaultdict

from core.graph.graph import Graph
from core.sent.strategies import Strategy, TieBreak
from core.sent.vocabulary import EOS, LADJ, RADJ, RESET, SOS, Vocabulary
from tests.oracles.sent_walk import best_candidates


def every_sequence(
    graph: Graph, vocabulary: Vocabulary, strategy: Strategy, tie_break: TieBreak
) -> dict[tuple[int, ...], float]:
    """Probability of every sequence: the sum over the orders that write it."""
    probability: dict[tuple[int, ...], float] = defaultdict(float)

    def visit(order: list[int], q: float) -> None:
        if len(order) == graph.num_nodes:
            probability[write(graph, order, vocabulary)] += q
            return
        best = best_candidates(graph, order, strategy, tie_break)
        for node in best:
            visit([*order, node], q / len(best))

    visit([], 1.0)
    return dict(probability)


def write(graph: Graph, order: list[int], vocabulary: Vocabulary) -> tuple[int, ...]:
    """The tokens of one visit order, node by node."""
    tokens = [SOS]
    for step, node in enumerate(order):
        walked_from = order[step - 1] if step else None
        if walked_from is not None and walked_from not in graph.neighbours[node]:
            tokens.append(RESET)
            walked_from = None
        elif walked_from is not None and graph.is_labelled:
            tokens.append(edge_token(graph, walked_from, node, vocabulary))
        tokens.append(vocabulary.index_offset + step)
        if graph.node_labels is not None:
            tokens.append(vocabulary.node_offset + int(graph.node_labels[node]))
        listed = [i for i, other in enumerate(order[:step])
                  if other in graph.neighbours[node] and other != walked_from]
        if listed:
            tokens.append(LADJ)
            for index in listed:
                if graph.is_labelled:
                    tokens.append(edge_token(graph, order[index], node, vocabulary))
                tokens.append(vocabulary.index_offset + index)
            tokens.append(RADJ)
    return (*tokens, EOS)


def edge_token(graph: Graph, u: int, v: int, vocabulary: Vocabulary) -> int:
    return vocabulary.edge_offset + graph.edge_label_of[u, v]
