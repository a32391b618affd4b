"""`trailscope triage`: sample graphs, score each, and say which score tells the good ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.progress import Progress

from core.cli import chosen_device, messages
from core.cli.endings import quoted, say_wrote
from core.cli.folders import check_folders
from core.cli.graphs import dataset_for, read_part
from core.cli.markdown import cell, head, row
from core.cli.options import (
    COMPILE_HELP,
    DEFAULT_MODEL,
    DEVICE_HELP,
    MASK_HELP,
    MODEL_HELP,
    GrownFrom,
    OpenAtoms,
    read_open_atoms,
    seed_option,
)
from core.cli.progress import reporting, reporting_stages
from core.cli.rows import RowWriter
from core.data.registry import DATASETS
from core.errors import InputError
from core.records import RECORD

if TYPE_CHECKING:
    import torch

    from core.model.card import ModelCard
    from core.triage.frechet import ChemNet
    from core.triage.molecule_set import MoleculeSet
    from core.triage.set_metrics import SetMetrics, Split


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(triage)


def triage(
    output: Annotated[
        Path | None, typer.Option(help="Folder to write: samples.parquet, record.json.")
    ] = None,
    model: Annotated[str, typer.Option(help=MODEL_HELP)] = DEFAULT_MODEL,
    number: Annotated[int, typer.Option(min=1, help="Sequences to sample.")] = 10_000,
    grown_from: GrownFrom = None,
    open_atoms: OpenAtoms = None,
    permutations: Annotated[
        int, typer.Option(min=2, help="Re-linearizations per valid graph.")
    ] = 32,
    seed: Annotated[int, seed_option("Fixes sequences and re-linearizations.")] = 0,
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
        Path | None, typer.Option(help="The data set as a local file or folder, to say which "
                                       "molecules are novel and how near they are to the test "
                                       "set.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="The data set that novel molecules are not in: "
                                      f"{', '.join(DATASETS)}. Default: the model's own, if "
                                      "--data is given.")
    ] = None,
    fcd: Annotated[
        bool, typer.Option("--fcd", help="Also compute the Fréchet ChemNet distance to the test "
                                         r"set; needs `pip install 'trailscope\[fcd]'`.")
    ] = False,
    device: Annotated[str | None, typer.Option(help=DEVICE_HELP)] = None,
    compile: Annotated[bool, typer.Option(help=COMPILE_HELP)] = False,
    run_folder: Annotated[
        Path | None, typer.Option(help="Finished chunks, for resuming; default under runs/triage.")
    ] = None,
    pool: Annotated[
        list[str] | None, typer.Option(help="Instead of sampling, rank what was sampled before, "
                                            "per model and pooled: a shipped model's name or a "
                                            "folder that this command wrote; repeat for each.")
    ] = None,
) -> None:
    """Sample graphs, score re-linearizations of each; run again to resume."""
    if pool:
        _rank_pooled(pool, output)
        return
    if output is None:
        raise InputError("Give --output, the folder to write, or --pool to rank what was sampled "
                         "before.")
    import pandas as pd

    from core.model.checkpoints import load_checkpoint
    from core.model.growth import fragment_of
    from core.triage.quality import mark_novel, mark_unique
    from core.triage.ranking import ranking_record
    from core.triage.run import default_run_folder, made_on, sample_and_score_in
    from core.triage.samples import SAMPLES_TABLE, Samples, SamplesConfig
    from core.triage.scores import VALIDITY, quality_label
    from core.triage.set_metrics import set_metrics

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
    label = quality_label(card.chemistry, is_planar=card.is_planar)
    knows_data = data is not None or dataset is not None
    chemnet = _chemnet(card, knows_data, checkpoint.device) if fcd else None
    known = _training_smiles(card, dataset, data) if knows_data else None
    run_folder = run_folder or default_run_folder(card, config)
    with Progress(console=messages, transient=True, disable=not messages.is_terminal) as bar:
        task = bar.add_task("Sampling", total=number)
        tables = []
        for table in sample_and_score_in(run_folder, checkpoint, config,
                                         progress=lambda stage, done, total: bar.update(
                                             task, description=f"{stage.capitalize()} ({done:,} "
                                                               f"of {total:,})")):
            tables.append(table)
            bar.advance(task, len(table))
            if not messages.is_terminal:
                done = sum(map(len, tables))
                messages.print(f"{card.name}: {done:,} of {number:,} sequences", markup=False)
    table = mark_unique(pd.concat(tables, ignore_index=True), card.vocabulary, mask)
    if known is not None:
        table = mark_novel(table, known)
    metrics = None
    if label is VALIDITY:
        references = _references(card, dataset, data) if knows_data else {}
        with reporting_stages("molecules") as report:
            metrics = set_metrics(table, references, progress=report, fcd=None if chemnet is None
                                  else partial(chemnet.distance, progress=report))
        print(*_set_metrics_table(metrics), sep="\n")
    samples = Samples(
        model=card.name, weights_sha256=card.weights_sha256, trained_under=card.strategy.name,
        step=card.steps, dataset=card.data.get("name", ""), config=config, table=table,
        ranking=ranking_record(table, seed=seed, label=label), set_metrics=metrics,
    )
    samples.save(output, **made_on(run_folder))
    say_wrote(output, f"{SAMPLES_TABLE} with {len(table):,} sequences, {RECORD}",
              see=f"For a report: trailscope report {quoted(output)} --output "
                  f"{quoted(output.name + '.html')}; in Python: "
                  "core.triage.Samples.load(FOLDER).to_frame()")


def _rank_pooled(names: list[str], output: Path | None) -> None:
    """Print a row per model and score, and per score of all models' molecules together."""
    from core.triage.pooling import pool_samples
    from core.triage.samples import Samples, shipped_samples

    if output is not None:
        raise InputError("--pool samples and writes nothing; leave out --output.")
    shipped = shipped_samples()
    found = pool_samples([Samples.load(shipped.get(name, Path(name))) for name in names])
    writer = RowWriter()
    for auc in found.to_frame().to_dict("records"):
        writer.write({str(column): value for column, value in auc.items()})
    for reason in (found.note, *(f"{model}: {why}" for model, why in found.reasons.items())):
        messages.print(f"note: {reason}", markup=False, soft_wrap=True)
    writer.finish()


