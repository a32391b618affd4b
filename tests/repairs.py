"""Repair results of the tiny models: real evaluations, with numbers moved as if by fine-tuning."""

from dataclasses import replace
from pathlib import Path

from core.evaluation.result import Evaluation
from core.repair.arms import Arm
from core.repair.result import RepairResult
from core.stats.estimates import Estimate, Interval

MODEL = "qm9-max_degree_first"
ORDERS = ("max_degree_first", "random_order")
ARMS = {
    Arm("none"): (0, 1.0, 1.0),
    Arm("sparse", "gradient", "global", count=40): (40, 0.6, 1.2),
    Arm("sparse", "random", "global", count=40): (40, 0.8, 1.1),
    Arm("sparse", "snip", "local", count=40): (40, 0.7, 1.15),
    Arm("sparse", "gradient", "global", True, 400, 1): (400, 0.5, 1.25),
    Arm("lora", rank=1): (400, 0.45, 1.3),
    Arm("full"): (9000, 0.3, 1.6),
}
"""Trained numbers, and what LU under the new order and NLL under the own are multiplied by."""


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
        result.save(assets / "results" / "repair" / MODEL / arm.name)
        found[arm.name] = result
    return found


def moved(result: RepairResult, repair: float, cost: float) -> RepairResult:
    """LU under the new order and NLL under the own multiplied by factors."""
    own, new = result.orders
    estimates = {order: dict(of) for order, of in result.estimates.items()}
    for order, names, factor in ((new, ("lu", "ece"), repair),
                                 (own, ("nll_per_token", "nll_per_graph"), cost)):
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
