"""`trailscope evaluate`: likelihood, LU and calibration of a model on a set of graphs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from core.cli.folders import check_folders
from core.cli.models import COMPILE_HELP, DEFAULT_MODEL
from core.cli.options import QM9File
from core.cli.rows import RowWriter, saying_notes
from core.cli.sequences import check_row
from core.data.files import InputRow, read_input
from core.errors import InputError
from core.graph.planar import PLANAR_NODES, planar_graph
from core.sent.strategies import STRATEGIES, Strategy

if TYPE_CHECKING:
    from core.evaluation.graph_set import GraphSet
    from core.evaluation.result import Evaluation
    from core.evaluation.run import EvaluationRun, EvaluationStep
    from core.model.checkpoints import Checkpoint
    from core.sent.vocabulary import Vocabulary

Dataset = Literal["qm9", "planar"]
Split = Literal["train", "validation", "test"]

DEFAULT_PLANAR = 1000
DEFAULT_FIT = 500

REPORT_EVERY_S = 30.0
"""Seconds between two lines of a log; a terminal gets a progress bar instead."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
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
    dataset: Annotated[
        Dataset | None, typer.Option(help="Default: what the model writes.")
    ] = None,
    split: Annotated[Split, typer.Option(help="Part of the data set.")] = "test",
    data: QM9File = None,
    number: Annotated[
        int | None, typer.Option(min=1, help="Graphs, the first of the split or file. Default: "
                                             f"all; {DEFAULT_PLANAR:,} planar graphs.")
    ] = None,
    permutations: Annotated[int, typer.Option(min=2, help="Linearizations per graph.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Fixes sequences, resamples and planar "
                                                  "graphs.")] = 0,
    fit_temperature: Annotated[
        int | None, typer.Option(min=0, help="Validation graphs to fit a temperature on; 0 fits "
                                             f"none. Default: {DEFAULT_FIT}, 0 for a file.")
    ] = None,
    precision: Annotated[Literal["fp32", "bf16"], typer.Option(help="Of forward passes.")] = "fp32",
    device: Annotated[str | None, typer.Option(help="Default: a GPU if there is one.")] = None,
    compile: Annotated[bool, typer.Option(help=COMPILE_HELP)] = False,
    run_folder: Annotated[
        Path | None, typer.Option(help="State for resuming; by default under runs/evaluations.")
    ] = None,
) -> None:
    """Evaluate a model under a strategy; run the same command again to resume.

    Writes NLL, LU, calibration by token type and temperature, with intervals that resample
    molecules, as record.json and Parquet tables.
    """
    from core.cli import chosen_device
    from core.evaluation.run import EvaluationConfig, EvaluationRun, default_run_folder
    from core.model.checkpoints import load_checkpoint

    check_folders(output, run_folder)
    checkpoint = load_checkpoint(model, device=chosen_device(device), compile=compile)
    writer = RowWriter()
    graphs, validation = _read(
        checkpoint.vocabulary, writer, input=input, dataset=dataset, split=split, data=data,
        number=number, seed=seed, fit_temperature=fit_temperature)
    for name in _strategies(strategy, checkpoint):
        config = EvaluationConfig(name, permutations, seed, precision)
        folder = (default_run_folder(checkpoint, graphs, config, validation)
                  if run_folder is None else _inside(run_folder, name, strategy))
        run = EvaluationRun(checkpoint, graphs, config, run_folder=folder, validation=validation)
        _follow(run, f"{checkpoint.card.name} under {name}")
        target = _inside(output, name, strategy)
        found = run.result()
        found.save(target)
        writer.write(_headline(found, target))
    writer.finish()


def _strategies(text: str, checkpoint: Checkpoint) -> list[str]:
    if text == "all":
        return list(STRATEGIES)
    return [(checkpoint.card.strategy if text == "own" else Strategy.from_name(text)).name]


def _inside(folder: Path, name: str, strategy: str) -> Path:
    return folder / name if strategy == "all" else folder


def _headline(found: Evaluation, folder: Path) -> dict[str, Any]:
    row: dict[str, Any] = {"model": found.model, "strategy": found.strategy,
                           "graphs": found.num_graphs, "permutations": found.permutations}
    for name, estimate in found.headline.items():
        row |= estimate.columns(name)
    return row | {"fitted_temperature": found.fitted_temperature, "output": str(folder)}


