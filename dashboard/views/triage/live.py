"""A live run: one small chunk per rerun, so that rows show as they come and nothing is lost."""

from __future__ import annotations

from dataclasses import dataclass

from streamlit.delta_generator import DeltaGenerator

from core.model.card import ModelCard
from core.triage.generation import Generation
from dashboard.shared.run_switch import RunSwitch
from dashboard.views.triage import data
from dashboard.views.triage.query import LIVE_CHUNK, LiveQuery

_SWITCH = RunSwitch("live_run", start="generate", cancel="cancel",
                    promise="Finished parts stay: sequences are sampled and scored in parts of "
                            f"{LIVE_CHUNK}.")
_STAGES = {"sampling": "Sampling sequences", "scoring": "Scoring re-linearizations"}
_SAMPLING_COSTS = 2
"""Re-linearizations that are scored in the time in which a sequence is sampled (in chunks of 25:
1.6 of QM9, 2.3 of MOSES)."""


def is_running() -> bool:
    """Whether a run goes on; its settings are fixed then."""
    return _SWITCH.is_running


def end() -> None:
    """Let no run go on, where the page cannot be drawn as far as its button."""
    _SWITCH.end()


def refuse(fault: object) -> None:
    """Say what is wrong with the settings of a run, above the button that would start it."""
    _SWITCH.refuse(fault, "Generate")


@dataclass(frozen=True, eq=False)
class LiveRun:
    """A run as it stands.

    Attributes:
        query: what it is about.
        found: the rows that there are, None before the first.
        place: where progress is drawn.
        is_running: whether more is to be sampled now.
    """

    query: LiveQuery
    found: Generation | None
    place: DeltaGenerator
    is_running: bool

    @property
    def done(self) -> int:
        """Sequences sampled and scored."""
        return 0 if self.found is None else len(self.found.table)

    def go_on(self) -> None:
        """Sample and score the next chunk, if the run goes on; finished chunks stay."""
        if not self.is_running:
            return
        number, pace = self.query.config.number, _SWITCH.pace("generate")
        size = min(self.query.config.chunk, number - self.done)

        def report(stage: str, done: int, total: int) -> None:
            at = self.done + size * _share_done(stage, done / total,
                                                self.query.config.permutations)
            known = pace.heard(at, number)
            # While the first part is sampled nobody knows what scoring takes.
            said = known if self.done or stage == "scoring" else ""
            _SWITCH.tell(self.place, min(1.0, at / number),
                         f"{_STAGES[stage]}: {at:,.0f} of {number:,} sequences{said}")

        _SWITCH.go_on(lambda: data.sample_more(self.query, report), self.place)


def _share_done(stage: str, share: float, permutations: int) -> float:
    """How much of a chunk's work is done.

    >>> _share_done("sampling", 1.0, 2), _share_done("scoring", 0.5, 2)
    (0.5, 0.75)
    """
    done = _SAMPLING_COSTS * share if stage == "sampling" else (
        _SAMPLING_COSTS + permutations * share)
    return done / (_SAMPLING_COSTS + permutations)


def open_run(query: LiveQuery, card: ModelCard) -> LiveRun:
    """Show the button that starts, continues or cancels a run."""
    found = data.live(query, card)
    done, number = 0 if found is None else len(found.table), query.config.number
    so_far = f"{done:,} of {number:,} sequences"
    place = _SWITCH.show(
        query, is_done=done >= number, at=(min(1.0, done / number), so_far),
        label=f"Continue: {number - done:,} more" if done else f"Generate {number:,}",
        remark=f"{so_far} are done." if done else
               "100 sequences at K = 32 take about 15 seconds on two idle cores.")
    return LiveRun(query, found, place, _SWITCH.is_on(query))
