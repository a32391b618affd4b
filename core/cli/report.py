"""`trailscope report`: one HTML file on a molecule, a file of molecules or a folder of samples."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress

from core.cli import chosen_device, messages
from core.cli.endings import say_wrote
from core.cli.graphs import check_row, read_rows
from core.cli.options import (
    DEFAULT_MODEL,
    DEVICE_HELP,
    MODEL_HELP,
    IdColumn,
    OwnOrStrategy,
    Precision,
    SmilesColumn,
    refuse_given,
    seed_option,
)
from core.errors import InputError
from core.runs import replacing
from core.sent.strategies import Strategy

if TYPE_CHECKING:
    from core.model.card import ModelCard

_OF_ONE = ("trail", "hydrogens")
_OF_FILES = ("smiles_column", "id_column")
_OF_SCORING = ("strategy", "permutations", "precision", "device", *_OF_ONE, *_OF_FILES)
_OF_SAMPLES = ("score", "fdr")
_OF_SETS = ("filter", "sort", "descending")
_ENDINGS = (".html", ".htm")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    context: typer.Context,
    input: Annotated[str, typer.Argument(help=(
        "A SMILES string or planar:SEED:INDEX, a file of molecules or graphs, a folder that "
        "`trailscope triage` or `trailscope score` wrote, or a shipped model's name for its "
        "samples."))],
    output: Annotated[Path, typer.Option(help="The HTML file to write.")],
    model: Annotated[str | None, typer.Option(
        help=f"{MODEL_HELP} Default: {DEFAULT_MODEL}; of samples, their own.")] = None,
    smiles_column: SmilesColumn = None,
    id_column: IdColumn = None,
    strategy: OwnOrStrategy = None,
    permutations: Annotated[int, typer.Option(min=2, help="Linearizations per molecule.")] = 32,
    seed: Annotated[int, seed_option("Fixes sequences and intervals; of samples, the split of "
                                     "the keep-list.")] = 0,
    precision: Precision = "fp32",
    device: Annotated[str | None, typer.Option(help=DEVICE_HELP)] = None,
    trail: Annotated[str, typer.Option(
        help="Permutation to play: lowest, median or highest NLL, or a number from 1.")] = "median",
    hydrogens: Annotated[bool, typer.Option(help="Draw hydrogens as atoms.")] = True,
    score: Annotated[str, typer.Option(
        help="Of samples: what ranks them: lu, self_nll, nll_mean or nll_marginal.")] = "lu",
    fdr: Annotated[float, typer.Option(
        min=0.1, max=99.9,
        help="Of samples: false-discovery rate of the keep-list, percent.")] = 5.0,
    filter: Annotated[str, typer.Option(
        help="Of a scored set: its rows that satisfy conditions such as 'lu <= 0.1; id ~ abc'.",
    )] = "",
    sort: Annotated[str, typer.Option(help="Of a scored set: the column to sort by.")] = "row",
    descending: Annotated[bool, typer.Option(
        "--descending", help="Of a scored set: the largest first.")] = False,
) -> None:
    """Write a report that opens without a server: figures, tables, trail player, provenance."""
    from core.library.manifest import MANIFEST
    from core.library.selection import Selection
    from core.triage.samples import shipped_samples

    _check_output(output)
    if not input:
        raise InputError("INPUT is empty; give a SMILES, a file or a folder.")
    samples = shipped_samples().get(input, Path(input))
    # A SMILES may be longer than a file's name: `os.path` says no then, pathlib raises.
    if os.path.exists(samples / MANIFEST):
        refuse_given(context, ("model", "seed", *_OF_SCORING, *_OF_SAMPLES),
                      f"{input} is a scored set")
        chosen = replace(Selection.from_text(filter), sort=sort, descending=descending)
        text, bad = _pages().of_library(samples, input, chosen, output.name), 0
    elif os.path.isdir(samples):
        refuse_given(context, _OF_SETS, f"{input} is no scored set")
        refuse_given(context, _OF_SCORING, f"{input} holds samples, which are scored already")
        text = _of_samples(samples, input, model, score, fdr, seed, output.name)
        bad = 0
    else:
        refuse_given(context, (*_OF_SAMPLES, *_OF_SETS), f"{input} is no folder")
        if os.path.isfile(input):
            refuse_given(context, _OF_ONE, f"{input} is a file of molecules, none of which is "
                                            "played")
        else:
            refuse_given(context, _OF_FILES, f"{input} is no file")
        text, bad = _of_graphs(
            input, model or DEFAULT_MODEL, strategy, device, smiles_column, id_column,
            file=output.name,
            permutations=permutations, seed=seed, precision=precision, trail=trail,
            show_hydrogens=hydrogens)
    with replacing(output) as partial:
        # Bytes of a file that are no characters stay readable.
        partial.write_bytes(text.encode("utf-8", "backslashreplace"))
    say_wrote(output, see="Open it in a browser.")
    if bad:
        messages.print(f"{bad:,} of the rows could not be scored; the table says why.",
                       markup=False, soft_wrap=True)
        raise typer.Exit(1)


def _pages() -> Any:
    """The dashboard, started as a module: nothing of core is built on it."""
    return import_module("dashboard.report_file")


def _check_output(output: Path) -> None:
    """Refuse what cannot be a report before any work is done.

    Raises:
        InputError: for a folder, a name of another kind or that no file can have, or a file in the
            place of a folder.
    """
    try:
        output.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror}; give another name."
                         ) from None
    if output.is_dir():
        raise InputError(f"{output} is a folder; give a file in it, such as "
                         f"{output / 'report.html'}.")
    if output.suffix.lower() not in _ENDINGS:
        raise InputError(f"{output} is to be an HTML file; give a name that ends in .html.")
    place = next(place for place in output.absolute().parents if place.exists())
    if not place.is_dir():
        raise InputError(f"{place} is a file, so {output} cannot lie in it; give another name.")


def _of_graphs(
    input: str, model: str, strategy: str | None, device: str | None, smiles_column: str | None,
    id_column: str | None, *, file: str, trail: str, show_hydrogens: bool, **settings: Any,
) -> tuple[str, int]:
    from core.model.checkpoints import load_checkpoint

    checkpoint = load_checkpoint(model, device=chosen_device(device))
    chosen = checkpoint.card.strategy if strategy is None else Strategy.from_name(strategy)
    rows = (check_row(row, checkpoint.card) for row in read_rows(
        input, checkpoint.card, smiles_column=smiles_column, id_column=id_column))
    with Progress(console=messages, transient=True, disable=not messages.is_terminal) as bar:
        task = bar.add_task("Scoring", total=None)
        if os.path.isfile(input):
            return _pages().of_many(
                rows, Path(input), checkpoint, chosen, model=model, file=file,
                columns={"smiles-column": smiles_column, "id-column": id_column},
                progress=lambda done: bar.update(task, completed=done), **settings)
        return _pages().of_one(
            next(rows), input, checkpoint, chosen, model=model, file=file, trail=trail,
            show_hydrogens=show_hydrogens,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            **settings), 0


def _of_samples(
    folder: Path, input: str, model: str | None, score: str, fdr: float, seed: int, file: str
) -> str:
    from core.model.card import read_card, resolve_model
    from core.triage.samples import read_samples_record
    from core.triage.scores import SCORES
    from core.units import without_unit

    score = without_unit(score)
    if score not in SCORES:
        raise InputError(f"Unknown score {score!r}; use {', '.join(SCORES)}.")
    name = read_samples_record(folder)["config"]["model"]
    return _pages().of_samples(folder, input, _card(model, name, read_card, resolve_model),
                               column=score, fdr=fdr, seed=seed, model=model, file=file)


def _card(model: str | None, name: str, read_card: Any, resolve_model: Any) -> ModelCard:
    """The card of the samples' model.

    Raises:
        InputError: if it is not known by the name that the samples give.
    """
    try:
        return read_card(resolve_model(model or name))
    except InputError as error:
        if model is not None:
            raise
        raise InputError(f"The samples are of {name}, which is not among the models here; give "
                         "its folder with --model.") from error
