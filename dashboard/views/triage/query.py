"""What a visitor can choose on the Generate & triage page, and how it stands in the address."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from core.chemistry.chemistry import Chemistry
from core.library.selection import Selection
from core.quotas import is_hosted, quotas
from core.stats.roc import ScoreComparison, ScoreRoc
from core.triage.samples import SamplesConfig
from core.triage.scores import PLANARITY, SCORES, STABILITY, VALIDITY, quality_label
from dashboard.rows.columns import AS_GENERATED, DIRECTIONS, LOOKS, SAMPLE_LABELS, Keys
from dashboard.shared.choices import MAX_SEED, PRECISIONS
from dashboard.shared.guide_steps import PARAMETER, parameter
from dashboard.shared.links import TRIAGE
from dashboard.shared.query_params import Choice, Number, Parameters, faults

SOURCES = SHIPPED, LIVE = ("shipped", "live")
"""Where the graphs come from: results that ship with the product, or a run on this machine."""

MAX_LIVE_NUMBER = 1000
"""Sequences that may be sampled at a time."""

MAX_LIVE_PERMUTATIONS = 64
DEFAULT_LIVE_NUMBER, DEFAULT_LIVE_PERMUTATIONS = 100, 32
LIVE_CHUNK = 25
"""Sequences between two looks at the results, a few seconds of work."""

MIN_TEMPERATURE, MAX_TEMPERATURE = 0.1, 5.0
DEFAULT_TOP_K, MAX_TOP_K = 10, 99

VIEWS = (MOLECULES, SET_METRICS, RANKING, RISK_COVERAGE, KEEP_LIST, ALONG_TRAINING, CODE) = (
    "Molecules", "Set metrics", "Ranking", "Risk and coverage", "Keep-list", "Along training",
    "Code")
"""Sections of the page. Streamlit writes a choice into the address as it is labelled."""

VIEWS_WITHOUT_SET_METRICS = tuple(view for view in VIEWS if view != SET_METRICS)
"""Sections where hydrogens are nodes, and of planar graphs."""


def max_live_number() -> int:
    """Sequences that a visitor may sample at a time."""
    return min(MAX_LIVE_NUMBER, quotas().visitor_rows) if is_hosted() else MAX_LIVE_NUMBER


SCORE_LABELS = {score.column: score.label
                for score in sorted(SCORES.values(), key=lambda score: score.column != "lu")}
"""Scores that can rank molecules, LU first: columns, and what they are called on the page."""

SCORE_COLUMNS = {label: column for column, label in SCORE_LABELS.items()}
"""The same by label."""

KEYS = Keys(filter="samplefilter", smarts="smarts", sort="sort", direction="direction",
            look="as", page="page", pieces="pieces", repeats="repeats")
"""Of the list of all graphs."""

KEPT_KEYS = Keys(filter="keptfilter", smarts="keptsmarts", sort="keptsort",
                 direction="keptdirection", look="keptas", page="keptpage")
"""Of the list of kept ones, which uses the page alone."""

KINDS = ALL, STABLE, UNSTABLE, INVALID = ("all", "stable", "unstable", "invalid")
VALID = "valid"
KINDS_WITHOUT_STABILITY = (ALL, VALID, INVALID)
"""Kinds of generated graphs that can be shown alone, and those where nothing is unstable."""

MIN_FDR, MAX_FDR, DEFAULT_FDR = 0.5, 50.0, 5.0
"""False-discovery rates of a keep-list, percent."""


@dataclass(frozen=True)
class LiveQuery:
    """What a live run depends on.

    Attributes:
        model: a shipped model's name.
        weights_sha256: hash of its weights.
        config: how to sample and score.
    """

    model: str
    weights_sha256: str
    config: SamplesConfig


def kind_condition(kind: str, *, only_valid: bool) -> Selection:
    """Rows of samples of one kind.

    Args:
        kind: one of `KINDS` or `KINDS_WITHOUT_STABILITY`.
        only_valid: leave out what is not valid.

    >>> kind_condition("unstable", only_valid=True).to_text()
    'stable = no; valid = yes'
    """
    flags = {STABLE: [("stable", True)], UNSTABLE: [("stable", False)],
             VALID: [("valid", True)], INVALID: [("valid", False)]}.get(kind, [])
    return Selection(flags=(*flags, *([("valid", True)] if only_valid else [])))


def in_order(found: ScoreComparison) -> list[ScoreRoc]:
    """The curves of a comparison in the page's order of scores."""
    known = {roc.quantity for roc in found.rocs}
    return [found.roc(column) for column in SCORE_LABELS if column in known]


