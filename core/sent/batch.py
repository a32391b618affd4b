"""Many graphs as padded tensors: the form in which they are walked, scored and trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.errors import InputError
from core.graph.graph import Graph
from core.sent.vocabulary import Vocabulary


class VocabularyError(InputError):
    """A graph cannot be written in the vocabulary at hand."""


@dataclass(frozen=True, eq=False)
class GraphBatch:
    """G graphs padded to N nodes and E edges, all on one device.

    Attributes:
        num_nodes: [G] int64, between 1 and N.
        edges: [G, E, 2] int64; rows from `num_edges` on are padding (0, 0).
        num_edges: [G] int64.
        node_labels: [G, N] int64, padding 0; None for unlabelled graphs.
        edge_labels: [G, E] int64, padding 0; None for unlabelled graphs.
        log_automorphisms: [G] float64, log |Aut|; None where no probability will be asked for.
        canonical_order: [G, N] int64, `Graph.canonical_order`, then the padding's own places; None
            where `log_automorphisms` is: the two need a search per graph.
    """

    num_nodes: Tensor
    edges: Tensor
    num_edges: Tensor
    node_labels: Tensor | None
    edge_labels: Tensor | None
    log_automorphisms: Tensor | None
    canonical_order: Tensor | None = None

    @classmethod
    def from_graphs(
        cls,
        graphs: Sequence[Graph],
        *,
        with_automorphisms: bool,
        device: torch.device | str = "cpu",
    ) -> GraphBatch:
        """Collate graphs, all labelled or all unlabelled.

        Args:
            graphs: at least one.
            with_automorphisms: search every graph for its symmetries, and with them for its
                canonical numbering.
            device: of the tensors.

        Raises:
            ValueError: for no graphs, or a mixture of labelled and unlabelled ones.
        """
        if not graphs:
            raise ValueError("A batch needs at least one graph.")
        labelled = graphs[0].is_labelled
        if any(graph.is_labelled != labelled for graph in graphs):
            raise ValueError("A batch holds labelled or unlabelled graphs, not both.")
        num_nodes = np.array([graph.num_nodes for graph in graphs])
        num_edges = np.array([len(graph.edges) for graph in graphs])
        edges = _pad([graph.edges for graph in graphs], num_edges, (2,))
        node_labels = edge_labels = None
        if labelled:
            node_labels = _pad([graph.node_labels for graph in graphs], num_nodes, ())
            edge_labels = _pad([graph.edge_labels for graph in graphs], num_edges, ())
        log_automorphisms = canonical_order = None
        if with_automorphisms:
            log_automorphisms = torch.tensor(
                [graph.log_automorphisms for graph in graphs], dtype=torch.float64
            )
            canonical_order = _pad([graph.canonical_order for graph in graphs], num_nodes, ())
            places = torch.arange(canonical_order.shape[1])
            is_node = places < torch.from_numpy(num_nodes)[:, None]
            canonical_order = torch.where(is_node, canonical_order, places)
        batch = cls(
            torch.from_numpy(num_nodes), edges, torch.from_numpy(num_edges),
            node_labels, edge_labels, log_automorphisms, canonical_order,
        )
        return batch.to(device)

    def __len__(self) -> int:
        return len(self.num_nodes)

    @property
    def device(self) -> torch.device:
        """Device that all tensors live on."""
        return self.num_nodes.device

    @property
    def max_nodes(self) -> int:
        """Largest number of nodes in the batch."""
        return int(self.num_nodes.max())

    @property
    def is_labelled(self) -> bool:
        """Whether the graphs carry labels."""
        return self.node_labels is not None

    def __getitem__(self, rows: Tensor | slice) -> GraphBatch:
        """The graphs at the given rows, in that order."""
        return self._map(lambda tensor: tensor[rows])

    def to(self, device: torch.device | str) -> GraphBatch:
        """The same batch on another device."""
        return self._map(lambda tensor: tensor.to(device))

    def _map(self, function: Callable[[Tensor], Tensor]) -> GraphBatch:
        fields: dict[str, Any] = {
            name: None if tensor is None else function(tensor)
            for name, tensor in vars(self).items()
        }
        return GraphBatch(**fields)

    def canonical(self) -> GraphBatch:
        """The same graphs, numbered canonically: isomorphic ones differ in the order of rows only.

        Raises:
            ValueError: if the batch was collated without `with_automorphisms`.
        """
        order = self.canonical_order
        if order is None:
            raise ValueError("Collate the graphs with_automorphisms: their canonical numbering is "
                             "not known.")
        places = torch.arange(order.shape[1], device=self.device).expand_as(order)
        place = torch.empty_like(order).scatter_(1, order, places)
        edges = place.gather(1, self.edges.flatten(1)).view_as(self.edges).sort(-1).values
        slots = torch.arange(edges.shape[1], device=self.device)
        is_edge = (slots < self.num_edges[:, None])[..., None]
        labels = None if self.node_labels is None else self.node_labels.gather(1, order)
        return replace(self, edges=edges * is_edge, node_labels=labels, canonical_order=places)

    def check_fits(self, vocabulary: Vocabulary) -> None:
        """Refuse graphs that `vocabulary` cannot write.

        Raises:
            VocabularyError: saying what the vocabulary holds and what the graph has.
        """
        if self.is_labelled != vocabulary.is_labelled:
            kinds = ("unlabelled", "labelled")
            raise VocabularyError(
                f"The model reads {kinds[vocabulary.is_labelled]} graphs, "
                f"the input is {kinds[self.is_labelled]}."
            )
        if self.max_nodes > vocabulary.max_nodes:
            raise VocabularyError(
                f"The graph has {self.max_nodes} nodes; the model knows at most "
                f"{vocabulary.max_nodes}."
            )
        for labels, names, what in (
            (self.node_labels, vocabulary.node_names, "Node"),
            (self.edge_labels, vocabulary.edge_names, "Edge"),
        ):
            if labels is not None and labels.numel() and int(labels.max()) >= len(names):
                raise VocabularyError(
                    f"{what} label {int(labels.max())} is outside the vocabulary, which has "
                    f"{len(names)} ({', '.join(names)})."
                )

    def content_keys(self) -> Tensor:
        """A 64-bit fingerprint of every graph as numbered, [G] int64, free of padding."""
        device = self.device
        node_slot = torch.arange(_width(self.node_labels), device=device)
        edge_slot = torch.arange(self.edges.shape[1], device=device)
        key = mix64(self.num_nodes)
        if self.node_labels is not None:
            words = mix64(node_slot * 4096 + self.node_labels + 1)
            key = key + (words * (node_slot < self.num_nodes[:, None])).sum(1)
        words = (self.edges[..., 0] << 40) + (self.edges[..., 1] << 16)
        if self.edge_labels is not None:
            words = words + self.edge_labels + 1
        words = mix64(words + (1 << 62))
        return mix64(key + (words * (edge_slot < self.num_edges[:, None])).sum(1))


def mix64(x: Tensor) -> Tensor:
    """SplitMix64's finalizer (Steele et al. 2014) on int64 tensors: a bijection that scrambles."""
    x = (x ^ _shift_right(x, 30)) * -4658895280553007687
    x = (x ^ _shift_right(x, 27)) * -7723592293110705685
    return x ^ _shift_right(x, 31)


def _shift_right(x: Tensor, bits: int) -> Tensor:
    return (x >> bits) & ((1 << (64 - bits)) - 1)  # torch shifts keep the sign; this one does not


def _width(labels: Tensor | None) -> int:
    return 0 if labels is None else labels.shape[1]


def _pad(arrays: Sequence[np.ndarray | None], counts: np.ndarray, tail: tuple[int, ...]) -> Tensor:
    """Concatenate once and scatter once, instead of copying graph by graph."""
    padded = np.zeros((len(counts), int(counts.max(initial=0)), *tail), dtype=np.int64)
    filled = np.arange(padded.shape[1]) < counts[:, None]
    padded[filled] = np.concatenate([array for array in arrays if array is not None])
    return torch.from_numpy(padded)
