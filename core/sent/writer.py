"""From visit orders to tokens, for all trails at once.

An edge whose ends were visited at steps `lo < hi` is the walked edge into `hi` exactly if
`hi = lo + 1`: had the walk jumped to `hi`, its previous node would have had no unvisited
neighbour. Every other edge is a back-reference listed at `hi`. So lengths, places and contents of
all tokens follow from the visit index of the ends of each edge, by sums and scatters.
"""

from __future__ import annotations

import torch
from torch import Tensor

from core.sent.batch import GraphBatch
from core.sent.vocabulary import EOS, LADJ, PAD, RADJ, RESET, SOS, Vocabulary


def write_tokens(
    graphs: GraphBatch, orders: Tensor, vocabulary: Vocabulary
) -> tuple[Tensor, Tensor]:
    """Write the sequence of every visit order (SPEC 2).

    Args:
        graphs: G graphs.
        orders: [G, K, N] int64, padded with -1; each an order in which a walk can visit the
            graph, which is not checked.
        vocabulary: fixes the token numbers; must hold the graphs (`GraphBatch.check_fits`).

    Returns:
        tokens [G, K, L] int32, padded with `pad`, and lengths [G, K] int64.
    """
    num_graphs, permutations, num_nodes = orders.shape
    device = orders.device
    step = torch.arange(num_nodes, device=device)
    is_node = orders >= 0
    low, high, is_edge = _edge_steps(graphs, orders)
    is_walked = is_edge & (high - low == 1)
    is_back = is_edge & ~is_walked
    label_width = int(vocabulary.is_labelled)

    zeros = torch.zeros((num_graphs, permutations, num_nodes), dtype=torch.int64, device=device)
    num_back = zeros.scatter_add(2, high, is_back.long())
    walked = torch.full_like(zeros, -1)  # label of the walked edge into a step, -1 after a jump
    # Edges that are not walked write into a spare column, which is dropped.
    walked = torch.nn.functional.pad(walked, (0, 1))
    labels = graphs.edge_labels if graphs.edge_labels is not None else graphs.num_edges[:, None] * 0
    labels = labels[:, None].expand(low.shape)
    walked = walked.scatter(2, high.masked_fill(~is_walked, num_nodes), labels)[..., :num_nodes]

    lead = walked + vocabulary.edge_offset
    lead = lead.masked_fill(walked < 0, RESET)
    has_lead = is_node & (step > 0) & ((walked < 0) | vocabulary.is_labelled)
    bracket = (num_back > 0).long() * 2 + num_back * (1 + label_width)
    width = (has_lead.long() + 1 + label_width + bracket) * is_node
    end = width.cumsum(2) + 1  # one past the node's last token; `sos` stands at 0
    index_at = end - width + has_lead.long()
    lengths = end[..., -1] + 1

    length = int(lengths.max()) if lengths.numel() else 0
    # Scatters write unused entries to a spare last column.
    tokens = torch.full(
        (num_graphs, permutations, length + 1), PAD, dtype=torch.int32, device=device
    )
    def put(place: Tensor, value: Tensor, where: Tensor) -> None:
        tokens.scatter_(2, place.masked_fill(~where, length), value.to(torch.int32))

    tokens[..., 0] = SOS
    put(index_at - 1, lead, has_lead)
    put(index_at, (step + vocabulary.index_offset).expand_as(orders), is_node)
    if graphs.node_labels is not None:
        of_node = graphs.node_labels[:, None].expand(-1, permutations, -1)
        node_label = of_node.gather(2, orders.clamp_min(0)) + vocabulary.node_offset
        put(index_at + 1, node_label, is_node)
    has_bracket = num_back > 0
    put(index_at + 1 + label_width, torch.full_like(orders, LADJ), has_bracket)
    put(end - 1, torch.full_like(orders, RADJ), has_bracket)
    put(lengths[..., None] - 1, torch.full_like(lengths, EOS)[..., None],
        torch.ones_like(lengths, dtype=torch.bool)[..., None])
    if low.shape[2]:
        # Sorting by (listing node, listed node) puts each bracket's entries in order.
        key = (high * num_nodes + low).masked_fill(~is_back, num_nodes * num_nodes)
        key, edge = key.to(torch.int16 if num_nodes < 181 else torch.int32).sort(dim=2)
        at = (key // num_nodes).long().clamp_max(num_nodes - 1)
        listed = (key % num_nodes).long()
        before = num_back.cumsum(2) - num_back
        rank = torch.arange(low.shape[2], device=device) - before.gather(2, at)
        place = index_at.gather(2, at) + 2 + label_width + rank * (1 + label_width)
        is_entry = key < num_nodes * num_nodes
        if vocabulary.is_labelled:
            put(place, labels.gather(2, edge) + vocabulary.edge_offset, is_entry)
        put(place + label_width, listed + vocabulary.index_offset, is_entry)
    return tokens[..., :length], lengths


def _edge_steps(graphs: GraphBatch, orders: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Visit steps of the earlier and later end of every edge, and which edges are real.

    Each is [G, K, E]; padded edges have steps 0.
    """
    num_graphs, permutations, num_nodes = orders.shape
    step = torch.arange(num_nodes, device=orders.device).expand_as(orders)
    step_of = torch.zeros(
        (num_graphs, permutations, num_nodes + 1), dtype=torch.int64, device=orders.device
    )
    step_of.scatter_(2, orders.masked_fill(orders < 0, num_nodes), step)
    ends = graphs.edges[:, None].expand(-1, permutations, -1, -1)
    a = step_of.gather(2, ends[..., 0])
    b = step_of.gather(2, ends[..., 1])
    slots = torch.arange(graphs.edges.shape[1], device=orders.device)
    is_edge = (slots < graphs.num_edges[:, None])[:, None].expand_as(a)
    return torch.minimum(a, b) * is_edge, torch.maximum(a, b) * is_edge, is_edge
