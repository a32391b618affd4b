"""`trailscope import-checkpoint`: checkpoints of AutoGraph's or LU's code as TrailScope folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.cli import messages
from core.cli.options import STRATEGY_HELP
from core.sent.strategies import Strategy


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(import_checkpoint)


def import_checkpoint(
    source: Annotated[Path, typer.Argument(help="A Lightning .ckpt of AutoGraph or LU's code.")],
    output: Annotated[Path, typer.Argument(help="Checkpoint folder to write.")],
    strategy: Annotated[
        str, typer.Option(help=f"Order that the model was trained under. {STRATEGY_HELP}")
    ],
    name: Annotated[
        str | None, typer.Option(help="Name of the model. Default: the folder's name.")
    ] = None,
    rms_norm_eps: Annotated[float, typer.Option(help="1e-5 for `llama2` models.")] = 1e-6,
) -> None:
    """Convert a foreign checkpoint into a TrailScope folder, without running its pickle."""
    from core.model.lightning import import_lightning_checkpoint

    card = import_lightning_checkpoint(
        source, output, name=name or output.name, strategy=Strategy.from_name(strategy),
        rms_norm_eps=rms_norm_eps,
    )
    messages.print(f"Wrote {card.path}.", markup=False, soft_wrap=True)
