"""The text of a file, line by line: unpacked, strictly UTF-8, in bounded memory."""

from __future__ import annotations

import gzip
import io
import os
import re
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from core.data.record import InputFileError
from core.errors import InputError, one_line

LONGEST_LINE = 1_000_000
"""Characters of a line, and of a record of several lines; a molecule needs a few hundred."""

HEAD_BYTES = 65_536
"""Bytes from which the kind of a file is told."""

GZIP = ".gz"


@contextmanager
def reading_bytes(path: Path) -> Iterator[BinaryIO]:
    """What is in a file, unpacked if it begins as gzip does.

    Raises:
        InputFileError: if there is none or it cannot be read, also while it is being read.
    """
    with _refusing(path), open(path, "rb") as file:
        if file.peek(2)[:2] == _GZIP_MAGIC:
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield cast(BinaryIO, unpacked)
        elif path.suffix.lower() == GZIP and file.peek(1):
            raise InputFileError(f"{path} is not a whole gzip file, its first bytes are of "
                                 f"another kind; leave out {GZIP} if it is not packed.")
        else:
            yield cast(BinaryIO, file)


def state_of(path: Path) -> tuple[int, ...]:
    """Of a file that is to be read more than once; changes when the file does.

    Raises:
        InputFileError: if there is none, or it is a pipe or a device.
    """
    with _refusing(path):
        found = os.stat(path)
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise InputFileError(f"{path} can be read only once, as a pipe or a device; write it to a "
                             "file and give that.")
    return found.st_size, found.st_mtime_ns  # not its inode, which some networks make up anew


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Say what is wrong with a file that cannot be read."""
    try:
        yield
    except InputError:
        raise
    except FileNotFoundError:
        raise InputFileError(f"There is no file {path}; check the path.") from None
    except _GZIP_FAULTS as error:
        raise InputFileError(_gzip_fault(path, error)) from None
    except OSError as error:
        raise InputFileError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        if "null" not in str(error):  # in a path
            raise
        raise InputFileError(f"{path} is no path; check it.") from None


@contextmanager
def reading_text(path: Path) -> Iterator[TextIO]:
    """A file of UTF-8 text, gzipped or not, with or without a byte order mark.

    Bytes that are not UTF-8 become lone surrogates, which `fault_of` finds.

    Raises:
        InputFileError: if it is none, also while it is being read.
    """
    with reading_bytes(path) as file:
        refuse_utf16(path, file.peek(HEAD_BYTES))  # type: ignore[attr-defined]
        with io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape") as text:
            yield text


def head_of(path: Path) -> bytes:
    """The first bytes of a file, unpacked: `HEAD_BYTES` or, if it has less, all.

    Raises:
        InputFileError: for a file that cannot be read.
    """
    found = b""
    state_of(path)  # its rows are read behind this, from the beginning
    with reading_bytes(path) as file:
        while len(found) < HEAD_BYTES:
            try:
                part = file.read1(HEAD_BYTES - len(found))  # type: ignore[attr-defined]
            except _GZIP_FAULTS:
                if not found:
                    raise
                break  # what is in front of the damage is read, then
            if not part:
                break
            found += part
    return found


def refuse_utf16(path: Path, head: bytes) -> None:
    """Name the encoding of text that Windows writes.

    Raises:
        InputFileError: if these are the first bytes of a text in UTF-16 or UTF-32.
    """
    even, odd = head[0:200:2], head[1:200:2]
    few, many = sorted((even.count(0), odd.count(0)))
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or (not few and many > 4 > len(odd) - many):
        raise InputFileError(f"{path} is text in UTF-16; save it as UTF-8.")


def lines_of(file: TextIO, path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers, from 1.

    Raises:
        InputFileError: for a line that is longer than any of a molecule, or is no text.
    """
    for number, line, fault in marked_lines(file, path):
        if fault is not None:
            raise InputFileError(f"{path}: {fault}")
        yield number, line


def marked_lines(file: TextIO, path: Path) -> Iterator[tuple[int, str, str | None]]:
    """The lines of a file with their numbers, from 1, and what is wrong with their characters.

    Raises:
        InputFileError: for a line that is longer than any of a molecule, and a gzip file that is
            not whole, once all lines in front are read.
    """
    number = 0
    while True:
        try:
            line = file.readline(LONGEST_LINE)
        except _GZIP_FAULTS as error:
            raise InputFileError(_gzip_fault(path, error, number)) from None
        if not line:
            return
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith("\n"):
            raise InputFileError(f"{path}, line {number}: a line has at most {LONGEST_LINE:,} "
                                 "characters; check the file.")
        if (line.isascii() and "\0" not in line) or (fault := fault_of(line, number)) is None:
            yield number, line, None
        else:
            yield number, _NO_TEXT.sub("\ufffd", line), fault


def fault_of(text: str, first_line: int = 1) -> str | None:
    """Where a text that was read by `reading_text` is none, counted from 1; None if it is one."""
    found = _NO_TEXT.search(text)
    if found is None:
        return None
    line = first_line + text.count("\n", 0, found.start())
    place = f"Line {line}, column {found.start() - text.rfind(chr(10), 0, found.start())}"
    if found[0] == "\0":
        return f"{place}: a NUL character, which no text has; check whether the file is damaged."
    return (f"{place}: byte 0x{ord(found[0]) - 0xdc00:02X} is not UTF-8; save the whole file as "
            "UTF-8.")


def _gzip_fault(path: Path, error: Exception, line: int = 0) -> str:
    where = f" behind line {line}" if line else ""
    if isinstance(error, EOFError):
        return f"{path} is a gzip file cut short{where}; copy or download it again."
    return (f"{path} is not a whole gzip file, it is damaged{where} ({one_line(error)}); copy or "
            "download it again.")


_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_FAULTS = (gzip.BadGzipFile, EOFError, zlib.error)
_NO_TEXT = re.compile("[\0\udc80-\udcff]")
