"""The `trailscope` command: one module per group of subcommands, torch imported only where used."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from core.errors import InputError

app = typer.Typer(
    name="trailscope",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _commands() -> None:
    """See what a graph generator's likelihood depends on."""


messages = Console(stderr=True, highlight=False)
"""Where progress and errors go, so that standard output holds results alone."""


def main() -> None:
    """Run the command; a fault of the input is one sentence on stderr and exit status 1."""
    from core.cli import models, sequences, training

    for group in (sequences, models, training):
        group.register(app)
    try:
        app()
    except InputError as error:
        messages.print(f"[bold red]error:[/] {error}", soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        messages.print("stopped")
        sys.exit(130)
