"""Random planar graphs as a data set: seeded streams of Delaunay triangulations, made, not read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.chemistry.chemistry import Chemistry
from core.data.dataset import DataPart, check_split
from core.data.packing import PackedGraphs
from core.data.splits import DatasetError, Progress
from core.graph.planar import PLANAR_NODES, planar_graph
from core.sent.vocabulary import Vocabulary


@dataclass(frozen=True)
class Planar:
    """The first graphs of a stream.

    Attributes:
        number: graphs of a part.
        seed: of the streams.
        num_nodes: nodes of every graph, 3 or more.
    """

    number: int = 100_000
    seed: int = 0
    num_nodes: int = PLANAR_NODES

    name = "planar"
    title = "planar"
    chemistry: Chemistry | None = None
    splits = ("train", "validation", "test")
    help = "random Delaunay triangulations, made by seed"

    @property
    def vocabulary(self) -> Vocabulary:
        """That of graphs of this size."""
        return Vocabulary(max_nodes=self.num_nodes)

    def load(
        self, split: str, *, source: Path | None = None, progress: Progress | None = None
    ) -> DataPart:
        """See `Dataset.load`; there is no source to give."""
        check_split(split, self.splits, self.title)
        if source is not None:
            raise DatasetError("Planar graphs are made, not read; leave out --data or give "
                               "--dataset qm9.")
        graphs = []
        for index in range(self.number):
            graphs.append(planar_graph(index, seed=self.seed, split=split,  # type: ignore[arg-type]
                                       num_nodes=self.num_nodes).graph)
            if progress is not None and (index % 100 == 0 or index + 1 == self.number):
                progress(index + 1, self.number)
        names = [str(graph.name) for graph in graphs]
        record = {"name": self.name, "split": split, "graphs": len(graphs), "seed": self.seed,
                  "nodes": self.num_nodes}
        return DataPart(PackedGraphs.from_graphs(graphs), np.arange(len(graphs)),
                        names.__getitem__, record)

    def is_at_hand(self) -> bool:
        """See `Dataset.is_at_hand`: graphs are made."""
        return True

    def make(self, split: str, number: int) -> DataPart:
        """See `Dataset.make`."""
        return replace(self, number=number).load(split)
