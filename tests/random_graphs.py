"""Graphs for hypothesis to draw: often disconnected, often symmetric, labelled or not."""

import numpy as np
from hypothesis import strategies as st

from core.graph.graph import Graph
from core.sent.strategies import STRATEGIES, Bias, Strategy
from core.sent.vocabulary import Vocabulary

LABELLED = Vocabulary(200, node_names=("a", "b", "c"), edge_names=("x", "y"))
UNLABELLED = Vocabulary(200)

CUSTOM_STRATEGIES = [
    Strategy(Bias.RANDOM, Bias.MIN_DEGREE, Bias.MAX_DEGREE),
    Strategy(Bias.MIN_DEGREE, Bias.RANDOM, Bias.RANDOM),
    Strategy(Bias.MAX_DEGREE, Bias.MIN_DEGREE, Bias.RANDOM),
]
ALL_STRATEGIES = [*STRATEGIES.values(), *CUSTOM_STRATEGIES]


@st.composite
def graphs(draw, *, max_nodes: int = 8, labelled: bool | None = None) -> Graph:
    """A graph of 1 to `max_nodes` nodes; its density is drawn too, from no edge to all."""
    num_nodes = draw(st.integers(1, max_nodes))
    density = draw(st.sampled_from([0.0, 0.1, 0.3, 0.6, 1.0]))
    has_labels = draw(st.booleans()) if labelled is None else labelled
    return random_graph(num_nodes, density, labelled=has_labels, seed=draw(st.integers(0, 2**32)))


def random_graph(num_nodes: int, density: float, *, labelled: bool, seed: int) -> Graph:
    """Every pair is an edge with probability `density`."""
    generator = np.random.default_rng(seed)
    pairs = np.stack(np.triu_indices(num_nodes, k=1), axis=1)
    edges = pairs[generator.random(len(pairs)) < density]
    return Graph(
        num_nodes=num_nodes,
        edges=edges,
        node_labels=generator.integers(0, 3, num_nodes) if labelled else None,
        edge_labels=generator.integers(0, 2, len(edges)) if labelled else None,
    )


def vocabulary_of(graph: Graph) -> Vocabulary:
    """A vocabulary that holds any graph drawn here."""
    return LABELLED if graph.is_labelled else UNLABELLED
