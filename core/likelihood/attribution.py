"""Where in a graph its surprisal comes from: token NLLs summed onto nodes and edges.

For one linearization the shares of all nodes, all edges and `eos` add up to its NLL exactly. Over
K linearizations the mean says what the model finds hard, and the spread (standard deviation) where
that depends on the order: LU, located.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.graph.graph import Graph
from core.likelihood.scoring import Likelihoods
from core.sent.batch import GraphBatch
from core.sent.token_roles import token_subjects
from core.sent.trails import TrailBatch
from core.sent.vocabulary import EOS, Vocabulary


@dataclass(frozen=True, eq=False)
class Attribution:
    """Surprisal of every linearization by node and edge, in nats; padding is 0.

    Attributes:
        node_nll: [G, K, N] float64.
        edge_nll: [G, K, E] float64.
        eos_nll: [G, K] float64, the share of neither: knowing that the graph is complete.
    """

    node_nll: Tensor
    edge_nll: Tensor
    eos_nll: Tensor

    @property
    def node_mean(self) -> Tensor:
        """Mean over permutations, [G, N] nats."""
        return self.node_nll.mean(1)

    @property
    def node_std(self) -> Tensor:
        """Standard deviation (ddof 0) over permutations, [G, N] nats."""
        return self.node_nll.std(1, correction=0)

    @property
    def edge_mean(self) -> Tensor:
        """Mean over permutations, [G, E] nats."""
        return self.edge_nll.mean(1)

    @property
    def edge_std(self) -> Tensor:
        """Standard deviation (ddof 0) over permutations, [G, E] nats."""
        return self.edge_nll.std(1, correction=0)


@dataclass(frozen=True, eq=False)
class LocatedSurprisal:
    """Where one graph's surprisal comes from, over its K permutations; nats.

    Attributes:
        node_mean: [n], NaN for nodes folded into another.
        node_std: [n], spread over permutations (ddof 0).
        edge_mean: [e], NaN for edges inside a folded group.
        edge_std: [e].
        eos_mean: mean share of `eos`, of no node or edge.
    """

    node_mean: np.ndarray
    node_std: np.ndarray
    edge_mean: np.ndarray
    edge_std: np.ndarray
    eos_mean: float


def locate(
    attribution: Attribution, graph: Graph, row: int = 0, *, owners: Sequence[int] | None = None
) -> LocatedSurprisal:
    """Mean and spread of the surprisal on every node and edge of one graph of a batch.

    Args:
        attribution: of the batch.
        graph: the graph at `row`.
        row: which graph of the batch.
        owners: for every node the one it is folded into, itself by default; the edge between the
            two goes with it. Hydrogens that a drawing hides belong to their heavy atom so: shares
            are added up in each permutation before their spread is taken.
    """
    owner = np.arange(graph.num_nodes) if owners is None else np.asarray(owners)
    nodes = attribution.node_nll[row, :, : graph.num_nodes].numpy()
    edges = attribution.edge_nll[row, :, : len(graph.edges)].numpy().copy()
    goes_to = np.eye(graph.num_nodes)
    ends = owner[graph.edges]
    is_inside = ends[:, 0] == ends[:, 1]
    folded = nodes @ goes_to[owner] + edges[:, is_inside] @ goes_to[ends[is_inside, 0]]
    folded[:, owner != np.arange(graph.num_nodes)] = np.nan
    edges[:, is_inside] = np.nan
    return LocatedSurprisal(
        folded.mean(0), folded.std(0), edges.mean(0), edges.std(0),
        float(attribution.eos_nll[row].mean()),
    )


def attribute(
    likelihoods: Likelihoods, trails: TrailBatch, graphs: GraphBatch, vocabulary: Vocabulary
) -> Attribution:
    """Sum the NLL of every token onto the node or edge that it speaks of."""
    subjects = token_subjects(trails, graphs, vocabulary)
    nll = likelihoods.token_nll.double()
    tokens = trails.tokens[..., 1:]

    def add_up(subject: Tensor, count: int) -> Tensor:
        total = torch.zeros((*nll.shape[:2], count + 1), dtype=torch.float64)
        place = subject[..., 1:].masked_fill(subject[..., 1:] < 0, count)
        return total.scatter_add_(2, place, nll)[..., :count]

    return Attribution(
        node_nll=add_up(subjects.node, int(graphs.num_nodes.max())),
        edge_nll=add_up(subjects.edge, graphs.edges.shape[1]),
        eos_nll=nll.masked_fill(tokens != EOS, 0.0).sum(-1),
    )
