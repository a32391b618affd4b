"""`trailscope salience`: score every weight of a model by one criterion or several."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli import chosen_device
from core.cli.endings import quoted, say_wrote
from core.cli.folders import check_folders
from core.cli.graphs import dataset_for, graph_set, read_graph_file, read_part
from core.cli.options import (
    DEFAULT_MODEL,
    DEVICE_HELP,
    LANGUAGE_MODEL_HELP,
    DataFile,
    OwnOrStrategy,
    TokenFile,
    seed_option,
)
from core.cli.progress import reporting
from core.cli.rows import RowWriter
from core.data.registry import DATASETS
from core.errors import InputError
from core.records import RECORD, RunRecord
from core.salience.criteria import CRITERIA, DEFAULT_CRITERION, HINDSIGHT, names_where
from core.sent.strategies import Strategy

if TYPE_CHECKING:
    from core.evaluation.graph_set import GraphSet
    from core.salience import LanguageModel, Salience, TokenSequences

ALL = "all"
DRAWN = " and ".join(names_where(lambda criterion: criterion.needs_seed))
SHIPPED = "shipped"
DEFAULT_MADE = 1000


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(salience)


def salience(
    output: Annotated[Path, typer.Option(help="Folder to write: CRITERION.safetensors for each, "
                                              "and record.json.")],
    model: Annotated[str, typer.Option(help=LANGUAGE_MODEL_HELP)] = DEFAULT_MODEL,
    criterion: Annotated[
        str, typer.Option(help="One, several with commas between, or all: "
                               f"{', '.join(CRITERIA)}.")
    ] = DEFAULT_CRITERION,
    hindsight: Annotated[
        str | None, typer.Option(help="A model that was fine-tuned from this one with all weights: "
                                      "scores are how far each weight moved, instead of a "
                                      "criterion.")
    ] = None,
    strategy: OwnOrStrategy = None,
    dataset: Annotated[
        str, typer.Option(help=f"Molecules to draw examples from: {SHIPPED}, those of the "
                               "model's data set that ship with evaluations (planar graphs are "
                               f"made), or a data set: {', '.join(DATASETS)}.")
    ] = SHIPPED,
    split: Annotated[str, typer.Option(help="Part of the data set.")] = "train",
    data: DataFile = None,
    input: Annotated[
        str | None, typer.Option(help="A file of molecules or graphs, or a single SMILES, to "
                                      "draw examples from.")
    ] = None,
    tokens: TokenFile = None,
    number: Annotated[
        int | None, typer.Option(min=1, help="Examples drawn. Default: 256, or all if "
                                             "there are fewer.")
    ] = None,
    permutations: Annotated[int, typer.Option(min=1, help="Linearizations of each.")] = 1,
    seed: Annotated[int, seed_option("Fixes examples, their linearizations, and the "
                                     f"criterion {DRAWN}.")] = 0,
    option: Annotated[
        list[str] | None, typer.Option(help="Option of a criterion, such as temperature=200 for "
                                           "grasp.")
    ] = None,
    device: Annotated[str | None, typer.Option(help=DEVICE_HELP)] = None,
) -> None:
    """Score every weight of the decoder blocks; `trailscope mask` turns scores into masks."""
    from core.salience import hindsight_scores, open_language_model
    from core.salience.compute import compute_saliences

    names = _read_criteria(criterion) if hindsight is None else []
    if hindsight is not None and criterion != DEFAULT_CRITERION:
        raise InputError("Give either --criterion or --hindsight, not both.")
    options = _read_options(option or [])
    check_folders(output)
    writer = RowWriter()
    opened = open_language_model(model, device=chosen_device(device))
    examples = None
    if any(CRITERIA[name].needs_examples for name in names):
        examples = _read_examples(opened, writer, strategy=strategy, dataset=dataset, split=split,
                                  data=data, input=input, tokens=tokens, number=number,
                                  permutations=permutations, seed=seed)
    started = time.perf_counter()
    if hindsight is not None:
        found = {HINDSIGHT: hindsight_scores(opened, open_language_model(hindsight))}
    else:
        with reporting(f"Scoring {opened.name}", "examples") as progress:
            found = compute_saliences(opened, names, examples, seed=seed, options=options,
                                      progress=progress)
    wall_s = time.perf_counter() - started
    output.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, scores in found.items():
        path = output / f"{name}.safetensors"
        scores.save(path)
        rows.append(_headline(scores, path))
        writer.write(rows[-1])
    _record(opened, list(found), options, examples, seed, rows, wall_s).write(output / RECORD)
    say_wrote(output, f"scores of {len(found)} criteria, {RECORD}",
              see="To cut a mask: trailscope mask "
                  f"{quoted(output / next(iter(found)))}.safetensors --density 0.001 "
                  "--output my-mask.safetensors")
    writer.finish()


def _read_criteria(text: str) -> list[str]:
    names = list(CRITERIA) if text == ALL else [word.strip() for word in text.split(",")]
    for name in names:
        if name not in CRITERIA:
            raise InputError(f"Unknown criterion {name!r}; use {ALL} or one of "
                             f"{', '.join(CRITERIA)}.")
    return list(dict.fromkeys(names))


def _read_options(words: list[str]) -> dict[str, float]:
    options = {}
    for word in words:
        name, _, value = word.partition("=")
        try:
            options[name.strip()] = float(value)
        except ValueError:
            raise InputError(f"{word!r} is no option of a criterion; write it as name=number, such "
                             "as temperature=200.") from None
    return options


def _read_examples(
    model: LanguageModel,
    writer: RowWriter,
    *,
    strategy: str | None,
    dataset: str,
    split: str,
    data: Path | None,
    input: str | None,
    tokens: Path | None,
    number: int | None,
    permutations: int,
    seed: int,
) -> TokenSequences:
    """Examples from a file of tokens, or linearizations of molecules or graphs."""
    from core.salience.examples import (
        DEFAULT_EXAMPLES,
        draw_examples,
        read_token_file,
        shipped_graphs,
    )

    if tokens is not None:
        if input is not None or strategy is not None:
            raise InputError("A file of tokens is used as it is; leave out --input and --strategy, "
                             "or --tokens.")
        return read_token_file(tokens, model, number=number or DEFAULT_EXAMPLES)
    if model.checkpoint is None:
        raise InputError(f"{model.name} reads token sequences, not molecules; give --tokens FILE "
                         "with a list of token ids per line, or a criterion without data, such as "
                         "magnitude.")
    card = model.checkpoint.card
    chosen = card.strategy if strategy is None else Strategy.from_name(strategy)
    graphs: GraphSet
    if input is not None:
        graphs = read_graph_file(input, card, writer, None)
    elif dataset == SHIPPED and data is None:
        graphs = shipped_graphs(card)
    else:
        found = dataset_for(card, None if dataset == SHIPPED else dataset)
        graphs = graph_set(read_part(found, split, card=card, data=data, number=None, seed=seed,
                                     made=DEFAULT_MADE))
    return draw_examples(graphs, card.vocabulary, chosen, seed=seed, permutations=permutations,
                         number=number or min(DEFAULT_EXAMPLES, len(graphs.graphs)))


def _headline(scores: Salience, path: Path) -> dict[str, Any]:
    """One line of results: what was scored on what, and how scores are spread."""
    import torch

    values = torch.cat([score.reshape(-1) for score in scores.scores.values()]).double()
    examples = scores.examples or {}
    return {"model": scores.model, "criterion": scores.criterion, "entries": scores.num_entries,
            "matrices": len(scores.matrices), "examples": examples.get("number"),
            "strategy": examples.get("strategy"), "seed": scores.seed,
            "mean": float(values.mean()), "median": float(values.median()),
            "max": float(values.max()), "output": str(path)}


def _record(
    model: LanguageModel, names: list[str], options: dict[str, float],
    examples: TokenSequences | None, seed: int, rows: list[dict[str, Any]], wall_s: float,
) -> RunRecord:
    config = {"model": model.name, "criteria": names, "options": options,
              "examples": None if examples is None
              else {**examples.source, "digest": examples.digest}}
    return RunRecord("salience", config, {"criteria": rows, "wall_s": wall_s}, seed,
                     str(model.device), model.weights_sha256)
