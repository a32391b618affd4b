"""Rows that a person picked from several libraries: what each is, where from, and as a file.

A pick keeps all that its row said when it was picked, so that it outlives the folder that it is of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from core.chemistry.chemistry import Chemistry
from core.graph.graph import Graph
from core.library.export import TextKind, text_of
from core.library.leaving import leaving_columns, leaving_rows
from core.library.manifest import LibraryError
from core.library.store import Library
from core.library.structure import TOKENS
from core.triage.generated import Generated
from core.triage.samples import SamplesConfig, read_samples_record

MOST_PICKS = 200
"""Rows of a basket: it is for choosing by eye, and each keeps its graph in memory."""


@dataclass(frozen=True)
class Origin:
    """What the numbers of a row depend on.

    Attributes:
        model: its name.
        weights_sha256: of its weights.
        strategy: name of the strategy that drew the linearizations.
        permutations: how many.
        seed: that fixed them, and the sequences of samples.
        precision: of the forward passes.
        sampled: how a generated row was sampled, of any number; None for a scored one.
    """

    model: str
    weights_sha256: str
    strategy: str
    permutations: int
    seed: int
    precision: str
    sampled: SamplesConfig | None = None

    @classmethod
    def of(cls, library: Library) -> Origin:
        """Of all rows of a library.

        Raises:
            SamplesError: for samples whose record is gone or damaged.
        """
        if library.manifest is None:
            config = SamplesConfig.from_settings(read_samples_record(library.folder)["config"])
            precision, sampled = str(config.precision), replace(config, number=1)
        else:
            precision, sampled = str(library.manifest.settings["precision"]), None
        return cls(library.model, library.weights_sha256, library.strategy, library.permutations,
                   library.seed, precision, sampled)

    @property
    def columns(self) -> dict[str, Any]:
        """The values by the names that files give them."""
        found: dict[str, Any] = {
            "model": self.model, "strategy": self.strategy, "permutations": self.permutations,
            "seed": self.seed, "precision": self.precision}
        if self.sampled is not None:
            found["temperature"] = self.sampled.temperature
            found["top_k"] = self.sampled.top_k
            if self.sampled.fragment is not None:
                found["grown_from"] = self.sampled.fragment
        return found | {"weights_sha256": self.weights_sha256}


Identity = tuple[object, ...]
"""What tells picks apart: equal for a row of a run before and after the run went on."""


@dataclass(frozen=True, eq=False)
class Pick:
    """A row in a basket.

    Attributes:
        identity: see `Identity`.
        source: what the set or the samples are called.
        origin: what its numbers depend on.
        values: its columns, of which `smiles` and `valid` are always there.
        leaving: the same as they leave a library (`core.library.leaving`), without the sequence.
        graph: None where there is none to draw.
        chemistry: of the graph; None without labels.
        smiles: as people read it; None for graphs without one.
        marked: so many first nodes of the graph are a fragment that it grew from.
    """

    identity: Identity
    source: str
    origin: Origin
    values: Mapping[str, Any]
    leaving: Mapping[str, Any]
    graph: Graph | None
    chemistry: Chemistry | None
    smiles: str | None
    marked: int = 0

    @classmethod
    def of(
        cls, library: Library, row: Mapping[str, Any], read: Generated, *, marked: int = 0
    ) -> Pick:
        """A row of a library.

        Args:
            library: of the row.
            row: its columns; missing ones are None.
            read: its graph.
            marked: see the attributes.

        Raises:
            SamplesError: as `Origin.of` does.
        """
        # Objects, as whole numbers beside missing ones would become fractions.
        one = pd.DataFrame([{name: row[name] for name in leaving_columns(library) if name in row}],
                           dtype=object)
        [leaving] = leaving_rows(one, library).drop(columns=TOKENS, errors="ignore").to_dict(
            "records")
        return cls((*identity_of(library), row["row"]), source_of(library), Origin.of(library),
                   {name: row[name] for name in library.columns}, leaving, read.graph,
                   library.chemistry, read.smiles, marked)

    @property
    def name(self) -> str:
        """What the input or the run calls the row."""
        name = self.values.get("id")
        return f"row {self.values.get('row', '')}".strip() if name is None else str(name)


def source_of(library: Library) -> str:
    """What a library is called."""
    return f"{library.model} samples" if library.is_samples else library.folder.name


def identity_of(library: Library) -> Identity:
    """Of a library; with the place of a row behind it that of the row, see `Identity`.

    Raises:
        SamplesError: for samples whose record is gone or damaged.
    """
    if library.manifest is None:
        # Not the folder, nor how many there are: a live run writes another one when it goes on.
        config = read_samples_record(library.folder)["config"]
        run = tuple(sorted((name, str(value)) for name, value in config.items()
                           if name != "number"))
        return library.weights_sha256, run
    files = tuple(file.sha256 for file in library.manifest.inputs)
    return (library.folder.name, library.weights_sha256, library.strategy, library.permutations,
            library.seed, files)


@dataclass(frozen=True)
class Basket:
    """Picks in the order in which they were made.

    Attributes:
        picks: at most `MOST_PICKS`, none twice.
    """

    picks: tuple[Pick, ...] = ()

    def __len__(self) -> int:
        return len(self.picks)

    def __contains__(self, identity: Identity) -> bool:
        return any(pick.identity == identity for pick in self.picks)

    @property
    def is_full(self) -> bool:
        """Whether nothing can be added."""
        return len(self) >= MOST_PICKS

    @property
    def molecules(self) -> int:
        """Picks that SDF and SMILES files can hold."""
        return sum(bool(pick.values["valid"]) and isinstance(pick.values.get("smiles"), str)
                   for pick in self.picks)

    def with_(self, pick: Pick) -> Basket:
        """The basket with one more pick; the same if it is there already, or no room is left."""
        if self.is_full or pick.identity in self:
            return self
        return Basket((*self.picks, pick))

    def without(self, identity: Identity) -> Basket:
        """The basket without a pick."""
        return Basket(tuple(pick for pick in self.picks if pick.identity != identity))

    def to_table(self) -> pd.DataFrame:
        """A row per pick: where it is from, then the columns of all libraries as they leave.

        An own column that is called as one of ours is marked.
        """
        rows = []
        for pick in self.picks:
            ours = {"set": pick.source, **pick.origin.columns}
            rows.append(ours | {
                f"{name} (own)" if name in _OURS else name: value
                for name, value in pick.leaving.items()})
        names = dict.fromkeys(name for row in rows for name in row)
        columns = sorted(names, key=lambda name: (
            name not in _OURS, _OURS.index(name) if name in _OURS else 0))
        # Objects, as whole numbers beside missing ones would become fractions.
        return pd.DataFrame(rows, columns=columns, dtype=object)

    def to_text(self, kind: TextKind) -> str:
        """A file: CSV of all picks, SDF or SMILES of those with a molecule.

        Raises:
            LibraryError: if there is nothing that the file can hold.
        """
        if not self.picks:
            raise LibraryError("The basket is empty; tick rows to fill it.")
        text = text_of(self.to_table(), kind)
        if not text:
            raise LibraryError("No row of the basket has a molecule that RDKit takes; save it as "
                               "CSV or as a sheet.")
        return text


_OURS = ("set", "model", "strategy", "permutations", "seed", "precision", "temperature", "top_k",
         "grown_from", "weights_sha256")
