"""`trailscope score`: NLL, Linearization Uncertainty and order-marginal NLL of given graphs, on the
terminal or, of many, into a folder of Parquet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from core.cli import chosen_device, messages
from core.cli.endings import see_library
from core.cli.graphs import check_row, read_rows
from core.cli.options import (
    COMPILE_HELP,
    DEFAULT_MODEL,
    DEVICE_HELP,
    INPUT_HELP,
    MODEL_HELP,
    IdColumn,
    OwnOrStrategy,
    Precision,
    SmilesColumn,
    refuse_given,
    seed_option,
)
from core.cli.progress import Look, showing
from core.cli.rows import Format, RowWriter, in_chunks, say_notes
from core.data.files import InputRow
from core.errors import InputError
from core.sent.strategies import Strategy

if TYPE_CHECKING:
    from core.library.engine import Engine
    from core.library.run import Reading, ScoringState
    from core.library.settings import ScoringSettings
    from core.model.card import ModelCard

_OF_MOLECULES = ("output", "smiles_column", "id_column", "strategy", "permutations", "seed",
                 "compile", "engine", "address", "workers")
_ENDINGS = {".csv", ".json", ".jsonl", ".parquet", ".sdf", ".smi", ".tsv", ".txt"}
"""Of names that nobody gives a folder."""

_TOKEN_COLUMNS = ("id", "model", "num_tokens", "nll", "nll_per_token", "token_nll", "error")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(score)


def score(
    context: typer.Context,
    inputs: Annotated[
        list[str] | None, typer.Argument(metavar="INPUT...", help=INPUT_HELP)] = None,
    model: Annotated[str, typer.Option(help=MODEL_HELP)] = DEFAULT_MODEL,
    output: Annotated[
        Path | None, typer.Option(help="A folder for the results, as Parquet beside the input's "
                                       "own columns; run again, it goes on where it stopped.")
    ] = None,
    tokens: Annotated[
        Path | None, typer.Option(help="Score sequences instead: JSON lines, each a list of token "
                                       'ids or an object with "tokens", from sos to eos.')
    ] = None,
    smiles_column: SmilesColumn = None,
    id_column: IdColumn = None,
    strategy: OwnOrStrategy = None,
    permutations: Annotated[int, typer.Option(min=2, help="Linearizations per molecule.")] = 32,
    seed: Annotated[int, seed_option("Fixes sequences and intervals.")] = 0,
    format: Annotated[Format, typer.Option(help="Of what is printed: json (lines) or csv.")
                      ] = Format.JSON,
    precision: Precision = "fp32",
    compile: Annotated[bool, typer.Option("--compile", help=COMPILE_HELP)] = False,
    device: Annotated[str | None, typer.Option(help=DEVICE_HELP)] = None,
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="With --output: compute in this process, or by "
                                                   "workers of Ray (trailscope[cluster]).")
    ] = "local",
    address: Annotated[
        str | None, typer.Option(help="Of a Ray cluster that runs. Default: one on this machine.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Of Ray. Default: one for each GPU, without GPUs one "
                                             "for each two processors.")
    ] = None,
) -> None:
    """Score molecules: NLL, Linearization Uncertainty and order-marginal NLL of each.

    Rows are printed, or with --output written to a folder that pandas, DuckDB and the Library page
    open.
    """
    if tokens is not None:
        if inputs:
            raise InputError("--tokens scores the sequences of its file; give no molecules beside "
                             "it.")
        refuse_given(context, _OF_MOLECULES, "--tokens scores sequences as they are")
        _print_sequences(tokens, model, format, precision, chosen_device(device))
        return
    if not inputs:
        raise InputError("Give molecules to score: a SMILES string or a file, or sequences with "
                         "--tokens.")
    from core.library.run import Reading
    from core.library.settings import ScoringSettings
    from core.model.card import read_card, resolve_model

    card = read_card(resolve_model(model))
    chosen = card.strategy if strategy is None else Strategy.from_name(strategy)
    settings = ScoringSettings.of(card, chosen, permutations=permutations, seed=seed,
                                  precision=precision)
    reading = Reading(smiles_column, id_column)
    if engine == "ray":
        if output is None or device is not None:
            raise InputError("--engine ray writes to a folder, --output, and its workers choose "
                             "their devices; leave --device out.")
    elif address is not None or workers is not None:
        raise InputError("--address and --workers are of Ray; add --engine ray.")
    if output is None:
        _print_rows(inputs, model, settings, reading, format, chosen_device(device),
                    compile=compile)
        return
    refuse_given(context, ("format",), "The rows of a folder are Parquet")
    if output.suffix.lower() in _ENDINGS and not output.is_dir():
        raise InputError(f"--output writes a folder of Parquet, and {output.name} is named like a "
                         "file; give a folder's name, or print rows: --format csv > "
                         f"{output.stem}.csv.")
    from core.library.engine import LocalEngine
    from core.model.checkpoints import load_checkpoint

    def make_engine() -> Engine:
        if engine == "ray":
            from core.library.ray_engine import RayEngine

            return RayEngine(card.path, settings, address=address, workers=workers,
                             compile=compile)
        return LocalEngine(load_checkpoint(model, device=chosen_device(device), compile=compile),
                           settings)

    _write_set(inputs, output, card, settings, make_engine, reading)


def _print_rows(
    inputs: list[str], model: str, settings: ScoringSettings, reading: Reading, format: Format,
    device: str, *, compile: bool,
) -> None:
    from rich.progress import Progress

    from core.likelihood.analysis import SUMMARY_COLUMNS, summarize
    from core.model.checkpoints import load_checkpoint

    checkpoint = load_checkpoint(model, device=device, compile=compile)
    strategy = Strategy.from_name(settings.strategy)
    writer = RowWriter(format, SUMMARY_COLUMNS)
    with Progress(console=messages, transient=True, disable=not messages.is_terminal) as progress:
        task = progress.add_task("Scoring", total=None)
        rows = read_rows(inputs, checkpoint.card, smiles_column=reading.smiles_column,
                         id_column=reading.id_column)
        for chunk in in_chunks(rows, max(1, 2048 // settings.permutations)):
            checked: list[InputRow] = [check_row(row, checkpoint.card) for row in chunk]
            for summary in summarize(
                checkpoint, checked, strategy, permutations=settings.permutations,
                seed=settings.seed, precision=settings.precision,
            ):
                writer.write(summary)
                progress.advance(task)
    writer.finish()


def _write_set(
    inputs: list[str], output: Path, card: ModelCard, settings: ScoringSettings,
    engine: Callable[[], Engine], reading: Reading,
) -> None:
    from core.library.leaving import faults_of, notes_of
    from core.library.run import score_files

    with showing("Reading the input") as show:
        found = score_files([Path(input) for input in inputs], output, card, settings, engine,
                            reading=reading, progress=lambda state: show(_look(state)))
    say_notes(notes_of(output))
    say_notes(faults_of(output), "not scored")
    failed = f", {found.failed:,} of them with an error" if found.failed else ""
    messages.print(f"{output} holds {found.rows:,} scored rows{failed}.", markup=False,
                   soft_wrap=True)
    messages.print(see_library(output), markup=False, soft_wrap=True)
    if found.failed:
        raise typer.Exit(1)


def _look(state: ScoringState) -> Look:
    if state.stage == "reading":
        return Look("Reading the input", f"{state.done:,} rows", state.done, 0)
    rate = "" if state.rate is None else f", {state.rate:.3g} a second"
    return Look("Scoring", f"{state.done:,} of {state.total:,} rows{rate}", state.done,
                state.total, state.left_s)


def _print_sequences(
    path: Path, model: str, format: Format, precision: Precision, device: str
) -> None:
    from core.data.token_lines import read_token_lines
    from core.likelihood.given_sequences import score_lines
    from core.model.checkpoints import load_checkpoint

    checkpoint = load_checkpoint(model, device=device)
    writer = RowWriter(format, _TOKEN_COLUMNS)
    for row in score_lines(checkpoint, read_token_lines(path), precision=precision):
        writer.write({name: row.get(name) for name in _TOKEN_COLUMNS})
    writer.finish()
