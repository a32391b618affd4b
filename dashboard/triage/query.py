"""What a visitor can choose on the Generate & triage page, and how it stands in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from core.likelihood.scoring import Precision
from core.stats.molecule_scores import QUANTITIES
from core.triage.samples import SamplesConfig
from dashboard.shared.choices import MAX_SEED
from dashboard.shared.query_params import Choice, Number, Parameters, faults

SOURCES = SHIPPED, LIVE = ("shipped", "live")
"""Where the graphs come from: results that ship with the product, or a run on this machine."""

MAX_LIVE_NUMBER = 1000
"""Sequences that a visitor may sample at a time: a limit of a hosted demo."""

MAX_LIVE_PERMUTATIONS = 64
DEFAULT_LIVE_NUMBER, DEFAULT_LIVE_PERMUTATIONS = 100, 32
LIVE_CHUNK = 25
"""Sequences between two looks at the results, a few seconds of work."""

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.1, 5.0
DEFAULT_TOP_K, MAX_TOP_K = 10, 99
PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16")

VIEWS = (MOLECULES, RANKING, RISK_COVERAGE, KEEP_LIST, ALONG_TRAINING, CODE) = (
    "Molecules", "Ranking", "Risk and coverage", "Keep-list", "Along training", "Code")
"""Sections of the page. Streamlit writes a choice into the address as it is labelled."""

AS_GENERATED = "as generated"
SORTS = {AS_GENERATED: None, "LU": "lu", "self NLL": "self_nll", "mean NLL": "nll_mean",
         "order-marginal NLL": "nll_marginal"}
"""Orders of the molecules, and the column of each."""

SCORES = {label: column for label, column in SORTS.items() if column in QUANTITIES}
"""Scores that can rank molecules, LU first: names on the page and columns."""

SCORE_NAMES = {column: label for label, column in SCORES.items()}
"""The same by column."""

DIRECTIONS = LOWEST_FIRST, HIGHEST_FIRST = ("lowest first", "highest first")
KINDS = ALL, STABLE, UNSTABLE, INVALID = ("all", "stable", "unstable", "invalid")
PLANAR_KINDS = ("all", "valid", "invalid")
"""Kinds of generated graphs that can be shown alone; planar graphs have no stability."""

PAGE_SIZE = 12

MIN_FDR, MAX_FDR, DEFAULT_FDR = 0.5, 50.0, 5.0
"""False-discovery rates of a keep-list, percent."""


@dataclass(frozen=True)
class LiveQuery:
    """What a live run depends on.

    Attributes:
        model: a shipped model's name.
        weights: SHA-256 of its weights.
        config: how to sample and score.
    """

    model: str
    weights: str
    config: SamplesConfig


@dataclass(frozen=True)
class Filter:
    """Which rows of a table are shown, and in which order.

    Attributes:
        kind: one of `KINDS` or `PLANAR_KINDS`.
        only_unique: leave out what is not valid and all but the first of equal graphs.
        sort: key of `SORTS`.
        highest_first: direction; rows without a value are last in both.
    """

    kind: str = ALL
    only_unique: bool = False
    sort: str = AS_GENERATED
    highest_first: bool = False

    def rows(self, table: pd.DataFrame, matches: np.ndarray | None = None) -> list[int]:
        """Rows of a table of samples that pass, in order.

        Args:
            table: columns `SAMPLE_TYPES`.
            matches: further condition, [n] bool.
        """
        keep = np.ones(len(table), dtype=bool) if matches is None else matches.copy()
        match self.kind:
            case "valid":
                keep &= table["valid"]
            case "invalid":
                keep &= ~table["valid"]
            case "stable":
                keep &= table["stable"].fillna(False).to_numpy(dtype=bool)
            case "unstable":
                keep &= (~table["stable"]).fillna(False).to_numpy(dtype=bool)
        if self.only_unique:
            keep &= table["unique"].fillna(False).to_numpy(dtype=bool)
        rows = np.flatnonzero(keep)
        column = SORTS[self.sort]
        if column is None:
            return (rows[::-1] if self.highest_first else rows).tolist()
        values = table[column].to_numpy(dtype=np.float64)[rows]
        order = np.argsort(-values if self.highest_first else values, kind="stable")
        return rows[order].tolist()  # numpy sorts NaN last


def command(model: str, config: SamplesConfig) -> str:
    """The command line that samples and scores the same graphs."""
    usual = asdict(SamplesConfig(config.number))
    parts = [f"trailscope triage --model {model} --number {config.number} "
             f"--permutations {config.permutations} --seed {config.seed}"]
    for name in ("temperature", "top_k", "mask", "precision", "chunk"):
        value = getattr(config, name)
        if value != usual[name]:
            parts.append(f"--{name.replace('_', '-')} {0 if value is None else value}")
    return " ".join([*parts, f"--output {model}-samples"])


def python(model: str, config: SamplesConfig) -> str:
    """The Python that samples, scores and ranks the same graphs."""
    usual = asdict(SamplesConfig(config.number))
    settings = "".join(f", {name}={value!r}" for name, value in asdict(config).items()
                       if name in ("number", "permutations", "seed") or value != usual[name])
    return f"""\
import pandas as pd

from core.model import load_checkpoint
from core.stats import compare_samples
from core.triage.quality import sample_quality
from core.triage.run import sample_and_score
from core.triage.samples import SamplesConfig, mark_unique

checkpoint = load_checkpoint({model!r})
config = SamplesConfig({settings[2:]})
table = pd.concat(sample_and_score(checkpoint, config), ignore_index=True)
table = mark_unique(table, checkpoint.vocabulary)
print(sample_quality(table))
for roc in compare_samples(table, seed={config.seed}).rocs:
    print(roc.name, roc.auc)
"""


def shipped_python(model: str) -> str:
    """The Python that reads and ranks the graphs that ship."""
    return f"""\
from core.stats import compare_samples
from core.triage.samples import Samples, shipped_samples

samples = Samples.load(shipped_samples()[{model!r}])
print(samples.quality)
for roc in compare_samples(samples.table, seed=samples.config.seed).rocs:
    print(roc.name, roc.auc)
"""


def address_faults(query: Mapping[str, str], models: Sequence[str]) -> list[str]:
    """One sentence for every parameter of an address that cannot be taken as it stands."""
    return faults(query, {"generator": Choice("model", models), **_PARAMETERS})


_PARAMETERS: Parameters = {
    "source": Choice("source", SOURCES), "part": Choice("section", VIEWS),
    "precision": Choice("precision", PRECISIONS), "sort": Choice("order", tuple(SORTS)),
    "direction": Choice("direction", DIRECTIONS),
    "show": Choice("kind of graphs", tuple(dict.fromkeys((*KINDS, *PLANAR_KINDS)))),
    "score": Choice("score", tuple(SCORES)),
    "n": Number("number of sequences", 1, MAX_LIVE_NUMBER),
    "permutations": Number("number of permutations", 2, MAX_LIVE_PERMUTATIONS),
    "runseed": Number("seed", 0, MAX_SEED),
    "temperature": Number("temperature", MIN_TEMPERATURE, MAX_TEMPERATURE),
    "topk": Number("top k", 0, MAX_TOP_K),
    "fdr": Number("false-discovery rate in percent", MIN_FDR, MAX_FDR),
    "split": Number("seed of the split", 0, MAX_SEED),
    "page": Number("page", 1, MAX_SEED), "keptpage": Number("page", 1, MAX_SEED),
}
