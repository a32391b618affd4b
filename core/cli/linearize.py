"""`trailscope linearize`: graphs as sequences of tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

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
    seed_option,
)
from core.cli.rows import Format, RowWriter, in_chunks
from core.data.files import InputRow
from core.errors import InputError
from core.model.card import ModelCard
from core.sent.strategies import Strategy, TieBreak
from core.sent.vocabulary import Vocabulary

if TYPE_CHECKING:
    from core.graph.graph import Graph
    from core.sent.trails import TrailBatch

_CHUNK = 1024


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(linearize)


def linearize(
    input: Annotated[str, typer.Argument(help=INPUT_HELP)],
    strategy: Annotated[str, typer.Option(help=STRATEGY_HELP)] = "random_order",
    permutations: Annotated[int, typer.Option(min=1, help="Linearizations per graph.")] = 1,
    seed: Annotated[int, seed_option("Fixes the sequences of every graph.")] = 0,
    tie_break: TieBreaks = "random",
    format: Annotated[Format, typer.Option(help="json is the only format here.")] = Format.JSON,
    model: WritingModel = None,
    smiles_column: SmilesColumn = None,
    id_column: IdColumn = None,
) -> None:
    """Print linearizations: one JSON line per permutation of every graph."""
    if format is not Format.JSON:
        raise InputError("linearize prints lists of tokens; use --format json.")
    chosen = Strategy.from_name(strategy)
    ties = read_tie_break(tie_break)
    card = card_of(model)
    writer = RowWriter()
    given = read_rows(input, card, smiles_column=smiles_column, id_column=id_column)
    for chunk in in_chunks(given, _CHUNK):
        rows = [check_row(row, card) for row in chunk]
        for line in _linearizations(rows, card, chosen, permutations, seed, ties):
            writer.write(line)
    writer.finish()


def _linearizations(
    rows: list[InputRow], card: ModelCard | None, strategy: Strategy, permutations: int, seed: int,
    ties: TieBreak,
) -> Iterator[dict[str, Any]]:
    """Lines of every row in input order, molecules and unlabelled graphs mixed at will."""
    from core.sent.randomness import GraphSeed
    from core.sent.sampler import sample_trails

    found: dict[int, tuple[TrailBatch, int]] = {}  # by row: the batch that holds it, and where
    written_in: dict[Vocabulary, dict[int, Graph]] = {}
    for at, row in enumerate(rows):
        if row.graph is not None:
            written_in.setdefault(vocabulary_for(row.graph, card), {})[at] = row.graph
    for vocabulary, graphs in written_in.items():
        trails = sample_trails(list(graphs.values()), vocabulary, strategy,
                               permutations=permutations, generator=GraphSeed(seed),
                               tie_break=ties)
        found |= {at: (trails, g) for g, at in enumerate(graphs)}
    for at, row in enumerate(rows):
        line = {"id": row.id, "smiles": row.smiles, "strategy": strategy.name,
                "notes": " ".join(row.notes) or None}
        if at not in found:
            yield line | dict.fromkeys(("permutation", "tokens", "order", "log_q")) | {
                "error": row.error}
            continue
        trails, g = found[at]
        for k in range(permutations):
            yield line | {"permutation": k, "tokens": trails.sequence(g, k),
                          "order": trails.order(g, k), "log_q": float(trails.log_q[g, k])}
