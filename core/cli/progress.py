"""How long work is followed: a bar on a terminal, or else a line about every half minute."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from core.cli import messages

REPORT_EVERY_S = 30.0
"""Seconds between two lines of a log."""

State = TypeVar("State")


@dataclass(frozen=True)
class Look:
    """How far some work is, for people.

    Attributes:
        what: is being done.
        state: how far it is, in words.
        done: of `total`.
        total: when it ends.
        left_s: seconds left; None where they are not known and are not told.
    """

    what: str
    state: str
    done: int
    total: int
    left_s: float | None = None

    @property
    def line(self) -> str:
        """A line of a log."""
        left = ("" if self.left_s is None
                else f", {timedelta(seconds=round(self.left_s))} left")
        return f"{self.what}: {self.state}{left}"


def follow(states: Iterable[State], look: Callable[[State], Look], *, what: str) -> None:
    """Go through all states and show them, see `showing`.

    Args:
        states: of some work, which goes on as they are asked for.
        look: at one of them.
        what: is being done before the first.
    """
    with showing(what) as show:
        for state in states:
            show(look(state))


@contextmanager
def showing(what: str) -> Iterator[Callable[[Look], None]]:
    """A bar on a terminal; yields what shows how far the work is.

    Without a terminal there is a line for the first look, for the last of each stage, and about
    every half minute.

    Args:
        what: is being done before the first look.
    """
    said_at = float("-inf")
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"),
               TimeRemainingColumn())
    with Progress(*columns, console=messages, disable=not messages.is_terminal) as bar:
        task = bar.add_task(what, state="starting", total=None)

        def show(now: Look) -> None:
            nonlocal said_at
            bar.update(task, description=now.what, completed=now.done, total=now.total,
                       state=now.state)
            is_due = time.monotonic() - said_at >= REPORT_EVERY_S or now.done == now.total
            if is_due and not messages.is_terminal:
                said_at = time.monotonic()
                messages.print(now.line, markup=False, soft_wrap=True)

        yield show


@contextmanager
def reporting(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, or else a line about every half minute; yields `progress(done, total)`.

    Args:
        what: is being done.
        unit: what is counted, in the plural.
    """
    with reporting_stages(unit, first=what) as report:
        yield partial(report, what)


@contextmanager
def reporting_stages(
    unit: str, *, first: str = "Starting"
) -> Iterator[Callable[[str, int, int], None]]:
    """As `reporting`, of work in several stages; yields `progress(what, done, total)`."""
    with Progress(console=messages, transient=True, disable=not messages.is_terminal) as bar:
        task = bar.add_task(first, total=None)
        said_at = time.monotonic()

        def report(what: str, done: int, total: int) -> None:
            nonlocal said_at
            bar.update(task, description=what, completed=done, total=total)
            if not messages.is_terminal and time.monotonic() - said_at >= REPORT_EVERY_S:
                said_at = time.monotonic()
                messages.print(f"{what}: {done:,} of {total:,} {unit}", markup=False,
                               soft_wrap=True)

        yield report
