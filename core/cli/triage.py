"""`trailscope triage`: sample graphs, score each, and say which score tells the good ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.progress import Progress

from core.cli import chosen_device, messages
from core.cli.folders import check_folders
from core.cli.graphs import dataset_for, read_part
from core.cli.options import (
    COMPILE_HELP,
    DEFAULT_MODEL,
    DEVICE_HELP,
    MASK_HELP,
    MODEL_HELP,
    GrownFrom,
    OpenAtoms,
    read_open_atoms,
)
from core.data.registry import DATASETS
from core.errors import InputError

if TYPE_CHECKING:
    from core.model.card import ModelCard


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(triage)


def triage(
    output: Annotated[Path, typer.Option(help="Folder to write: samples.parquet, record.json.")],
    model: Annotated[str, typer.Option(help=MODEL_HELP)] = DEFAULT_MODEL,
    number: Annotated[int, typer.Option(min=1, help="Sequences to sample.")] = 10_000,
    grown_from: GrownFrom = None,
    open_atoms: OpenAtoms = None,
    permutations: Annotated[
        int, typer.Option(min=2, help="Re-linearizations per valid graph.")
    ] = 32,
    seed: Annotated[int, typer.Option(help="Fixes sequences and re-linearizations.")] = 0,
    temperature: Annotated[float, typer.Option(help="Divides the logits.")] = 1.0,
    top_k: Annotated[int, typer.Option(min=0, help="Best tokens kept; 0 keeps all.")] = 10,
    mask: Annotated[
        Literal["strict", "kinds"], typer.Option(help=MASK_HELP)
    ] = "strict",
    precision: Annotated[
        Literal["fp32", "bf16"], typer.Option(help="Precision of scoring; sampling is in fp32.")
    ] = "fp32",
    chunk: Annotated[int, typer.Option(min=1, help="Sequences sampled at a time.")] = 500,
    data: Annotated[
        Path | None, typer.Option(help="The data set as a local file, to say which molecules are "
                                       "novel.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="The data set that novel molecules are not in: "
                                      f"{', '.join(DATASETS)}. Default: the model's own, if "
                                      "--data is given.")
    ] = None,
    device: Annotated[str | None, typer.Option(help=DEVICE_HELP)] = None,
    compile: Annotated[bool, typer.Option(help=COMPILE_HELP)] = False,
    run_folder: Annotated[
        Path | None, typer.Option(help="Finished chunks, for resuming; default runs/triage-NAME.")
    ] = None,
) -> None:
    """Sample graphs, score re-linearizations of each; run again to resume."""
    import pandas as pd

    from core.model.checkpoints import load_checkpoint
    from core.model.growth import fragment_of
    from core.triage.quality import mark_novel, mark_unique
    from core.triage.ranking import ranking_record
    from core.triage.run import sample_and_score_in
    from core.triage.samples import Samples, SamplesConfig
    from core.triage.scores import quality_label

    config = SamplesConfig(number, permutations, seed, temperature, top_k or None, mask,
                           precision, chunk, grown_from, read_open_atoms(open_atoms, grown_from))
    check_folders(output, run_folder)
    checkpoint = load_checkpoint(model, device=chosen_device(device), compile=compile)
    card = checkpoint.card
    if config.fragment is not None:
        fragment = fragment_of(card, config.fragment, open_atoms=config.open_atoms)
        config = replace(config, fragment=fragment.smiles, open_atoms=fragment.open_atoms)
        for note in fragment.notes:
            messages.print(f"note: {note}", markup=False, soft_wrap=True)
    known = None if data is None and dataset is None else _training_smiles(card, dataset, data)
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
    if known is not None:
        table = mark_novel(table, known)
    samples = Samples(
        model=card.name, weights_sha256=card.weights_sha256, trained_under=card.strategy.name,
        step=card.steps, dataset=card.data.get("name", ""), config=config, table=table,
        ranking=ranking_record(table, seed=seed, label=quality_label(card.chemistry)),
    )
    samples.save(output, device=str(checkpoint.device))
    messages.print(f"Wrote {output}.", markup=False, soft_wrap=True)


def _training_smiles(card: ModelCard, dataset: str | None, data: Path | None) -> set[str]:
    """Canonical SMILES of the training molecules, as the model writes them.

    Raises:
        InputError: for a model of graphs without labels, of which none is said to be novel.
    """
    from core.chemistry.molecules import to_smiles

    if card.chemistry is None:
        raise InputError(f"{card.name} generates no molecules, so --data cannot say which are "
                         "novel; leave it out.")
    part = read_part(dataset_for(card, dataset), "train", card=card, data=data, number=None, made=0)
    return {smiles for graph in part.unpacked()
            if (smiles := to_smiles(graph, card.chemistry)) is not None}
