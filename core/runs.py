"""The folder of long work on disk: claim it, write to it whole or not at all, go on from it.

Whatever takes minutes keeps what is finished in a run folder: training, evaluation, triage,
fine-tuning, the repair experiment. All of them ask the same of it.

- A folder belongs to one run: its settings lie in it, and other settings are refused with what
  differs (`claim`, `check_settings`).
- One process works on it at a time; the next is told who does (`hold`). The system lets go of the
  lock of a process that has died.
- A file appears under its name only when it is complete (`replacing`), so that a run that was
  killed, or that found the disk full, goes on from the files that are there.
- Weights and progress of training of any kind lie in two files (`save_state`).
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import InputError, one_line

if TYPE_CHECKING:
    from torch import Tensor

SETTINGS = "settings.json"
"""Where a run folder says what it is of, unless its `PROGRESS` does."""

STATE, PROGRESS = "state.safetensors", "progress.json"
"""Tensors of a training run, and its settings, steps done and loss history."""

_LOCK, _HOLDER = ".lock", ".holder.json"
_PARTIAL = ".partial"
_SHOWN = 3
"""Differences of settings that a message names."""


class RunFolderError(InputError):
    """A run folder that cannot be used; the message says why and what would be right."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file, or a folder, whole or not at all.

    Yields a name beside `path` to write to. What was written gets the name `path` at the end, and
    is removed if anything goes wrong; a file of that name before is replaced, a folder removed.

    Raises:
        RunFolderError: if it cannot be written, as on a full disk.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "greeting.txt") as partial:
    ...         _ = partial.write_text("hello")
    ...     [path.name for path in Path(folder).iterdir()]
    ['greeting.txt']
    """
    with _partial(path) as partial:
        yield partial
        if partial.is_dir() and path.is_dir():
            shutil.rmtree(path)
        os.replace(partial, path)


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Write several files of a folder, all or none of them; others in it stay.

    Yields an empty folder to write them to.

    Raises:
        RunFolderError: if they cannot be written.
    """
    with _partial(folder / "files") as partial:
        partial.mkdir()
        yield partial
        for path in partial.iterdir():
            os.replace(path, folder / path.name)


@contextmanager
def _partial(path: Path) -> Iterator[Path]:
    """A name beside `path` that is gone at the end; errors of the system become sentences."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
    except Exception as error:
        reason = _why_unwritten(error)
        if reason is None:
            raise
        raise RunFolderError(f"{path} cannot be written: {reason}. Make room or give another "
                             "folder, then run the same command again; what is finished "
                             "stays.") from error
    finally:
        _remove(partial)


def _why_unwritten(error: Exception) -> str | None:
    """What the system says against writing; None for any other error.

    Libraries that are not written in Python report the system's errors in types of their own.
    """
    if isinstance(error, OSError):
        return error.strerror or one_line(error)
    told = re.search(r"([^:]+) \(os error \d+\)", str(error))
    if type(error).__name__ == "SafetensorError" and told is not None:
        return told[1].strip()
    return None


def _remove(partial: Path) -> None:
    if partial.is_dir():
        shutil.rmtree(partial, ignore_errors=True)
    else:
        with suppress(OSError):  # the error that led here says more
            partial.unlink()


def write_json(path: Path, content: Any) -> None:
    """Write JSON to a file, whole or not at all."""
    with replacing(path) as partial:
        partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def claim(
    folder: Path, settings: Mapping[str, Any], *, what: str, error: type[InputError]
) -> None:
    """Make `folder` that of a run with these settings, kept in its `SETTINGS`.

    Args:
        folder: made if it is missing.
        settings: all that the files inside depend on, JSON values.
        what: such a folder holds, as in "an evaluation".
        error: the exception to raise.

    Raises:
        InputError: as `error`, if the folder is of other settings, saying what differs, or its
            settings are damaged.
        RunFolderError: if another process works on it.
    """
    refuse_if_held(folder)
    path = folder / SETTINGS
    if not path.exists():
        write_json(path, settings)
        return
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:
        raise error(f"{path} is damaged ({one_line(cause)}); give another run folder.") from cause
    check_settings(path, known, settings, what=what, error=error)


def check_settings(
    path: Path,
    known: Mapping[str, Any],
    settings: Mapping[str, Any],
    *,
    what: str,
    error: type[InputError],
    free: Collection[str] = (),
) -> None:
    """Refuse a run folder of other settings.

    Args:
        path: the file inside it that holds the settings.
        known: what it says.
        settings: what it must say, JSON values.
        what: the folder holds, as in "a run".
        error: the exception to raise.
        free: settings that may change between sittings, as they do not change what comes out.

    Raises:
        InputError: as `error`, naming what differs.
    """
    asked = json.loads(json.dumps({**settings, **{name: known[name] for name in free
                                                  if name in known}}))
    if asked != known:
        raise error(f"{path.parent} holds {what} of other settings: "
                    f"{', '.join(_differences(known, asked))}; use another run folder or the "
                    f"settings in its {path.name}.")


def _differences(known: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """Up to `_SHOWN` settings that are not equal, as a person reads them."""
    one, other = dict(_flat(known)), dict(_flat(asked))
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    told = [f"{name} is {_shown(one, name)} there, {_shown(other, name)} here"
            for name in names[:_SHOWN]]
    left = len(names) - _SHOWN
    return told + ([f"and {left} more"] if left > 0 else [])


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _shown(settings: Mapping[str, Any], name: str) -> str:
    text = str(settings.get(name, "not set"))
    return text if len(text) <= 24 else f"{text[:8]}…"


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Keep other processes from working on a run folder; made if it is missing.

    Raises:
        RunFolderError: if another one does, naming it.
    """
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Not of a thread: a generator that holds a folder may be closed by another one.
        lock = FileLock(folder / _LOCK, thread_local=False)
        lock.acquire(blocking=False)
    except Timeout:
        raise RunFolderError(f"{folder} is in use{_holder(folder)}; wait for it to end, stop it, "
                             "or give another run folder.") from None
    except OSError as error:
        raise RunFolderError(f"{folder} cannot be used as a run folder: {error.strerror}; give "
                             "another one.") from error
    try:
        for left in folder.glob(f".*{_PARTIAL}"):  # of a process that was killed
            _remove(left)
        write_json(folder / _HOLDER, {
            "process": os.getpid(), "host": socket.gethostname(),
            "since": datetime.now().astimezone().isoformat(timespec="seconds")})
        yield
    finally:
        (folder / _HOLDER).unlink(missing_ok=True)
        lock.release()


