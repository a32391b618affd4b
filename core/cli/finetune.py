"""`trailscope finetune`: teach a model new sequences by few of its weights, adapters, or all."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from core.cli import chosen_device, messages
from core.cli.endings import say_wrote, see_model
from core.cli.folders import check_folders
from core.cli.graphs import dataset_for, read_graph_file, read_part
from core.cli.options import (
    COMPILE_HELP,
    COUNT_HELP,
    DEVICE_HELP,
    LANGUAGE_MODEL_HELP,
    DataFile,
    OwnOrDataset,
    OwnOrStrategy,
    Precision,
    TokenFile,
    seed_option,
)
from core.cli.progress import Look, follow, reporting
from core.cli.rows import RowWriter
from core.errors import InputError
from core.records import RECORD
from core.salience.criteria import CONTROL, DEFAULT_CRITERION
from core.sent.strategies import Strategy

if TYPE_CHECKING:
    from core.finetune import FinetuneConfig
    from core.finetune.run import FinetuneStep
    from core.finetune.streams import TokenStream
    from core.salience import LanguageModel, Mask

CHECKPOINT = "checkpoint"
DEFAULT_MADE = 10_000
LOW_RANK = ("lora", "pissa")
_OF_SPARSE = ("--mask", "--density", "--count", "--match-rank", "--dynamic-every")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(finetune)


def finetune(
    model: Annotated[str, typer.Option(help=LANGUAGE_MODEL_HELP)],
    output: Annotated[
        Path, typer.Option(help="Folder to write: adapter and mask, the merged model in "
                                f"{CHECKPOINT}/, and {RECORD}.")
    ],
    method: Annotated[
        Literal["sparse", "lora", "pissa", "full"], typer.Option(help="What is trained.")
    ] = "sparse",
    criterion: Annotated[
        str, typer.Option(help=f"How entries are selected; {CONTROL} is the control.")
    ] = DEFAULT_CRITERION,
    scope: Annotated[
        Literal["global", "local"], typer.Option(help="Select over all matrices, or in each.")
    ] = "global",
    density: Annotated[
        float | None, typer.Option(help="Share of entries to train, above 0 and at most 1. "
                                        "Default: 0.001, unless --count, --match-rank or --mask "
                                        "is given.")
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help=COUNT_HELP)] = None,
    match_rank: Annotated[
        int | None, typer.Option(min=1, help="Train as many entries as LoRA of this rank does, "
                                             "instead of a share.")
    ] = None,
    mask: Annotated[
        Path | None, typer.Option(help="A mask of `trailscope mask` instead of a criterion.")
    ] = None,
    dynamic_every: Annotated[
        int, typer.Option(min=0, help="Steps between selections; 0 selects once.")
    ] = 0,
    rank: Annotated[
        int | None, typer.Option(min=1, help="Rank of LoRA and PiSSA. Default: 1.")
    ] = None,
    strategy: OwnOrStrategy = None,
    input: Annotated[
        str | None, typer.Option(help="A file of molecules or graphs instead of a data set's "
                                      "training split.")
    ] = None,
    dataset: OwnOrDataset = None,
    data: DataFile = None,
    tokens: TokenFile = None,
    number: Annotated[
        int | None, typer.Option(min=1, help="Number of graphs to learn from, the first ones. "
                                             "Default: all; "
                                             f"{DEFAULT_MADE:,} planar graphs.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Optimizer steps.")] = 200,
    batch_size: Annotated[int, typer.Option(min=1, help="Sequences per step.")] = 32,
    learning_rate: Annotated[
        float | None, typer.Option(help="Peak learning rate. Default: what worked best in the "
                                        "repair experiment, by method and number of parameters.")
    ] = None,
    warmup_steps: Annotated[int, typer.Option(min=1, help="Steps of linear warm-up.")] = 10,
    calibration: Annotated[
        int, typer.Option(min=1, help="Sequences that criteria are averaged over.")
    ] = 256,
    seed: Annotated[int, seed_option("Fixes batches, masks and LoRA's "
                                     "starting values.")] = 0,
    precision: Precision = "bf16",
    device: Annotated[str | None, typer.Option(help=DEVICE_HELP)] = None,
    compile: Annotated[bool, typer.Option(help=COMPILE_HELP)] = False,
    run_folder: Annotated[
        Path | None, typer.Option(help="State for resuming. Default: OUTPUT/run.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the merged model. Default: the folder's name.")
    ] = None,
) -> None:
    """Fine-tune a model on sequences of any order; run the same command again to resume."""
    from core.finetune import FinetuneConfig, FinetuneRun
    from core.finetune.export import record_of, write_adapter, write_model
    from core.finetune.learning_rates import default_learning_rate
    from core.salience import Mask, open_language_model
    from core.salience.matrices import num_entries

    check_folders(output, run_folder)
    asked = {"--mask": mask, "--density": density, "--count": count, "--match-rank": match_rank,
             "--dynamic-every": dynamic_every or None, "--rank": rank}
    _check_options(method, [name for name, value in asked.items() if value is not None])
    opened = open_language_model(model, device=chosen_device(device))
    given = None if mask is None else Mask.load(mask)
    writer = RowWriter()
    if given is not None and given.weights_sha256 != opened.weights_sha256:
        messages.print(f"The mask was cut for {given.model}, not for {opened.name}; its entries "
                       "are used as they are.", markup=False, soft_wrap=True)
    stream = _stream(opened, writer, strategy=strategy, input=input, dataset=dataset,
                     data=data, tokens=tokens, number=number, seed=seed)
    entries = _count(opened, given, density, count, match_rank) if method == "sparse" else None
    rank = rank or 1 if method in LOW_RANK else None
    if learning_rate is None:
        learning_rate = default_learning_rate(
            method, rank=rank,
            share=None if entries is None else entries / num_entries(opened.matrices))
    config = FinetuneConfig(
        method=method, criterion=criterion if given is None else given.criterion,
        scope=scope if given is None else given.scope,
        count=entries,
        reselect_every=dynamic_every, num_examples=calibration,
        rank=rank, steps=steps, batch_size=batch_size,
        learning_rate=learning_rate, warmup_steps=warmup_steps, seed=seed, precision=precision,
        compile=compile)
    with reporting(f"Scoring the weights of {opened.name}", "examples") as progress:
        run = FinetuneRun(opened, stream, config, run_folder=run_folder or output / "run",
                          mask=given, progress=progress)
    # Closed here, the state is saved whatever interrupts whoever shows the progress.
    with closing(run.steps()) as states:
        follow(states, lambda state: _look(state, opened.name, config),
               what=f"Fine-tuning {opened.name}")
    if method != "full":
        write_adapter(run, output)
    write_model(run, output / CHECKPOINT, name=name or output.name)
    record = record_of(run)
    record.write(output / RECORD)
    writer.write({"model": opened.name, **record.result, "output": str(output)})
    say_wrote(output, f"the model in {CHECKPOINT}, {RECORD}"
              f"{'' if method == 'full' else ', and the change alone'}",
              see=see_model(output / CHECKPOINT))
    writer.finish()


def _check_options(method: str, given: Sequence[str]) -> None:
    """Refuse options that the method does not read.

    Args:
        method: what is trained.
        given: options that were given, of those that only some methods read.

    Raises:
        InputError: for one that would be ignored.
    """
    read = {"sparse": _OF_SPARSE, "full": ()}.get(method, ("--rank",))
    for name in given:
        if name not in read:
            owner = "sparse runs" if name in _OF_SPARSE else "LoRA and PiSSA"
            raise InputError(f"{name} is for {owner}; leave it out or give another --method than "
                             f"{method}.")


def _count(
    model: LanguageModel,
    mask: Mask | None,
    density: float | None,
    count: int | None,
    match_rank: int | None,
) -> int:
    """Number of entries to train, however it was asked for."""
    from core.finetune.config import entries_to_train

    asked = [mask, density, count, match_rank]
    if sum(one is not None for one in asked) > 1:
        raise InputError("Give one of --mask, --density, --count and --match-rank.")
    if mask is not None:
        return mask.nnz
    if count is not None:
        return count
    return entries_to_train(model.matrices, density=0.001 if density is None else density,
                            match_rank=match_rank)


def _stream(
    model: LanguageModel,
    writer: RowWriter,
    *,
    strategy: str | None,
    input: str | None,
    dataset: str | None,
    data: Path | None,
    tokens: Path | None,
    number: int | None,
    seed: int,
) -> TokenStream:
    """What to learn from: a file of tokens, or linearizations of molecules or graphs."""
    from core.finetune import GraphStream, SequenceStream
    from core.salience import read_token_file
    from core.sent.batch import GraphBatch

    if tokens is not None:
        if any(one is not None for one in (input, strategy, dataset, data)):
            raise InputError("A file of tokens is used as it is; leave out --input, --dataset, "
                             "--data and --strategy, or --tokens.")
        return SequenceStream(read_token_file(tokens, model, number=number), seed=seed)
    if model.checkpoint is None:
        raise InputError(f"{model.name} reads token sequences, not molecules; give --tokens FILE "
                         "with a list of token ids per line.")
    card = model.checkpoint.card
    order = card.strategy if strategy is None else Strategy.from_name(strategy)
    if input is not None:
        if dataset is not None or data is not None:
            raise InputError("Give either --input or a data set (--dataset, --data), not both.")
        found = read_graph_file(input, card, writer, number)
        batch = GraphBatch.from_graphs(found.graphs, with_automorphisms=False)
        return GraphStream(batch, card.vocabulary, order, seed=seed, source={"name": found.name},
                           device=model.device)
    part = read_part(dataset_for(card, dataset), "train", card=card, data=data, number=number,
                     seed=seed, made=DEFAULT_MADE)
    return GraphStream(part, card.vocabulary, order, seed=seed, device=model.device,
                       source={"name": part.title, "split": "train"})


def _look(state: FinetuneStep, name: str, config: FinetuneConfig) -> Look:
    return Look(f"Fine-tuning {name}",
                f"step {state.step}, loss {state.loss:.3f} nats/token, "
                f"{state.sequences_per_s:.0f} sequences/s", state.step, config.steps)
