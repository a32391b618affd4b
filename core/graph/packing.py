"""Many graphs as a few flat arrays, the form in which they are kept on disk."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.graph.graph import Graph, GraphError

FORMAT_VERSION = 1
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

    def __len__(self) -> int:
        return len(self.num_nodes)

    def to_graphs(
        self, rows: np.ndarray | None = None, names: Sequence[str] | None = None
    ) -> list[Graph]:
        """Unpack the graphs at `rows`, by default all; `names`, one for each, go to the graphs."""
        rows = np.arange(len(self)) if rows is None else rows
        nodes, edges = _slices(self.num_nodes), _slices(self.num_edges)
        labelled = len(self.node_labels) > 0
        return [
            Graph(
                num_nodes=int(self.num_nodes[row]),
                edges=self.edges[edges[row]],
                node_labels=self.node_labels[nodes[row]] if labelled else None,
                edge_labels=self.edge_labels[edges[row]] if labelled else None,
                name=None if names is None else names[place],
            )
            for place, row in enumerate(rows.tolist())
        ]

    def save(self, path: Path) -> None:
        """Write an `.npz` of plain arrays; the file appears under its name only when complete."""
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
        with unfinished.open("wb") as file:
            np.savez_compressed(file, **vars(self))
        os.replace(unfinished, path)

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


def _slices(counts: np.ndarray) -> list[slice]:
    ends = np.cumsum(counts, dtype=np.int64).tolist()
    return [slice(end - count, end) for end, count in zip(ends, counts.tolist(), strict=True)]
