"""`trailscope score`: NLL, Linearization Uncertainty and order-marginal NLL of given graphs."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.progress import Progress

from core.cli import chosen_device, messages
from core.cli.graphs import check_row, read_rows
from core.cli.options import (
    DEFAULT_MODEL,
    DEVICE_HELP,
    INPUT_HELP,
    MODEL_HELP,
    OwnOrStrategy,
    Precision,
    seed_option,
)
from core.cli.rows import Format, RowWriter, in_chunks
from core.sent.strategies import Strategy


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(score)


def score(
    input: Annotated[str, typer.Argument(help=INPUT_HELP)],
    model: Annotated[str, typer.Option(help=MODEL_HELP)] = DEFAULT_MODEL,
    strategy: OwnOrStrategy = None,
    permutations: Annotated[int, typer.Option(min=2, help="Linearizations per molecule.")] = 32,
    seed: Annotated[int, seed_option("Fixes sequences and intervals.")] = 0,
    format: Annotated[Format, typer.Option(help="json (lines) or csv.")] = Format.JSON,
    precision: Precision = "fp32",
    device: Annotated[str | None, typer.Option(help=DEVICE_HELP)] = None,
) -> None:
    """Print NLL, Linearization Uncertainty and order-marginal NLL of every molecule."""
    from core.likelihood.analysis import SUMMARY_COLUMNS, summarize
    from core.model.checkpoints import load_checkpoint

    checkpoint = load_checkpoint(model, device=chosen_device(device))
    chosen = checkpoint.card.strategy if strategy is None else Strategy.from_name(strategy)
    rows = read_rows(input, checkpoint.card)
    writer = RowWriter(format, SUMMARY_COLUMNS)
    with Progress(console=messages, transient=True, disable=not messages.is_terminal) as progress:
        task = progress.add_task("Scoring", total=None)
        for chunk in in_chunks(rows, max(1, 2048 // permutations)):
            checked = [check_row(row, checkpoint.card) for row in chunk]
            for summary in summarize(
                checkpoint, checked, chosen, permutations=permutations, seed=seed,
                precision=precision,
            ):
                writer.write(summary)
                progress.advance(task)
    writer.finish()
