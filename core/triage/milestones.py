"""How well scores rank what a model generates along its training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.stats.estimates import Estimate
from core.stats.labels import RankingError
from core.stats.roc import ScoreComparison
from core.triage.generation import Generation
from core.triage.quality import SampleQuality
from core.triage.ranking import ranking_of
from core.triage.samples import SamplesError
from core.triage.scores import STABILITY, QualityLabel


@dataclass(frozen=True, eq=False)
class Milestone:
    """One model at one moment of its training.

    Attributes:
        step: training steps behind it.
        graphs_seen: training graphs behind it, repeats counted; None if that is not known.
        quality: of what it generated.
        comparison: AUC of every score; None where `reason` says why.
        reason: one sentence, or None.
        label: what makes a graph a good one.
    """

    step: int
    graphs_seen: int | None
    quality: SampleQuality
    comparison: ScoreComparison | None
    reason: str | None
    label: QualityLabel = STABILITY

    @classmethod
    def of(cls, found: Generation, *, source: str) -> Milestone:
        """What samples of a moment say.

        Args:
            found: the samples.
            source: where they are from, for the message of an error.

        Raises:
            SamplesError: for samples that do not know their training step.
        """
        samples = found.samples
        if samples.step is None:
            raise SamplesError(f"{source} does not say after how many training steps its graphs "
                               "were sampled; make it again with `trailscope triage`.")
        batch = found.card.training.get("config", {}).get("batch_size")
        compared, reason = None, None
        try:
            compared = ranking_of(samples, label=found.label)
        except RankingError as error:
            reason = str(error)
        return cls(samples.step, None if batch is None else samples.step * batch, found.quality,
                   compared, reason, found.label)

    @property
    def good_share(self) -> Estimate:
        """Share of stable molecules, or of valid ones where none is unstable, of all sequences."""
        return (self.quality.stable_molecules or self.quality.valid).estimate


def overtaking(milestones: Sequence[Milestone], first: str, second: str) -> int | None:
    """The step from which on the AUC of one score is above another's, whole interval.

    The interval is that of the paired difference. None if the last step does not have it so.
    """
    since = None
    for milestone in milestones:
        try:
            found = milestone.comparison
            interval = None if found is None else found.difference(first, second).interval
        except KeyError:
            interval = None
        if interval is None or interval.low <= 0:
            since = None
        elif since is None:
            since = milestone.step
    return since
