"""Where each molecule of a scored set was first computed, so that equal ones are computed once.

An index on disk beside the parts, as a set of ten million molecules does not fit into memory. It is
no source of truth: it is made from the parts, and made anew where it does not fit them, so that it
may be missing, of an older state or half-written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.library.manifest import Part
from core.runs import RunFolderError

INDEX = "_index.sqlite"
"""Name of the file; readers of Parquet folders skip it."""

_AT_ONCE = 500
"""Keys of one question; SQLite allows a thousand variables or more."""


class Duplicates:
    """The index of a folder.

    Args:
        folder: of the set.
        parts: that are finished; the index is brought to where they are.
        columns: of a row that are found again, by what the parts call them.

    Raises:
        RunFolderError: if the index cannot be written.
    """

    def __init__(self, folder: Path, parts: Collection[Part], columns: Mapping[str, str]) -> None:
        self._folder = folder.absolute()  # `file:x` would be an address
        self._columns = {"graph_key": "graph_key", **columns}
        names = [part.name for part in parts]
        with self._told():
            self._base = self._opened()
            known = [name for (name,) in self._base.execute("SELECT name FROM parts ORDER BY n")]
            if known != names[: len(known)]:
                self._base.close()
                self.path.unlink()
                self._base, known = self._opened(), []
        for name in names[len(known):]:
            self.add(name, pq.read_table(folder / name, columns=["graph_key"])
                     .column("graph_key").to_pylist())

    @property
    def path(self) -> Path:
        """Of the file."""
        return self._folder / INDEX

    def add(self, part: str, keys: Collection[str | None]) -> None:
        """Note which graphs a part holds; None for rows without one."""
        with self._told(), self._base:
            (number,) = self._base.execute("SELECT count(*) FROM parts").fetchone()
            self._base.execute("INSERT INTO parts VALUES (?, ?)", (number, part))
            self._base.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?)", (
                (bytes.fromhex(key), number) for key in keys if key is not None))

    def find(self, keys: Collection[str]) -> dict[str, dict[str, Any]]:
        """What finished parts say of graphs, by their key; graphs that are new are left out."""
        wanted = sorted(keys)
        in_parts: dict[str, list[str]] = {}
        for first in range(0, len(wanted), _AT_ONCE):
            asked = [bytes.fromhex(key) for key in wanted[first : first + _AT_ONCE]]
            marks = ",".join("?" * len(asked))
            for key, name in self._base.execute(
                    "SELECT key, name FROM keys JOIN parts ON part = n "
                    f"WHERE key IN ({marks})", asked):
                in_parts.setdefault(name, []).append(key.hex())
        found: dict[str, dict[str, Any]] = {}
        for name, present in in_parts.items():
            table = pq.read_table(self._folder / name, columns=list(self._columns),
                                  filters=pc.field("graph_key").isin(present))
            for row in table.rename_columns(list(self._columns.values())).to_pylist():
                found.setdefault(row.pop("graph_key"), row)
        return found

    def close(self, *, remove: bool = False) -> None:
        """Let go of the file; a finished set needs it no more."""
        self._base.close()
        if remove:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)

    def _opened(self) -> sqlite3.Connection:
        """Nothing is lost with it, so it need not survive a fall of the system."""
        try:
            return self._prepared()
        except sqlite3.DatabaseError:  # left half-written
            self.path.unlink(missing_ok=True)
            return self._prepared()

    def _prepared(self) -> sqlite3.Connection:
        base = sqlite3.connect(self.path, check_same_thread=False)
        base.executescript("""
            PRAGMA journal_mode = MEMORY;
            PRAGMA synchronous = OFF;
            CREATE TABLE IF NOT EXISTS parts (n INTEGER PRIMARY KEY, name TEXT);
            CREATE TABLE IF NOT EXISTS keys (key BLOB PRIMARY KEY, part INTEGER) WITHOUT ROWID;
        """)
        return base

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise RunFolderError(f"{self.path} cannot be written: {error}. Make room or give "
                                 "another folder, then run the same command again; what is "
                                 "finished stays.") from error
