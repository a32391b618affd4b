"""Random planar graphs as a data set: seeded streams of Delaunay triangulations, made, not read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.data.dataset import DataOptions, DataPart, Dataset
from core.data.packing import PackedGraphs
from core.data.splits import DatasetError, Progress
from core.graph.planar import PLANAR_NODES, planar_graph
from core.sent.vocabulary import Vocabulary


@dataclass(frozen=True)
class Planar(Dataset):
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
    about = "random Delaunay triangulations, made"
    has_molecules = False
    is_made = True

    @property
    def title(self) -> str:  # type: ignore[override]
        """Graphs of another size are another data set: their numbers do not compare."""
        return "planar" if self.num_nodes == PLANAR_NODES else f"planar, {self.num_nodes} nodes"

    def of_model(self, record: Mapping[str, Any]) -> Planar:
        """Of the size that the model was trained on."""
        return replace(self, num_nodes=record.get("nodes", self.num_nodes))

    def adapted(self, options: DataOptions) -> Planar:
        """Another number, another stream, another size."""
        return Planar(options.number or self.number, options.seed,
                      options.nodes or self.num_nodes)

    def writes(self, vocabulary: Vocabulary) -> bool:
        """Whether a model writes graphs without labels."""
        return not vocabulary.is_labelled

    def load(
        self, split: str, *, source: Path | None = None, progress: Progress | None = None
    ) -> DataPart:
        """See `Dataset.load`; there is no source to give."""
        self.check_split(split)
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
                        names.__getitem__, record, title=self.title,
                        details={"nodes": self.num_nodes, "stream_seed": self.seed})
