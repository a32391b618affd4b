"""Which page's report an input gets, as the text of an HTML file; `trailscope report` starts this.

The command has read the input by then. No streamlit here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from core.data.files import InputRow, NotedRows, count_notes, counted_notes
from core.errors import InputError
from core.graph.planar import PLANAR_PREFIX, PlanarName
from core.library.selection import Selection
from core.library.store import Library
from core.likelihood.analysis import analyse, summarize
from core.likelihood.scoring import Precision
from core.model.card import ModelCard
from core.model.checkpoints import Checkpoint
from core.records import sha256_of
from core.sent.strategies import Strategy
from core.triage.generation import Generation
from core.triage.samples import Samples, read_samples_record
from dashboard.drawing.layouts import Layout, layout
from dashboard.report.blocks import Report
from dashboard.report.frame import to_html
from dashboard.report.molecules import ScoredMolecules, molecule_sections
from dashboard.report.provenance import made_by, report_command
from dashboard.views.explore.query import ExploreQuery, permutation_index
from dashboard.views.explore.report import Explored, explore_report
from dashboard.views.library.report import library_report
from dashboard.views.triage.report import Triaged, triage_report

Progress = Callable[[int, int], None]


def of_one(
    row: InputRow, input: str, checkpoint: Checkpoint, strategy: Strategy, *, permutations: int,
    seed: int, precision: Precision, trail: str, show_hydrogens: bool, model: str, file: str,
    progress: Progress | None = None,
) -> str:
    """The report on one molecule or planar graph.

    Args:
        row: what was read.
        input: what was given for it.
        checkpoint: the model.
        strategy: how to linearize.
        permutations: K.
        seed: of sequences and intervals.
        precision: of the forward passes.
        trail: which permutation is played: lowest, median or highest NLL, or a number from 1.
        show_hydrogens: draw hydrogens as atoms.
        model: what commands call the model.
        file: name of the report.
        progress: hears of sequences.

    Raises:
        InputError: for a row that is no graph, or a `trail` that there is not.
    """
    card = checkpoint.card
    if row.graph is None:
        raise InputError(row.error or f"{input} cannot be read.")
    try:
        if not 0 <= permutation_index(trail, list(range(permutations))) < permutations:
            raise ValueError
    except ValueError:
        raise InputError(f"There is no permutation {trail!r}; use lowest, median, highest or a "
                         f"number from 1 to {permutations}.") from None
    found = analyse(checkpoint, [row.graph], strategy, permutations=permutations, seed=seed,
                    precision=precision, progress=progress)
    planar = PlanarName.from_text(input) if input.startswith(PLANAR_PREFIX) else None
    query = ExploreQuery("" if planar else input, card.name, card.weights_sha256, strategy.name,
                         permutations, seed, planar, card.chemistry, row.graph.num_nodes)
    return to_html(explore_report(Explored(
        query, checkpoint, found, _layout(row, planar, card), trail,
        show_hydrogens or not (card.chemistry and card.chemistry.has_hydrogen_nodes),
        row.notes, precision, model, file)))


def _layout(row: InputRow, planar: PlanarName | None, card: ModelCard) -> Layout:
    assert row.graph is not None
    if planar is not None:
        drawn = planar.triangulate(row.graph.num_nodes)
        return layout(drawn.graph, positions=drawn.positions)
    return layout(row.graph) if card.chemistry is None else layout(row.graph, card.chemistry)


def of_many(
    rows: Iterable[InputRow], path: Path, checkpoint: Checkpoint, strategy: Strategy, *,
    permutations: int, seed: int, precision: Precision, model: str, file: str,
    columns: Mapping[str, str | None], progress: Callable[[int], None],
) -> tuple[str, int]:
    """The report on the rows of a file, and how many of them are bad.

    Args:
        rows: checked to be writable by the model.
        path: the file.
        checkpoint, strategy, permutations, seed, precision, model, file: as of `of_one`.
        columns: options that name columns of the file, by name.
        progress: hears how many rows are done.
    """
    card = checkpoint.card
    notes = NotedRows()

    def scored() -> Iterator[tuple[InputRow, dict]]:
        remaining, done = iter(count_notes(notes, rows)), 0
        # As many at a time as `trailscope score` takes, so that numbers agree to the last digit.
        while chunk := list(islice(remaining, max(1, 2048 // permutations))):
            yield from zip(chunk, summarize(
                checkpoint, chunk, strategy, permutations=permutations, seed=seed,
                precision=precision), strict=True)
            done += len(chunk)
            progress(done)

    found = ScoredMolecules.of(scored())
    options = {"model": model, "strategy": strategy.name, "permutations": permutations,
               "seed": seed, "precision": None if precision == "fp32" else precision, **columns}
    word = "molecules" if card.chemistry is not None else "graphs"
    report = Report(
        f"{found.num_rows:,} {word}", path.name, counted_notes(notes),
        molecule_sections(found, card.chemistry, seed=seed), made_by(
            (report_command(str(path), options, file),), card,
            {"scored under": strategy.name, "permutations": permutations, "seed": seed,
             "precision": precision}, {path.name: sha256_of(path)}))
    return to_html(report), found.num_bad


def of_samples(
    folder: Path, source: str, card: ModelCard, *, column: str, fdr: float, seed: int,
    model: str | None, file: str,
) -> str:
    """The report on samples that `trailscope triage` made.

    Args:
        folder: of them.
        source: what was given for it.
        card: of their model.
        column: score that molecules are ranked by.
        fdr: false-discovery rate of the keep-list, percent.
        seed: of its split.
        model: what commands call the model, None for its name.
        file: name of the report.

    Raises:
        SamplesError: for a folder that holds none.
    """
    return to_html(triage_report(Triaged(
        Generation(Samples.load(folder), card), source, column=column, fdr=fdr, seed=seed,
        model=model, versions=read_samples_record(folder).get("versions"), file=file)))


def of_library(folder: Path, source: str, selection: Selection, file: str) -> str:
    """The report on a scored set.

    Args:
        folder: of it.
        source: what was given for it.
        selection: of its rows.
        file: name of the report.

    Raises:
        LibraryError: for a folder that holds none, or a filter that does not fit.
    """
    return to_html(library_report(Library.open(folder), selection, source, file=file))
