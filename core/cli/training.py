"""`trailscope train`: from a data set and a strategy to a checkpoint folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from core.graph.datasets import load_qm9_graphs
from core.sent.strategies import STRATEGIES


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
    optimizer: Annotated[str, typer.Option(help="muon or adamw.")] = "muon",
    seed: Annotated[int, typer.Option(help="Fixes weights, molecules and orders.")] = 0,
    precision: Annotated[str, typer.Option(help="bf16 or fp32.")] = "bf16",
    micro_batch: Annotated[int, typer.Option(min=1, help="Molecules per forward pass.")] = 64,
    device: Annotated[str | None, typer.Option(help="Default: a GPU if there is one.")] = None,
    compile: Annotated[bool, typer.Option(help="Fuse kernels (needs a C++ compiler).")] = False,
    name: Annotated[str | None, typer.Option(help="Default: the folder's name.")] = None,
    run_folder: Annotated[
        Path | None, typer.Option(help="State for resuming; default runs/NAME.")
    ] = None,
) -> None:
    """Train a model under a strategy; run the same command again to resume."""
    import torch

    from core.model.finish import write_trained_checkpoint
    from core.model.training import TrainingConfig, train
    from core.sent.batch import GraphBatch
    from core.sent.vocabulary import QM9_VOCABULARY

    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    config = TrainingConfig(
        strategy=strategy, preset=preset, steps=steps, batch_size=batch_size,
        optimizer=optimizer, learning_rate=learning_rate, warmup_steps=warmup_steps,  # type: ignore[arg-type]
        seed=seed, precision=precision, micro_batch=micro_batch, compile=compile,
    )
    name = name or output.name
    run_folder = run_folder or Path("runs") / name
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"),
               TimeRemainingColumn())
    from core.cli import messages

    with Progress(*columns, console=messages) as progress:
        reading = progress.add_task("Reading QM9", state="", total=None)
        graphs = load_qm9_graphs(
            data, "train",
            progress=lambda done, total: progress.update(reading, completed=done, total=total),
        )
        progress.update(reading, completed=len(graphs), total=len(graphs))
        batch = GraphBatch.from_graphs(graphs, with_automorphisms=False)
        training = progress.add_task(f"Training {name}", state="starting", total=steps)
        for state in train(config, batch, QM9_VOCABULARY, run_folder=run_folder, device=device):
            progress.update(
                training, completed=state.step,
                state=f"step {state.step}, loss {state.loss:.3f} nats/token, "
                      f"{state.graphs_per_s:.0f} molecules/s",
            )
    card = write_trained_checkpoint(config, QM9_VOCABULARY, run_folder, output, name=name,
                                    num_graphs=len(graphs))
    messages.print(f"Wrote {card.path}.")
