"""`trailscope results`: the tables of docs/results.md, from the assets folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from core.assets import shipped_results
from core.cli.markdown import cell, head, row
from core.likelihood.low_lu import EXPLANATION, MARK, low_lu_from_high_nll, nll_std
from core.sent.strategies import STRATEGIES

if TYPE_CHECKING:
    from core.evaluation.result import Evaluation
    from core.stats.estimates import Estimate
    from core.triage.samples import Samples


_DIVERSITY_AT, _SHARES = 100, (0.0, 0.1)
"""Linearizations of every graph, and shares of random order that a table has room for."""

_COUNTED = 0.05
"""Share of the graphs whose sequences were counted, below which a median of them says little."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(results)


def results() -> None:
    """Print what the shipped models were measured to do, as Markdown tables."""
    from core.cli.arms_by_size import repair_tables
    from core.evaluation.result import Evaluation, shipped_evaluations
    from core.repair.result import RepairResult, shipped_repairs
    from core.triage.samples import Samples, shipped_samples

    samples = [Samples.load(folder) for folder in shipped_samples().values()]
    evaluations = {key: Evaluation.load(folder) for key, folder in shipped_evaluations().items()}
    tables = [
        ("Generated graphs", _quality_table(samples)),
        *_set_tables(samples),
        ("AUC of the scores", [*_auc_table(shipped_samples().values()), *_pooled_rows(samples)]),
        ("AUC along training", _auc_table(shipped_samples("milestones").values())),
        ("NLL per token", _cross_table(evaluations, lambda found: found.nll_per_token)),
        ("Mean LU", _lu_table(evaluations)),
        ("Standard deviation of the NLL",
         _cross_table(evaluations, lambda found: found.nll_std, 2)),
        ("ECE, all tokens", _cross_table(evaluations, _ece)),
        ("Fitted temperature", _temperature_table(evaluations.values())),
    ]
    if diverse := shipped_results("diversity"):
        tables.append(("Diversity of linearizations", _diversity_table(diverse)))
    tables += _training_tables()
    for model, folders in shipped_repairs().items():
        found = [RepairResult.load(folder) for folder in folders.values()]
        tables += [(f"{title} of `{model}`", lines) for title, lines in repair_tables(found)]
    for title, lines in tables:
        print(f"### {title}\n", *lines, "", sep="\n")


def _quality_table(found: Sequence[Samples]) -> Iterator[str]:
    yield from head("model", "sampled", "valid", "unique", "novel", "stable", "mean LU",
                    "std of NLL, nats")
    scored = {samples.model: samples.table.dropna(subset="lu") for samples in found}
    # No molecule of one model is one of another's, though numbered alike.
    scored = {model: table.assign(id=model + " " + table["id"])
              for model, table in scored.items() if len(table)}
    learnt = {samples.model: samples.dataset for samples in found}
    marked = low_lu_from_high_nll(scored, may_show=lambda one, other: learnt[one] == learnt[other])
    for samples in found:
        quality = samples.quality
        shares = (quality.valid, quality.unique, quality.novel, quality.stable_molecules)
        yield row(f"`{samples.model}`", f"{quality.number:,}",
                   *("–" if share is None or share.value is None else f"{share.value:.1%}"
                     for share in shares),
                   *(("–", "–") if samples.model not in scored else
                     (f"{scored[samples.model]['lu'].mean():.3f}"
                      + f" {MARK}" * (samples.model in marked),
                      f"{nll_std(scored[samples.model]).mean():.2f}")))
    yield from ("", EXPLANATION) if marked else ()


def _set_tables(found: Iterable[Samples]) -> Iterator[tuple[str, list[str]]]:
    """The metrics of samples as sets, a column for each model; no table where none has any."""
    measured = {samples.model: samples.set_metrics for samples in found
                if samples.set_metrics is not None}
    if measured:
        by_metric = zip(*(metrics.values for metrics in measured.values()), strict=True)
        yield "Samples as sets", [
            *head("metric", *(f"`{model}`" for model in measured)),
            *(row(values[0].metric.name,
                  *("–" if value.estimate is None else cell(value.estimate, 3)
                    for value in values)) for values in by_metric)]


def _diversity_table(folders: Iterable[Path]) -> Iterator[str]:
    """At so many linearizations of every graph, a row per strategy, by itself and with some random
    order."""
    from core.stats.estimates import Estimate
    from core.study.run import MEASURES, Diversity

    yield from head("data", "order", "random", "unique ratio", "distinct 3-grams",
                    "3-gram entropy, bits", "zlib, bits per token", "sequences, median")
    for folder in folders:
        record = Diversity.load(folder).record
        name, graphs = record["config"]["dataset"], record["result"]["num_graphs"]
        for point in record["result"]["curves"]:
            if point["samples"] == _DIVERSITY_AT and point["share"] in _SHARES:
                count = point["num_sequences_median"]
                yield row(f"{name}, {graphs:,} graphs", f"`{point['strategy']}`",
                          f"{point['share']:.0%}",
                          *(cell(Estimate.from_json(point[measure]), digits)
                            for measure, digits in zip(MEASURES, (3, 0, 2, 2), strict=True)),
                          "–" if count is None or point["enumerated"] < _COUNTED * graphs else
                          f"{count:,.0f} (of {point['enumerated'] / graphs:.0%})")


