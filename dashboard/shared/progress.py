"""Progress of whatever takes longer than a blink."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.data.splits import Progress
from dashboard.shared.pace import Pace
from dashboard.shared.visitors import short_work


@contextmanager
def progress_bar(text: str, unit: str = "sequences") -> Iterator[Progress]:
    """A bar that is there while work goes on; any change of an input cancels the work.

    Streamlit stops a script at its next drawing call once an input has changed, so every report of
    progress is also the place where the computation ends.

    Args:
        text: what goes on.
        unit: what is counted, in the plural.

    Raises:
        QuotaError: by a report, once nothing is left of a visitor's time.
    """
    place, pace = st.empty(), Pace()
    try:
        with short_work() as check_time:
            def report(done: int, total: int) -> None:
                place.progress(done / total, f"{text}: {done:,} of {total:,} {unit}"
                                             f"{pace.heard(done, total)}")
                check_time()

            yield report
    finally:
        place.empty()
