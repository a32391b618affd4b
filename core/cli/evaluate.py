"""`trailscope evaluate`: likelihood, LU and calibration of a model on a set of graphs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli import chosen_device, messages
from core.cli.endings import say_wrote, see_evaluation
from core.cli.folders import check_folders
from core.cli.graphs import dataset_for, graph_set, read_graph_file, read_part
from core.cli.options import (
    COMPILE_HELP,
    DEFAULT_MODEL,
    DEVICE_HELP,
    DataFile,
    OwnOrDataset,
    Precision,
    seed_option,
)
from core.cli.progress import Look, follow
from core.cli.rows import RowWriter
from core.errors import InputError
from core.records import RECORD
from core.sent.strategies import STRATEGIES, Strategy

if TYPE_CHECKING:
    from core.evaluation.graph_set import GraphSet
    from core.evaluation.result import Evaluation
    from core.evaluation.run import EvaluationStep
    from core.model.card import ModelCard
    from core.model.checkpoints import Checkpoint

DEFAULT_MADE = 1000
DEFAULT_FIT = 500


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(evaluate)


def evaluate(
    output: Annotated[
        Path, typer.Option(help="Folder to write; with --strategy all, one folder each inside.")
    ],
    model: Annotated[
        str, typer.Option(help="A shipped model's name, or a checkpoint folder.")
    ] = DEFAULT_MODEL,
    strategy: Annotated[
        str, typer.Option(help=f"own (the model's), all, one of {', '.join(STRATEGIES)}, or a "
                               "triple of biases.")
    ] = "own",
    input: Annotated[
        str | None, typer.Option(help="A file of molecules or graphs instead of a data set.")
    ] = None,
    dataset: OwnOrDataset = None,
    split: Annotated[str, typer.Option(help="Part of the data set.")] = "test",
    data: DataFile = None,
    number: Annotated[
        int | None, typer.Option(min=1, help="Graphs, the first of the split or file. Default: "
                                             f"all; {DEFAULT_MADE:,} planar graphs.")
    ] = None,
    permutations: Annotated[int, typer.Option(min=2, help="Linearizations per graph.")] = 8,
    seed: Annotated[int, seed_option("Fixes sequences, resamples and planar "
                                     "graphs.")] = 0,
    fit_temperature: Annotated[
        int | None, typer.Option(min=0, help="Validation graphs to fit a temperature on; 0 fits "
                                             f"none. Default: {DEFAULT_FIT}, 0 for a file.")
    ] = None,
    precision: Precision = "fp32",
    device: Annotated[str | None, typer.Option(help=DEVICE_HELP)] = None,
    compile: Annotated[bool, typer.Option(help=COMPILE_HELP)] = False,
    run_folder: Annotated[
        Path | None, typer.Option(help="State for resuming; by default under runs/evaluations.")
    ] = None,
) -> None:
    """Evaluate a model under a strategy; run the same command again to resume.

    Writes NLL, LU, calibration by token type and temperature, with intervals that resample
    molecules, as record.json and Parquet tables.
    """
    from core.evaluation.run import EvaluationConfig, EvaluationRun, default_run_folder
    from core.model.checkpoints import load_checkpoint

    check_folders(output, run_folder)
    checkpoint = load_checkpoint(model, device=chosen_device(device), compile=compile)
    writer = RowWriter()
    graphs, validation = _read(
        checkpoint.card, writer, input=input, dataset=dataset, split=split, data=data,
        number=number, seed=seed, fit_temperature=fit_temperature)
    results: dict[Path, Evaluation] = {}
    for name in _strategies(strategy, checkpoint):
        config = EvaluationConfig(name, permutations, seed, precision)
        folder = (default_run_folder(checkpoint, graphs, config, validation)
                  if run_folder is None else _output_folder(run_folder, name, strategy))
        run = EvaluationRun(checkpoint, graphs, config, run_folder=folder, validation=validation)
        what = f"{checkpoint.card.name} under {name}"
        follow(run.steps(), partial(_look, what=what), what=what)
        messages.print(f"Resampling graphs for the intervals of {what}.", markup=False,
                       soft_wrap=True)
        target = _output_folder(output, name, strategy)
        results[target] = run.result()
        results[target].save(target)
        say_wrote(target, f"tables of graphs, bins and tokens, {RECORD}")
    _write_rows(writer, results)
    messages.print(see_evaluation(output), markup=False, soft_wrap=True)
    writer.finish()


def _strategies(text: str, checkpoint: Checkpoint) -> list[str]:
    if text == "all":
        return list(STRATEGIES)
    return [(checkpoint.card.strategy if text == "own" else Strategy.from_name(text)).name]


def _output_folder(folder: Path, name: str, strategy: str) -> Path:
    return folder / name if strategy == "all" else folder


def _write_rows(writer: RowWriter, results: Mapping[Path, Evaluation]) -> None:
    """Print a row of each, once all are known: only others show that a low LU means nothing."""
    from core.evaluation.cross_evaluation import low_lu_beside
    from core.evaluation.result import Evaluation, EvaluationError, shipped_evaluations

    shipped = []
    for shipped_one in shipped_evaluations().values():
        with suppress(EvaluationError):  # a damaged one is no fault of this evaluation
            shipped.append(Evaluation.load(shipped_one))
    marked = low_lu_beside(list(results.values()), shipped)
    for folder, found in results.items():
        row = _headline(found)
        row["low_lu_from_high_nll"] = found in marked
        writer.write(row | {"output": str(folder)})
    for found, why in marked.items():
        messages.print(
            f"note: The low LU of {found.model} under {found.strategy} comes from a high NLL, not "
            f"from orders being more alike: its NLL varies by {why.spread_nats:.3g} nats, that of "
            f"{why.shown_by.model} under {why.shown_by.strategy} by {why.its_spread_nats:.3g}.",
            markup=False, soft_wrap=True)


def _headline(found: Evaluation) -> dict[str, Any]:
    row: dict[str, Any] = {"model": found.model, "strategy": found.strategy,
                           "graphs": found.num_graphs, "permutations": found.permutations}
    for name, estimate in found.headline.items():
        row |= estimate.columns(name)
    return row | {"fitted_temperature": found.fitted_temperature}


def _read(
    card: ModelCard,
    writer: RowWriter,
    *,
    input: str | None,
    dataset: str | None,
    split: str,
    data: Path | None,
    number: int | None,
    seed: int,
    fit_temperature: int | None,
) -> tuple[GraphSet, GraphSet | None]:
    """The graphs to evaluate on, and those to fit a temperature on."""
    if input is not None:
        if dataset is not None or data is not None:
            raise InputError("Give either --input or a data set (--dataset, --data), not both.")
        if fit_temperature:
            raise InputError("A temperature is fitted on a data set's validation split, which a "
                             "file has not; leave out --fit-temperature.")
        return read_graph_file(input, card, writer, number), None
    found = dataset_for(card, dataset)

    def read(split: str, number: int | None) -> GraphSet:
        return graph_set(read_part(found, split, card=card, data=data, number=number, seed=seed,
                                   made=DEFAULT_MADE))

    fit = DEFAULT_FIT if fit_temperature is None else fit_temperature
    return read(split, number), read("validation", fit) if fit else None


_STAGES = {"fit": "Fitting the temperature of", "evaluate": "Evaluating"}


def _look(step: EvaluationStep, what: str) -> Look:
    left_s = (step.total - step.done) / step.graphs_per_s if step.graphs_per_s else 0.0
    return Look(f"{_STAGES[step.stage]} {what}",
                f"{step.done:,} of {step.total:,} graphs, {step.graphs_per_s:.1f} graphs/s",
                step.done, step.total, left_s)
