"""The rows of a file, each as it stands: read strictly and one by one, in bounded memory.

A row that breaks the format of its file becomes a `Record` that says what is wrong in which line
and column, and the rows behind it are read. Only what makes a whole file unreadable raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

from core.data.column_choice import WantedColumns
from core.data.file_kind import FILE_SUFFIXES, kind_of, suffix
from core.data.record import InputFileError, Record

__all__ = ["FILE_SUFFIXES", "InputFileError", "Record", "count_rows", "open_records", "suffix"]


def open_records(
    path: Path, *, smiles_column: str | None = None, id_column: str | None = None
) -> Iterator[Record]:
    """The rows of a file one by one, not yet understood; see `core.data.files.read_molecules`.

    Args:
        path: the file.
        smiles_column: of the molecules, if it is not called `smiles`.
        id_column: of what the rows are called, if not by `id`, `mol_id` or `name`.

    Raises:
        InputFileError: for a file that is missing, empty, no text, of another kind, or without the
            columns; in the midst of the rows, where a packed file or a Parquet file is damaged.
    """
    read = _reader(kind_of(path, smiles_column))
    yield from read(path, WantedColumns(smiles_column, id_column))


def count_rows(
    path: Path, *, smiles_column: str | None = None, id_column: str | None = None
) -> int:
    """Number of rows that `read_molecules` will give, for progress bars; raises as it does."""
    return sum(1 for _ in open_records(path, smiles_column=smiles_column, id_column=id_column))


def _reader(kind: str) -> Callable[[Path, WantedColumns], Iterator[Record]]:
    module, function = _READERS[kind]
    reader: Callable[[Path, WantedColumns], Iterator[Record]] = getattr(
        import_module(f"core.data.{module}"), function)
    return reader


_READERS = {  # imported when needed: pyarrow takes longer than most commands
    "smiles": ("smiles_lines", "read_smiles_lines"),
    "csv": ("delimited", "read_csv"),
    "tsv": ("delimited", "read_tsv"),
    "sdf": ("mol_records", "read_sdf"),
    "parquet": ("parquet_rows", "read_parquet"),
    "json": ("json_rows", "read_json"),
    "jsonl": ("json_rows", "read_jsonl"),
}
