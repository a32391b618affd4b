"""SMILES files: a molecule per line, behind it a CXSMILES extension and a name if there are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from core.data.column_choice import WantedColumns
from core.data.record import Record
from core.data.text_lines import marked_lines, reading_text


def read_smiles_lines(path: Path, wanted: WantedColumns) -> Iterator[Record]:
    """The lines but for empty ones, those with `#` in front, and a first one that says `smiles`.

    Raises:
        InputFileError: if a column is asked for.
    """
    wanted.refuse(str(path), "it has a SMILES per line")
    with reading_text(path) as file:
        for number, line, fault in marked_lines(file, path):
            record = _record(line, number, fault)
            if record is not None:
                yield record


def _record(line: str, number: int, fault: str | None) -> Record | None:
    text = line.strip()
    if not text or text.startswith("#"):
        return None
    smiles, *rest = text.split(maxsplit=1)
    if number == 1 and smiles.lower() == "smiles":
        return None
    name = rest[0] if rest else None
    if name is not None and name.startswith("|"):  # CXSMILES, then perhaps a name
        extension, closed, name = name[1:].partition("|")
        if not closed:
            place = line.index("|") + 1
            return Record(None, smiles, error=fault or (
                f"Line {number}, column {place}: the extension that begins with | does not end "
                "with |."))
        smiles, name = f"{smiles} |{extension}|", name.strip()
    return Record(name, smiles, error=fault)
