"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.cli.sequences import STRATEGY_HELP

OwnOrStrategy = Annotated[
    str | None, typer.Option(help=f"{STRATEGY_HELP} Default: the model's own.")
]
QM9File = Annotated[
    Path | None, typer.Option(help="QM9 as CSV or SDF; downloaded once if left out.")
]
TokenFile = Annotated[
    Path | None, typer.Option(help="A JSON Lines file with a list of token ids per line, for "
                                   "models that are not TrailScope's.")
]
