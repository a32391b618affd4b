"""`trailscope models`: the models that there are by name; one more, or one less."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

import typer
from rich.table import Column, Table

from core.cli import messages
from core.cli.endings import see_model
from core.errors import InputError
from core.model.card import ModelCard, find_shipped_models
from core.model.local_models import find_local_models, remove_model


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(models)


def models(
    format: Annotated[
        Literal["table", "json"], typer.Option(help="table for people, json for programs.")
    ] = "table",
    add: Annotated[
        Path | None, typer.Option(help="Keep a model under its name for all commands and pages: a "
                                       "checkpoint folder, or a zip of one.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What the added model is called. Default: what it says.")
    ] = None,
    remove: Annotated[
        str | None, typer.Option(help="Name of a model that was made or added here, to be removed.")
    ] = None,
) -> None:
    """List the models, or add or remove one; status 1 if a folder is damaged."""
    if add is not None and remove is not None:
        raise InputError("--add and --remove are of two models; give one of them at a time.")
    if name is not None and add is None:
        raise InputError("--name is of a model that is added; give its folder or zip by --add.")
    if add is not None:
        card = _add(add, name or "")
        messages.print(f"Added {card.name}: {card.path}", markup=False, soft_wrap=True)
        messages.print(see_model(card.path), markup=False, soft_wrap=True)
    elif remove is not None:
        remove_model(remove)
        messages.print(f"Removed {remove}.", markup=False, soft_wrap=True)
    else:
        _list(format)


def _add(source: Path, name: str) -> ModelCard:
    from core.model.checkpoints import load_checkpoint
    from core.model.given_model import unpack_model
    from core.model.local_models import add_model
    from core.quotas import quotas

    if source.is_dir():
        load_checkpoint(source)
        return add_model(source, name=name)
    with TemporaryDirectory() as folder:
        unpack_model(source, Path(folder), max_mb=quotas().model_mb)
        return add_model(Path(folder), name=name)


def _list(format: str) -> None:
    found = [find_shipped_models(), find_local_models()]
    cards = [card for place in found for card in place.cards]
    faults = [fault for place in found for fault in place.faults]
    if format == "json":
        rows = [{"name": card.name, "path": str(card.path), **card.to_json()} for card in cards]
        print(json.dumps(rows, indent=2))
    else:
        _print_table(cards)
    for fault in faults:
        messages.print(f"error: {fault}", markup=False, soft_wrap=True)
    if faults:
        raise typer.Exit(1)


def _print_table(cards: Sequence[ModelCard]) -> None:
    from rich.console import Console

    # Names are what `--model` takes, so they are never cut.
    longest = max((len(card.name) for card in cards), default=0)
    table = Table(Column("name", no_wrap=True, min_width=longest), "preset", "graphs seen",
                  "device", "last training loss (nats/token)")
    for card in cards:
        training = card.training
        losses = training.get("loss_nats_per_token", [])
        table.add_row(card.name, card.preset, f"{training.get('graphs_seen', 0):,}",
                      str(training.get("device", "")), f"{losses[-1][1]:.3f}" if losses else "")
    Console().print(table)
