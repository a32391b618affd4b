"""`trailscope triage`: sample graphs, score each, and say which score tells the good ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.progress import Progress

from core.cli.folders import check_folders
from core.cli.models import COMPILE_HELP, DEFAULT_MODEL, DEVICE_HELP, MODEL_HELP

if TYPE_CHECKING:
    from core.data.dataset import Dataset
    from core.model.checkpoints import ModelCard


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(triage)


def triage(
    output: Annotated[Path, typer.Option(help="Folder to write: samples.parquet, record.json.")],
    model: Annotated[str, typer.Option(help=MODEL_HELP)] = DEFAULT_MODEL,
    number: Annotated[int, typer.Option(min=1, help="Sequences to sample.")] = 10_000,
    permutations: Annotated[
        int, typer.Option(min=2, help="Re-linearizations per valid graph.")
    ] = 32,
    seed: Annotated[int, typer.Option(help="Fixes sequences and re-linearizations.")] = 0,
    temperature: Annotated[float, typer.Option(help="Divides the logits.")] = 1.0,
    top_k: Annotated[int, typer.Option(min=0, help="Best tokens kept; 0 keeps all.")] = 10,
    mask: Annotated[
        Literal["strict", "kinds"], typer.Option(help="strict, or kinds as LU's code masks.")
    ] = "strict",
    precision: Annotated[
        Literal["fp32", "bf16"], typer.Option(help="Of scoring; sampling is in fp32.")
    ] = "fp32",
    chunk: Annotated[int, typer.Option(min=1, help="Sequences sampled at a time.")] = 500,
    data: Annotated[
        Path | None, typer.Option(help="QM9 as CSV or SDF, to say which molecules are novel.")
    ] = None,
    device: Annotated[str | None, typer.Option(help=DEVICE_HELP)] = None,
    compile: Annotated[bool, typer.Option(help=COMPILE_HELP)] = False,
    run_folder: Annotated[
        Path | None, typer.Option(help="Finished chunks, for resuming; default runs/triage-NAME.")
    ] = None,
) -> None:
    """Sample graphs, score re-linearizations of each; run again to resume."""
    import pandas as pd

    from core.cli import chosen_device, messages
    from core.model.checkpoints import load_checkpoint
    from core.triage.quality import mark_novel, mark_unique
    from core.triage.ranking import ranking_record
    from core.triage.run import sample_and_score_in
    from core.triage.samples import Samples, SamplesConfig
    from core.triage.scores import quality_label

    config = SamplesConfig(number, permutations, seed, temperature, top_k or None, mask,
                           precision, chunk)
    check_folders(output, run_folder)
    checkpoint = load_checkpoint(model, device=chosen_device(device), compile=compile)
    card = checkpoint.card
    if data is not None:
        _training_set(card)  # refuse before hours of sampling
    run_folder = run_folder or (
        Path("runs") / f"triage-{card.path.name}-{card.weights_sha256[:8]}")
    with Progress(console=messages, transient=True, disable=not messages.is_terminal) as bar:
        task = bar.add_task("Sampling", total=number)
        tables = []
        for table in sample_and_score_in(run_folder, checkpoint, config,
                                         progress=lambda stage, done, total: bar.update(
                                             task, description=stage.capitalize())):
            tables.append(table)
            bar.advance(task, len(table))
            if not messages.is_terminal:
                done = sum(map(len, tables))
                messages.print(f"{card.name}: {done:,} of {number:,} sequences", markup=False)
    table = mark_unique(pd.concat(tables, ignore_index=True), card.vocabulary, mask)
    if data is not None:
        table = mark_novel(table, _training_smiles(_training_set(card), data))
    samples = Samples(
        model=card.name, weights_sha256=card.weights_sha256, trained_under=card.strategy.name,
        step=card.steps, dataset=card.data.get("name", ""), config=config, table=table,
        ranking=ranking_record(table, seed=seed, label=quality_label(card.chemistry)),
    )
    samples.save(output, device=str(checkpoint.device))
    messages.print(f"Wrote {output}.", markup=False, soft_wrap=True)


def _training_set(card: ModelCard) -> Dataset:
    """The data set that the model's card names, else one that writes hydrogens as the model does.

    Raises:
        InputError: for a model of graphs that are no molecules.
    """
    from core.data.registry import DATASETS
    from core.errors import InputError

    of_molecules = [dataset for dataset in DATASETS.values()
                    if dataset.chemistry is not None and card.chemistry is not None
                    and dataset.chemistry.hydrogens == card.chemistry.hydrogens]
    if not of_molecules:
        raise InputError(f"{card.name} generates no molecules, so --data cannot say which are "
                         "novel; leave it out.")
    named = [dataset for dataset in of_molecules if dataset.title == card.data.get("name")]
    return [*named, *of_molecules][0]


def _training_smiles(dataset: Dataset, data: Path) -> set[str]:
    from core.chemistry.molecules import to_smiles

    assert dataset.chemistry is not None
    return {smiles for graph in dataset.load("train", source=data).graphs()
            if (smiles := to_smiles(graph, dataset.chemistry)) is not None}