def _training_smiles(card: ModelCard, dataset: str | None, data: Path | None) -> set[str]:
    """Canonical SMILES of the training molecules, as the model writes them.

    Raises:
        InputError: for a model of graphs without labels, of which none is said to be novel.
    """
    from core.triage.training_smiles import training_smiles

    if card.chemistry is None:
        raise InputError(f"{card.name} generates no molecules, so --data cannot say which are "
                         "novel; leave it out.")
    part = read_part(dataset_for(card, dataset), "train", card=card, data=data, number=None, made=0)
    part = part.learnt(card.data)
    with reporting(f"Writing {part.title}'s train split as SMILES", "molecules") as progress:
        return training_smiles(part, card.chemistry, progress=progress)


def _references(
    card: ModelCard, dataset: str | None, data: Path | None
) -> dict[Split, MoleculeSet]:
    """The test sets that generated molecules are compared with, as far as they are at hand."""
    from core.triage.molecule_set import MoleculeSet
    from core.triage.set_metrics import REFERENCE_SETS

    found: dict[Split, MoleculeSet] = {}
    compared, chemistry = dataset_for(card, dataset), card.chemistry
    assert chemistry is not None
    for split, name in REFERENCE_SETS.items():
        if not compared.has_part(split, data):
            continue
        part = read_part(compared, split, card=card, data=data, number=None, made=0)
        with reporting_stages("molecules") as report:
            found[split] = MoleculeSet.of_part(f"{part.title} {name}", part, chemistry,
                                               progress=report)
    return found


def _chemnet(card: ModelCard, knows_data: bool, device: torch.device) -> ChemNet:
    """The network of `--fcd`.

    Raises:
        InputError: if there is nothing to compare, or no network.
    """
    from core.triage.frechet import ChemNet

    if card.chemistry is None or card.chemistry.has_hydrogen_nodes or not knows_data:
        raise InputError("--fcd compares molecules without hydrogen nodes with a test set; use it "
                         "with a model of such molecules, and with --data or --dataset.")
    return ChemNet(device=device)


def _set_metrics_table(found: SetMetrics) -> Iterator[str]:
    yield from head("metric", "value", "of")
    for value in found.values:
        estimate = value.estimate
        yield row(value.metric.name, value.reason or "–" if estimate is None
                  else cell(estimate, 3), f"{value.number:,}")
