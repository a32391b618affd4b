"""What a data set is: the one interface that training, evaluation and triage ask.

A data set is one file beside this one and one line in `registry.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from torch import Tensor

from core.chemistry.chemistry import Chemistry
from core.data.packing import PackedGraphs
from core.data.splits import DatasetError, Progress
from core.graph.graph import Graph
from core.sent.batch import GraphBatch, VocabularyError
from core.sent.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class DataPart:
    """One part of a data set: the graphs of `rows`, in that order, packed.

    Attributes:
        packed: graphs among which those of the part are.
        rows: int64 [n], rows of `packed`.
        name_of: the name of the graph at a row of `packed`.
        record: what a model's card says of it: data set, split, number of graphs.
    """

    packed: PackedGraphs
    rows: np.ndarray
    name_of: Callable[[int], str]
    record: dict[str, Any]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, places: Tensor) -> GraphBatch:
        """The graphs at the given places, collated on the CPU, [n] int64 → G = n graphs."""
        return self.packed.collate(self.rows[places.cpu().numpy()])

    def graphs(self, number: int | None = None) -> list[Graph]:
        """The first `number` graphs, by default all, with their names."""
        rows = self.rows[:number]
        return self.packed.to_graphs(rows, names=[self.name_of(row) for row in rows.tolist()])

    def check_fits(self, vocabulary: Vocabulary) -> None:
        """Refuse graphs that `vocabulary` cannot write.

        Raises:
            VocabularyError: saying what the vocabulary holds and what the graphs have.
        """
        if not len(self.rows):
            raise DatasetError("This part of the data set is empty; choose another one.")
        largest = int(self.packed.num_nodes.max())
        if self.packed.is_labelled != vocabulary.is_labelled or largest > vocabulary.max_nodes:
            self.packed.collate(self.rows[:1]).check_fits(vocabulary)
            raise VocabularyError(f"The largest graph has {largest} nodes; the model knows at most "
                                  f"{vocabulary.max_nodes}.")


class Dataset(Protocol):
    """A data set by name.

    Attributes:
        name: in commands and in `trailscope.json`, lower case.
        title: how people call it.
        chemistry: what its labels mean; None for graphs without labels.
        vocabulary: that writes its graphs.
        splits: names of its parts, `train` first.
        help: a few words for `--help`.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def chemistry(self) -> Chemistry | None: ...
    @property
    def vocabulary(self) -> Vocabulary: ...
    @property
    def splits(self) -> tuple[str, ...]: ...
    @property
    def help(self) -> str: ...

    def load(
        self, split: str, *, source: Path | None = None, progress: Progress | None = None
    ) -> DataPart:
        """One part of the data set.

        Args:
            split: one of `splits`.
            source: the data as a local file or folder; by default it is downloaded once or made.
            progress: told how many molecules have been read.

        Raises:
            InputError: for another split, a file that cannot be read or is another data set, or no
                connection, naming the local file to give instead.
        """
        ...

    def is_at_hand(self) -> bool:
        """Whether `load` needs no download."""
        ...

    def make(self, split: str, number: int) -> DataPart | None:
        """The first graphs of a part, if they are made by seed and need no file; else None.

        Raises:
            DatasetError: for another split.
        """
        ...


def check_split(split: str, splits: tuple[str, ...], title: str) -> None:
    """Refuse the name of a part that a data set does not have.

    Raises:
        DatasetError: naming those that it has.
    """
    if split not in splits:
        raise DatasetError(f"{title} has no split {split!r}; use {', '.join(splits)}.")
