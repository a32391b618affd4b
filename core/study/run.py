"""Measure the diversity of a set of graphs, chunk by chunk, resumably; the result as a folder.

A run folder holds `settings.json` and a Parquet file per mixture and chunk of graphs; what one
holds depends on the settings alone. The result has `record.json` and `diversity.parquet`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from core.evaluation.graph_set import GraphSet
from core.records import RECORD, RunRecord, read_record
from core.runs import claim, hold, replacing
from core.sent.batch import GraphBatch
from core.sent.strategies import RANDOM_ORDER, Strategy
from core.sent.vocabulary import Vocabulary
from core.stats.estimates import Estimate
from core.stats.molecule_bootstrap import MoleculeBootstrap
from core.study.diversity import measure_diversity
from core.study.mixture import DiversityError, Mixture

FORMAT_VERSION = 1
COMMAND = "diversity"
MAX_SAMPLES = 1000
MEASURES = ("unique_ratio", "distinct_grams", "gram_entropy_bits", "compressed_bits_per_token")
"""Fields of `DiversityCurves` [G, J], columns of the table."""

_CHUNK_SEQUENCES = 8192  # 130 MB of working memory for QM9
_TABLE = "diversity.parquet"


@dataclass(frozen=True)
class DiversityConfig:
    """All that the numbers depend on, besides the graphs.

    Attributes:
        strategies: names or triples.
        shares: of `random_order`, each in [0, 1]; every other strategy is measured with every one.
        samples: per graph, increasing, each in [1, `MAX_SAMPLES`].
        seed: fixes linearizations and resamples.
        limit: most sequences of a graph that are enumerated; 0 for no enumeration.
    """

    strategies: tuple[str, ...]
    shares: tuple[float, ...] = (0.0,)
    samples: tuple[int, ...] = (1, 3, 10, 32, 100)
    seed: int = 0
    limit: int = 0

    def __post_init__(self) -> None:
        _ = self.mixtures  # refuses what is unknown
        wrong = [k for k in self.samples if not 1 <= k <= MAX_SAMPLES]
        if wrong or not self.samples or list(self.samples) != sorted(set(self.samples)):
            raise DiversityError(f"Samples per graph are increasing numbers in [1, {MAX_SAMPLES}], "
                                 f"got {list(self.samples)}.")

    @property
    def mixtures(self) -> list[Mixture]:
        """Every strategy with every share, each once; to `random_order` a share of itself adds
        nothing."""
        return list(dict.fromkeys(
            Mixture(strategy, share) for strategy in map(Strategy.from_name, self.strategies)
            for share in ((0.0,) if strategy == RANDOM_ORDER else self.shares)))


@dataclass(frozen=True, eq=False)
class Diversity:
    """Diversity of a set of graphs.

    Attributes:
        table: a row per graph, strategy, share and number of samples: id, strategy, share, samples,
            `MEASURES`, num_sequences (missing where it was not enumerated).
        record: settings, provenance and, per curve point, means with intervals over graphs.
    """

    table: pd.DataFrame
    record: dict[str, Any]

    def to_frame(self) -> pd.DataFrame:
        """The table; units stand in the names of its columns."""
        return self.table.copy()

    @property
    def curves(self) -> pd.DataFrame:
        """A row per strategy, share and number of samples: means over graphs with their intervals
        (`NAME_low`, `NAME_high`, missing where there is none), and of the graphs whose sequences
        were enumerated how many there are and the median number of their sequences."""
        rows = []
        for point in self.record["result"]["curves"]:
            row: dict[str, Any] = {}
            for name, value in point.items():
                row |= (Estimate.from_json(value).columns(name) if name in MEASURES else
                        {name: value})
            rows.append(row)
        return pd.DataFrame(rows, dtype=object)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why there are no intervals, a sentence; nothing where there are."""
        found = (point[measure].get("reason") for point in self.record["result"]["curves"]
                 for measure in MEASURES)
        return tuple(dict.fromkeys(filter(None, found)))

    @classmethod
    def load(cls, folder: Path | str) -> Diversity:
        """Read a result.

        Raises:
            DiversityError: if it is missing, damaged, or of another version.
        """
        folder = Path(folder)
        record = read_record(folder, command=COMMAND, version=FORMAT_VERSION,
                             what="a diversity", error=DiversityError)
        try:
            return cls(pd.read_parquet(folder / _TABLE), record)
        except (OSError, ValueError) as cause:
            raise DiversityError(f"{folder / _TABLE} is damaged; make the folder anew with "
                                 f"`trailscope {COMMAND}`.") from cause

    def save(self, folder: Path | str) -> None:
        """Write the folder; the record comes last, so that a folder with one is whole."""
        folder = Path(folder)
        (folder / RECORD).unlink(missing_ok=True)
        with replacing(folder / _TABLE) as partial:
            self.table.to_parquet(partial, index=False, compression="zstd")
        fields = {name: value for name, value in self.record.items() if name != "checkpoint"}
        RunRecord(**fields).write(folder / RECORD)


