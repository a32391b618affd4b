"""`trailscope enumerate`: every sequence of a graph, with its exact probability."""

from __future__ import annotations

from typing import Annotated

import typer

from core.cli.graphs import card_of, check_row, read_rows, vocabulary_for
from core.cli.options import (
    INPUT_HELP,
    STRATEGY_HELP,
    IdColumn,
    SmilesColumn,
    TieBreaks,
    WritingModel,
    read_tie_break,
)
from core.cli.rows import RowWriter
from core.errors import InputError
from core.sent.strategies import Strategy


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("enumerate")(enumerate_all)


def enumerate_all(
    input: Annotated[str, typer.Argument(help=INPUT_HELP)],
    strategy: Annotated[str, typer.Option(help=STRATEGY_HELP)] = "random_order",
    tie_break: TieBreaks = "random",
    limit: Annotated[int, typer.Option(min=1, help="Refuse graphs with more sequences.")] = 100_000,
    model: WritingModel = None,
    smiles_column: SmilesColumn = None,
    id_column: IdColumn = None,
) -> None:
    """Print every sequence that a strategy can write, with its exact probability."""
    from core.sent.probability import enumerate_sequences

    chosen = Strategy.from_name(strategy)
    ties = read_tie_break(tie_break)
    card = card_of(model)
    writer = RowWriter()
    given = read_rows(input, card, smiles_column=smiles_column, id_column=id_column)
    for row in (check_row(row, card) for row in given):
        if row.graph is None:
            writer.write({"id": row.id, "smiles": row.smiles, "error": row.error})
            continue
        try:
            found = enumerate_sequences(row.graph, vocabulary_for(row.graph, card), chosen,
                                        tie_break=ties, limit=limit)
        except InputError as error:
            writer.write({"id": row.id, "smiles": row.smiles, "error": str(error)})
            continue
        for tokens, probability, log_q in zip(
            found.tokens, found.probabilities.tolist(), found.log_q.tolist(), strict=True
        ):
            writer.write({"id": row.id, "smiles": row.smiles,
                          "notes": " ".join(row.notes) or None, "tokens": list(tokens),
                          "probability": probability, "log_q": log_q})
    writer.finish()