def refuse_if_held(folder: Path) -> None:
    """Refuse a folder that another process works on, before any work is done.

    Raises:
        RunFolderError: naming that process; for a name that no folder can have.
    """
    try:
        is_marked = (folder / _HOLDER).exists()
    except OSError as error:  # a name that is too long
        raise RunFolderError(f"{folder} cannot be used as a run folder: {error.strerror}; give "
                             "another one.") from error
    if is_marked:
        with hold(folder):
            pass


def _holder(folder: Path) -> str:
    try:
        found = json.loads((folder / _HOLDER).read_text(encoding="utf-8"))
        return f" by process {found['process']} on {found['host']} since {found['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return " by another process"


def save_state(folder: Path, tensors: Mapping[str, Tensor], progress: Mapping[str, Any]) -> None:
    """Write the tensors of a training run, then `progress`, which must name its `step`."""
    from safetensors.torch import save_file

    with replacing(folder / STATE) as partial:
        save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()},
                  partial, metadata={"step": str(progress["step"])})
    write_json(folder / PROGRESS, progress)


def holds_state(folder: Path) -> bool:
    """Whether `save_state` has written here."""
    return (folder / PROGRESS).is_file()


def load_state(folder: Path, *, device: str = "cpu") -> tuple[dict[str, Tensor], int]:
    """The tensors of a training run and the steps done.

    A kill between the two writes of `save_state` leaves `PROGRESS` behind, so it is the tensors'
    file that tells the steps.

    Raises:
        RunFolderError: if the file is missing or damaged.
    """
    from safetensors import safe_open
    from safetensors.torch import load_file

    path = folder / STATE
    try:
        with safe_open(path, framework="pt") as state:
            step = int(state.metadata()["step"])
        return load_file(path, device=device), step
    except Exception as error:  # whatever a file that may be damaged gives rise to
        raise RunFolderError(f"{path} cannot be read ({one_line(error)}); delete the run folder "
                             "to start over.") from error


def read_progress(folder: Path) -> dict[str, Any]:
    """What `PROGRESS` says.

    Raises:
        RunFolderError: if there is none, or it is damaged.
    """
    try:
        return json.loads((folder / PROGRESS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(f"{folder} holds no readable run ({one_line(error)}); delete it to "
                             "start over.") from error
