"""Where in a graph its surprisal comes from: token NLLs summed onto nodes and edges.

Which node or edge a token is about, `core.sent.token_roles` says. For one linearization the shares
of all nodes, all edges and the graph as a whole add up to its NLL exactly. Over K linearizations
the mean says what the model finds hard, and the spread (standard deviation) where that depends on
the order: LU, located.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from core.graph.graph import Graph
from core.likelihood.scoring import Likelihoods
from core.sent.batch import GraphBatch
from core.sent.token_roles import TokenRoles

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Attribution:
    """Surprisal of every linearization by node and edge, in nats; padding is 0.

    Attributes:
        node_nll: [G, K, N] float64.
        edge_nll: [G, K, E] float64.
        graph_nll: [G, K] float64, the share of neither: knowing that the graph is complete.
    """

    node_nll: Tensor
    edge_nll: Tensor
    graph_nll: Tensor

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

    def to_frame(self, graphs: Sequence[Graph]) -> pd.DataFrame:
        """A row per node and edge: mean and spread of its surprisal over the permutations.

        Args:
            graphs: the G graphs.

        Returns:
            Columns `graph`, counted from 0; `kind`, `node` or `edge`; `node`, and `other_node` of
            an edge; `surprisal_mean_nats` and `surprisal_std_nats` (ddof 0).
        """
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for g, graph in enumerate(graphs):
            found = locate(self, graph, g)
            rows += [{"graph": g, "kind": "node", "node": node, "other_node": None,
                      "surprisal_mean_nats": mean, "surprisal_std_nats": std}
                     for node, (mean, std) in enumerate(zip(
                         found.node_mean.tolist(), found.node_std.tolist(), strict=True))]
            rows += [{"graph": g, "kind": "edge", "node": one, "other_node": other,
                      "surprisal_mean_nats": mean, "surprisal_std_nats": std}
                     for (one, other), mean, std in zip(
                         graph.edges.tolist(), found.edge_mean.tolist(), found.edge_std.tolist(),
                         strict=True)]
        return pd.DataFrame(rows).astype({"other_node": "Int64"})


@dataclass(frozen=True, eq=False)
class LocatedSurprisal:
    """Where one graph's surprisal comes from, over its K permutations; nats.

    Attributes:
        node_mean: [n], NaN for nodes folded into another.
        node_std: [n], spread over permutations (ddof 0).
        edge_mean: [e], NaN for edges inside a folded group.
        edge_std: [e].
        graph_mean: mean share of no node or edge: knowing that the graph is complete.
    """

    node_mean: np.ndarray
    node_std: np.ndarray
    edge_mean: np.ndarray
    edge_std: np.ndarray
    graph_mean: float


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
    nodes, edges = fold(
        attribution.node_nll[row, :, : graph.num_nodes].numpy(),
        attribution.edge_nll[row, :, : len(graph.edges)].numpy(),
        graph.edges, range(graph.num_nodes) if owners is None else owners,
    )
    return LocatedSurprisal(
        nodes.mean(0), nodes.std(0), edges.mean(0), edges.std(0),
        float(attribution.graph_nll[row].mean()),
    )


def fold(
    nodes: np.ndarray, edges: np.ndarray, ends: np.ndarray, owners: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Add the values of some nodes, and of the edges inside their group, to other nodes'.

    Args:
        nodes: [..., n].
        edges: [..., e].
        ends: [e, 2], nodes that each edge joins.
        owners: [n], for every node the one it is folded into, which may be itself.

    Returns:
        The same shapes; NaN for nodes that were folded into another and edges inside a group.
    """
    owner = np.asarray(owners)
    owner_of_ends = owner[ends]
    is_inside = owner_of_ends[:, 0] == owner_of_ends[:, 1]
    folded = np.zeros_like(nodes)
    # Transposed, for `add.at` takes the first axis.
    np.add.at(folded.T, owner, nodes.T)
    np.add.at(folded.T, owner_of_ends[is_inside, 0], edges[..., is_inside].T)
    folded[..., owner != np.arange(len(owner))] = np.nan
    return folded, np.where(is_inside, np.nan, edges)


def attribute(likelihoods: Likelihoods, roles: TokenRoles, graphs: GraphBatch) -> Attribution:
    """Sum the NLL of every token onto the node or edge that it is about.

    Args:
        likelihoods: of K sequences of each of G graphs.
        roles: what their tokens are about, `sos` included.
        graphs: the G graphs.
    """
    nll = likelihoods.token_nll.double()
    node, edge = roles.node[..., 1:], roles.edge[..., 1:]

    def add_up(subject: Tensor, count: int) -> Tensor:
        total = torch.zeros((*nll.shape[:2], count + 1), dtype=torch.float64)
        return total.scatter_add_(2, subject.masked_fill(subject < 0, count), nll)[..., :count]

    return Attribution(
        node_nll=add_up(node, graphs.max_nodes),
        edge_nll=add_up(edge, graphs.edges.shape[1]),
        graph_nll=nll.masked_fill((node >= 0) | (edge >= 0), 0.0).sum(-1),
    )
