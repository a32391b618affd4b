"""`trailscope decode`: sequences of tokens back to graphs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from core.chemistry.chemistry import CHEMISTRIES, Chemistry
from core.chemistry.molecules import to_smiles
from core.cli.graphs import card_of
from core.cli.rows import RowWriter
from core.data.token_lines import TokenLine, read_token_lines
from core.errors import InputError
from core.sent.vocabulary import VOCABULARIES, Vocabulary


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
    for line in read_token_lines(file):
        writer.write({"id": line.id, **_decode_line(line, known, chemistry, lenient=lenient)})
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
    line: TokenLine, vocabulary: Vocabulary, chemistry: Chemistry | None, *, lenient: bool
) -> dict[str, Any]:
    from core.sent.decoder import decode as decode_strict
    from core.sent.decoder import decode_lenient

    if line.tokens is None:
        return {"error": line.error}
    try:
        graph = (decode_lenient if lenient else decode_strict)(list(line.tokens), vocabulary)
    except InputError as error:
        return {"error": str(error)}
    content = graph.to_json()
    smiles = None if chemistry is None else to_smiles(graph, chemistry)
    return {"node_labels": content["node_labels"], "edges": content["edges"], "smiles": smiles}
