"""The `trailscope` command: one file per subcommand, torch imported only where used."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from core.errors import InputError
from core.threads import let_threads_sleep

COMMANDS = (
    "linearize",
    "decode",
    "enumerate",
    "score",
    "generate",
    "models",
    "import_checkpoint",
    "app",
    "train",
    "evaluate",
    "diversity",
    "study",
    "triage",
    "report",
    "results",
    "salience",
    "mask",
    "finetune",
    "scale",
    "repair",
)
"""Files of the commands, in the order of `--help`."""

messages = Console(stderr=True, highlight=False)
"""Where progress and errors go, so that standard output holds results alone."""


def build_app() -> typer.Typer:
    """The command with all its subcommands."""
    app = typer.Typer(
        name="trailscope", help="See what a graph generator's likelihood depends on.",
        no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    )
    for name in COMMANDS:
        import_module(f"core.cli.{name}").register(app)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; a fault of the input is one sentence on stderr and exit status 1.

    Args:
        arguments: by default those of the process.
    """
    settle()
    try:
        build_app()(args=arguments)
    except InputError as error:
        messages.print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)


def settle() -> None:
    """Set what libraries read from the environment when they are imported.

    Users without a home, as in containers, get the working folder for one, as
    some libraries end without.
    """
    let_threads_sleep()
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = os.getcwd()


def chosen_device(name: str | None) -> str:
    """The device of that name; without one `cuda` if there is a GPU, else `cpu`.

    Raises:
        InputError: for a device that is not there.
    """
    import torch

    if name is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    gpus = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    known = ["cpu", *(["cuda"] if gpus else []), *gpus]
    if name not in known:
        raise InputError(f"There is no device {name!r} here; there is {', '.join(known)}.")
    return name
