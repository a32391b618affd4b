"""A live run: one small chunk per rerun, so that rows show as they come and nothing is lost."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.model.card import ModelCard
from core.triage.generation import Generation
from dashboard.triage import data
from dashboard.triage.query import LiveQuery

_RUNNING = "live_run"
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
        """Sample and score the next chunk below everything that is drawn, then draw anew.

        Any click ends the chunk: streamlit stops a script at its next drawing call, which is the
        next report of progress. Chunks that are finished stay.
        """
        if not self.is_running:
            return
        number = self.query.config.number

        def report(stage: str, done: int, total: int) -> None:
            inner = done / total if stage == "scoring" else 0.0
            size = min(self.query.config.chunk, number - self.done)
            self.place.progress(
                min(1.0, (self.done + inner * size) / number),
                f"{_STAGES[stage]}: {self.done:,} of {number:,} sequences done")

        try:
            data.sample_more(self.query, report)
        except ValueError:
            st.session_state[_RUNNING] = None  # it would fail again
            raise
        st.rerun()


def open_run(query: LiveQuery, card: ModelCard) -> LiveRun:
    """Show the button that starts, continues or cancels a run."""
    if st.session_state.get(_RUNNING) != query:
        st.session_state[_RUNNING] = None  # another run was going; its rows are kept
    found = data.live(query, card)
    done, number = 0 if found is None else len(found.table), query.config.number
    if done >= number:
        st.session_state[_RUNNING] = None
    is_running = st.session_state[_RUNNING] is not None
    # Slots: what a run draws first would leave what was drawn before it below until it ends.
    place, button, remark = st.empty(), st.empty(), st.empty()
    if is_running:
        place.progress(done / number, f"{done:,} of {number:,} sequences done")
        button.button("Cancel", icon=":material/stop_circle:", key="cancel", on_click=_set,
                      args=(None,), help="What is finished stays.")
    elif done < number:
        label = f"Continue: {number - done:,} more" if done else f"Generate {number:,}"
        button.button(label, type="primary", icon=":material/play_arrow:", key="generate",
                      on_click=_set, args=(query,))
        remark.caption(
            f"{done:,} of {number:,} sequences are done." if done else
            "100 sequences at K = 32 take about 15 seconds on two idle cores.")
    return LiveRun(query, found, place, is_running)


def _set(query: LiveQuery | None) -> None:
    st.session_state[_RUNNING] = query
