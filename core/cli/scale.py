"""`trailscope scale`: take a fine-tuned model part of the way back, or further on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core.cli.endings import say_wrote, see_model
from core.cli.folders import check_folders
from core.cli.rows import RowWriter


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(scale)


def scale(
    model: Annotated[str, typer.Option(help="The model W that was fine-tuned.")],
    tuned: Annotated[
        str, typer.Option(help="What came of it, W + ΔW: a checkpoint folder, such as the one "
                               "inside the output of `trailscope finetune`, or a name.")
    ],
    alpha: Annotated[
        float, typer.Option(help="α, from 0 (the model before) over 1 (the fine-tuned one) to "
                                 "1.5.")
    ],
    output: Annotated[Path, typer.Option(help="Checkpoint folder to write.")],
    name: Annotated[
        str | None, typer.Option(help="Name of the model. Default: the folder's name.")
    ] = None,
) -> None:
    """Write the model W + α ΔW of a fine-tuned model and the one before, without training."""
    from core.finetune.scaling import scaled_checkpoint
    from core.model.checkpoints import load_checkpoint, save_checkpoint

    check_folders(output)
    writer = RowWriter()
    before, after = load_checkpoint(model), load_checkpoint(tuned)
    scaled = scaled_checkpoint(before, after, alpha, name=name or output.name)
    card = save_checkpoint(output, scaled.model, scaled.card)
    writer.write({"model": card.name, "before": before.card.name, "after": after.card.name,
                  "alpha": alpha, "weights_sha256": card.weights_sha256, "output": str(output)})
    say_wrote(output, "a model", see=see_model(output))
    writer.finish()