class DiversityRun:
    """One set of graphs under several mixtures; run again on its folder, it goes on.

    Raises:
        DiversityError: if `run_folder` holds other settings, or there are no graphs.
        RunFolderError: if another process works in it.
        VocabularyError: for a graph that cannot be written.
    """

    def __init__(
        self, graphs: GraphSet, vocabulary: Vocabulary, config: DiversityConfig, *, run_folder: Path
    ) -> None:
        if not graphs.graphs:
            raise DiversityError(f"{graphs.name} holds no graph whose diversity can be measured.")
        GraphBatch.from_graphs(graphs.graphs, with_automorphisms=False).check_fits(vocabulary)
        self.graphs, self.vocabulary, self.config = graphs, vocabulary, config
        self.folder = run_folder
        claim(run_folder, {"format_version": FORMAT_VERSION, "graphs": graphs.digest,
                           "vocabulary": vocabulary.to_json(), **asdict(config)},
              what="a diversity", error=DiversityError)

    def steps(self) -> Generator[tuple[int, int], None, None]:
        """Do what is left; yields the chunks done, and of how many, after each."""
        chunks = list(self._chunks())
        with hold(self.folder):
            for done, (path, mixture, first, last) in enumerate(chunks, 1):
                if not path.exists():
                    table = self._measure(mixture, first, last)
                    with replacing(path) as partial:
                        table.to_parquet(partial, index=False)
                yield done, len(chunks)

    def result(self) -> Diversity:
        """All chunks together, once `steps` has come to its end."""
        table = pd.concat([pd.read_parquet(path) for path, *_ in self._chunks()],
                          ignore_index=True)
        bootstrap = MoleculeBootstrap(len(self.graphs.graphs), seed=self.config.seed)
        curves = []
        for (name, share, k), rows in table.groupby(["strategy", "share", "samples"], sort=False):
            found = {measure: bootstrap.ratio(rows[measure]).to_json() for measure in MEASURES}
            known = rows["num_sequences"].dropna()
            curves.append({"strategy": name, "share": share, "samples": k, **found,
                           "enumerated": len(known),
                           "num_sequences_median": float(known.median()) if len(known) else None})
        config = {"format_version": FORMAT_VERSION, "dataset": self.graphs.name,
                  "split": self.graphs.split, **asdict(self.config)}
        record = RunRecord(COMMAND, config,
                           {"num_graphs": len(self.graphs.graphs), "curves": curves},
                           seed=self.config.seed, device="cpu")
        return Diversity(table, record.to_json())

    def _chunks(self) -> Iterator[tuple[Path, Mixture, int, int]]:
        size = max(1, _CHUNK_SEQUENCES // self.config.samples[-1])
        total = len(self.graphs.graphs)
        for number, mixture in enumerate(self.config.mixtures):
            for first in range(0, total, size):
                yield (self.folder / f"chunk-{number}-{first}.parquet", mixture, first,
                       min(first + size, total))

    def _measure(self, mixture: Mixture, first: int, last: int) -> pd.DataFrame:
        graphs, config = self.graphs.graphs[first:last], self.config
        tokens, lengths = mixture.draw(graphs, self.vocabulary, permutations=config.samples[-1],
                                       seed=config.seed)
        found = measure_diversity(tokens.numpy(), lengths.numpy(), config.samples)
        counts = [mixture.count_sequences(graph, self.vocabulary, limit=config.limit)
                  if config.limit else None for graph in graphs]
        points = len(config.samples)
        return pd.DataFrame({
            "id": [graph.name for graph in graphs for _ in range(points)],
            "strategy": mixture.strategy.name, "share": mixture.share,
            "samples": list(config.samples) * len(graphs),
            **{name: getattr(found, name).ravel() for name in MEASURES},
            "num_sequences": pd.array([n for n in counts for _ in range(points)], dtype="Int64"),
        })
