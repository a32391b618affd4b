"""A live run: one small chunk per rerun, so that rows show as they come and nothing is lost."""

from __future__ import annotations

from dataclasses import dataclass

from streamlit.delta_generator import DeltaGenerator

from core.model.card import ModelCard
from core.triage.generation import Generation
from dashboard.shared.run_switch import RunSwitch
from dashboard.views.triage import data
from dashboard.views.triage.query import LiveQuery

_SWITCH = RunSwitch("live_run", start="generate", cancel="cancel",
                    promise="What is finished stays.")
_STAGES = {"sampling": "Sampling sequences", "scoring": "Scoring re-linearizations"}


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
        number = self.query.config.number

        def report(stage: str, done: int, total: int) -> None:
            inner = done / total if stage == "scoring" else 0.0
            size = min(self.query.config.chunk, number - self.done)
            self.place.progress(
                min(1.0, (self.done + inner * size) / number),
                f"{_STAGES[stage]}: {self.done:,} of {number:,} sequences done")

        _SWITCH.go_on(lambda: data.sample_more(self.query, report), self.place)


def open_run(query: LiveQuery, card: ModelCard) -> LiveRun:
    """Show the button that starts, continues or cancels a run."""
    found = data.live(query, card)
    done, number = 0 if found is None else len(found.table), query.config.number
    so_far = f"{done:,} of {number:,} sequences"
    place = _SWITCH.show(
        query, is_done=done >= number, at=(min(1.0, done / number), f"{so_far} done"),
        label=f"Continue: {number - done:,} more" if done else f"Generate {number:,}",
        remark=f"{so_far} are done." if done else
               "100 sequences at K = 32 take about 15 seconds on two idle cores.")
    return LiveRun(query, found, place, _SWITCH.is_on(query))
