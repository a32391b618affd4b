"""What every token of a linearization is about: a node, an edge or the graph, and what it does.

This is the only account of it. The trail player, the pictures of surprisal on atoms and bonds and
the comparison of two linearizations all read it from here, so that a nat stands in one place.

Every token is about one thing, the one that it decides as `core.sent.writer` wrote it:

- A visit index, a node label, `ladj` and `radj` are about the visited node, and so is `reset`:
  what it costs depends on where the walk goes on.
- An edge label outside a bracket is about the walked edge. It leads: it stands before the index of
  the node that the walk comes to, and joins that node to the one visited just before. The index
  behind it is about the node alone, for the label has already said that there is an edge and of
  what kind.
- In a bracket an edge label and the index behind it are about the same listed edge, which joins
  the visited node to the one of that index. The label stands first, so it belongs to the index
  that follows, never to the one before.
- Without labels nothing leads. The index of a walk then says with one token that there is a node
  and that an edge goes there, and counts for the node.
- `sos` and `eos` are about the graph as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import torch
from torch import Tensor

from core.sent.batch import GraphBatch
from core.sent.vocabulary import EOS, LADJ, PAD, RADJ, RESET, SOS, Vocabulary


class TokenEvent(IntEnum):
    """What a token does."""

    BEGIN = 0  # sos
    START = 1  # index of the first node
    WALK = 2  # label of the edge that the walk takes
    ARRIVE = 3  # index of the node at its other end
    JUMP = 4  # reset
    LAND = 5  # index of the node jumped to
    LABEL = 6  # label of the visited node
    OPEN = 7  # ladj
    LIST_LABEL = 8  # label of an edge back to an earlier node
    LIST_INDEX = 9  # index of that node
    CLOSE = 10  # radj
    END = 11  # eos
    PAD = 12


@dataclass(frozen=True, eq=False)
class TokenRoles:
    """What each token is about and what it does, each tensor [G, K, L] int64.

    Attributes:
        event: a `TokenEvent`.
        step: visit step that the token belongs to; -1 for `sos`, `eos` and padding. What leads
            to a visit index belongs to its step.
        node: graph node that it is about, or -1.
        edge: row of `GraphBatch.edges` that it is about, or -1; never both node and edge.
    """

    event: Tensor
    step: Tensor
    node: Tensor
    edge: Tensor


def find_token_roles(
    graphs: GraphBatch, orders: Tensor, tokens: Tensor, vocabulary: Vocabulary
) -> TokenRoles:
    """Find the role of every token of linearizations.

    Args:
        graphs: G graphs.
        orders: [G, K, N] int64, node visited at every step, padded with -1.
        tokens: [G, K, L], what `write_tokens` wrote of them.
        vocabulary: the one it was written in.
    """
    tokens = tokens.long()
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
    following = torch.roll(listed, -1, dims=-1)
    other_step = torch.where(is_edge_label, torch.where(is_open, following, step - 1), listed)
    is_about_edge = is_edge_label | (is_index & is_open)

    node = _visited_node(orders, step)
    other = _visited_node(orders, other_step)
    edge = _edge_rows(graphs, node, other).masked_fill(~is_about_edge, -1)
    event = _events(tokens, step, is_index, is_edge_label, is_open)
    return TokenRoles(event, step, node.masked_fill(is_about_edge | has_none, -1), edge)


def _events(
    tokens: Tensor, step: Tensor, is_index: Tensor, is_edge_label: Tensor, is_open: Tensor
) -> Tensor:
    event = torch.full_like(tokens, TokenEvent.LABEL)
    is_jumped_to = torch.roll(tokens, 1, dims=-1) == RESET
    for where, what in (
        (is_index, TokenEvent.ARRIVE),
        (is_index & is_jumped_to, TokenEvent.LAND),
        (is_index & (step == 0), TokenEvent.START),
        (is_index & is_open, TokenEvent.LIST_INDEX),
        (is_edge_label, TokenEvent.WALK),
        (is_edge_label & is_open, TokenEvent.LIST_LABEL),
        (tokens == SOS, TokenEvent.BEGIN),
        (tokens == RESET, TokenEvent.JUMP),
        (tokens == LADJ, TokenEvent.OPEN),
        (tokens == RADJ, TokenEvent.CLOSE),
        (tokens == EOS, TokenEvent.END),
        (tokens == PAD, TokenEvent.PAD),
    ):
        event = event.masked_fill(where, int(what))
    return event


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