def _read(
    vocabulary: Vocabulary,
    writer: RowWriter,
    *,
    input: str | None,
    dataset: Dataset | None,
    split: Split,
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
        return read_graph_file(input, vocabulary, writer, number), None
    dataset = dataset or ("qm9" if vocabulary.is_labelled else "planar")
    if (dataset == "qm9") != vocabulary.is_labelled:
        reads = "molecules, use --dataset qm9" if vocabulary.is_labelled else (
            "unlabelled graphs, use --dataset planar")
        raise InputError(f"The model reads {reads}.")
    fit = DEFAULT_FIT if fit_temperature is None else fit_temperature
    if dataset == "planar":
        if data is not None:
            raise InputError("Planar graphs are made, not read; leave out --data.")
        graphs = _make_planar(number or DEFAULT_PLANAR, split, seed)
        return graphs, _make_planar(fit, "validation", seed) if fit else None
    return read_qm9(data, split, number), read_qm9(data, "validation", fit) if fit else None


def read_graph_file(
    input: str, vocabulary: Vocabulary, writer: RowWriter, number: int | None
) -> GraphSet:
    """Graphs of a file, or a single SMILES or planar graph, that the vocabulary can write.

    Rows that are wrong are said on stderr and make the command end with status 1.

    Raises:
        InputError: if no row is right.
    """
    from core.cli import messages
    from core.evaluation.graph_set import GraphSet

    rows = saying_notes(islice(read_input(input, max_atoms=vocabulary.max_nodes), number))
    good: list[InputRow] = []
    skipped = 0
    for row in rows:
        checked = check_row(row, vocabulary)
        if checked.graph is None:
            skipped += 1
            writer.fail()
            messages.print(f"skipped {checked.id}: {checked.error}", markup=False, soft_wrap=True)
        else:
            good.append(checked)
    if not good:
        raise InputError(f"{input} holds no graph that the model can read; every row is wrong.")
    return GraphSet(
        Path(input).name if Path(input).is_file() else input, None,
        tuple(row.graph for row in good if row.graph is not None),
        tuple(row.smiles for row in good), details={"rows_skipped": skipped},
    )


def read_qm9(data: Path | None, split: Split, number: int | None) -> GraphSet:
    """The first `number` molecules of a split of QM9, all if None, with progress.

    Raises:
        InputError: if the split is empty.
    """
    from core.cli import messages
    from core.data.qm9 import load_qm9_graphs
    from core.evaluation.graph_set import GraphSet

    if not messages.is_terminal:
        messages.print(f"Reading QM9's {split} split.")
        graphs = load_qm9_graphs(data, split)
    else:
        with Progress(console=messages, transient=True) as bar:
            task = bar.add_task("Reading QM9", total=None)
            graphs = load_qm9_graphs(
                data, split, lambda done, total: bar.update(task, completed=done, total=total))
    if not graphs:
        raise InputError(f"The {split} split of {data or 'QM9'} is empty; give more molecules.")
    return GraphSet("QM9", split, tuple(graphs[:number]))


def _make_planar(number: int, split: Split, seed: int) -> GraphSet:
    from core.cli import messages
    from core.evaluation.graph_set import GraphSet

    with Progress(console=messages, transient=True, disable=not messages.is_terminal) as bar:
        indices = bar.track(range(number), description="Triangulating")
        graphs = tuple(planar_graph(index, seed=seed, split=split).graph for index in indices)
    return GraphSet("planar", split, graphs, details={"nodes": PLANAR_NODES, "stream_seed": seed})


def _follow(run: EvaluationRun, what: str) -> None:
    from core.cli import messages

    (_draw_bar if messages.is_terminal else _print_lines)(run.steps(), what)
    messages.print(f"Resampling graphs for the intervals of {what}.", markup=False, soft_wrap=True)


_STAGES = {"fit": "Fitting the temperature of", "evaluate": "Evaluating"}


def _draw_bar(steps: Iterator[EvaluationStep], what: str) -> None:
    from core.cli import messages

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"),
               TimeRemainingColumn())
    with Progress(*columns, console=messages) as bar:
        task = bar.add_task(what, state="starting", total=None)
        for step in steps:
            bar.update(task, description=f"{_STAGES[step.stage]} {what}", completed=step.done,
                       total=step.total, state=_describe(step))


def _print_lines(steps: Iterator[EvaluationStep], what: str) -> None:
    """A line for the first chunk, the last of each stage, and about every half minute."""
    from core.cli import messages

    said_at = float("-inf")
    for step in steps:
        now = time.monotonic()
        if now - said_at < REPORT_EVERY_S and step.done < step.total:
            continue
        said_at = now
        left = step.total - step.done
        time_left = timedelta(seconds=round(left / step.graphs_per_s)) if step.graphs_per_s else "?"
        messages.print(f"{_STAGES[step.stage]} {what}: {_describe(step)}, "
                       f"{time_left if left else timedelta()} left", markup=False, soft_wrap=True)


def _describe(step: EvaluationStep) -> str:
    return f"{step.done:,} of {step.total:,} graphs, {step.graphs_per_s:.1f} graphs/s"
