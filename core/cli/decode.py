"""`trailscope decode`: sequences of tokens back to graphs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from core.chemistry.chemistry import CHEMISTRIES, Chemistry
from core.chemistry.molecules import to_smiles
from core.cli.graphs import card_of
from core.cli.rows import RowWriter
from core.data.json_text import parse_json_line
from core.data.text_lines import lines_of, reading_text
from core.errors import InputError
from core.sent.vocabulary import VOCABULARIES, Vocabulary

_TOO_LARGE = 2**31  # for any vocabulary; a message names tokens outside of it


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(decode)


def decode(
    file: Annotated[Path, typer.Argument(help="JSON lines with id and tokens.")],
    lenient: Annotated[bool, typer.Option(help="Read as LU's code does.")] = False,
    vocabulary: Annotated[
        str | None, typer.Option(help="qm9, moses, or planar for unlabelled. Default: qm9.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Use the vocabulary of this model, a shipped name or a "
                                      "checkpoint folder.")
    ] = None,
) -> None:
    """Print the graph of every sequence, or why there is none."""
    known, chemistry = _vocabulary(vocabulary, model)
    writer = RowWriter()
    for row, (number, line) in enumerate(_lines(file), start=1):
        found = _decode_line(line, number, known, chemistry, lenient=lenient)
        writer.write({"id": f"row {row}", **found})
    writer.finish()


def _vocabulary(name: str | None, model: str | None) -> tuple[Vocabulary, Chemistry | None]:
    """What sequences are written in, and what its labels mean."""
    card = card_of(model)
    if card is not None:
        if name is not None:
            raise InputError("Give either --vocabulary or --model, not both.")
        return card.vocabulary, card.chemistry
    name = "qm9" if name is None else name
    if name not in VOCABULARIES:
        raise InputError(f"Unknown vocabulary {name!r}; use {', '.join(VOCABULARIES)}.")
    return VOCABULARIES[name], CHEMISTRIES.get(name)


def _decode_line(
    line: str, number: int, vocabulary: Vocabulary, chemistry: Chemistry | None, *, lenient: bool
) -> dict[str, Any]:
    from core.sent.decoder import decode as decode_strict
    from core.sent.decoder import decode_lenient

    name: dict[str, Any] = {}
    try:
        row = parse_json_line(line, number)
        name = {"id": row["id"]} if isinstance(row, dict) and "id" in row else {}
        tokens = _tokens(row)
        graph = (decode_lenient if lenient else decode_strict)(tokens, vocabulary)
    except InputError as error:
        return {**name, "error": str(error)}
    content = graph.to_json()
    smiles = None if chemistry is None else to_smiles(graph, chemistry)
    return {**name, "node_labels": content["node_labels"], "edges": content["edges"],
            "smiles": smiles}


def _tokens(row: Any) -> list[int]:
    tokens = row.get("tokens") if isinstance(row, dict) else None
    if not isinstance(tokens, list) or not all(
            type(token) is int and abs(token) < _TOO_LARGE for token in tokens):
        raise InputError('A line needs "tokens", a list of whole numbers.')
    return tokens


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that say something, with their numbers."""
    with reading_text(path) as file:
        yield from ((number, line) for number, line in lines_of(file, path) if line.strip())
