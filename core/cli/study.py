"""`trailscope study`: what a trained model is like on graphs that it learnt and on others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli import chosen_device, messages
from core.cli.endings import say_wrote, see_training
from core.cli.folders import check_folders
from core.cli.graphs import dataset_for, graph_set, read_part
from core.cli.options import (
    COMPILE_HELP,
    DEVICE_HELP,
    MODEL_HELP,
    DataFile,
    Precision,
    seed_option,
)
from core.cli.progress import Look, follow, reporting
from core.cli.rows import RowWriter
from core.errors import InputError
from core.records import RECORD

if TYPE_CHECKING:
    from core.data.dataset import DataPart
    from core.evaluation.graph_set import GraphSet
    from core.model.card import ModelCard


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(study)


def study(
    model: Annotated[str, typer.Argument(help=MODEL_HELP)],
    output: Annotated[Path, typer.Option(help="Folder to write.")],
    data: DataFile = None,
    number: Annotated[
        int, typer.Option(min=1, help="Graphs of the test split, and as many that the model "
                                      "learnt.")
    ] = 300,
    permutations: Annotated[int, typer.Option(min=2, help="Linearizations per graph.")] = 8,
    samples: Annotated[int, typer.Option(min=1, help="Sequences to sample.")] = 1000,
    seed: Annotated[int, seed_option("Fixes sequences, samples and resamples.")] = 0,
    precision: Precision = "fp32",
    device: Annotated[str | None, typer.Option(help=DEVICE_HELP)] = None,
    compile: Annotated[bool, typer.Option(help=COMPILE_HELP)] = False,
    run_folder: Annotated[
        Path | None, typer.Option(help="State for resuming; by default OUTPUT/run.")
    ] = None,
) -> None:
    """Measure what a trained model learnt; run the same command again to resume.

    NLL, LU and ECE of graphs that it learnt and of others, and how many of its samples are valid,
    unique, novel and stable, beside what its training wrote: the record that the Training page
    shows.
    """
    from core.model.checkpoints import load_checkpoint
    from core.study import StudyConfig, StudyRun, check_trained

    check_folders(output, run_folder)
    config = StudyConfig(permutations, samples, seed, precision)
    checkpoint = load_checkpoint(model, device=chosen_device(device), compile=compile)
    check_trained(checkpoint.card)
    writer = RowWriter()
    learnt, test, known = _read(checkpoint.card, data, number)
    run = StudyRun(checkpoint, learnt, test, config, training_smiles=known,
                   run_folder=run_folder or output / "run")

    def look(step: tuple[str, int, int]) -> Look:
        what, done, total = step
        return Look(f"Measuring {what}", f"{done:,} of {total:,}", done, total)

    follow(run.steps(), look, what=f"Measuring {checkpoint.card.name}")
    found = run.save(output)
    writer.write(found.summary)
    for reason in dict.fromkeys(one.reason for one in found.measured.values() if one.reason):
        messages.print(f"note: {reason}", markup=False, soft_wrap=True)
    say_wrote(output, RECORD, see=see_training(output))
    writer.finish()


def _read(
    card: ModelCard, data: Path | None, number: int
) -> tuple[GraphSet, GraphSet, set[str] | None]:
    """Graphs that the model learnt, others, and SMILES of all that it learnt."""
    from core.triage.training_smiles import training_smiles

    dataset = dataset_for(card, None)
    stream = card.data.get("seed", 0)
    made = card.data.get("subset_of", card.data.get("graphs", number))
    part = read_part(dataset, "train", card=card, data=data, number=None, seed=stream,
                     made=made).learnt(card.data)
    test = read_part(dataset, "test", card=card, data=data, number=number, seed=stream, made=number)
    known = None
    if card.chemistry is not None:
        with reporting(f"Writing {part.title}'s molecules as SMILES", "molecules") as progress:
            known = training_smiles(part, card.chemistry, progress=progress)
    return graph_set(_seen(part, card).first(number)), graph_set(test), known


def _seen(part: DataPart, card: ModelCard) -> DataPart:
    """Those that came in a step of the training; a short one does not get to all of a large set.

    Raises:
        InputError: if the training drew from another number of graphs.
    """
    from core.model.epochs import ShuffledEpochs

    whole, seen = card.data.get("graphs", len(part)), card.training.get("graphs_seen", len(part))
    if whole != len(part):
        raise InputError(f"The model learnt {whole:,} graphs, and {part.title}'s train split has "
                         f"{len(part):,} here; give the data that it was trained on.")
    order = ShuffledEpochs(len(part), seed=card.training.get("config", {}).get("seed", 0))
    places = sorted(order[place] for place in range(min(seen, len(part))))
    return replace(part, rows=part.rows[places])
