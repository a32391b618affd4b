"""What a visitor of a hosted dashboard has and may use, and the end of it when the visitor leaves.

A visitor is a session of the browser: a tab, until it is closed or loaded anew. Where strangers
visit (`TRAILSCOPE_HOSTED`), uploads, runs and their results are kept in caches and a folder of the
visitor alone, which Streamlit's end of the session takes away; what only an address says is
computed once for all who open it, as links are there to be shared. Limits (`core.quotas`):

- Long jobs, those of a `RunSwitch`, work one at a time per visitor, some at a time on the server;
  the others wait in line (`JobQueue`).
- Time is that of the processor, in the visitor's thread and process, in any hour. Long jobs look at
  it between two sittings, shorter work at every report of progress; work without progress is not
  counted.
- Long jobs work in a process beside the one that draws pages, at low priority, which is ended
  within a second when the visitor clicks or leaves; a fine-tuning run loses at most its last
  sitting by a click. What a visitor learns from is still read in the thread that draws the page.

Where one person works at home all of this is off: caches and runs outlive a reload of the page.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from tempfile import mkdtemp
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import RerunException

from core.errors import InputError
from core.quotas import is_hosted, quotas
from core.work_process import WorkProcess
from dashboard.shared.bounded_cache import BoundedCache
from dashboard.shared.job_queue import JobQueue
from dashboard.shared.private_folder import private_folder

_HOUR_S = 3600.0
_TOKEN, _TIME = "visitor", "visitor_time"

Value = TypeVar("Value")


class QuotaError(InputError):
    """A visitor has used up what there is for one."""


class ComputingTime:
    """Processor time that a visitor used lately.

    Args:
        clock: seconds, for tests.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._spent: deque[tuple[float, float]] = deque()

    def spend(self, seconds: float) -> None:
        """Count some time."""
        self._spent.append((self._clock(), seconds))

    def left(self, limit_s: float) -> float:
        """Seconds that are left of a limit for any hour."""
        return limit_s - self._used()

    def back_in(self, limit_s: float) -> float:
        """Seconds until something is left of a limit; 0 if there is now."""
        used, wait = self._used(), 0.0
        for when, seconds in self._spent:
            if used < limit_s:
                break
            used, wait = used - seconds, when + _HOUR_S - self._clock()
        return wait

    def _used(self) -> float:
        while self._spent and self._spent[0][0] <= self._clock() - _HOUR_S:
            self._spent.popleft()
        return sum(seconds for _, seconds in self._spent)


class Visitor:
    """Caches and a folder of one visitor, both made when they are first asked for.

    Args:
        name: tells visitors apart, and cannot be guessed.

    Attributes:
        is_apart: whether nothing that pages compute is shared with others; see `visitor_apart`.
        models_brought: what names of brought models stand for, removed ones too: values that pages
            keep are known by them.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_apart = False
        self.models_brought: dict[str, str] = {}
        self._caches: dict[str, BoundedCache[Any]] = {}
        self._folder: Path | None = None
        self._lock = threading.Lock()
        self._is_gone = False

    def cache(self, name: str, capacity: int) -> BoundedCache[Any]:
        """A cache by name, empty at first."""
        with self._lock:
            return self._caches.setdefault(name, BoundedCache(capacity))

    @property
    def folder(self) -> Path:
        """Where the visitor's files lie; nobody else is shown what is in it."""
        with self._lock:
            if self._folder is None:
                self._folder = Path(mkdtemp(prefix="visitor-", dir=private_folder()))
            return self._folder

    @property
    def has_folder(self) -> bool:
        """Whether the folder has been made."""
        return self._folder is not None

    @property
    def num_bytes(self) -> int:
        """Bytes of the visitor's files."""
        return 0 if self._folder is None else sum(
            path.lstat().st_size for path in self._folder.rglob("*") if path.is_file())

    def leave(self) -> None:
        """Remove all that the visitor had here, and give back the place in line."""
        self._is_gone = True
        _jobs().leave(self.name)
        self._remove()

    def remove_if_gone(self) -> None:
        """Remove what was made since the visitor left, by work that ends only now."""
        if self._is_gone:
            self._remove()

    def _remove(self) -> None:
        with self._lock:
            for cache in self._caches.values():
                cache.clear()
            self._caches.clear()
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)


def visitor() -> Visitor:
    """Whose session it is; where one person works at home always the same."""
    if not is_hosted():
        return _at_home()
    return _of_session(st.session_state.setdefault(_TOKEN, token_hex(16)))


def visitor_apart() -> Visitor | None:
    """The visitor, if what pages compute is to be of that visitor alone; None while it is shared.

    What an address says is computed once for all, and kept by the names of models and their
    weights. Who brings a model also brings what a name and a card say, and so is kept apart.
    """
    if not is_hosted() or _TOKEN not in st.session_state:
        return None
    whose = visitor()
    return whose if whose.is_apart else None


@st.cache_resource(show_spinner=False)
def _at_home() -> Visitor:
    return Visitor("at home")


@st.cache_resource(show_spinner=False, scope="session", on_release=Visitor.leave)
def _of_session(name: str) -> Visitor:
    return Visitor(name)


