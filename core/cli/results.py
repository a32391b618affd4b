"""`trailscope results`: the tables of the README, from the results in the assets folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from core.sent.strategies import STRATEGIES

if TYPE_CHECKING:
    from core.likelihood.estimates import Estimate
    from core.likelihood.evaluation import Evaluation
    from core.salience.repair_result import RepairResult

_SCORES = {"self_nll": "self NLL", "nll_mean": "mean resampled NLL", "lu": "LU",
           "nll_marginal": "order-marginal NLL"}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(results)


def results() -> None:
    """Print what the shipped models were measured to do, as Markdown tables."""
    from core.likelihood.evaluation import Evaluation, shipped_evaluations
    from core.likelihood.samples import shipped_samples
    from core.salience.repair_result import shipped_repairs

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
    tables += [(f"Order repair of `{model}`", _repair_table(arms))
               for model, arms in shipped_repairs().items()]
    for title, lines in tables:
        print(f"### {title}\n", *lines, "", sep="\n")


def _quality_table(folders: Iterable[Path]) -> Iterator[str]:
    from core.likelihood.samples import Samples

    yield from _head("model", "sampled", "valid", "unique", "novel", "stable", "mean LU")
    for folder in folders:
        samples = Samples.load(folder)
        quality = samples.quality
        shares = (quality.valid, quality.unique, quality.novel, quality.stable_molecules)
        yield _row(f"`{samples.model}`", f"{quality.number:,}",
                   *("–" if share is None else f"{share:.1%}" for share in shares),
                   f"{samples.table['lu'].mean():.3f}" if quality.valid else "–")


def _auc_table(folders: Iterable[Path]) -> Iterator[str]:
    from core.likelihood.estimates import Estimate
    from core.likelihood.samples import read_samples_record

    yield from _head("model", "stable / unstable", *_SCORES.values())
    for folder in folders:
        record: dict[str, Any] = read_samples_record(folder)
        ranking = record["result"].get("ranking", {})
        name = f"`{record['config']['model']}`"
        if "auc" in ranking:
            yield _row(name, f"{ranking['stable']:,} / {ranking['unstable']:,}",
                       *(_cell(Estimate.from_json(ranking["auc"][score]), 2)
                         for score in _SCORES))
        else:  # one class only, or graphs without valences
            yield _row(name, *("–" for _ in range(1 + len(_SCORES))))


def _cross_table(evaluations: dict[tuple[str, str], Evaluation], value: Any) -> Iterator[str]:
    yield from _head("model", *STRATEGIES)
    for model in dict.fromkeys(model for model, _ in evaluations):
        yield _row(f"`{model}`", *(
            _cell(value(evaluations[model, strategy]), 3) if (model, strategy) in evaluations
            else "–" for strategy in STRATEGIES))


def _temperature_table(evaluations: Iterable[Evaluation]) -> Iterator[str]:
    from core.likelihood.calibration import TokenType

    yield from _head("model", "order", "temperature", "ECE before", "ECE after")
    for found in evaluations:
        if found.fitted_temperature is not None:
            after = found.reliability(TokenType.ALL, found.fitted_temperature).ece
            yield _row(f"`{found.model}`", found.strategy, f"{found.fitted_temperature:.3f}",
                       _cell(_ece(found), 4), _cell(after, 4))


def _repair_table(folders: dict[str, Path]) -> Iterator[str]:
    """A row per arm: few parameters first, and among as many the lowest LU first."""
    from core.salience.repair_result import RepairResult

    found = [RepairResult.load(folder) for folder in folders.values()]
    native, new = found[0].orders
    yield from _head("arm", "parameters", f"LU, {new}", f"ECE, {new}", f"NLL/token, {new}",
                     f"NLL/token, {native}", f"LU, {native}")
    for result in sorted(found, key=lambda one: (one.num_parameters,
                                                 one.estimates[new]["lu"].value)):
        before, after = result.estimates[native], result.estimates[new]
        yield _row(_arm_name(result), f"{result.num_parameters:,}", _cell(after["lu"], 3),
                   _cell(after["ece"], 3), _cell(after["nll_per_token"], 3),
                   _cell(before["nll_per_token"], 3), _cell(before["lu"], 3))


def _arm_name(result: RepairResult) -> str:
    arm = result.arm
    if arm.method == "sparse":
        how = [arm.criterion, arm.scope, "dynamic" if arm.is_dynamic else "static"]
        return ", ".join(filter(None, how))
    if arm.method == "none":
        return "as trained"
    return {"lora": "LoRA", "pissa": "PiSSA", "full": "all weights"}[arm.method] + (
        "" if arm.rank is None else f", rank {arm.rank}")


def _ece(found: Evaluation) -> Estimate:
    from core.likelihood.calibration import TokenType

    return found.reliability(TokenType.ALL).ece


def _cell(estimate: Estimate, digits: int) -> str:
    ends = estimate.interval
    interval = "" if ends is None else f" [{ends.low:.{digits}f}, {ends.high:.{digits}f}]"
    return f"{estimate.value:.{digits}f}{interval}"


def _head(*names: str) -> Sequence[str]:
    return _row(*names), _row(*("---" for _ in names))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
