"""Download a public file once: resumable, checked, and under its name only when complete."""

from __future__ import annotations

import errno
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from core.errors import InputError
from core.records import sha256_of

_BLOCK_BYTES = 1 << 18
_TIMEOUT_S = 30


class DownloadError(InputError):
    """A file did not arrive; the message says why and how to do without the download."""


def download(
    url: str,
    path: Path,
    *,
    sha256: str,
    instead: str,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Fetch a file unless it is there already.

    What has arrived before a broken connection is kept as `<name>.part`, and the next call asks
    the server for the rest only.

    Args:
        url: http or https.
        path: the finished file.
        sha256: hexadecimal digest that the file must have.
        instead: a sentence on what to do without a connection, put behind every error.
        progress: called as `progress(bytes_done, bytes_total)`; the total is 0 if unknown.

    Returns:
        `path`.

    Raises:
        DownloadError: for no connection, an error of the server, a wrong digest, or a folder that
            cannot be written to.
    """
    if path.exists():
        return path
    make_writable(path.parent, instead=instead)
    # Not `runs.staging`, which clears up behind itself: what has arrived must outlast an error.
    part = path.with_name(path.name + ".part")
    try:
        _fetch(url, part, progress or (lambda done, total: None))
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise DownloadError(f"{url} could not be downloaded ({reason}). {instead}") from None
    digest = sha256_of(part)
    if digest != sha256:
        part.unlink()
        raise DownloadError(f"{url} is not the expected file: its SHA-256 is {digest}, expected "
                            f"{sha256}. {instead}")
    os.replace(part, path)
    return path


def make_writable(folder: Path, *, instead: str) -> None:
    """Make a folder for downloads.

    Raises:
        DownloadError: if that cannot be, or nothing can be written to it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        reason = None if os.access(folder, os.W_OK) else os.strerror(errno.EACCES)
    except OSError as error:
        reason = error.strerror
    if reason is not None:
        raise DownloadError(f"Nothing can be written to {folder} ({reason}); name a folder for "
                            f"downloads by TRAILSCOPE_DATA. {instead}")


def _fetch(url: str, part: Path, progress: Callable[[int, int], None]) -> None:
    """Append to `part` what is missing, or start over if the server sends the whole file."""
    done = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={done}-"} if done else {})
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing is missing
            return
        raise
    with response:
        resumes = response.status == 206
        done = done if resumes else 0
        remaining = int(response.headers.get("Content-Length") or 0)
        total = done + remaining if remaining else 0
        with part.open("ab" if resumes else "wb") as file:
            while block := response.read(_BLOCK_BYTES):
                file.write(block)
                done += len(block)
                progress(done, total)
        if done < total:
            raise OSError(f"the connection broke after {done:,} of {total:,} bytes")


@contextmanager
def download_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error while a data set arrives; yields the `progress` of `download`."""
    columns = (TextColumn(f"Downloading {title}"), BarColumn(), DownloadColumn(),
               TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
