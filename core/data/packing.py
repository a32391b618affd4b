"""Many graphs as a few flat arrays, the form in which they are kept on disk."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.graph.graph import Graph, GraphError
from core.runs import replacing

if TYPE_CHECKING:
    from core.sent.batch import GraphBatch

FORMAT_VERSION = 2
"""Goes up whenever reading a molecule gives another graph than before, so old caches are left."""


@dataclass(frozen=True, eq=False)
class PackedGraphs:
    """G graphs end to end; graph g owns the next `num_nodes[g]` nodes and `num_edges[g]` edges.

    Attributes:
        num_nodes: [G] int32.
        num_edges: [G] int32.
        edges: [sum of num_edges, 2] int16, numbered within each graph.
        node_labels: [sum of num_nodes] uint8, empty for unlabelled graphs.
        edge_labels: [sum of num_edges] uint8, empty for unlabelled graphs.
    """

    num_nodes: np.ndarray
    num_edges: np.ndarray
    edges: np.ndarray
    node_labels: np.ndarray
    edge_labels: np.ndarray

    @classmethod
    def from_graphs(cls, graphs: Sequence[Graph]) -> PackedGraphs:
        """Pack graphs that are all labelled or all unlabelled.

        Raises:
            GraphError: for a mixture, or for numbers too large for the small integers used.
        """
        if len({graph.is_labelled for graph in graphs}) > 1:
            raise GraphError("Pack labelled or unlabelled graphs, not both.")
        labels = [(g.node_labels, g.edge_labels) for g in graphs]
        return cls(
            num_nodes=np.array([g.num_nodes for g in graphs], dtype=np.int32),
            num_edges=np.array([len(g.edges) for g in graphs], dtype=np.int32),
            edges=_join([g.edges for g in graphs], np.int16).reshape(-1, 2),
            node_labels=_join([nodes for nodes, _ in labels if nodes is not None], np.uint8),
            edge_labels=_join([edges for _, edges in labels if edges is not None], np.uint8),
        )

    @classmethod
    def concatenate(cls, parts: Sequence[PackedGraphs]) -> PackedGraphs:
        """The graphs of all parts, one after the other."""
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts])
                      for name in cls.__dataclass_fields__})

    def take(self, rows: np.ndarray) -> PackedGraphs:
        """The graphs at `rows`, in that order."""
        first_node, first_edge = self._firsts
        num_nodes, num_edges = self.num_nodes[rows], self.num_edges[rows]
        nodes, edges = _places(first_node[rows], num_nodes), _places(first_edge[rows], num_edges)
        return PackedGraphs(
            num_nodes, num_edges, self.edges[edges],
            self.node_labels[nodes] if self.is_labelled else self.node_labels,
            self.edge_labels[edges] if self.is_labelled else self.edge_labels)

    def __len__(self) -> int:
        return len(self.num_nodes)

    @property
    def is_labelled(self) -> bool:
        """Whether the graphs carry labels."""
        return len(self.node_labels) > 0

    @cached_property
    def _firsts(self) -> tuple[np.ndarray, np.ndarray]:
        """Where every graph's nodes and edges begin, [G] int64 each."""
        return tuple(  # type: ignore[return-value]
            np.concatenate([[0], np.cumsum(counts[:-1], dtype=np.int64)])
            for counts in (self.num_nodes, self.num_edges)
        )

    def collate(self, rows: np.ndarray) -> GraphBatch:
        """The graphs at `rows` as padded tensors, G = len(rows), without automorphisms."""
        import torch

        from core.sent.batch import GraphBatch

        first_node, first_edge = self._firsts
        nodes = _padded_places(first_node[rows], self.num_nodes[rows])
        edges = _padded_places(first_edge[rows], self.num_edges[rows])

        def gather(values: np.ndarray, places: np.ndarray) -> torch.Tensor:
            """Values at the places, 0 where there is none."""
            if not len(values):
                return torch.zeros((*places.shape, *values.shape[1:]), dtype=torch.int64)
            found = values[np.maximum(places, 0)].astype(np.int64)
            found[places < 0] = 0
            return torch.from_numpy(found)

        return GraphBatch(
            num_nodes=torch.from_numpy(self.num_nodes[rows].astype(np.int64)),
            edges=gather(self.edges, edges),
            num_edges=torch.from_numpy(self.num_edges[rows].astype(np.int64)),
            node_labels=gather(self.node_labels, nodes) if self.is_labelled else None,
            edge_labels=gather(self.edge_labels, edges) if self.is_labelled else None,
            log_automorphisms=None,
        )

    def to_graphs(
        self, rows: np.ndarray | None = None, names: Sequence[str] | None = None
    ) -> list[Graph]:
        """Unpack the graphs at `rows`, by default all; `names`, one for each, go to the graphs."""
        rows = np.arange(len(self)) if rows is None else rows
        graphs = []
        for place, row in enumerate(rows.tolist()):
            first_node, first_edge = (firsts[row] for firsts in self._firsts)
            nodes = slice(first_node, first_node + self.num_nodes[row])
            edges = slice(first_edge, first_edge + self.num_edges[row])
            graphs.append(Graph(
                num_nodes=int(self.num_nodes[row]),
                edges=self.edges[edges],
                node_labels=self.node_labels[nodes] if self.is_labelled else None,
                edge_labels=self.edge_labels[edges] if self.is_labelled else None,
                name=None if names is None else names[place],
            ))
        return graphs

    def save(self, path: Path) -> None:
        """Write an `.npz` of plain arrays; the file appears under its name only when complete."""
        with replacing(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, **{name: getattr(self, name)
                                         for name in self.__dataclass_fields__})

    @classmethod
    def load(cls, path: Path) -> PackedGraphs | None:
        """Read what `save` wrote, or None if there is no such file or it is damaged."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls(**arrays)
        except (FileNotFoundError, ValueError, TypeError, EOFError, zipfile.BadZipFile):
            return None


def _join(arrays: list[np.ndarray], dtype: type[np.integer]) -> np.ndarray:
    if not arrays:
        return np.zeros(0, dtype=dtype)
    joined = np.concatenate(arrays)
    if joined.size and joined.max() > np.iinfo(dtype).max:
        raise GraphError(f"Packing holds numbers up to {np.iinfo(dtype).max}, got {joined.max()}.")
    return joined.astype(dtype)


def _places(firsts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Places `first … first + count - 1` of every row, one row after the other."""
    ends = np.cumsum(counts, dtype=np.int64)
    return np.arange(counts.sum()) + np.repeat(firsts - (ends - counts), counts)


def _padded_places(firsts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Places `first … first + count - 1` of every row, padded with -1, [n, largest count]."""
    steps = np.arange(int(counts.max(initial=0)))
    return np.where(steps < counts[:, None], firsts[:, None] + steps, -1)
