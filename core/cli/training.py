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

from core.graph.datasets import load_qm9_graphs
from core.sent.strategies import STRATEGIES

if TYPE_CHECKING:
    from core.graph.graph import Graph
    from core.model.training import TrainingConfig, TrainingStep

REPORT_EVERY_S = 30.0
"""Seconds between two lines of a log; a terminal gets a progress bar instead."""


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(train)


def train(
    output: Annotated[Path, typer.Argument(help="Checkpoint folder to write.")],
    strategy: Annotated[str, typer.Option(help=f"One of {', '.join(STRATEGIES)}, or a triple.")],
    data: Annotated[
        Path | None, typer.Option(help="QM9 as CSV or SDF; downloaded once if left out.")
    ] = None,
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
) -> None:
    """Train a model under a strategy; run the same command again to resume."""
    from core.cli import best_device, messages
    from core.model.finish import write_trained_checkpoint
    from core.model.training import TrainingConfig, train
    from core.sent.batch import GraphBatch
    from core.sent.vocabulary import QM9_VOCABULARY

    config = TrainingConfig(
        strategy=strategy, preset=preset, steps=steps, batch_size=batch_size,
        optimizer=optimizer, learning_rate=learning_rate, warmup_steps=warmup_steps,
        seed=seed, precision=precision, micro_batch=micro_batch, compile=compile,
    )
    name = name or output.name
    run_folder = run_folder or Path("runs") / name
    graphs = _read_graphs(data)
    batch = GraphBatch.from_graphs(graphs, with_automorphisms=False)
    follow = _draw_bar if messages.is_terminal else _print_lines
    # Closed here, the state is saved whatever interrupts whoever shows the progress.
    with closing(train(config, batch, QM9_VOCABULARY, run_folder=run_folder,
                       device=device or best_device())) as states:
        follow(states, name, config)
    card = write_trained_checkpoint(config, QM9_VOCABULARY, run_folder, output, name=name,
                                    num_graphs=len(graphs))
    messages.print(f"Wrote {card.path}.", markup=False, soft_wrap=True)


def _read_graphs(data: Path | None) -> list[Graph]:
    from core.cli import messages

    if not messages.is_terminal:
        messages.print("Reading QM9.")
        return load_qm9_graphs(data, "train")
    with Progress(console=messages, transient=True) as bar:
        task = bar.add_task("Reading QM9", total=None)
        return load_qm9_graphs(
            data, "train", lambda done, total: bar.update(task, completed=done, total=total)
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
