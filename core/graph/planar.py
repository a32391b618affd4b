"""Random planar graphs: Delaunay triangulations of uniform points (SPECTRE's recipe).

See docs/definitions.md, Graphs and chemistries.

Martinkus, Loukas, Perraudin, Wattenhofer, "SPECTRE", arXiv 2204.01613.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal, cast, get_args

import numpy as np

from core.graph.graph import Graph, GraphError

PLANAR_NODES = 64
"""Nodes of a planar graph, as in SPECTRE's data set."""

PLANAR_PREFIX = "planar:"
"""How the name of a planar graph begins, where it could also be a molecule's SMILES."""

MAX_PLANAR_NUMBER = 2**31 - 1
"""Largest seed and index that a `PlanarName` can have."""

PlanarSplit = Literal["train", "validation", "test"]
_ID = re.compile(r"planar-(\d{1,10})-(train|validation|test)-(\d{1,10})", re.ASCII)


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
    """Names a graph of a stream: what commands and pages call one of test, and its id in results.

    Attributes:
        seed: of the stream, 0 to `MAX_PLANAR_NUMBER`.
        index: place in the stream, 0 to `MAX_PLANAR_NUMBER`.
        split: which stream.

    >>> PlanarName.from_text("planar:0:3").id
    'planar-0-test-3'
    """

    seed: int
    index: int
    split: PlanarSplit = "test"

    def __str__(self) -> str:
        return f"{PLANAR_PREFIX}{self.seed}:{self.index}" if self.split == "test" else self.id

    @property
    def id(self) -> str:
        """The graph's own name, with which data sets and results keep it."""
        return f"planar-{self.seed}-{self.split}-{self.index}"

    @classmethod
    def from_id(cls, text: str) -> PlanarName | None:
        """Read an `id`; None for any other text."""
        found = _ID.fullmatch(text)
        return None if found is None else cls(int(found[1]), int(found[3]),
                                              cast(PlanarSplit, found[2]))

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
        return cls(int(words[0]), int(words[1]))

    def triangulate(self, num_nodes: int = PLANAR_NODES) -> PlanarGraph:
        """The graph; test streams never overlap with those of training."""
        return planar_graph(self.index, seed=self.seed, split=self.split, num_nodes=num_nodes)


def _is_planar_number(text: str) -> bool:
    # Digits beyond ASCII and very long numbers are no numbers here.
    return (text.isascii() and text.isdecimal() and len(text) <= 10
            and int(text) <= MAX_PLANAR_NUMBER)


def is_connected(graph: Graph) -> bool:
    """Whether every node can be reached from every other."""
    return graph.num_components == 1


def is_planar(graph: Graph) -> bool:
    """Whether the graph can be drawn without crossing edges."""
    import networkx as nx

    return bool(nx.check_planarity(graph.to_networkx())[0])


def is_valid_planar(graph: Graph) -> bool:
    """Whether a generated graph is what planar graphs are: connected and planar."""
    return is_connected(graph) and is_planar(graph)
