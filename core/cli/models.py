"""`trailscope score`, `generate`, `models`, `import-checkpoint` and `app`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.progress import Progress
from rich.table import Table

from core.cli.options import OwnOrStrategy
from core.cli.rows import Format, RowWriter, in_chunks, saying_notes
from core.cli.sequences import INPUT_HELP, STRATEGY_HELP, check_row
from core.data.files import read_input
from core.sent.strategies import Strategy

if TYPE_CHECKING:
    from core.graph.graph import Graph
    from core.model.card import ModelCard
    from core.model.generation import GeneratedGraph

DEFAULT_MODEL = "qm9-random_order"
MODEL_HELP = "A shipped model's name (see `trailscope models`) or a checkpoint folder."
COMPILE_HELP = "Score with fused kernels (needs a C++ compiler; pays for thousands of graphs)."
DEVICE_HELP = "Where to compute; by default a GPU if there is one."
_PrecisionOption = Annotated[Literal["fp32", "bf16"], typer.Option(help="Of forward passes.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(score)
    app.command("generate")(generate_molecules)
    app.command()(models)
    app.command()(import_checkpoint)
    app.command("app")(serve)


def score(
    input: Annotated[str, typer.Argument(help=INPUT_HELP)],
    model: Annotated[str, typer.Option(help=MODEL_HELP)] = DEFAULT_MODEL,
    strategy: OwnOrStrategy = None,
    permutations: Annotated[int, typer.Option(min=2, help="Linearizations per molecule.")] = 32,
    seed: Annotated[int, typer.Option(help="Fixes sequences and intervals.")] = 0,
    format: Annotated[Format, typer.Option(help="json (lines) or csv.")] = Format.JSON,
    precision: _PrecisionOption = "fp32",
    device: Annotated[str | None, typer.Option(help=DEVICE_HELP)] = None,
) -> None:
    """Print NLL, Linearization Uncertainty and order-marginal NLL of every molecule."""
    from core.cli import chosen_device, messages
    from core.likelihood.analysis import SUMMARY_COLUMNS, summarize
    from core.model.checkpoints import load_checkpoint

    checkpoint = load_checkpoint(model, device=chosen_device(device))
    chosen = checkpoint.card.strategy if strategy is None else Strategy.from_name(strategy)
    rows = saying_notes(read_input(input, max_atoms=checkpoint.vocabulary.max_nodes))
    writer = RowWriter(format, SUMMARY_COLUMNS)
    with Progress(console=messages, transient=True, disable=not messages.is_terminal) as progress:
        task = progress.add_task("Scoring", total=None)
        for chunk in in_chunks(rows, max(1, 2048 // permutations)):
            checked = [check_row(row, checkpoint.vocabulary) for row in chunk]
            for summary in summarize(
                checkpoint, checked, chosen, permutations=permutations, seed=seed,
                precision=precision,
            ):
                writer.write(summary)
                progress.advance(task)
    writer.finish()


def generate_molecules(
    model: Annotated[str, typer.Option(help=MODEL_HELP)] = DEFAULT_MODEL,
    number: Annotated[int, typer.Option(min=1, help="Molecules to sample.")] = 10,
    seed: Annotated[int, typer.Option(help="Fixes the sample.")] = 0,
    temperature: Annotated[float, typer.Option(help="Divides the logits.")] = 1.0,
    top_k: Annotated[int, typer.Option(min=0, help="Best tokens kept; 0 keeps all.")] = 10,
    mask: Annotated[
        Literal["strict", "kinds"], typer.Option(help="strict, or kinds as LU's code masks.")
    ] = "strict",
    batch_size: Annotated[int, typer.Option(min=1, help="Sampled at a time.")] = 512,
    precision: _PrecisionOption = "fp32",
    device: Annotated[str | None, typer.Option(help=DEVICE_HELP)] = None,
) -> None:
    """Sample molecules: one JSON line each."""
    import torch

    from core.cli import chosen_device, messages
    from core.model.checkpoints import load_checkpoint
    from core.model.generation import SamplingConfig, generate

    config = SamplingConfig(temperature=temperature, top_k=top_k or None, mask=mask,
                            batch_size=batch_size, precision=precision)
    checkpoint = load_checkpoint(model, device=chosen_device(device))
    writer = RowWriter()
    generator = torch.Generator().manual_seed(seed)
    with Progress(console=messages, transient=True, disable=not messages.is_terminal) as progress:
        task = progress.add_task("Sampling", total=number)
        samples = chain.from_iterable(
            generate(checkpoint, number, generator=generator, config=config)
        )
        for at, sample in enumerate(samples):
            writer.write({"id": f"{checkpoint.card.name}:{seed}:{at}", **_describe(sample)})
            progress.update(task, completed=at + 1)
    writer.finish()


def _describe(sample: GeneratedGraph) -> dict[str, Any]:
    return {
        **_describe_graph(sample.graph),
        "self_nll": sample.self_nll,
        "tokens": list(sample.tokens),
    }


def _describe_graph(graph: Graph | None) -> dict[str, Any]:
    from core.chemistry.molecules import is_stable, num_fragments, to_smiles
    from core.graph.planar import is_valid_planar

    if graph is None or not graph.is_labelled:
        return {"smiles": None, "valid": graph is not None and is_valid_planar(graph),
                "stable": None, "fragments": None}
    smiles = to_smiles(graph)
    return {"smiles": smiles, "valid": smiles is not None, "stable": is_stable(graph),
            "fragments": num_fragments(graph)}


def models(
    format: Annotated[Literal["table", "json"], typer.Option(help="For whom.")] = "table",
) -> None:
    """List the shipped models; status 1 if a folder is damaged."""
    import json

    from core.cli import messages
    from core.model.card import find_shipped_models

    found = find_shipped_models()
    if format == "json":
        rows = [{"name": card.name, "path": str(card.path), **card.to_json()}
                for card in found.cards]
        print(json.dumps(rows, indent=2))
    else:
        _print_table(found.cards)
    for complaint in found.complaints:
        messages.print(f"error: {complaint}", markup=False, soft_wrap=True)
    if found.complaints:
        raise typer.Exit(1)


def _print_table(cards: Sequence[ModelCard]) -> None:
    from rich.console import Console

    table = Table("name", "preset", "graphs seen", "device", "last training loss (nats/token)")
    for card in cards:
        training = card.training
        losses = training.get("loss_nats_per_token", [])
        table.add_row(card.name, card.preset, f"{training.get('graphs_seen', 0):,}",
                      str(training.get("device", "")), f"{losses[-1][1]:.3f}" if losses else "")
    Console().print(table)


def import_checkpoint(
    source: Annotated[Path, typer.Argument(help="A Lightning .ckpt of AutoGraph or LU's code.")],
    output: Annotated[Path, typer.Argument(help="Checkpoint folder to write.")],
    strategy: Annotated[str, typer.Option(help=f"Trained under: {STRATEGY_HELP}")],
    name: Annotated[str | None, typer.Option(help="Default: the folder's name.")] = None,
    rms_norm_eps: Annotated[float, typer.Option(help="1e-5 for `llama2` models.")] = 1e-6,
) -> None:
    """Convert a foreign checkpoint into a TrailScope folder, without running its pickle."""
    from core.cli import messages
    from core.model.lightning import import_lightning_checkpoint

    card = import_lightning_checkpoint(
        source, output, name=name or output.name, strategy=Strategy.from_name(strategy),
        rms_norm_eps=rms_norm_eps,
    )
    messages.print(f"Wrote {card.path}.", markup=False, soft_wrap=True)


def serve(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8501,
    address: Annotated[str, typer.Option(help="Address to listen on.")] = "localhost",
    watch: Annotated[bool, typer.Option(
        "--watch", help="Rerun pages whose source files change; for developers."
    )] = False,
) -> None:
    """Serve the dashboard."""
    page = Path(__file__).parents[2] / "dashboard" / "app.py"
    os.chdir(page.parents[1])  # where .streamlit/config.toml is found
    os.execv(sys.executable, [
        sys.executable, "-m", "streamlit", "run", str(page),
        "--server.port", str(port), "--server.address", address,
        *(["--server.fileWatcherType", "auto"] if watch else []),
    ])
