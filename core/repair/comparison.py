"""Arms beside each other: the front of the best, the best of all, and which train equally many.

Everywhere lower is better, and the new order is the last of a result's orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.repair.result import MEASURES, RepairResult, paired_change
from core.repair.spurious import spurious_repairs
from core.salience.criteria import CONTROL, DEFAULT_CRITERION
from core.stats.estimates import Estimate

_PAIRED = {"lu": "lu", "nll_std": "nll_std", "nll_per_graph": "nll_mean"}
"""Measure → column of `RepairResult.graphs` that it is the mean of."""


def pareto_front(points: Iterable[tuple[float, float]]) -> list[int]:
    """Places of the points that no other one is better than, by increasing first coordinate.

    Lower is better; a point is beaten by another that is not worse in either coordinate and better
    in one.

    >>> pareto_front([(1, 5), (2, 3), (3, 4), (2, 6)])
    [0, 1]
    """
    known = list(points)
    best, front = float("inf"), []
    for place in sorted(range(len(known)), key=lambda place: known[place]):
        if known[place][1] < best:
            best = known[place][1]
            front.append(place)
        elif front and known[place] == known[front[-1]]:
            front.append(place)
    return front


def largest_reduction(results: Sequence[RepairResult], measure: str) -> RepairResult:
    """The arm with the lowest measure under the new order that is not spurious; of at least one.

    Args:
        results: arms.
        measure: one of `MEASURES`.
    """
    spurious = spurious_repairs(results, measure)
    # There is one: the arm with the least spread is never spurious.
    return min((result for result in results if result not in spurious),
               key=lambda result: result.estimates[result.orders[-1]][measure].value)


@dataclass(frozen=True, eq=False)
class EqualSize:
    """The static global gradient mask beside what trains equally many numbers.

    Attributes:
        mask: the mask's arm.
        others: the other arms: `random` mask, LoRA and PiSSA, those that there are.
        differences: mean over graphs of mask minus other under the new order, of each.
    """

    mask: RepairResult
    others: tuple[RepairResult, ...]
    differences: tuple[Estimate, ...]


def gradient_mask_and_equals(results: Sequence[RepairResult], column: str) -> EqualSize | None:
    """The largest number of parameters at which the gradient mask meets LoRA; None if nowhere.

    Args:
        results: arms measured on the same graphs.
        column: of `RepairResult.graphs` that is compared graph by graph.
    """
    def is_plain(result: RepairResult, criterion: str) -> bool:
        arm = result.arm
        return (arm.method, arm.criterion, arm.scope, arm.is_dynamic) == (
            "sparse", criterion, "global", False)

    for mask in sorted(results, key=lambda result: -result.num_parameters):
        equal = [result for result in results if result.num_parameters == mask.num_parameters]
        methods = {result.arm.method for result in equal}
        if is_plain(mask, DEFAULT_CRITERION) and "lora" in methods:
            others = tuple(result for result in equal if is_plain(result, CONTROL)
                           or result.arm.method in ("lora", "pissa"))
            return EqualSize(mask, others, tuple(
                paired_change(mask, other, mask.orders[-1], column) for other in others))
    return None


@dataclass(frozen=True)
class Change:
    """A measure under an order, before and after.

    Attributes:
        order: name of the strategy.
        measure: one of `MEASURES`.
        before: its estimate before.
        after: and after.
        paired: mean change graph by graph with its interval, for measures that graphs have.
    """

    order: str
    measure: str
    before: Estimate
    after: Estimate
    paired: Estimate | None


def changes(before: RepairResult, after: RepairResult) -> list[Change]:
    """All measures under all orders, before and after, on the same graphs."""
    return [Change(order, measure, before.estimates[order][measure],
                   after.estimates[order][measure],
                   paired_change(after, before, order, _PAIRED[measure])
                   if measure in _PAIRED else None)
            for order in after.orders for measure in MEASURES]
