"""Of what kind a file is: as its name says or, where that says nothing, its content."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from rdkit import Chem

from core.chemistry.notation import MoleculeError, check_characters, refusing
from core.data.delimited import find_delimiter, header_cells
from core.data.record import InputFileError
from core.data.text_lines import GZIP, HEAD_BYTES, head_of, refuse_utf16

KIND_OF_SUFFIX = {
    ".smi": "smiles", ".smiles": "smiles", ".txt": "txt", ".csv": "csv", ".tsv": "tsv",
    ".sdf": "sdf", ".parquet": "parquet", ".pq": "parquet", ".json": "json", ".jsonl": "jsonl",
}
"""Kinds by the ending of a name; `txt` is a file of SMILES or with columns."""

FILE_SUFFIXES = tuple(KIND_OF_SUFFIX)
"""Endings of files that can be read, each also with `.gz` behind it."""


def suffix(path: str | Path) -> str:
    """The ending that tells the kind of a file, in front of `.gz` where it is packed."""
    return os.path.splitext(os.fspath(path).lower().removesuffix(GZIP))[1]


def kind_of(path: Path, smiles_column: str | None = None) -> str:
    """One of `smiles`, `csv`, `tsv`, `sdf`, `parquet`, `json` and `jsonl`.

    Args:
        path: the file.
        smiles_column: that was asked for, so that a text file has columns.

    Raises:
        InputFileError: for a file that cannot be read, is empty, or of none of the kinds.
    """
    head = head_of(path)
    if head in (b"", _BYTE_ORDER_MARK):
        raise InputFileError(f"{path} is empty; give at least one molecule.")
    if head.startswith(b"PAR1"):
        return "parquet"
    refuse_utf16(path, head)
    for magic, what in _OTHERS.items():
        if head.startswith(magic):
            raise InputFileError(f"{path} is {what} by its content; {_RIGHT}.")
    kind = KIND_OF_SUFFIX.get(suffix(path))
    if kind is not None and kind != "txt":
        return kind
    text = head.decode("utf-8-sig", "replace")
    lines = text.splitlines()[: -1 if len(head) == HEAD_BYTES else None]
    if kind == "txt":
        return _delimited(lines, smiles_column) or "smiles"
    found = _by_content(text, lines, smiles_column)
    if found is None:
        raise InputFileError(f"{path} is of an unknown kind; {_RIGHT}.")
    return found


def _by_content(text: str, lines: list[str], smiles_column: str | None) -> str | None:
    begin = text.lstrip()
    if "\0" in text or not begin:
        return None
    if begin.startswith("{"):
        return "jsonl" if _is_json(begin.split("\n", 1)[0]) or "\n" not in begin else "json"
    if re.match(r'\[\s*[{\["\]]', begin):
        return "json"  # a SMILES has an element behind its bracket
    if any(line.startswith("M  END") or re.search(r"V[23]000\s*$", line) for line in lines):
        return "sdf"
    return _delimited(lines, smiles_column) or ("smiles" if _are_smiles(lines) else None)


def _delimited(lines: list[str], smiles_column: str | None) -> str | None:
    """Which kind has columns that the first line names; None if it names none."""
    first = lines[0] if lines else ""
    delimiter = find_delimiter(first, smiles_column)
    if delimiter is None:  # a column that says SMILES in other words, or any if one was asked for
        like = "" if smiles_column else "smiles"
        delimiter = next((one for one in ",\t;" if one in first and any(
            like in cell.lower() for cell in header_cells(first, one))), None)
    if delimiter is None or (delimiter not in first and smiles_column is None):
        return None  # one word says no more than that SMILES follow
    return "tsv" if delimiter == "\t" else "csv"


def _are_smiles(lines: list[str]) -> bool:
    """Whether at least half of the first lines begin with a SMILES."""
    words = [line.split()[0] for line in lines if line.strip() and not line.startswith("#")][:20]
    words = words[words[:1] in (["smiles"], ["SMILES"]):]
    return bool(words) and 2 * sum(map(_is_smiles, words)) >= len(words)


def _is_smiles(word: str) -> bool:
    try:
        with refusing("No SMILES."):
            check_characters(word, "SMILES")
            return len(word) < 10_000 and Chem.MolFromSmiles(word, sanitize=False) is not None
    except MoleculeError:
        return False


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_RIGHT = f"use a file that ends in {', '.join(FILE_SUFFIXES)}, perhaps gzipped"
_OTHERS = {
    b"PK\x03\x04": "a zip archive or an Excel file", b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"%PDF": "a PDF", b"BZh": "packed with bzip2", b"\xfd7zXZ": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with zstd", b"PARE": "encrypted Parquet",
}
"""What other kinds of files begin with."""
