"""What can be chosen on the Training page, and how it stands in the address."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.chemistry.chemistry import CHEMISTRIES, Chemistry
from core.data.records import FILE_SUFFIXES
from core.graph.graph import Graph
from core.sent.strategies import STRATEGIES
from core.study.run import DiversityConfig
from core.study.training_record import TrainingRecord
from dashboard.shared.choices import MAX_SEED
from dashboard.shared.query_params import Choice, Number, faults

OWN = "Your molecules"
"""The set that a visitor brings, among those that ship."""

MEASURES = {
    "unique sequences": "unique_ratio",
    "distinct 3-grams": "distinct_grams",
    "3-gram entropy": "gram_entropy_bits",
    "compressed size": "compressed_bits_per_token",
}
"""What diversity is measured by, in words; columns of its tables."""

SHARES = {"none": 0.0, "10%": 0.1, "30%": 0.3}
"""Random orders among those of a strategy, in words."""

UNDER = {"own order": "nll_per_token_own_nats", "random order": "nll_per_token_random_nats"}
"""Orders in which held-out graphs are written while a model learns; columns of its record."""

ALL_SIZES = "all"
AUTOMATIC = "automatic"
WRITTEN_AS = (AUTOMATIC, *CHEMISTRIES)
SAMPLES = (100, 300, 1000)
MOST_MOLECULES = 200
MAX_TYPED = 50_000
MAX_UPLOAD_MB, MAX_RECORD_MB = 20, 5
FILE_TYPES = [suffix.removeprefix(".") for suffix in FILE_SUFFIXES] + ["gz"]

_POINTS = (1, 3, 10, 30, 100, 300, 1000)


def address_faults(
    query: Mapping[str, str], sets: Sequence[str], datasets: Sequence[str], sizes: Sequence[str]
) -> list[str]:
    """One sentence for every parameter of an address that cannot be taken as it stands.

    Args:
        query: the address's parameters.
        sets: whose diversity can be shown.
        datasets: that there are training records of.
        sizes: of the training sets, in words.
    """
    return faults(query, {
        "divset": Choice("set of graphs", sets, is_of_server=True),
        "divmeasure": Choice("measure", tuple(MEASURES)),
        "divmix": Choice("share of random orders", tuple(SHARES)),
        "divas": Choice("chemistry", WRITTEN_AS),
        "divsamples": Choice("number of samples", tuple(map(str, SAMPLES))),
        "divseed": Number("seed", 0, MAX_SEED),
        "trainset": Choice("data set", datasets, is_of_server=True),
        "trainsize": Choice("size of the training set", sizes, is_of_server=True),
        "trainunder": Choice("order", tuple(UNDER)),
    })


@dataclass(frozen=True)
class OwnMolecules:
    """Molecules whose linearizations a visitor wants to see measured.

    Attributes:
        name: of the file.
        content: its bytes.
        written_as: name of a chemistry, or `AUTOMATIC`.
        samples: per molecule, at most; of `SAMPLES`.
        seed: of linearizations and intervals.
    """

    name: str
    content: bytes
    written_as: str
    samples: int
    seed: int

    @property
    def config(self) -> DiversityConfig:
        """How they are measured: all strategies, with every share."""
        return DiversityConfig(tuple(STRATEGIES), tuple(SHARES.values()),
                               tuple(point for point in _POINTS if point <= self.samples),
                               self.seed)

    @property
    def digest(self) -> str:
        """Another for other molecules or settings."""
        said = json.dumps([hashlib.sha256(self.content).hexdigest(), self.name, self.written_as,
                           self.samples, self.seed])
        return hashlib.sha256(said.encode()).hexdigest()[:12]


@dataclass(frozen=True, eq=False)
class Records:
    """Trainings that the page shows.

    Attributes:
        found: those that can be read.
        faults: one sentence for every other one.
    """

    found: tuple[TrainingRecord, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ReadMolecules:
    """A visitor's molecules.

    Attributes:
        chemistry: in which they are written.
        graphs: those that can be, at most `MOST_MOLECULES`.
        skipped: a sentence for each that cannot be, with its name.
        is_cut: whether there are more rows than were read.
    """

    chemistry: Chemistry
    graphs: tuple[Graph, ...]
    skipped: tuple[str, ...]
    is_cut: bool = False
