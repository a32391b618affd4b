"""`trailscope results`: the tables of docs/results.md, from the assets folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from core.cli.markdown import cell, head, row
from core.sent.strategies import STRATEGIES

if TYPE_CHECKING:
    from core.evaluation.result import Evaluation
    from core.stats.estimates import Estimate


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(results)


def results() -> None:
    """Print what the shipped models were measured to do, as Markdown tables."""
    from core.cli.arms_by_size import repair_tables
    from core.evaluation.result import Evaluation, shipped_evaluations
    from core.repair.result import RepairResult, shipped_repairs
    from core.triage.samples import shipped_samples

    evaluations = {key: Evaluation.load(folder) for key, folder in shipped_evaluations().items()}
    tables = [
        ("Generated graphs", _quality_table(shipped_samples().values())),
        ("AUC for stability", _auc_table(shipped_samples().values())),
        ("AUC along training", _auc_table(shipped_samples("milestones").values())),
        ("NLL per token", _cross_table(evaluations, lambda found: found.nll_per_token)),
        ("Mean LU", _cross_table(evaluations, lambda found: found.lu)),
        ("ECE, all tokens", _cross_table(evaluations, _ece)),
        ("Fitted temperature", _temperature_table(evaluations.values())),
    ]
    for model, folders in shipped_repairs().items():
        found = [RepairResult.load(folder) for folder in folders.values()]
        tables += [(f"{title} of `{model}`", lines) for title, lines in repair_tables(found)]
    for title, lines in tables:
        print(f"### {title}\n", *lines, "", sep="\n")


def _quality_table(folders: Iterable[Path]) -> Iterator[str]:
    from core.triage.samples import Samples

    yield from head("model", "sampled", "valid", "unique", "novel", "stable", "mean LU")
    for folder in folders:
        samples = Samples.load(folder)
        quality = samples.quality
        shares = (quality.valid, quality.unique, quality.novel, quality.stable_molecules)
        yield row(f"`{samples.model}`", f"{quality.number:,}",
                   *("–" if share is None or share.value is None else f"{share.value:.1%}"
                     for share in shares),
                   f"{samples.table['lu'].mean():.3f}" if quality.valid.part else "–")


def _auc_table(folders: Iterable[Path]) -> Iterator[str]:
    from core.stats.estimates import Estimate
    from core.triage.samples import read_samples_record
    from core.triage.scores import SCORE_NAMES

    yield from head("model", "stable / unstable", *SCORE_NAMES.values())
    for folder in folders:
        record: dict[str, Any] = read_samples_record(folder)
        ranking = record["result"].get("ranking", {})
        name = f"`{record['config']['model']}`"
        if "auc" in ranking and "stable" in ranking:
            yield row(name, f"{ranking['stable']:,} / {ranking['unstable']:,}",
                       *(cell(Estimate.from_json(ranking["auc"][score]), 2)
                         for score in SCORE_NAMES))
        else:  # one class only, or graphs that cannot be stable
            yield row(name, *("–" for _ in range(1 + len(SCORE_NAMES))))


def _cross_table(evaluations: dict[tuple[str, str], Evaluation], value: Any) -> Iterator[str]:
    yield from head("model", *STRATEGIES)
    for model in dict.fromkeys(model for model, _ in evaluations):
        yield row(f"`{model}`", *(
            cell(value(evaluations[model, strategy]), 3) if (model, strategy) in evaluations
            else "–" for strategy in STRATEGIES))


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
