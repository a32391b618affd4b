"""The switch of a computation that a visitor starts and may cancel.

It works for some seconds in every run of the page and then draws the page anew, so that results
show as they come. Any click ends the work at the next drawing call, which is its next report of
progress; what is done by then stays. Where strangers visit it waits for its turn in line.

While it goes on, pages draw their settings disabled (`is_running`), so whatever ends it here draws
the page once more, to free them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.shared import messages, visitors
from dashboard.shared.pace import Pace

FIXED = "Settings are fixed while the run goes on; cancel it to change them."
"""Above settings that are disabled."""


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

    @property
    def is_running(self) -> bool:
        """Whether a run goes on, whatever its settings."""
        return st.session_state.get(self.state) is not None

    def is_on(self, settings: object) -> bool:
        """Whether a run of these settings goes on; one of other settings ends here."""
        if self.is_running and st.session_state[self.state] != settings:
            self.end()
        return self.is_running

    def turn_off(self) -> None:
        """Let no run go on."""
        if self.is_running:
            visitors.end_job()
        st.session_state[self.state] = None

    def end(self, fault: str = "") -> None:
        """Let no run go on, and draw the page anew if one did.

        A page that ends before it gets to `show` calls it, too, or its settings would stay fixed.

        Args:
            fault: what went wrong; the page drawn anew says it, once.
        """
        if self.is_running:
            self.turn_off()
            if fault:
                st.session_state[self._fault] = fault
            st.rerun()

    def refuse(self, fault: object, label: str) -> None:
        """Draw the button that starts a run, but disabled, below what is wrong with its settings.

        Args:
            fault: what is wrong, a sentence.
            label: of the button.
        """
        self.end()
        messages.error(fault)
        st.button(label, type="primary", icon=":material/play_arrow:", key=f"{self.start}-refused",
                  disabled=True)

    def pace(self, stage: str) -> Pace:
        """How fast a stage of the run goes, measured since it began."""
        paces: dict[str, Pace] = st.session_state.setdefault(f"{self.state}-paces", {})
        return paces.setdefault(stage, Pace())

    def tell(self, place: DeltaGenerator, share: float, words: str) -> None:
        """Draw progress; the page drawn anew says the same until there is more.

        Args:
            place: of `show`.
            share: of the work that is done, 0 to 1.
            words: the same in words.
        """
        st.session_state[self._told] = share, words
        place.progress(share, words)

    def show(
        self, settings: object, *, is_done: bool, at: tuple[float, str], label: str, remark: str
    ) -> DeltaGenerator:
        """Draw the bar and the button that fit; a run that is done has neither.

        Args:
            settings: of the run, never None.
            is_done: whether nothing is left to do.
            at: how far it is, 0 to 1, and in words, until work tells more.
            label: of the button that starts it.
            remark: below that button.

        Returns:
            Where progress is drawn.
        """
        # Slots: what a run draws first would leave what was drawn before it below until it ends.
        place, button, below = st.empty(), st.empty(), st.empty()
        if said := st.session_state.pop(self._fault, None):
            messages.error(said)
        fault = visitors.time_fault()
        if is_done or fault:
            self.end()
        if is_done:
            return place
        if fault:
            place.warning(fault, icon=":material/hourglass_bottom:")
        elif self.is_on(settings):
            place.progress(*st.session_state.get(self._told, at))
            button.button("Cancel", icon=":material/stop_circle:", key=self.cancel,
                          on_click=self._cancel, help=self.promise)
        else:
            button.button(label, type="primary", icon=":material/play_arrow:", key=self.start,
                          on_click=self._turn_on, args=(settings,))
            said = st.session_state.pop(self._cancelled, None)
            below.caption("\n\n".join(filter(None, (said, remark, visitors.job_note()))))
        return place

    def go_on(
        self, work: Callable[[], None], place: DeltaGenerator,
        say: Callable[[ValueError], str] = str,
    ) -> None:
        """Do some of the work below everything that is drawn, then draw the page anew.

        What the work raises as a `ValueError` is said below the button: it would fail again, so the
        run ends.

        Args:
            work: some seconds of it.
            place: where progress is drawn.
            say: what such an error means, one sentence.
        """
        try:
            with visitors.turn(place):
                work()
        except ValueError as error:
            self.end(say(error))
        st.rerun()

    @property
    def _fault(self) -> str:
        return f"{self.state}-fault"

    @property
    def _told(self) -> str:
        return f"{self.state}-told"

    @property
    def _cancelled(self) -> str:
        return f"{self.state}-cancelled"

    def _cancel(self) -> None:
        self.turn_off()
        st.session_state[self._cancelled] = f"Cancelled. {self.promise}"

    def _turn_on(self, settings: object) -> None:
        st.session_state[self.state] = settings
        for key in (f"{self.state}-paces", self._told, self._cancelled):
            st.session_state.pop(key, None)