def _training_tables() -> Iterator[tuple[str, list[str]]]:
    """Of the shipped trainings, by order, number of graphs learnt from and seed."""
    from core.study.training_record import SHARES, TrainingRecord, shipped_records

    records = [TrainingRecord.load(folder) for folder in shipped_records()]
    if not records:
        return
    records.sort(key=lambda one: (one.strategy, one.mix, one.graphs or 0, one.seed))
    for title, measures in (
        ("NLL, LU and ECE after training", {
            "test NLL per token": "test_nll_per_token", "test minus training": "gap_nll_per_token",
            "NLL under random_order": "test_nll_per_token_random", "LU": "lu",
            "LU under random_order": "lu_random", "ECE": "ece",
            "ECE under random_order": "ece_random"}),
        ("Samples after training", {"VUN" if name == "vun" else name: name for name in SHARES}),
    ):
        yield title, [
            *head("order", "learnt from", "seed", *measures),
            *(row(record.order, "–" if record.graphs is None else f"{record.graphs:,}",
                  str(record.seed),
                  *("–" if (found := record.measured.get(name)) is None else cell(found, 3)
                    for name in measures.values())) for record in records)]


def _auc_table(folders: Iterable[Path]) -> Iterator[str]:
    from core.stats.estimates import Estimate
    from core.triage.samples import read_samples_record
    from core.triage.scores import QUALITY_LABELS, SCORE_NAMES

    yield from head("model", "label", "good / bad", *SCORE_NAMES.values())
    for folder in folders:
        record: dict[str, Any] = read_samples_record(folder)
        ranking = record["result"].get("ranking", {})
        name = f"`{record['config']['model']}`"
        label = next((label for label in QUALITY_LABELS if label.good in ranking), None)
        if "auc" in ranking and label is not None:
            yield row(name, label.good, f"{ranking[label.good]:,} / {ranking[label.bad]:,}",
                       *(cell(Estimate.from_json(ranking["auc"][score]), 2)
                         for score in SCORE_NAMES))
        else:  # one class only
            yield row(name, *("–" for _ in range(2 + len(SCORE_NAMES))))


def _pooled_rows(shipped: Iterable[Samples]) -> Iterator[str]:
    """Under the models, a row for each data set whose models' graphs can be pooled."""
    from core.model.card import find_shipped_models
    from core.stats.labels import RankingError
    from core.triage.pooling import pool_samples
    from core.triage.scores import SCORE_NAMES

    vocabulary_of = {card.name: card.vocabulary for card in find_shipped_models().cards}
    alike: dict[Any, list[Samples]] = {}
    for samples in shipped:
        alike.setdefault((samples.dataset, vocabulary_of.get(samples.model)), []).append(samples)
    for (dataset, _), found in alike.items():
        if len(found) > 1:
            with suppress(RankingError):  # one class only
                pooled = pool_samples(found)
                yield row(f"{dataset}, {pooled.number} models pooled", pooled.label.good,
                          f"{pooled.pooled.positives:,} / {pooled.pooled.negatives:,}",
                          *(cell(pooled.pooled.roc(score).auc, 2) for score in SCORE_NAMES))


def _lu_table(evaluations: dict[tuple[str, str], Evaluation]) -> Iterator[str]:
    from core.evaluation.cross_evaluation import cross_evaluations

    marked = {found for cross in cross_evaluations(evaluations.values()).values()
              for found in cross.low_lu}
    yield from _cross_table(evaluations, lambda found: found.lu, marked=marked)
    yield from ("", EXPLANATION) if marked else ()


def _cross_table(
    evaluations: dict[tuple[str, str], Evaluation], value: Callable[[Evaluation], Estimate],
    digits: int = 3, marked: Collection[tuple[str, str]] = (),
) -> Iterator[str]:
    """A row per model, a column per order; `marked` are pairs of both."""
    yield from head("model", *STRATEGIES)
    for model in dict.fromkeys(model for model, _ in evaluations):
        yield row(f"`{model}`", *(
            cell(value(evaluations[found]), digits) + f" {MARK}" * (found in marked)
            if (found := (model, strategy)) in evaluations else "–" for strategy in STRATEGIES))


def _temperature_table(evaluations: Iterable[Evaluation]) -> Iterator[str]:
    from core.calibration.token_types import TokenType

    yield from head("model", "order", "temperature", "ECE before", "ECE after")
    for found in evaluations:
        if found.fitted_temperature is not None:
            after = found.reliability(TokenType.ALL, found.fitted_temperature).ece
            yield row(f"`{found.model}`", found.strategy, f"{found.fitted_temperature:.3f}",
                       cell(_ece(found), 4), cell(after, 4))


def _ece(found: Evaluation) -> Estimate:
    from core.calibration.token_types import TokenType

    return found.reliability(TokenType.ALL).ece
