"""`trailscope models`: the models that ship."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Literal

import typer
from rich.table import Table

from core.cli import messages
from core.model.card import ModelCard, find_shipped_models


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(models)


def models(
    format: Annotated[
        Literal["table", "json"], typer.Option(help="table for people, json for programs.")
    ] = "table",
) -> None:
    """List the shipped models; status 1 if a folder is damaged."""
    found = find_shipped_models()
    if format == "json":
        rows = [{"name": card.name, "path": str(card.path), **card.to_json()}
                for card in found.cards]
        print(json.dumps(rows, indent=2))
    else:
        _print_table(found.cards)
    for fault in found.faults:
        messages.print(f"error: {fault}", markup=False, soft_wrap=True)
    if found.faults:
        raise typer.Exit(1)


def _print_table(cards: Sequence[ModelCard]) -> None:
    from rich.console import Console

    table = Table("name", "preset", "graphs seen", "device", "last training loss (nats/token)")
    for card in cards:
        training = card.training
        losses = training.get("loss_nats_per_token", [])
        table.add_row(card.name, card.preset, f"{training.get('graphs_seen', 0):,}",
                      str(training.get("device", "")), f"{losses[-1][1]:.3f}" if losses else "")
    Console().print(table)
