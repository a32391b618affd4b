"""Values of the Generate & triage page: what was generated, and what was found of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from core.model.card import ModelCard
from core.sent.vocabulary import Vocabulary
from core.stats.estimates import Estimate, Interval
from core.stats.proportions import wilson_interval
from core.stats.roc import ScoreComparison, ScoreRoc
from core.triage.quality import SampleQuality
from core.triage.samples import Samples
from dashboard.triage.query import SCORE_NAMES


@dataclass(frozen=True, eq=False)
class Generation:
    """Samples with the card of the model that they are shown under."""

    samples: Samples
    card: ModelCard

    @property
    def table(self) -> pd.DataFrame:
        """One row per sequence."""
        return self.samples.table

    @property
    def vocabulary(self) -> Vocabulary:
        """What the model writes."""
        return self.card.vocabulary

    @property
    def is_molecular(self) -> bool:
        """Whether the graphs are molecules."""
        return self.vocabulary.is_labelled

    @cached_property
    def key(self) -> str:
        """A name that no other table has: hash of its provenance, sequences and scores."""
        samples = self.samples
        content = hashlib.sha256(repr((
            samples.weights_sha256, samples.step, samples.config, len(self.table))).encode())
        for column in ("self_nll", "lu", "nll_mean"):
            content.update(self.table[column].to_numpy(dtype=np.float64).tobytes())
        return content.hexdigest()

    def name(self, row: int) -> str:
        """What a graph is called, for those who cannot see it."""
        word = "molecule" if self.is_molecular else "graph"
        return f"Structure of generated {word} {row + 1}"


@dataclass(frozen=True, eq=False)
class Milestone:
    """One model at one moment of its training.

    Attributes:
        step: training steps behind it.
        graphs_seen: training graphs behind it, repeats counted; None if that is not known.
        quality: of what it generated.
        comparison: AUC of every score; None where `reason` says why.
        reason: one sentence, or None.
    """

    step: int
    graphs_seen: int | None
    quality: SampleQuality
    comparison: ScoreComparison | None
    reason: str | None

    @property
    def stable_share(self) -> Estimate:
        """Share of stable molecules among all sequences, with Wilson's interval."""
        share, number = self.quality.stable_molecules or 0.0, self.quality.number
        return Estimate(share, wilson_interval(round(share * number), number))


def ordered_rocs(found: ScoreComparison) -> list[ScoreRoc]:
    """The curves in the order of `SCORE_NAMES`."""
    known = {roc.quantity for roc in found.rocs}
    return [found.roc(column) for column in SCORE_NAMES if column in known]


def auc_difference(found: ScoreComparison, first: str, second: str) -> Estimate:
    """AUC of one score minus AUC of another on the same molecules; KeyError without them."""
    for entry in found.differences:
        if (entry.first, entry.second) == (first, second):
            return entry.difference
        if (entry.second, entry.first) == (first, second):
            back = entry.difference.interval
            turned = None if back is None else Interval(-back.high, -back.low)
            return Estimate(-entry.difference.value, turned, entry.difference.reason)
    raise KeyError((first, second))
