"""`GraphSet`: the graphs that a model is evaluated on, and where they come from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.graph.graph import Graph


@dataclass(frozen=True, eq=False)
class GraphSet:
    """Graphs to evaluate on.

    Attributes:
        name: of the data set, such as `QM9` or `planar`, or of the input file.
        split: part of the data set, or None for a file.
        graphs: at least one; their names are their ids.
        smiles: as given, one per graph; where None, it is written from the graph.
        details: what else to say of where they come from, JSON values.
    """

    name: str
    split: str | None
    graphs: tuple[Graph, ...]
    smiles: tuple[str | None, ...] | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of names and contents."""
        found = hashlib.sha256()
        for graph in self.graphs:
            for array in (graph.edges, graph.node_labels, graph.edge_labels):
                found.update(b"" if array is None else np.asarray(array, np.int64).tobytes())
            found.update(f"{graph.name} {graph.num_nodes} {graph.is_labelled}\n".encode())
        return found.hexdigest()
