"""`trailscope import-checkpoint`: models of other code as TrailScope folders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.chemistry.chemistry import CHEMISTRIES
from core.cli.endings import say_wrote, see_model
from core.cli.options import STRATEGY_HELP
from core.errors import InputError
from core.model.foreign.meaning import FOREIGN_DATASETS
from core.sent.strategies import Strategy


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(import_checkpoint)


def import_checkpoint(
    source: Annotated[Path, typer.Argument(
        help="A Lightning .ckpt of AutoGraph's or LU's code, or a folder with a Llama model of "
             "transformers.")],
    output: Annotated[Path, typer.Argument(help="Checkpoint folder to write.")],
    strategy: Annotated[
        str, typer.Option(help=f"Order that the model was trained under. {STRATEGY_HELP}")
    ],
    name: Annotated[
        str | None, typer.Option(help="Name of the model. Default: the folder's name.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="What the model was trained on, which says what its tokens "
                                      f"mean: {', '.join(FOREIGN_DATASETS)}. Default: what the "
                                      ".ckpt says.")
    ] = None,
    chemistry: Annotated[
        str | None, typer.Option(help="How the model writes molecules, if not as AutoGraph does: "
                                      f"{', '.join(CHEMISTRIES)}.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="Kind of model, such as llama2, for a .ckpt that does not "
                                      "say.")
    ] = None,
) -> None:
    """Convert a foreign checkpoint into a TrailScope folder, without running its pickle."""
    from core.model.foreign.lightning import import_lightning_checkpoint
    from core.model.foreign.pretrained import import_pretrained_folder

    called, order = name or output.name, Strategy.from_name(strategy)
    if not source.is_dir():
        card = import_lightning_checkpoint(source, output, name=called, strategy=order,
                                           dataset=dataset, chemistry=chemistry, kind=kind)
    elif kind is None:
        card = import_pretrained_folder(source, output, name=called, strategy=order,
                                        dataset=dataset, chemistry=chemistry)
    else:
        raise InputError(f"The config.json in {source} says what kind of model it is; leave out "
                         "--kind.")
    written = "graphs without labels" if card.chemistry is None else card.chemistry.name
    say_wrote(card.path, f"{len(card.vocabulary)} tokens, {written}", see=see_model(card.path))
