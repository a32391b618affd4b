"""`trailscope train`: from a data set and a strategy to a checkpoint folder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from core.cli.folders import check_folders
from core.errors import InputError
from core.graph.planar import PLANAR_NODES
from core.sent.strategies import STRATEGIES

if TYPE_CHECKING:
    from core.data.dataset import DataPart, Dataset
    from core.model.training import TrainingConfig, TrainingStep

REPORT_EVERY_S = 30.0
"""Seconds between two lines of a log; a terminal gets a progress bar instead."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(train)


def train(
    output: Annotated[Path, typer.Argument(help="Checkpoint folder to write.")],
    strategy: Annotated[str, typer.Option(help=f"One of {', '.join(STRATEGIES)}, or a triple.")],
    dataset: Annotated[
        str, typer.Option(help="qm9; moses: drug-like molecules; or planar: random Delaunay "
                               "triangulations.")
    ] = "qm9",
    data: Annotated[
        Path | None, typer.Option(help="The data set as a local file (QM9: CSV or SDF; MOSES: "
                                       "CSV, also gzipped, or a folder of them); downloaded once "
                                       "if left out.")
    ] = None,
    planar_graphs: Annotated[
        int, typer.Option(min=1, help="Different planar graphs to train on.")
    ] = 100_000,
    planar_nodes: Annotated[
        int, typer.Option(min=3, help="Nodes of a planar graph.")
    ] = PLANAR_NODES,
    preset: Annotated[str, typer.Option(help="Model size.")] = "small",
    steps: Annotated[int, typer.Option(min=1, help="Optimizer steps.")] = 20_000,
    batch_size: Annotated[int, typer.Option(min=1, help="Molecules per step.")] = 512,
    learning_rate: Annotated[float, typer.Option(min=0.0, help="Peak learning rate.")] = 2e-3,
    warmup_steps: Annotated[int, typer.Option(min=1, help="Steps of linear warm-up.")] = 200,
    optimizer: Annotated[Literal["muon", "adamw"], typer.Option(help="Muon or AdamW.")] = "muon",
    seed: Annotated[int, typer.Option(help="Fixes weights, molecules and orders.")] = 0,
    precision: Annotated[Literal["bf16", "fp32"], typer.Option(help="Of the passes.")] = "bf16",
    micro_batch: Annotated[int, typer.Option(min=1, help="Molecules per forward pass.")] = 64,
    device: Annotated[str | None, typer.Option(help="Default: a GPU if there is one.")] = None,
    compile: Annotated[bool, typer.Option(help="Fuse kernels (needs a C++ compiler).")] = False,
    name: Annotated[str | None, typer.Option(help="Default: the folder's name.")] = None,
    run_folder: Annotated[
        Path | None, typer.Option(help="State for resuming; default runs/NAME.")
    ] = None,
    milestones: Annotated[
        str, typer.Option(help="Steps, such as 100,400, of which a checkpoint folder is kept in "
                               "RUN_FOLDER/milestones.")
    ] = "",
) -> None:
    """Train a model under a strategy; run the same command again to resume."""
    from core.cli import chosen_device, messages
    from core.data.planar import Planar
    from core.data.registry import find_dataset
    from core.model.export import write_trained_checkpoint
    from core.model.training import TrainingConfig, train

    config = TrainingConfig(
        strategy=strategy, preset=preset, steps=steps, batch_size=batch_size,
        optimizer=optimizer, learning_rate=learning_rate, warmup_steps=warmup_steps,
        seed=seed, precision=precision, micro_batch=micro_batch, compile=compile,
    )
    check_folders(output, run_folder)
    kept = _read_milestones(milestones, steps)
    name = name or output.name
    run_folder = run_folder or Path("runs") / name
    found = find_dataset(dataset)
    if isinstance(found, Planar):
        found = Planar(planar_graphs, seed, planar_nodes)
    graphs = _load(found, data)

    def write(folder: Path, name: str, *, unfinished: bool = False) -> None:
        card = write_trained_checkpoint(config, found.vocabulary, run_folder, folder, name=name,
                                        data=graphs.record, chemistry=found.chemistry,
                                        unfinished=unfinished)
        messages.print(f"Wrote {card.path}.", markup=False, soft_wrap=True)

    def keeping_milestones(states: Iterator[TrainingStep]) -> Iterator[TrainingStep]:
        for state in states:
            if state.step in kept:
                write(run_folder / "milestones" / f"step-{state.step:05}",
                      f"{name} at step {state.step:,}", unfinished=True)
            yield state

    follow = _draw_bar if messages.is_terminal else _print_lines
    # Closed here, the state is saved whatever interrupts whoever shows the progress.
    with closing(train(config, graphs, found.vocabulary, run_folder=run_folder, save_at=kept,
                       device=chosen_device(device))) as states:
        follow(keeping_milestones(states), name, config)
    write(output, name)


def _read_milestones(text: str, steps: int) -> frozenset[int]:
    """Steps named in a comma-separated list.

    Raises:
        InputError: for anything else than steps of the run.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if not word.isdecimal() or not 1 <= int(word) <= steps:
            raise InputError(f"{word!r} is no milestone of a run of {steps} steps; give whole "
                             f"numbers from 1 to {steps}, such as 100,400.")
    return frozenset(map(int, words))


def _load(dataset: Dataset, data: Path | None) -> DataPart:
    """The training part, with a progress bar where there is a terminal."""
    from core.cli import messages

    if not messages.is_terminal:
        messages.print(f"Reading {dataset.title}.")
        return dataset.load("train", source=data)
    with Progress(console=messages, transient=True) as bar:
        task = bar.add_task(f"Reading {dataset.title}", total=None)
        return dataset.load(
            "train", source=data,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def _draw_bar(states: Iterator[TrainingStep], name: str, config: TrainingConfig) -> None:
    from core.cli import messages

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"),
               TimeRemainingColumn())
    with Progress(*columns, console=messages) as bar:
        task = bar.add_task(f"Training {name}", state="starting", total=config.steps)
        for state in states:
            bar.update(task, completed=state.step, state=_describe(state))


def _print_lines(states: Iterator[TrainingStep], name: str, config: TrainingConfig) -> None:
    """A line for the first step, the last, and about every half minute."""
    from core.cli import messages

    said_at = float("-inf")
    for state in states:
        now = time.monotonic()
        if now - said_at < REPORT_EVERY_S and state.step < config.steps:
            continue
        said_at = now
        messages.print(f"Training {name}: {_describe(state)}, {_time_left(state, config)} left",
                       markup=False, soft_wrap=True)


def _describe(state: TrainingStep) -> str:
    return (f"step {state.step}, loss {state.loss:.3f} nats/token, "
            f"{state.graphs_per_s:.0f} molecules/s")


def _time_left(state: TrainingStep, config: TrainingConfig) -> timedelta:
    graphs_left = (config.steps - state.step) * config.batch_size
    return timedelta(seconds=round(graphs_left / state.graphs_per_s))
