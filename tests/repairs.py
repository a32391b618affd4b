"""Repair results: of the tiny models, numbers moved as if by fine-tuning, and made-up ones."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.evaluation.result import Evaluation
from core.repair.arms import Arm
from core.repair.result import MEASURES, RepairResult
from core.repair.scaled_change import ScaledChange
from core.repair.scaling import ALPHAS
from core.stats.estimates import Estimate, Interval

MODEL = "qm9-max_degree_first"
ORDERS = ("max_degree_first", "random_order")
ARMS = {
    Arm("none"): (0, 1.0, 1.0),
    Arm("sparse", "gradient", "global", count=40): (40, 0.6, 1.2),
    Arm("sparse", "random", "global", count=40): (40, 0.8, 1.1),
    Arm("sparse", "snip", "local", count=40): (40, 0.7, 1.15),
    Arm("sparse", "gradient", "global", True, 400, 1): (400, 0.5, 1.25),
    Arm("sparse", "hindsight", "global", count=400, rank=1): (400, 0.4, 1.28),
    Arm("lora", rank=1): (400, 0.45, 1.3),
    Arm("full"): (9000, 0.3, 1.6),
}
"""Trained numbers, and what LU under the new order and NLL under the own are multiplied by."""


NOT_SCALED = ("none", "sparse-snip-local-40")
"""One arm is as results of before are."""


def save_repairs(assets: Path) -> dict[str, RepairResult]:
    """Write results into an assets folder that has evaluations; returns them by the arm's name."""
    evaluations = [Evaluation.load(assets / "results" / "evaluations" / MODEL / order)
                   for order in ORDERS]
    found = {}
    for arm, (number, repair, cost) in ARMS.items():
        made = RepairResult.from_evaluations(
            evaluations, arm=arm, model=MODEL, weights_sha256=evaluations[0].weights_sha256,
            num_parameters=number, num_weights=10_000, wall_s=float(number),
            history=tuple((step, 1.0 / step) for step in range(1, 6)) if number else (),
            settings={"steps": 5, "batch_size": 4, "permutations": 2, "seed": 0,
                      "learning_rate": 0.01 if number else None,
                      "test": {"name": "QM9", "split": "test",
                               "graphs": len(evaluations[0].graphs)}})
        result = moved(made, repair, cost)
        if arm.name not in NOT_SCALED:
            result = replace(result, scaled=made_up_scaled(made, result))
        result.save(assets / "results" / "repair" / MODEL / arm.name)
        found[arm.name] = result
    return found


def moved(result: RepairResult, repair: float, cost: float) -> RepairResult:
    """LU under the new order and NLL under the own multiplied by factors."""
    own, new = result.orders
    estimates = {order: dict(of) for order, of in result.estimates.items()}
    for order, names, factor in ((new, ("lu", "nll_std", "ece"), repair),
                                 (own, ("nll_per_token", "nll_per_graph", "nll_std"), cost)):
        for name in names:
            estimates[order][name] = _times(estimates[order][name], factor)
    graphs = result.graphs.copy()
    graphs.loc[graphs["order"] == new, "lu"] *= repair
    graphs.loc[graphs["order"] == own, "nll_mean"] *= cost
    return replace(result, estimates=estimates, graphs=graphs)


def _times(found: Estimate, factor: float) -> Estimate:
    ends = found.interval
    return Estimate(found.value * factor, None if ends is None else Interval(
        ends.low * factor, ends.high * factor), found.reason)


def made_up_scaled(before: RepairResult, after: RepairResult) -> ScaledChange:
    """All measures on straight lines through those of two results."""
    estimates: dict[float, dict[str, dict[str, Estimate]]] = {}
    for alpha in ALPHAS:
        estimates[alpha] = {order: {name: _between(of[name], after.estimates[order][name], alpha)
                                    for name in ("nll_per_token", "lu", "ece")}
                            for order, of in before.estimates.items()}
        for of_order in estimates[alpha].values():
            of_order["nll_std"] = Estimate(5.0 - alpha)
    return ScaledChange(12, estimates)


def _between(first: Estimate, second: Estimate, alpha: float) -> Estimate:
    value = first.value + alpha * (second.value - first.value)
    return Estimate(value, Interval(value * 0.9, value * 1.1))


MADE_UP_ORDERS = ("min_degree_first", "random_order")
GRADIENT = Arm("sparse", "gradient", "global", count=40, rank=1)
RANDOM = Arm("sparse", "random", "global", count=40, rank=1)
LORA = Arm("lora", rank=1)


def made_up(
    arm: Arm, number: int, lu: float, *, graphs: int = 20, seed: int = 0
) -> RepairResult:
    """A result whose LU under the new order is about `lu`."""
    rng = np.random.default_rng(seed)
    rows = [pd.DataFrame({"id": [f"g{i}" for i in range(graphs)], "num_tokens": 10,
                          "nll_mean": rng.uniform(10, 20, graphs), "nll_per_token": 1.0,
                          "lu": level + rng.normal(0, 0.001, graphs), "order": order})
            for order, level in zip(MADE_UP_ORDERS, (0.05, lu), strict=True)]
    estimates = {order: {name: Estimate(lu, Interval(lu / 2, lu * 2)) for name in MEASURES}
                 for order in MADE_UP_ORDERS}
    return RepairResult(arm, "model", "0" * 64, MADE_UP_ORDERS, number, 1000, estimates,
                        pd.concat(rows, ignore_index=True), pd.DataFrame({"token_type": []}))


def with_nll(
    kind: Arm, number: int, lu: float, *, times: float = 1.0, graphs: str = "g", seed: int = 0
) -> RepairResult:
    """A made-up result whose NLL is that of others `times` so high, on graphs of a name."""
    made = made_up(kind, number, lu, seed=1)  # the same graphs for all
    rows = made.graphs.copy()
    rows["lu"] += np.random.default_rng(seed).normal(0, 0.001, len(rows))
    rows["nll_mean"] *= times
    rows["id"] = graphs + rows["id"]
    estimates = {order: of | {"nll_per_token": Estimate(times)}
                 for order, of in made.estimates.items()}
    return replace(made, graphs=rows, estimates=estimates)
