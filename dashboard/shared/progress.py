"""Progress of whatever takes longer than a blink."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.data.splits import Progress
from dashboard.shared.pace import Pace
from dashboard.shared.visitors import short_work


@dataclass(frozen=True)
class Cancel:
    """A button beside a bar that ends the work.

    Attributes:
        key: of the button.
        take_back: takes back what asked for the work, or it would begin anew.
        promise: what the page shows then.
    """

    key: str
    take_back: Callable[[], None]
    promise: str


@contextmanager
def progress_bar(
    text: str, unit: str = "sequences", *, cancel: Cancel | None = None
) -> Iterator[Progress]:
    """A bar that is there while work goes on; any change of an input cancels the work.

    Streamlit stops a script at its next drawing call once an input has changed, so every report of
    progress is also the place where the computation ends.

    Args:
        text: what goes on.
        unit: what is counted, in the plural.
        cancel: a button that changes an input for the visitor, once there is progress.

    Raises:
        QuotaError: by a report, once nothing is left of a visitor's time.
    """
    place, pace = st.empty(), Pace()
    bar: DeltaGenerator | None = None
    try:
        with short_work() as check_time:
            def report(done: int, total: int) -> None:
                nonlocal bar
                if bar is not None or done < total:  # else nothing is left to wait for
                    bar = bar or _draw(place, cancel)
                    bar.progress(done / total, f"{text}: {done:,} of {total:,} {unit}"
                                               f"{pace.heard(done, total)}")
                check_time()

            yield report
    finally:
        place.empty()


def _draw(place: DeltaGenerator, cancel: Cancel | None) -> DeltaGenerator:
    """Where the bar goes, beside its button if it has one."""
    if cancel is None:
        return place
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.empty()
        st.button("Cancel", key=cancel.key, icon=":material/stop_circle:", width="content",
                  on_click=cancel.take_back, help=cancel.promise)
    return bar
