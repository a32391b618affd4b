"""Random planar graphs: Delaunay triangulations of uniform points (SPECTRE's recipe; SPEC 1).

Martinkus, Loukas, Perraudin, Wattenhofer, "SPECTRE", arXiv 2204.01613.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal, get_args

import numpy as np

from core.graph.graph import Graph

PLANAR_NODES = 64
"""Nodes of a planar graph, as in SPECTRE's data set."""

PlanarSplit = Literal["train", "validation", "test"]


@dataclass(frozen=True, eq=False)
class PlanarGraph:
    """A triangulation with the points that it joins.

    Attributes:
        graph: unlabelled, n nodes.
        positions: the points in the unit square, [n, 2] float64, read-only.
    """

    graph: Graph
    positions: np.ndarray


def planar_graph(
    index: int, *, seed: int, split: PlanarSplit = "train", num_nodes: int = PLANAR_NODES
) -> PlanarGraph:
    """Graph number `index` of a stream; the same arguments always give the same graph.

    Args:
        index: place in the stream, ≥ 0.
        seed: ≥ 0; shared by the three streams, which never overlap.
        split: `train`, `validation` or `test`.
        num_nodes: n ≥ 3 points.

    Raises:
        ValueError: for another split, or fewer than three points.
    """
    from scipy.spatial import Delaunay  # as slow to import as the rest of this package

    if split not in get_args(PlanarSplit):
        raise ValueError(f"Unknown split {split!r}; use {', '.join(get_args(PlanarSplit))}.")
    if num_nodes < 3:
        raise ValueError(f"A triangulation needs at least 3 points, got {num_nodes}.")
    stream = np.random.SeedSequence(seed, spawn_key=(get_args(PlanarSplit).index(split), index))
    positions = np.random.default_rng(stream).random((num_nodes, 2))
    corners = Delaunay(positions).simplices  # [triangles, 3]
    sides = np.sort(corners[:, [[0, 1], [1, 2], [0, 2]]].reshape(-1, 2), axis=1)
    positions.setflags(write=False)
    graph = Graph(num_nodes, np.unique(sides, axis=0), name=f"planar-{seed}-{split}-{index}")
    return PlanarGraph(graph, positions)


def planar_stream(
    split: PlanarSplit, *, seed: int, num_nodes: int = PLANAR_NODES
) -> Iterator[PlanarGraph]:
    """All graphs of a stream, without end; see `planar_graph`."""
    return (planar_graph(index, seed=seed, split=split, num_nodes=num_nodes) for index in count())
