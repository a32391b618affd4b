"""The switch of a computation that a visitor starts and may cancel.

It works for some seconds in every run of the page and then draws the page anew, so that results
show as they come. Any click ends the work at the next drawing call, which is its next report of
progress; what is done by then stays. Where strangers visit it waits for its turn in line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.shared import visitors


@dataclass(frozen=True)
class RunSwitch:
    """Buttons that start and cancel the one computation of a page that can go on at a time.

    Attributes:
        state: key of the session state that holds the settings of the run that goes on.
        start: key of the button that starts it.
        cancel: key of the button that cancels it.
        promise: what becomes of what was done, for the cancel button.
    """

    state: str
    start: str
    cancel: str
    promise: str

    def is_on(self, settings: object) -> bool:
        """Whether a run of these settings goes on; one of other settings ends here."""
        if st.session_state.get(self.state) != settings:
            self.turn_off()
        return st.session_state[self.state] is not None

    def turn_off(self) -> None:
        """Let no run go on."""
        if st.session_state.get(self.state) is not None:
            visitors.end_job()
        st.session_state[self.state] = None

    def show(
        self, settings: object, *, is_done: bool, at: tuple[float, str], label: str, remark: str
    ) -> DeltaGenerator:
        """Draw the bar and the button that fit; a run that is done has neither.

        Args:
            settings: of the run, never None.
            is_done: whether nothing is left to do.
            at: how far it is, 0 to 1, and in words.
            label: of the button that starts it.
            remark: below that button.

        Returns:
            Where progress is drawn.
        """
        # Slots: what a run draws first would leave what was drawn before it below until it ends.
        place, button, below = st.empty(), st.empty(), st.empty()
        fault = visitors.time_fault()
        if is_done or fault:
            self.turn_off()
        if is_done:
            return place
        if fault:
            place.warning(fault, icon=":material/hourglass_bottom:")
        elif self.is_on(settings):
            place.progress(*at)
            button.button("Cancel", icon=":material/stop_circle:", key=self.cancel,
                          on_click=self.turn_off, help=self.promise)
        else:
            button.button(label, type="primary", icon=":material/play_arrow:", key=self.start,
                          on_click=self._turn_on, args=(settings,))
            below.caption("\n\n".join(filter(None, (remark, visitors.job_note()))))
        return place

    def go_on(self, work: Callable[[], None], place: DeltaGenerator) -> None:
        """Do some of the work below everything that is drawn, then draw the page anew.

        Args:
            work: some seconds of it.
            place: where progress is drawn.

        Raises:
            ValueError: what the work raises; it would fail again, so the run ends.
        """
        try:
            with visitors.turn(place):
                work()
        except ValueError:
            self.turn_off()
            raise
        st.rerun()

    def _turn_on(self, settings: object) -> None:
        st.session_state[self.state] = settings