def samples_folder(model: str) -> str:
    """What the folder is called that the page's command writes."""
    return f"{model}-samples"


def command(model: str, config: SamplesConfig) -> str:
    """The command line that samples and scores the same graphs."""
    usual = asdict(SamplesConfig(config.number))
    parts = [f"trailscope triage --model {model} --number {config.number} "
             f"--permutations {config.permutations} --seed {config.seed}"]
    for name in ("temperature", "top_k", "mask", "precision", "chunk"):
        value = getattr(config, name)
        if value != usual[name]:
            parts.append(f"--{name.replace('_', '-')} {0 if value is None else value}")
    if config.fragment is not None:
        parts.append(f"--from {shlex.quote(config.fragment)}")
        if config.open_atoms is not None:
            parts.append(f"--open {','.join(map(str, config.open_atoms))}")
    return " ".join([*parts, f"--output {samples_folder(model)}"])


def python(model: str, config: SamplesConfig, chemistry: Chemistry | None) -> str:
    """The Python that samples, scores and ranks the same graphs."""
    usual = asdict(SamplesConfig(config.number))
    settings = "".join(f", {name}={value!r}" for name, value in asdict(config).items()
                       if name in ("number", "permutations", "seed") or value != usual[name])
    compare, label = _ranking(chemistry, "compare_samples")
    names = sorted({"SamplesConfig", "mark_unique", "sample_and_score", "sample_quality"} | compare)
    return f"""\
import pandas as pd

from core.model import load_checkpoint
from core.triage import (
    {", ".join(names)},
)

checkpoint = load_checkpoint({model!r})
config = SamplesConfig({settings[2:]})
table = pd.concat(sample_and_score(checkpoint, config), ignore_index=True)
table = mark_unique(table, checkpoint.vocabulary)
print(sample_quality(table).to_json())
""" + ("" if not compare else f"""\
for roc in compare_samples(table, seed={config.seed}{label}).rocs:
    print(roc.name, roc.auc)
""")


def shipped_python(model: str, chemistry: Chemistry | None) -> str:
    """The Python that reads and ranks the graphs that ship."""
    compare, label = _ranking(chemistry, "ranking_of")
    names = sorted({"Samples", "shipped_samples"} | compare)
    return f"""\
from core.triage import {", ".join(names)}

samples = Samples.load(shipped_samples()[{model!r}])
print(samples.quality.to_json())
""" + ("" if not compare else f"""\
for roc in ranking_of(samples{label}).rocs:
    print(roc.name, roc.auc)
""")


def _ranking(chemistry: Chemistry | None, function: str) -> tuple[set[str], str]:
    """Names that ranking by a function needs and its argument for the label."""
    name = {STABILITY: "", VALIDITY: "VALIDITY", PLANARITY: "PLANARITY"}[quality_label(chemistry)]
    return ({function, name}, f", label={name}") if name else ({function}, "")


def address_faults(query: Mapping[str, str], models: Sequence[str]) -> list[str]:
    """One sentence for every parameter of an address that cannot be taken as it stands."""
    return faults(query, {
        "generator": Choice("model", models, is_of_server=True), **_PARAMETERS,
        "n": Number("number of sequences", 1, max_live_number())})


_PARAMETERS: Parameters = {
    "source": Choice("source", SOURCES), "part": Choice("section", VIEWS),
    "precision": Choice("precision", PRECISIONS),
    "sort": Choice("order", (AS_GENERATED, *SAMPLE_LABELS)),
    "direction": Choice("direction", DIRECTIONS),
    "as": Choice("look", LOOKS),
    "show": Choice("kind of graphs", tuple(dict.fromkeys((*KINDS, VALID)))),
    "score": Choice("score", tuple(SCORE_COLUMNS)),
    "permutations": Number("number of permutations", 2, MAX_LIVE_PERMUTATIONS),
    "runseed": Number("seed", 0, MAX_SEED),
    "temperature": Number("temperature", MIN_TEMPERATURE, MAX_TEMPERATURE),
    "topk": Number("top k", 0, MAX_TOP_K),
    "fdr": Number("false-discovery rate in percent", MIN_FDR, MAX_FDR),
    "split": Number("seed of the split", 0, MAX_SEED),
    PARAMETER: parameter(TRIAGE),
    "page": Number("page", 1, MAX_SEED), "keptpage": Number("page", 1, MAX_SEED),
}