@contextmanager
def turn(place: DeltaGenerator) -> Iterator[None]:
    """A sitting of a visitor's long job: when it is its turn, its time counted.

    Args:
        place: where it is said how many jobs come before.

    Raises:
        QueueFullError: if too many wait.
    """
    if not is_hosted():
        yield
        return

    def waits(before: int) -> None:
        place.progress(0.0, f"Waiting: {_jobs_of(before)} before yours.")

    whose = visitor()
    try:
        with _jobs().turn(whose.name, waits, keeps=RerunException), _counted():
            yield
    finally:
        whose.remove_if_gone()


def work_aside(
    function: Callable[..., Value], *args: Any, progress: Callable[..., None]
) -> Value:
    """A part of a visitor's long job, in a process beside this one (`WorkProcess.call`)."""
    idle = _idle()
    try:
        process = idle.pop()
    except IndexError:
        process = WorkProcess()
    try:
        return process.call(function, *args, progress=progress)
    finally:
        _time().spend(process.spent_s)
        idle.append(process)


def end_job() -> None:
    """Give back the visitor's place in line."""
    if is_hosted():
        _jobs().leave(visitor().name)


@contextmanager
def short_work() -> Iterator[Callable[[], None]]:
    """Work that pages do at once, its time counted.

    Yields:
        What raises `QuotaError` once nothing is left of the visitor's time, to be called often.
    """
    if not is_hosted():
        yield lambda: None
        return
    with _counted() as spent:
        def check() -> None:
            if _time().left(quotas().visitor_seconds) <= spent():
                raise QuotaError(str(time_fault(within=spent())))

        yield check


def time_fault(*, within: float = 0.0) -> str | None:
    """The sentence on a visitor's time that is used up; None while some is left.

    Args:
        within: seconds of the work that goes on, which are not counted yet.
    """
    limit = quotas().visitor_seconds
    if not is_hosted() or _time().left(limit) > within:
        return None
    wait = max(60.0, _time().back_in(limit))
    return (f"You have used the {_minutes(limit)} of computing that a visitor has in an hour; go "
            f"on in about {_minutes(wait)}. What is done stays.")


def job_note() -> str | None:
    """What bounds a visitor's long jobs, beside the button that starts one; None at home."""
    if not is_hosted():
        return None
    jobs = _jobs()
    others = jobs.others(visitor().name)
    at_work = min(others, jobs.at_once)
    return (f"{_time_note()} One job of yours runs at a time, and {_jobs_of(jobs.at_once)} on this "
            f"server at once. Jobs of others: {at_work:,} at work, {others - at_work:,} waiting.")


def say_time() -> None:
    """Say how much computing a visitor may ask for, beside what asks for it; not at home."""
    if is_hosted():
        st.caption(_time_note())


def _time_note() -> str:
    limit = quotas().visitor_seconds
    return (f"You have {_minutes(limit)} of computing in an hour; "
            f"{_minutes(_time().left(limit))} are left.")


def say_limit(most: int, what: str) -> None:
    """Say how many rows one job may be about, beside the control that sets it; not at home."""
    if is_hosted():
        st.caption(f"At most {most:,} {what} on this server.")


def files_fault() -> str | None:
    """The sentence on a visitor's files that are too many for another run; None if they are not."""
    if not is_hosted():
        return None
    limit, found = quotas().visitor_mb, visitor().num_bytes / 1e6
    if found < limit:
        return None
    return (f"Your runs and models take {found:,.0f} of the {limit:,} MB that a visitor has here; "
            "download what you need, then remove some to begin another.")


def check() -> None:
    """Refuse limits that are no numbers, and remove what was left behind, before any page.

    Raises:
        InputError: in one sentence.
    """
    quotas()
    if is_hosted():
        private_folder()


def _jobs() -> JobQueue:
    limits = quotas()
    return _queue(limits.jobs, limits.queue)


def _end_all(processes: list[WorkProcess]) -> None:
    for process in processes:
        process.close()


@st.cache_resource(show_spinner=False, on_release=_end_all)
def _idle() -> list[WorkProcess]:
    """Processes that wait for work, never more than jobs that work at once."""
    return []


@st.cache_resource(show_spinner=False)
def _queue(at_once: int, waiting: int) -> JobQueue:
    return JobQueue(at_once, waiting)


def _time() -> ComputingTime:
    # Of the session's state, which a connection that breaks and comes back does not end.
    return st.session_state.setdefault(_TIME, ComputingTime())


@contextmanager
def _counted() -> Iterator[Callable[[], float]]:
    start, of = time.thread_time(), _time()

    def spent() -> float:
        return time.thread_time() - start

    try:
        yield spent
    finally:
        of.spend(spent())


def _jobs_of(number: int) -> str:
    return f"{number:,} {'job' if number == 1 else 'jobs'}"


def _minutes(seconds: float) -> str:
    """A duration, in whole minutes from two minutes on.

    >>> _minutes(600), _minutes(90), _minutes(-1)
    ('10 min', '90 s', '0 s')
    """
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{max(0, seconds):.0f} s"
