"""`trailscope repair`: fine-tune a model of a biased order on another order, arm by arm."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli import chosen_device
from core.cli.endings import say_wrote
from core.cli.folders import check_folders
from core.cli.graphs import dataset_for, graph_set, read_part
from core.cli.options import COMPILE_HELP, DEVICE_HELP, DataFile, Precision, seed_option
from core.cli.progress import Look, follow
from core.cli.rows import RowWriter
from core.errors import InputError
from core.records import RECORD
from core.runs import write_json
from core.sent.strategies import STRATEGIES

if TYPE_CHECKING:
    from core.data.dataset import DataPart
    from core.model.checkpoints import Checkpoint
    from core.repair.experiment import RepairConfig, RepairExperiment, RepairProgress
    from core.repair.result import RepairResult

LEARNING_RATES = "learning-rates.json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(repair)


def repair(
    model: Annotated[
        str, typer.Option(help="A shipped model of molecules trained under a biased order, or a "
                               "checkpoint folder.")
    ],
    output: Annotated[Path, typer.Option(help="Folder to write, one folder per arm inside.")],
    order: Annotated[
        str, typer.Option(help=f"Order to fine-tune on: one of {', '.join(STRATEGIES)}, or a "
                               "triple of biases.")
    ] = "random_order",
    arms: Annotated[
        str | None, typer.Option(help="Names of arms, comma-separated, instead of all; --list "
                                      "prints them.")
    ] = None,
    list_arms: Annotated[bool, typer.Option("--list", help="Print the arms and stop.")] = False,
    data: DataFile = None,
    steps: Annotated[int, typer.Option(min=1, help="Optimizer steps per arm.")] = 150,
    batch_size: Annotated[int, typer.Option(min=1, help="Molecules per step.")] = 32,
    number: Annotated[int, typer.Option(min=1, help="Test molecules to measure on.")] = 300,
    scaled_number: Annotated[
        int, typer.Option(min=0, help="Test molecules to measure every arm's change on at scales "
                                      "from 0 to 1.5; 0 leaves that out.")
    ] = 100,
    permutations: Annotated[int, typer.Option(min=2, help="Linearizations per molecule.")] = 8,
    seed: Annotated[int, seed_option("Fixes batches, masks and "
                                     "sequences.")] = 0,
    precision: Precision = "bf16",
    device: Annotated[str | None, typer.Option(help=DEVICE_HELP)] = None,
    compile: Annotated[bool, typer.Option(help=COMPILE_HELP)] = False,
    run_folder: Annotated[
        Path | None, typer.Option(help="State for resuming. Default: runs/repair/MODEL.")
    ] = None,
) -> None:
    """Fine-tune a few weights of a biased model on another order and measure what this repairs.

    Arms differ in method (sparse by criterion, scope, static or dynamic; LoRA, PiSSA, full) and
    number of trained parameters. Writes NLL, LU and ECE under both orders, before and after, and
    with the change of weights scaled down and up; run the same command again to resume.
    """
    from core.model.checkpoints import load_checkpoint
    from core.repair.arms import choose_arms, repair_arms
    from core.repair.experiment import RepairConfig
    from core.salience.matrices import find_matrices

    checkpoint = load_checkpoint(model, device=chosen_device(device), compile=compile)
    known = repair_arms(find_matrices(checkpoint.model))
    writer = RowWriter()
    if list_arms:
        for arm in known:
            writer.write({"arm": arm.name, **arm.to_json()})
        return
    config = RepairConfig(order=order, steps=steps, batch_size=batch_size,
                          permutations=permutations, seed=seed, precision=precision)
    chosen = choose_arms(known, arms)
    check_folders(output, run_folder)
    experiment = _experiment(checkpoint, config, data=data, number=number, compile=compile,
                             scaled_number=scaled_number,
                             folder=run_folder or Path("runs/repair") / checkpoint.card.name)
    _check_results(output, experiment)
    for index, arm in enumerate(chosen):
        where = f"arm {index + 1} of {len(chosen)}"
        follow(experiment.run(arm), partial(_look, where=where), what=where)
        found = experiment.result(arm)
        found.save(output / arm.name)
        write_json(output / LEARNING_RATES, experiment.rates_tried())
        writer.write(_headline(found, output / arm.name))
    say_wrote(output, f"a folder for each of {len(chosen)} arms",
              see="In Python: core.repair.RepairResult.load(FOLDER)")
    writer.finish()


def _check_results(output: Path, experiment: RepairExperiment) -> None:
    """Refuse to mix results in a folder, as its arms are compared with each other.

    Raises:
        InputError: if it holds an arm of another model or other settings.
    """
    from core.repair.result import RepairResult

    wanted = experiment.result_settings
    for path in sorted(output.glob(f"*/{RECORD}")):
        found = RepairResult.load(path.parent)
        known = {name: found.settings.get(name) for name in wanted}
        if (found.weights_sha256, known) != (experiment.model.weights_sha256, wanted):
            raise InputError(f"{path.parent} is of another model or other settings; give another "
                             "--output, or remove it.")


def _experiment(
    checkpoint: Checkpoint,
    config: RepairConfig,
    *,
    data: Path | None,
    number: int,
    scaled_number: int,
    compile: bool,
    folder: Path,
) -> RepairExperiment:
    from core.repair.experiment import RepairExperiment

    card = checkpoint.card
    if card.chemistry is None:
        raise InputError(f"{card.name} writes unlabelled graphs; give a model of molecules.")
    dataset = dataset_for(card, None)

    def read(split: str, number: int | None) -> DataPart:
        return read_part(dataset, split, card=card, data=data, number=number, made=0)

    return RepairExperiment(
        checkpoint,
        training=read("train", None),
        validation=graph_set(read("validation", config.tuning_graphs)),
        test=graph_set(read("test", number)),
        config=config, run_folder=folder, compile=compile, scaled_graphs=scaled_number)


def _headline(found: RepairResult, folder: Path) -> dict[str, Any]:
    row: dict[str, Any] = {"arm": found.arm.name, "parameters": found.num_parameters,
                           "share": found.share,
                           "learning_rate": found.settings["learning_rate"]}
    for order, measures in found.estimates.items():
        row |= {f"{name}_{order}": estimate.value for name, estimate in measures.items()}
    return row | {"output": str(folder)}


_STAGES = {"tune": "Choosing the learning rate of", "train": "Fine-tuning",
           "measure": "Measuring", "scale": "Scaling the change of"}


def _look(state: RepairProgress, where: str) -> Look:
    unit = "graphs" if state.stage in ("measure", "scale") else "steps"
    loss = "" if state.loss is None else f", loss {state.loss:.3f} nats/token"
    return Look(where, f"{_STAGES[state.stage]} {state.arm}, {state.done:,} of {state.total:,} "
                       f"{unit}{loss}", state.done, state.total)
