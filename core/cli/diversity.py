"""`trailscope diversity`: how different the linearizations of a graph are, by strategy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli import messages
from core.cli.endings import say_wrote
from core.cli.folders import check_folders
from core.cli.graphs import check_row, graph_set, load_part, read_rows, vocabulary_for
from core.cli.options import INPUT_HELP, DataFile, seed_option
from core.cli.progress import reporting
from core.cli.rows import RowWriter
from core.data.dataset import DataOptions
from core.data.registry import DATASETS, find_dataset
from core.errors import InputError
from core.records import RECORD
from core.sent.strategies import STRATEGIES

if TYPE_CHECKING:
    from core.evaluation.graph_set import GraphSet
    from core.sent.vocabulary import Vocabulary

DEFAULT_NUMBER = 1000


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(diversity)


def diversity(
    output: Annotated[Path, typer.Option(help="Folder to write.")],
    input: Annotated[str | None, typer.Argument(help=INPUT_HELP)] = None,
    dataset: Annotated[
        str | None, typer.Option(help=f"Instead of INPUT: {', '.join(DATASETS)}.")
    ] = None,
    split: Annotated[str, typer.Option(help="Part of the data set.")] = "test",
    data: DataFile = None,
    number: Annotated[
        int | None, typer.Option(min=1, help=f"Graphs, the first of them; by default all up to "
                                             f"{DEFAULT_NUMBER:,}.")
    ] = None,
    strategy: Annotated[
        str, typer.Option(help=f"all ({', '.join(STRATEGIES)}), or names and triples of biases, "
                               "comma-separated.")
    ] = "all",
    mix: Annotated[
        str, typer.Option(help="Shares of random_order in [0, 1], comma-separated.")
    ] = "0",
    samples: Annotated[
        str, typer.Option(help="Samples per graph, 1 to 1000, comma-separated.")
    ] = "1,3,10,32,100",
    limit: Annotated[
        int, typer.Option(min=0, help="Count sequences of graphs that have at most so many; 0 "
                                      "counts none.")
    ] = 0,
    seed: Annotated[int, seed_option("Fixes sequences, resamples and planar graphs.")] = 0,
    run_folder: Annotated[
        Path | None, typer.Option(help="State for resuming; by default OUTPUT/run.")
    ] = None,
) -> None:
    """Measure the diversity of linearizations; run the same command again to resume."""
    from core.study import DiversityConfig, DiversityRun

    check_folders(output, run_folder)
    names = tuple(STRATEGIES) if strategy == "all" else tuple(map(str.strip, strategy.split(",")))
    try:
        shares = tuple(float(share) for share in mix.split(","))
        counts = tuple(int(count) for count in samples.split(","))
    except ValueError as error:
        raise InputError(f"--mix and --samples are numbers, comma-separated ({error}).") from None
    config = DiversityConfig(names, shares, counts, seed, limit)
    writer = RowWriter()
    graphs, vocabulary = _read(input, dataset, split, data, number, seed, writer)
    run = DiversityRun(graphs, vocabulary, config, run_folder=run_folder or output / "run")
    with reporting("Measuring diversity", "chunks") as progress:
        for done, total in run.steps():
            progress(done, total)
    found = run.result()
    found.save(output)
    for row in found.curves.to_dict("records"):
        writer.write(row)
    for reason in found.reasons:
        messages.print(f"note: {reason}", markup=False, soft_wrap=True)
    say_wrote(output, f"a table of graphs, {RECORD}",
              see="In Python: core.study.Diversity.load(FOLDER).to_frame()")
    writer.finish()


def _read(
    input: str | None, dataset: str | None, split: str, data: Path | None, number: int | None,
    seed: int, writer: RowWriter,
) -> tuple[GraphSet, Vocabulary]:
    """The graphs, and what they are written in.

    Raises:
        InputError: for fewer graphs than asked for, among others.
    """
    found, vocabulary = _read_first(input, dataset, split, data, number or DEFAULT_NUMBER, seed,
                                    writer, is_asked=number is not None)
    if number is not None and len(found.graphs) < number:
        raise InputError(f"{found.name} holds {len(found.graphs):,} of the {number:,} graphs that "
                         "--number asks for.")
    return found, vocabulary


def _read_first(
    input: str | None, dataset: str | None, split: str, data: Path | None, number: int, seed: int,
    writer: RowWriter, *, is_asked: bool,
) -> tuple[GraphSet, Vocabulary]:
    """At most `number` of them; where nobody asked for so few, more are told of."""
    from core.evaluation.graph_set import GraphSet

    if (input is None) == (dataset is None):
        raise InputError("Give either INPUT or --dataset.")
    if dataset is not None:
        adapted = find_dataset(dataset).adapted(DataOptions(number=number, seed=seed))
        part = load_part(adapted, split, data).first(number)
        return graph_set(part), part.vocabulary
    assert input is not None
    good, rows, is_cut = [], iter(read_rows(input, None)), False
    for row in rows:
        checked = check_row(row, None)
        if checked.graph is None:
            writer.fail()
            messages.print(f"skipped {checked.id}: {checked.error}", markup=False, soft_wrap=True)
        else:
            good.append(checked.graph)
        if len(good) == number:
            is_cut = not is_asked and next(rows, None) is not None
            break
    if not good:
        raise InputError(f"{input} holds no graph that can be written; every row is wrong.")
    if len({graph.is_labelled for graph in good}) > 1:
        raise InputError(f"{input} holds molecules and planar graphs; measure them apart.")
    if is_cut:
        messages.print(f"note: measured are the first {number:,} graphs of {input}; --number takes "
                       "more.", markup=False, soft_wrap=True)
    name = Path(input).name if Path(input).is_file() else input
    return GraphSet(name, None, tuple(good)), vocabulary_for(good[0], None)
