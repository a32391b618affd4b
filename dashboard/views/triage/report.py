"""The report on a folder of samples: quality, ranking, risk and coverage, keep-list.

No streamlit here: the page's button and `trailscope report` both make it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import pandas as pd

from core.stats.estimates import Interval
from core.stats.labels import RankingError
from core.triage.generation import Generation
from core.triage.keep_list import SplitKeepList, keep_list_of_samples
from core.triage.ranking import paper_auc, ranking_of, risk_coverage_of_samples
from dashboard.drawing.thumbnails import thumbnail_svg
from dashboard.report.blocks import (
    Block,
    Card,
    Cards,
    Cell,
    Report,
    Row,
    Section,
    Sentence,
    Table,
    Value,
    chart,
    drawing,
    number,
    section,
    table_of,
)
from dashboard.report.provenance import DEFAULT_FILE, made_by, report_command
from dashboard.shared.format import lu_interval
from dashboard.views.triage import charts, text
from dashboard.views.triage.query import DEFAULT_FDR, SCORE_LABELS

MAX_KEPT = 100
"""Rows of the keep-list that are shown."""

_WIDE = 1060  # pixels of a figure as wide as the page


@dataclass(frozen=True, eq=False)
class Triaged:
    """What the report is about.

    Attributes:
        found: the samples under their model's card.
        source: what `trailscope report` takes for them: a folder, or a model whose samples ship.
        before: commands that make that folder.
        column: score that molecules are ranked by.
        fdr: false-discovery rate of the keep-list, percent.
        seed: of its split.
        model: what commands call the model, if it is not known by its name.
        versions: of packages where the samples were made; None for here.
        file: name of the report.
    """

    found: Generation
    source: str
    before: tuple[str, ...] = ()
    column: str = "lu"
    fdr: float = DEFAULT_FDR
    seed: int = 0
    model: str | None = None
    versions: Mapping[str, str] | None = None
    file: str = DEFAULT_FILE


def triage_report(of: Triaged) -> Report:
    """The page's sections, one after the other; a section without numbers says why."""
    found, samples = of.found, of.found.samples
    notes = list(filter(None, (text.growth_finding(found), text.other_weights(found))))
    config = samples.config
    settings: dict[str, object] = {
        "sequences": f"{config.number:,}", "temperature": f"{config.temperature:g}",
        "top-k": config.top_k or "none", "allowed next": config.mask,
        "permutations": config.permutations, "seed": config.seed, "precision": config.precision,
        "sampled together": config.chunk}
    if config.fragment is not None:
        settings |= {"grown from": config.fragment,
                     "open atoms": ", ".join(map(str, config.open_atoms or ())) or "all"}
    settings |= {"ranked by": SCORE_LABELS[of.column],
                 "false-discovery rate": f"{of.fdr:g}%", "seed of the split": of.seed}
    title = f"{config.number:,} generated {'molecules' if found.is_molecular else 'graphs'}"
    return Report(
        title, samples.model, notes,
        (_quality(found), _or_why("Ranking", lambda: _ranking(found)),
         _or_why("Risk and coverage", lambda: _coverage(of)),
         _or_why("Keep-list", lambda: _keep_list(of))),
        made_by((*of.before, _command(of)), found.card, settings, {
            **({} if samples.weights_sha256 == found.card.weights_sha256 else
               {"weights of the samples": samples.weights_sha256}), "samples": samples.key},
            of.versions))


def _command(of: Triaged) -> str:
    options: dict[str, object] = {"model": of.model}
    if of.column != "lu":
        options["score"] = of.column
    if of.fdr != DEFAULT_FDR:
        options["fdr"] = f"{of.fdr:g}"
    if of.seed:
        options["seed"] = of.seed
    return report_command(of.source, options, of.file)


def _or_why(title: str, fill: Callable[[], tuple[Block, ...]]) -> Section:
    try:
        return Section(title, fill())
    except RankingError as error:
        return section(title, Sentence(str(error)))


def _quality(found: Generation) -> Section:
    cards = (Card(card.label, Value(card.value), card.detail, card.explanation)
             for card in text.share_cards(found) if card.count)
    return section("Quality", Cards(tuple(cards)), Sentence(text.counts(found)))


def _ranking(found: Generation) -> tuple[Block, ...]:
    compared, paper = ranking_of(found.samples, label=found.label), paper_auc(found.chemistry)
    alt = text.ranking_finding(compared)
    return (
        Sentence(text.ranking_sentence(compared)),
        Row((chart(partial(charts.roc_curves, compared), alt=alt, title="ROC"),
             chart(partial(charts.auc_intervals, compared, paper), alt=alt,
                   title="AUC with 95% intervals"))),
        table_of(text.auc_table(compared, paper), caption=text.PAPER_NOTE if paper else ""),
        table_of(text.difference_table(compared)),
    )


def _coverage(of: Triaged) -> tuple[Block, ...]:
    curve = risk_coverage_of_samples(of.found.table, of.column, seed=of.found.samples.config.seed,
                                     label=of.found.label)
    finding = text.coverage_finding(curve)
    return (Sentence(finding, is_finding=True), Sentence(curve.sentence),
            chart(partial(charts.risk_coverage_curve, curve), width=_WIDE, alt=finding))


def _keep_list(of: Triaged) -> tuple[Block, ...]:
    found = of.found
    kept = keep_list_of_samples(
        found.table, of.column, fdr=of.fdr / 100, seed=of.seed, label=found.label,
        names=None if found.label.of_valid else found.names)
    notes = filter(None, (kept.keep_list.note, text.keep_all_note(kept)))
    blocks: tuple[Block, ...] = (
        Sentence(text.kept_finding(kept), is_finding=True),
        Sentence(f"{text.keep_split(kept)} {kept.keep_list.guarantee}"),
        *(Sentence(note) for note in notes))
    return (*blocks, _kept_table(of, kept)) if len(kept.kept_rows) else blocks


def _kept_table(of: Triaged, kept: SplitKeepList) -> Table:
    found, rows = of.found, kept.kept_rows.tolist()
    label = found.label
    shown = rows[:MAX_KEPT]
    caption = ("" if len(shown) == len(rows) else
               f"The first {len(shown):,} of {len(rows):,}, lowest {SCORE_LABELS[of.column]} "
               "first.")
    columns = ("structure", "id", *(("SMILES",) if found.is_molecular else ()), "LU",
               "95% interval", "self NLL, nats", "mean NLL, nats", "order-marginal NLL", label.good)
    return Table(columns, tuple(_kept_row(found, row) for row in shown),
                 frozenset(columns[-5:-1]) - {"95% interval"} | {"LU"}, caption, is_long=True)


def _kept_row(found: Generation, row: int) -> tuple[Cell, ...]:
    record, read = found.table.iloc[row], found.read(row)
    low, high = record["lu_low"], record["lu_high"]
    cells: list[Cell] = [
        Value("–") if read.graph is None else drawing(partial(
            thumbnail_svg, read.graph, found.chemistry,
            title=f"Structure of generated {found.label.one} {row + 1}")),
        Value(str(record["id"]))]
    if found.is_molecular:
        cells.append(Value(read.smiles or "–"))
    band = None if pd.isna(low) else Interval(low, high)
    good = record[found.label.column]
    return (*cells, number(record["lu"]), Value(lu_interval(band, is_exact=high == 0)),
            *(number(record[name], 2) for name in ("self_nll", "nll_mean", "nll_marginal")),
            Value("yes" if good else "no"))
