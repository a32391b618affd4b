"""Which atom or bond every token of a linearization speaks of.

This is how surprisal is folded back from tokens onto a molecule. A visit index and a node label
speak of the visited node; so do `reset` (whose surprise is where the walk goes on) and the
brackets' marks. An edge label, and a listed index, speak of an edge: they say that it exists and
what it is. `sos` and `eos` speak of the graph as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core.sent.batch import GraphBatch
from core.sent.trails import TrailBatch
from core.sent.vocabulary import EOS, LADJ, PAD, RADJ, RESET, SOS, Vocabulary


@dataclass(frozen=True, eq=False)
class TokenSubjects:
    """Subject of every token, each tensor [G, K, L] int64.

    Attributes:
        step: visit step that the token belongs to; -1 for `sos`, `eos` and padding.
        node: graph node it speaks of, or -1.
        edge: row of `GraphBatch.edges` that it speaks of, or -1; never both node and edge.
    """

    step: Tensor
    node: Tensor
    edge: Tensor


def token_subjects(
    trails: TrailBatch, graphs: GraphBatch, vocabulary: Vocabulary
) -> TokenSubjects:
    """Find the subject of every token of linearizations that the sampler wrote."""
    tokens = trails.tokens.long()
    is_index = (tokens >= vocabulary.index_offset) & (tokens < vocabulary.node_offset)
    is_edge_label = tokens >= vocabulary.edge_offset if vocabulary.is_labelled else (
        torch.zeros_like(is_index))
    # A bracket is open from its ladj up to, but not with, its radj.
    is_open = ((tokens == LADJ).long() - (tokens == RADJ).long()).cumsum(-1) > 0
    is_arrival = is_index & ~is_open
    visited = is_arrival.long().cumsum(-1)
    is_lead = (tokens == RESET) | (is_edge_label & ~is_open)
    has_none = (tokens == SOS) | (tokens == EOS) | (tokens == PAD)
    step = torch.where(is_lead, visited, visited - 1).masked_fill(has_none, -1)

    listed = tokens - vocabulary.index_offset
    # An edge label in a bracket stands before its index.
    following = torch.roll(listed, -1, dims=-1)
    other_step = torch.where(is_edge_label, torch.where(is_open, following, step - 1), listed)
    is_about_edge = is_edge_label | (is_index & is_open)

    node = _visited_node(trails.orders, step)
    other = _visited_node(trails.orders, other_step)
    edge = _edge_rows(graphs, node, other).masked_fill(~is_about_edge, -1)
    return TokenSubjects(step, node.masked_fill(is_about_edge | has_none, -1), edge)


def _visited_node(orders: Tensor, step: Tensor) -> Tensor:
    return orders.gather(-1, step.clamp(0, orders.shape[-1] - 1))


def _edge_rows(graphs: GraphBatch, u: Tensor, v: Tensor) -> Tensor:
    """Row of the edge between two nodes of each graph, -1 where there is none."""
    num_nodes = int(graphs.num_nodes.max())
    num_edges = graphs.edges.shape[1]
    row_of = torch.full((len(graphs), num_nodes * num_nodes + 1), -1, device=u.device)
    slots = torch.arange(num_edges, device=u.device).expand(len(graphs), num_edges)
    is_edge = slots < graphs.num_edges[:, None]
    for a, b in ((0, 1), (1, 0)):
        place = graphs.edges[..., a] * num_nodes + graphs.edges[..., b]
        row_of.scatter_(1, place.masked_fill(~is_edge, num_nodes * num_nodes), slots)
    place = (u.clamp_min(0) * num_nodes + v.clamp_min(0)).flatten(1)
    return row_of.gather(1, place).view(u.shape)
