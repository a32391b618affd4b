"""What a data set is: the one interface that training, evaluation and triage ask.

A data set is one file beside this one and one line in `registry.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from core.chemistry.chemistry import Chemistry
from core.data.packing import PackedGraphs
from core.data.pieces import in_pieces, on_all_cores
from core.data.splits import DatasetError, Progress
from core.graph.graph import Graph
from core.sent.vocabulary import Vocabulary, vocabulary_of

if TYPE_CHECKING:
    from torch import Tensor

    from core.sent.batch import GraphBatch


T = TypeVar("T")

_UNPACKED = 1024
"""Graphs that are unpacked at a time."""


@dataclass(frozen=True, eq=False)
class DataPart:
    """One part of a data set: the graphs of `rows`, in that order, packed.

    Attributes:
        packed: graphs among which those of the part are.
        rows: int64 [n], rows of `packed`.
        name_of: the name of the graph at a row of `packed`.
        record: what a model's card says of it: data set, split, number of graphs.
        chemistry: what the labels of its graphs mean; None for graphs without labels.
        title: how people call the data set.
        details: what else results say of where the graphs come from, JSON values.
    """

    packed: PackedGraphs
    rows: np.ndarray
    name_of: Callable[[int], str]
    record: dict[str, Any]
    chemistry: Chemistry | None = None
    title: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, places: Tensor) -> GraphBatch:
        """The graphs at the given places, collated on the CPU, [n] int64 → G = n graphs."""
        return self.packed.collate(self.rows[places.cpu().numpy()])

    @property
    def vocabulary(self) -> Vocabulary:
        """The smallest that writes all graphs of the data set."""
        if self.chemistry is not None:
            return vocabulary_of(self.chemistry)
        return Vocabulary(max_nodes=int(self.packed.num_nodes.max()))

    def first(self, number: int | None) -> DataPart:
        """The first graphs of the part, all for None."""
        return replace(self, rows=self.rows[:number])

    def subset(self, number: int, *, seed: int) -> DataPart:
        """So many graphs of the part, drawn by a seed, in their order; the card says which.

        Raises:
            DatasetError: for more graphs than there are.
        """
        if number > len(self.rows):
            raise DatasetError(f"{self.title}'s {self.record['split']} split has "
                               f"{len(self.rows):,} graphs, so a subset of {number:,} is no part "
                               "of it.")
        chosen = np.random.default_rng(seed).permutation(len(self.rows))[:number]
        return replace(self, rows=self.rows[np.sort(chosen)], record={
            **self.record, "graphs": number, "subset_seed": seed, "subset_of": len(self.rows)})

    def learnt(self, record: Mapping[str, Any]) -> DataPart:
        """What a model was trained on, of the part, as its card's `data` says: a subset, or all.

        Raises:
            DatasetError: if the subset was drawn from another number of graphs, so that the seed
                would now draw others.
        """
        seed = record.get("subset_seed")
        if seed is None:
            return self
        whole = record.get("subset_of", len(self.rows))  # cards of old do not say
        if whole != len(self.rows):
            raise DatasetError(f"The model learnt {record['graphs']:,} of {whole:,} graphs, and "
                               f"{self.title}'s {self.record['split']} split has "
                               f"{len(self.rows):,} here; give the data that it was trained on.")
        return self.subset(record["graphs"], seed=seed)

    def graphs(self) -> list[Graph]:
        """All graphs, with their names; `unpacked` takes less memory."""
        return list(self.unpacked())

    def unpacked(self) -> Iterator[Graph]:
        """The graphs one by one, with their names."""
        for first in range(0, len(self.rows), _UNPACKED):
            rows = self.rows[first : first + _UNPACKED]
            yield from self.packed.to_graphs(rows, list(map(self.name_of, rows.tolist())))

    def map_pieces(
        self, function: Callable[[PackedGraphs], T], progress: Progress | None = None
    ) -> Iterator[T]:
        """What a function says of every piece of the part, in order; see `on_all_cores`.

        Args:
            function: of the graphs of a piece, which come without their names.
            progress: told how many of all graphs are done, before the first piece and after each.
        """
        pieces = (self.packed.take(np.array(rows)) for rows in in_pieces(self.rows))
        return on_all_cores(function, pieces, total=len(self), progress=progress)

    def check_fits(self, vocabulary: Vocabulary) -> None:
        """Refuse graphs that `vocabulary` cannot write.

        Raises:
            VocabularyError: saying what the vocabulary holds and what the graphs have.
        """
        from core.sent.batch import VocabularyError

        if not len(self.rows):
            raise DatasetError("This part of the data set is empty; choose another one.")
        largest = int(self.packed.num_nodes[self.rows].max())
        if self.packed.is_labelled != vocabulary.is_labelled or largest > vocabulary.max_nodes:
            self.packed.collate(self.rows[:1]).check_fits(vocabulary)
            raise VocabularyError(f"The largest graph has {largest} nodes; the model knows at most "
                                  f"{vocabulary.max_nodes}.")


@dataclass(frozen=True)
class DataOptions:
    """How somebody wants a data set; one that an option means nothing to ignores it.

    Attributes:
        chemistry: that molecules are read under, None for the data set's own.
        number: graphs of a part, where they are made; None for the data set's own number.
        seed: of graphs that are made.
        nodes: of every graph that is made; None for the data set's own number.
    """

    chemistry: Chemistry | None = None
    number: int | None = None
    seed: int = 0
    nodes: int | None = None


class Dataset(ABC):
    """A data set by name.

    Attributes:
        name: in commands and in `trailscope.json`, lower case.
        title: how people call it, and the same word in any case, or `name`.
        about: a few words for `--help`.
        source: what `--data` takes, in a few words for `--help`; None where there is nothing to
            give.
        splits: names of its parts, `train` first.
        has_molecules: whether its graphs are molecules, read under a `Chemistry`.
        is_made: whether its graphs are made, as many as are asked for.
        chemistry: that its molecules are read under; None for graphs without labels, and where
            only the file says.
        max_heavy_atoms: of its molecules, where that is less than its chemistry allows.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str]
    source: ClassVar[str | None] = None
    splits: ClassVar[tuple[str, ...]] = ("train", "validation", "test")
    has_molecules: ClassVar[bool] = True
    is_made: ClassVar[bool] = False
    chemistry: Chemistry | None = None
    max_heavy_atoms: ClassVar[int | None] = None

    def of_model(self, record: Mapping[str, Any]) -> Dataset:
        """The data set as a model learnt it, as its card says."""
        return self

    def adapted(self, options: DataOptions) -> Dataset:
        """The data set as somebody wants it."""
        return self

    def writes(self, vocabulary: Vocabulary) -> bool:
        """Whether a model of this vocabulary writes graphs such as those of the data set."""
        return self.chemistry is not None and vocabulary == vocabulary_of(self.chemistry)

    @abstractmethod
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

    def is_at_hand(self) -> bool:
        """Whether `load` needs no download."""
        return self.is_made

    def has_part(self, split: str, source: Path | None) -> bool:
        """Whether a source holds a part; files of molecules are divided into all of them."""
        return split in self.splits

    def check_split(self, split: str) -> None:
        """Refuse the name of a part that the data set does not have.

        Raises:
            DatasetError: naming those that it has.
        """
        if split not in self.splits:
            raise DatasetError(f"{self.title} has no split {split!r}; use "
                               f"{', '.join(self.splits)}.")
