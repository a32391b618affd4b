"""Parquet files, read in batches and never whole."""

from __future__ import annotations

import base64
import gzip
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from core.data.column_choice import (
    SMILES_OPTION,
    ColumnChoice,
    WantedColumns,
    choose_columns,
    listed,
)
from core.data.record import InputFileError, Record, as_name
from core.data.text_lines import reading_bytes
from core.errors import one_line

BATCH_CELLS = 100_000
"""Cells that are in memory at a time, if rows are not longer than this."""

MOST_UNPACKED = 200
"""Times that a gzipped Parquet file may grow; such files hardly do, as they are packed already."""


def read_parquet(path: Path, wanted: WantedColumns) -> Iterator[Record]:
    """The rows of a file; values are text, whole numbers, numbers, true and false.

    Dates and times become ISO text, nested values JSON, decimals numbers; bytes text if they are
    UTF-8, else in base64.

    Raises:
        InputFileError: for a file without the column of molecules, or a damaged one, once the
            batches in front of the damage are read.
    """
    row = 0
    with _reading(path) as source:
        try:
            file = pq.ParquetFile(source, buffer_size=1 << 20, page_checksum_verification=True)
            schema = file.schema_arrow
            names = [name.strip() for name in schema.names]
            _refuse_no_text(path, schema)
            choice = choose_columns(str(path), names, wanted)
            assert choice.smiles is not None
            kind = _plain_type(schema.field(choice.smiles).type)
            if not _is_text(kind):
                raise InputFileError(f"{path}: column `{names[choice.smiles][:40]}` holds {kind}, "
                                     f"no text; name another one with {SMILES_OPTION}.")
            size = min(max(BATCH_CELLS // len(names), 1), 8_192)
            for group in range(file.num_row_groups):  # a batch over two loses the whole one
                for batch in file.iter_batches(batch_size=size, row_groups=[group]):
                    yield from _records(batch, names, choice)
                    row += batch.num_rows
        except InputFileError:
            raise
        except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
            where = f" behind row {row}" if row else ""
            raise InputFileError(f"{path} is a damaged Parquet file{where} ({one_line(error)}); "
                                 "copy or download it again.") from None


def _records(batch: pa.RecordBatch, names: list[str], choice: ColumnChoice) -> Iterator[Record]:
    faults: dict[int, str] = {}
    columns = [_values(column, name, faults)
               for column, name in zip(batch.columns, names, strict=True)]
    nothing: list[Any] = [None] * batch.num_rows
    smiles = nothing if choice.smiles is None else columns[choice.smiles]
    called = nothing if choice.name is None else columns[choice.name]
    own = [columns[place] for place in choice.places]
    cells: Iterable[tuple[Any, ...]] = zip(*own, strict=True) if own else [()] * batch.num_rows
    for place, values in enumerate(cells):
        yield Record(as_name(called[place]), smiles[place], None, None,
                     faults.get(place), dict(zip(choice.own, values, strict=True)))


@contextmanager
def _reading(path: Path) -> Iterator[BinaryIO]:
    """The file, or if it is gzipped, what is in it, as a file without a name."""
    with reading_bytes(path) as packed:
        if not isinstance(packed, gzip.GzipFile):
            yield packed
            return
        with tempfile.TemporaryFile() as unpacked:
            left = path.stat().st_size * MOST_UNPACKED
            while part := packed.read(1 << 20):
                left -= len(part)
                if left < 0:
                    raise InputFileError(f"{path} unpacks to more than {MOST_UNPACKED} times its "
                                         "size; unpack it, and check what is in it.")
                unpacked.write(part)
            unpacked.seek(0)
            yield unpacked  # type: ignore[misc]


def _refuse_no_text(path: Path, schema: pa.Schema) -> None:
    if not any(_is_text(_plain_type(field.type)) for field in schema):
        raise InputFileError(f"{path} has no column of text, so none of SMILES; it has "
                             f"{listed(schema.names) or 'no columns'}.")


def _plain_type(kind: pa.DataType) -> pa.DataType:
    while isinstance(kind, pa.DictionaryType | pa.BaseExtensionType):
        kind = kind.value_type if isinstance(kind, pa.DictionaryType) else kind.storage_type
    return kind


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    return any(test(kind) for test in (
        types.is_string, types.is_large_string, types.is_string_view, types.is_binary,
        types.is_large_binary, types.is_binary_view))


def _values(column: pa.Array, name: str, faults: dict[int, str]) -> list[Any]:
    """The values of a column as Python's; rows with text that is none are noted in `faults`."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    kind, types = column.type, pa.types
    if types.is_temporal(kind) and not types.is_duration(kind):
        zone = ""
        if types.is_timestamp(kind) and kind.tz is not None:
            column, zone = column.cast(pa.timestamp(kind.unit)), "Z"  # needs no table of zones
        texts = column.cast(pa.string()).to_pylist()
        return [text if text is None or text.startswith("<")  # out of range
                else text.replace(" ", "T", 1) + zone for text in texts]
    try:
        found = column.to_pylist()
    except UnicodeDecodeError:
        found = column.cast(pa.large_binary()).to_pylist()
        for place, value in enumerate(found):
            found[place] = None if value is None else value.decode("utf-8", "replace")
            if value is not None and found[place].encode() != value:
                faults.setdefault(place, f"Column `{name[:40]}` is not UTF-8; write its text as "
                                         "UTF-8.")
        return found
    if _is_text(kind) and not (types.is_string(kind) or types.is_large_string(kind)):
        return [value.decode() if isinstance(value, bytes) and _is_utf8(value) else
                base64.b64encode(value).decode() if isinstance(value, bytes) else value
                for value in found]
    if types.is_fixed_size_binary(kind):
        return [None if value is None else base64.b64encode(value).decode() for value in found]
    if types.is_decimal(kind):
        return [None if value is None else _number_or_text(value) for value in found]
    if types.is_uint64(kind):
        return [str(value) if value is not None and value >= 2**63 else value for value in found]
    if types.is_duration(kind):
        return [None if value is None else str(value) for value in found]
    if types.is_nested(kind):
        return [None if value is None else
                json.dumps(value, ensure_ascii=False, default=_json_default) for value in found]
    return found


def _number_or_text(value: Decimal) -> float | str:
    """A float where it says the same, else the digits."""
    return float(value) if Decimal(repr(float(value))) == value else str(value)


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _json_default(value: Any) -> Any:
    """Within nested values."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
