"""Selected rows of a library as a file that other programs read: CSV, SDF, SMILES, JSON, Parquet.

All of them have the rows of `core.library.leaving`, so that names and molecules are the same.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, Literal, TextIO, cast, get_args

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor

from core.library.leaving import NOTES, leaving_columns, leaving_names, leaving_rows
from core.library.manifest import LibraryError
from core.library.selection import Selection
from core.library.store import TEXT, WHOLE, YES_NO, Library
from core.library.structure import TOKENS
from core.runs import replacing

Kind = Literal["csv", "sdf", "smi", "parquet", "jsonl"]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""Endings of files, in the order in which people are offered them."""

TextKind = Literal["csv", "sdf", "smi"]

Progress = Callable[[int, int], None]
"""Called as `progress(done, total)` in rows; may raise to cancel."""

_ARROW = {WHOLE: pa.int64(), TEXT: pa.string(), YES_NO: pa.bool_()}
_LINE_ENDS = str.maketrans("\r\n\t", "   ")


def export(
    library: Library, selection: Selection, path: Path, kind: Kind, *, hydrogens: bool = False,
    progress: Progress | None = None,
) -> int:
    """Write selected rows in their order, some at a time; the file is written whole or not at all.

    SDF and SMILES hold rows that have a molecule that RDKit takes, the others all rows, with the
    sequences of samples as token numbers. A SMILES stands as on the row's card; an SDF record has
    2D coordinates and repeats all columns as properties; under-valent atoms are radicals there, so
    that readers do not fill them up.

    Args:
        library: where the rows are.
        selection: of them.
        path: of the file; text is gzipped if it ends in `.gz`.
        kind: one of `KINDS`.
        hydrogens: write every hydrogen, in SMILES and SDF.
        progress: see `Progress`.

    Returns:
        Rows in the file.

    Raises:
        LibraryError: if nothing is selected, or nothing that the file can hold.
        RunFolderError: if the file cannot be written.
    """
    total = library.count(selection)
    if not total:
        raise LibraryError("No row is selected, so there is nothing to write; widen the filter.")
    with replacing(path) as partial, library.batches(
            selection, leaving_columns(library)) as batches:
        rows = (leaving_rows(batch, library, hydrogens=hydrogens)
                for batch in _counted(batches, total, progress))
        if kind == "parquet":
            written = _write_parquet(rows, library, partial)
        else:
            with _text(partial, is_packed=path.suffix == ".gz") as file:
                written = _TEXTS[kind](rows, file, hydrogens)
    if not written:
        path.unlink()
        raise LibraryError(f"None of the {total:,} selected rows has a molecule that RDKit takes; "
                           "write them as CSV or Parquet.")
    return written


def _counted(
    batches: Iterator[pd.DataFrame], total: int, progress: Progress | None
) -> Iterator[pd.DataFrame]:
    done = 0
    for batch in batches:
        yield batch
        done += len(batch)
        if progress is not None:
            progress(done, total)


def _write_csv(batches: Iterator[pd.DataFrame], file: TextIO, hydrogens: bool) -> int:
    written = 0
    for batch in batches:
        if TOKENS in batch:
            batch[TOKENS] = [" ".join(map(str, tokens)) for tokens in batch[TOKENS]]
        batch.to_csv(file, index=False, header=not written)
        written += len(batch)
    return written


def _write_json(batches: Iterator[pd.DataFrame], file: TextIO, hydrogens: bool) -> int:
    """An object per line, as commands print rows; JSON has no NaN, so what is missing is null."""
    written = 0
    for batch in batches:
        for row in batch.astype(object).where(batch.notna(), None).to_dict("records"):
            found = {name: _finite(value) for name, value in row.items()}
            file.write(json.dumps(found, ensure_ascii=False) + "\n")
            written += 1
    return written


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write_parquet(batches: Iterator[pd.DataFrame], library: Library, path: Path) -> int:
    names = leaving_names(library)
    schema = pa.schema([(names[name], _ARROW.get(kind, pa.float64()))
                        for name, kind in library.columns.items()])
    if library.is_samples:
        schema = schema.append(pa.field(TOKENS, pa.list_(pa.int32())))
        schema = schema.append(pa.field(NOTES, pa.string()))
    written = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_table(pa.Table.from_pandas(batch, schema=schema, preserve_index=False))
            written += len(batch)
    return written


def _write_smiles(batches: Iterator[pd.DataFrame], file: TextIO, hydrogens: bool) -> int:
    written = 0
    for batch in batches:
        for row, _ in _molecules(batch):
            file.write(f"{row['smiles']}\t{str(row['id']).translate(_LINE_ENDS)}\n")
            written += 1
    return written


def _write_sdf(batches: Iterator[pd.DataFrame], file: TextIO, hydrogens: bool) -> int:
    written = 0
    for batch in batches:
        for row, molecule in _molecules(batch):
            row.pop(TOKENS, None)  # lines of an SDF are short
            file.write(_record(row, Chem.AddHs(molecule) if hydrogens else molecule))
            written += 1
    return written


_TEXTS: dict[Kind, Callable[[Iterator[pd.DataFrame], TextIO, bool], int]] = {
    "csv": _write_csv, "sdf": _write_sdf, "smi": _write_smiles, "jsonl": _write_json,
}


@contextmanager
def _text(path: Path, *, is_packed: bool) -> Iterator[TextIO]:
    """A text file to write, gzipped or not; of equal rows equal bytes."""
    with path.open("wb") as file:
        packed = gzip.GzipFile("", "wb", 6, file, mtime=0) if is_packed else nullcontext(file)
        with packed as binary, TextIOWrapper(
                cast(BinaryIO, binary), encoding="utf-8", newline="") as text:
            yield text


def _molecules(batch: pd.DataFrame) -> Iterator[tuple[dict[str, Any], Chem.Mol]]:
    """Rows whose molecule RDKit takes, with it."""
    for row in batch.to_dict("records"):
        if isinstance(row["smiles"], str) and row["valid"]:
            with rdBase.BlockLogs():
                molecule = Chem.MolFromSmiles(row["smiles"])
            if molecule is not None:
                yield row, molecule


def _record(row: dict[str, Any], molecule: Chem.Mol) -> str:
    rdDepictor.Compute2DCoords(molecule)
    molecule.SetProp("_Name", str(row["id"]).translate(_LINE_ENDS))
    properties = "".join(
        f">  <{name.translate(_LINE_ENDS).replace('<', '(').replace('>', ')')}>\n{_cell(value)}\n\n"
        for name, value in row.items() if not pd.isna(value) and str(value).strip())
    return f"{Chem.MolToMolBlock(molecule)}{properties}$$$$\n"


def _cell(value: Any) -> str:
    """On one line: an empty one would end the property."""
    return str(value).translate(_LINE_ENDS)


def text_of(rows: pd.DataFrame, kind: TextKind) -> str:
    """A table that is at hand as a file of text, as `export` writes it.

    Args:
        rows: with the columns `id`, `smiles` and `valid`.
        kind: CSV of all rows; SDF and SMILES of those with a molecule that RDKit takes.
    """
    if kind == "csv":
        return rows.to_csv(index=False)
    if kind == "sdf":
        return "".join(_record(row, molecule) for row, molecule in _molecules(rows))
    return "".join(f"{row['smiles']}\t{str(row['id']).translate(_LINE_ENDS)}\n"
                   for row, _ in _molecules(rows))
