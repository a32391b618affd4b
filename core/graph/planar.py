"""Random planar graphs: Delaunay triangulations of uniform points (SPECTRE's recipe; SPEC 1).

Martinkus, Loukas, Perraudin, Wattenhofer, "SPECTRE", arXiv 2204.01613.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal, get_args

import networkx as nx
import numpy as np

from core.graph.graph import Graph, GraphError

PLANAR_NODES = 64
"""Nodes of a planar graph, as in SPECTRE's data set."""

PLANAR_PREFIX = "planar:"
"""How the name of a planar graph begins, where it could also be a molecule's SMILES."""

MAX_PLANAR_NUMBER = 2**31 - 1
"""Largest seed and index that a `PlanarName` can have."""

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
    graph = Graph(num_nodes, np.unique(sides, axis=0), name=PlanarName(seed, index, split).id)
    return PlanarGraph(graph, positions)


def planar_stream(
    split: PlanarSplit, *, seed: int, num_nodes: int = PLANAR_NODES
) -> Iterator[PlanarGraph]:
    """All graphs of a stream, without end; see `planar_graph`."""
    return (planar_graph(index, seed=seed, split=split, num_nodes=num_nodes) for index in count())


@dataclass(frozen=True)
class PlanarName:
    """Which graph of which stream: what people type, and what tables call it.

    Attributes:
        seed: of the stream, 0 to `MAX_PLANAR_NUMBER`.
        index: place in the stream, 0 to `MAX_PLANAR_NUMBER`.
        split: the stream; people name graphs of test streams only.

    >>> PlanarName.from_text("planar:0:3")
    PlanarName(seed=0, index=3, split='test')
    >>> PlanarName.from_id("planar-0-train-3")
    PlanarName(seed=0, index=3, split='train')
    """

    seed: int
    index: int
    split: PlanarSplit = "test"

    def __str__(self) -> str:
        """What commands and pages call a graph of a test stream: `planar:SEED:INDEX`."""
        return f"{PLANAR_PREFIX}{self.seed}:{self.index}"

    @property
    def id(self) -> str:
        """Name of the `Graph`, and so its id in tables: `planar-SEED-SPLIT-INDEX`."""
        return f"planar-{self.seed}-{self.split}-{self.index}"

    @classmethod
    def from_text(cls, text: str) -> PlanarName:
        """Read what `str` writes.

        Raises:
            GraphError: for anything else.
        """
        words = text.removeprefix(PLANAR_PREFIX).split(":")
        if (not text.startswith(PLANAR_PREFIX) or len(words) != 2
                or not all(_is_planar_number(word) for word in words)):
            shown = text if len(text) <= 40 else text[:39] + "…"
            raise GraphError(f"{shown!r} names no planar graph; write planar:SEED:INDEX with two "
                             f"whole numbers from 0 to {MAX_PLANAR_NUMBER:,}.")
        seed, index = map(int, words)
        return cls(seed, index)

    @classmethod
    def from_id(cls, text: str) -> PlanarName | None:
        """Read an `id`; None for that of any other graph."""
        match text.split("-"):
            case ["planar", seed, ("train" | "validation" | "test") as split, index] if (
                    _is_planar_number(seed) and _is_planar_number(index)):
                return cls(int(seed), int(index), split)
        return None

    def triangulate(self) -> PlanarGraph:
        """The graph; test streams never overlap with those of training."""
        return planar_graph(self.index, seed=self.seed, split=self.split)


def _is_planar_number(text: str) -> bool:
    # Digits beyond ASCII and very long numbers are no numbers here.
    return (text.isascii() and text.isdecimal() and len(text) <= 10
            and int(text) <= MAX_PLANAR_NUMBER)


def is_connected(graph: Graph) -> bool:
    """Whether every node can be reached from every other."""
    return bool(nx.is_connected(graph.to_networkx()))


def is_planar(graph: Graph) -> bool:
    """Whether the graph can be drawn without crossing edges."""
    return bool(nx.check_planarity(graph.to_networkx())[0])


def is_valid_planar(graph: Graph) -> bool:
    """Whether a generated graph is what planar graphs are: connected and planar."""
    return is_connected(graph) and is_planar(graph)
