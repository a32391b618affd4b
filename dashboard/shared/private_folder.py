"""Where pages write files that nobody else may see and that nothing is to be left of.

One folder of this process, open to its user alone (mode 0700) and locked as long as the process
lives; it goes when the process ends. What a process that was killed left behind goes when the next
one starts.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st
from filelock import FileLock, Timeout

_PREFIX = "trailscope-pages-"
_LOCK = "lock"
_NEW_S = 60.0
"""A folder that was made so lately may be about to be locked."""


def private_folder() -> Path:
    """This process's folder."""
    return _private().path


class PrivateFolder:
    """A folder that is locked and goes with its maker; leftovers of others go when it is made."""

    def __init__(self) -> None:
        remove_leftovers()
        self._made = TemporaryDirectory(prefix=_PREFIX)
        self.path = Path(self._made.name)
        self._lock = FileLock(self.path / _LOCK, thread_local=False)
        self._lock.acquire(blocking=False)


def remove_leftovers() -> None:
    """Remove folders of processes that are gone; of other users' folders none is touched."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            found = path.lstat()
        except OSError:
            continue
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and _is_left(path, found):
            shutil.rmtree(path, ignore_errors=True)


def _is_left(path: Path, found: os.stat_result) -> bool:
    if not (path / _LOCK).exists():
        return found.st_mtime < time.time() - _NEW_S
    try:
        with FileLock(path / _LOCK, blocking=False):
            return True
    except (Timeout, OSError):
        return False


@st.cache_resource(show_spinner=False)
def _private() -> PrivateFolder:
    return PrivateFolder()
