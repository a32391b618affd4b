"""From visit orders to tokens, for all trails at once.

An edge whose ends were visited at steps `lo < hi` is the walked edge into `hi` exactly if
`hi = lo + 1`: had the walk jumped to `hi`, its previous node would have had no unvisited
neighbour. Every other edge is a back-reference listed at `hi`. So lengths, places and contents of
all tokens follow from the visit index of the ends of each edge, by sums and scatters.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core.sent.batch import GraphBatch
from core.sent.vocabulary import EOS, LADJ, PAD, RADJ, RESET, SOS, Vocabulary


def write_tokens(
    graphs: GraphBatch, orders: Tensor, vocabulary: Vocabulary
) -> tuple[Tensor, Tensor]:
    """Write the sequence of every visit order (docs/definitions.md, Linearizations).

    Args:
        graphs: G graphs.
        orders: [G, K, N] int64, padded with -1; each an order in which a walk can visit the
            graph, which is not checked.
        vocabulary: fixes the token numbers; must hold the graphs (`GraphBatch.check_fits`).

    Returns:
        tokens [G, K, L] int32, padded with `pad`, and lengths [G, K] int64.
    """
    edges = _visit_edges(graphs, orders)
    nodes = _lay_out_nodes(orders, edges, vocabulary)
    lengths = nodes.end[..., -1] + 1
    page = _Page(lengths)
    page.put(torch.zeros_like(lengths)[..., None], SOS)
    page.put(lengths[..., None] - 1, EOS)
    _write_nodes(page, nodes, graphs, orders, vocabulary)
    if graphs.edges.shape[1]:
        _write_bracket_entries(page, nodes, edges, vocabulary)
    return page.tokens, lengths


@dataclass(frozen=True, eq=False)
class _Edges:
    """The edges of every trail as it met them, each [G, K, E]."""

    low: Tensor  # step at which the earlier end was visited; 0 for padding, as `high`
    high: Tensor
    labels: Tensor
    is_walked: Tensor
    is_back: Tensor


@dataclass(frozen=True, eq=False)
class _Nodes:
    """What is written at every step of every trail, and where, each [G, K, N]."""

    is_node: Tensor
    lead: Tensor  # the token in front of the visit index: walked edge label, or reset
    has_lead: Tensor
    num_listed: Tensor  # entries of the bracket
    index_at: Tensor  # place of the visit index
    end: Tensor  # one past the last token


class _Page:
    """Tokens being written; what has no place goes to a spare last column."""

    def __init__(self, lengths: Tensor) -> None:
        self._length = int(lengths.max()) if lengths.numel() else 0
        self._tokens = torch.full((*lengths.shape, self._length + 1), PAD, dtype=torch.int32,
                                  device=lengths.device)

    @property
    def tokens(self) -> Tensor:
        return self._tokens[..., : self._length]

    def put(self, place: Tensor, token: Tensor | int, where: Tensor | None = None) -> None:
        """Write tokens at places [G, K, M], only `where` it holds."""
        if where is not None:
            place = place.masked_fill(~where, self._length)
        if isinstance(token, int):
            self._tokens.scatter_(2, place, token)
        else:
            self._tokens.scatter_(2, place, token.to(torch.int32))


def _visit_edges(graphs: GraphBatch, orders: Tensor) -> _Edges:
    num_graphs, permutations, num_nodes = orders.shape
    device = orders.device
    step = torch.arange(num_nodes, device=device).expand_as(orders)
    step_of = torch.zeros((num_graphs, permutations, num_nodes + 1), dtype=torch.int64,
                          device=device)
    step_of.scatter_(2, orders.masked_fill(orders < 0, num_nodes), step)
    ends = graphs.edges[:, None].expand(-1, permutations, -1, -1)
    a, b = step_of.gather(2, ends[..., 0]), step_of.gather(2, ends[..., 1])
    slots = torch.arange(graphs.edges.shape[1], device=device)
    is_edge = (slots < graphs.num_edges[:, None])[:, None].expand_as(a)
    low, high = torch.minimum(a, b) * is_edge, torch.maximum(a, b) * is_edge
    is_walked = high - low == 1
    labels = graphs.edge_labels if graphs.edge_labels is not None else graphs.num_edges[:, None] * 0
    return _Edges(low, high, labels[:, None].expand(low.shape), is_walked, is_edge & ~is_walked)


def _lay_out_nodes(orders: Tensor, edges: _Edges, vocabulary: Vocabulary) -> _Nodes:
    num_nodes = orders.shape[2]
    is_node = orders >= 0
    num_listed = torch.zeros_like(orders).scatter_add(2, edges.high, edges.is_back.long())
    # Edges that are not walked write into a spare column, which is dropped.
    walked = torch.full((*orders.shape[:2], num_nodes + 1), -1, device=orders.device)
    walked.scatter_(2, edges.high.masked_fill(~edges.is_walked, num_nodes), edges.labels)
    walked_label = walked[..., :num_nodes]  # of the edge into a step, -1 after a jump
    is_jump = walked_label < 0
    lead = (walked_label + vocabulary.edge_offset).masked_fill(is_jump, RESET)
    is_first = torch.arange(num_nodes, device=orders.device) == 0
    has_lead = is_node & ~is_first & (is_jump | vocabulary.is_labelled)
    label_width = int(vocabulary.is_labelled)
    bracket_width = (num_listed > 0) * 2 + num_listed * (1 + label_width)
    width = (has_lead.long() + 1 + label_width + bracket_width) * is_node
    end = width.cumsum(2) + 1  # `sos` stands at 0
    return _Nodes(is_node, lead, has_lead, num_listed, end - width + has_lead, end)


def _write_nodes(
    page: _Page, nodes: _Nodes, graphs: GraphBatch, orders: Tensor, vocabulary: Vocabulary
) -> None:
    """All but the entries of brackets."""
    index = torch.arange(orders.shape[2], device=orders.device) + vocabulary.index_offset
    page.put(nodes.index_at - 1, nodes.lead, nodes.has_lead)
    page.put(nodes.index_at, index.expand_as(orders), nodes.is_node)
    if graphs.node_labels is not None:
        label_of = graphs.node_labels[:, None].expand(-1, orders.shape[1], -1)
        label = label_of.gather(2, orders.clamp_min(0)) + vocabulary.node_offset
        page.put(nodes.index_at + 1, label, nodes.is_node)
    has_bracket = nodes.num_listed > 0
    page.put(nodes.index_at + 1 + int(vocabulary.is_labelled), LADJ, has_bracket)
    page.put(nodes.end - 1, RADJ, has_bracket)


def _write_bracket_entries(
    page: _Page, nodes: _Nodes, edges: _Edges, vocabulary: Vocabulary
) -> None:
    """Sorting by (listing step, listed step) puts each bracket's entries in order."""
    num_nodes = nodes.end.shape[2]
    no_entry = num_nodes * num_nodes
    key = (edges.high * num_nodes + edges.low).masked_fill(~edges.is_back, no_entry)
    key, edge = key.to(torch.int16 if no_entry < 2**15 else torch.int32).sort(dim=2)
    is_entry = key < no_entry
    listing = (key // num_nodes).long().clamp_max(num_nodes - 1)
    listed = (key % num_nodes).long()
    listed_before = nodes.num_listed.cumsum(2) - nodes.num_listed
    rank = torch.arange(key.shape[2], device=key.device) - listed_before.gather(2, listing)
    label_width = int(vocabulary.is_labelled)
    first = nodes.index_at.gather(2, listing) + 2 + label_width
    place = first + rank * (1 + label_width)
    if vocabulary.is_labelled:
        page.put(place, edges.labels.gather(2, edge) + vocabulary.edge_offset, is_entry)
    page.put(place + label_width, listed + vocabulary.index_offset, is_entry)
