"""What the Fine-tune page shows of repairs: points of a plot, its front, histograms, tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.calibration.token_types import TokenType
from core.repair.arms import Arm
from core.repair.result import MEASURES, RepairResult, paired_change
from core.salience.criteria import CONTROL, DEFAULT_CRITERION
from core.stats.estimates import Estimate

LIVE = "your run"
FAMILIES = (f"sparse, {DEFAULT_CRITERION}", "sparse, another criterion",
            f"sparse, {CONTROL} (control)", "LoRA", "PiSSA", "all weights")
"""What points are coloured by; the place is that in the palette's series."""

_NUM_BINS = (8, 30)
_METHODS = {"lora": "LoRA", "pissa": "PiSSA", "full": "all weights", "none": "before"}


@dataclass(frozen=True, eq=False)
class RepairPoint:
    """An arm in the plot.

    Attributes:
        result: of the arm.
        run: what tells a run's settings from others, if it was run here; empty if it ships.
    """

    result: RepairResult
    run: str = ""

    @property
    def is_live(self) -> bool:
        """Whether it was run here."""
        return bool(self.run)

    @property
    def key(self) -> str:
        """Tells points apart: shipped ones by the arm's name, others by their settings, too."""
        name = self.result.arm.name
        return f"{LIVE} {self.run}: {name}" if self.is_live else name

    @property
    def family(self) -> str:
        """One of `FAMILIES`."""
        return family_of(self.result.arm)

    @property
    def parameters(self) -> int:
        """Numbers that were trained."""
        return self.result.num_parameters

    def estimate(self, measure: str, *, native: bool) -> Estimate:
        """A measure under the model's own order, or under the new one."""
        return self.result.estimates[self.result.orders[0 if native else -1]][measure]


def family_of(arm: Arm) -> str:
    """What an arm is coloured by."""
    if arm.method != "sparse":
        return _METHODS[arm.method]
    if arm.criterion == DEFAULT_CRITERION:
        return FAMILIES[0]
    return FAMILIES[2] if arm.criterion == CONTROL else FAMILIES[1]


def arm_label(arm: Arm) -> str:
    """An arm as people read it.

    >>> arm_label(Arm("sparse", "snip", "local", True, 3539))
    'sparse, snip, local, dynamic, 3,539 entries'
    >>> arm_label(Arm("lora", rank=4))
    'LoRA, rank 4'
    """
    if arm.method != "sparse":
        name = _METHODS[arm.method]
        return name if arm.rank is None else f"{name}, rank {arm.rank}"
    parts = ["sparse", arm.criterion, arm.scope if arm.scope == "local" else None,
             "dynamic" if arm.is_dynamic else None, f"{arm.count:,} entries"]
    return ", ".join(filter(None, parts))


def passes(arm: Arm, *, criteria: Sequence[str], scope: str, selection: str) -> bool:
    """Whether an arm is shown; only sparse ones can be filtered out.

    Args:
        arm: the arm.
        criteria: those that are shown; none stands for all.
        scope: `global`, `local` or `all`.
        selection: `static`, `dynamic` or `all`.
    """
    if arm.method != "sparse":
        return True
    return ((not criteria or arm.criterion in criteria) and scope in ("all", arm.scope)
            and selection in ("all", "dynamic" if arm.is_dynamic else "static"))


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


def in_order(points: Iterable[RepairPoint]) -> list[RepairPoint]:
    """By family, number of parameters and name."""
    return sorted(points, key=lambda point: (FAMILIES.index(point.family), point.parameters,
                                             point.key))


@dataclass(frozen=True, eq=False)
class Matched:
    """The static global gradient mask beside what trains equally many numbers.

    Attributes:
        mask: the mask's arm.
        others: the other arms: `random` mask, LoRA and PiSSA, those that there are.
        differences: mean over graphs of mask minus other under the new order, of each.
    """

    mask: RepairPoint
    others: tuple[RepairPoint, ...]
    differences: tuple[Estimate, ...]


def matched(points: Sequence[RepairPoint], column: str) -> Matched | None:
    """The largest number of parameters at which the gradient mask meets LoRA; None if nowhere.

    Args:
        points: arms measured on the same graphs.
        column: of `RepairResult.graphs` that is compared graph by graph.
    """
    def is_plain(point: RepairPoint, criterion: str) -> bool:
        arm = point.result.arm
        return (arm.method == "sparse" and arm.criterion == criterion and arm.scope == "global"
                and not arm.is_dynamic)

    for mask in sorted(points, key=lambda point: -point.parameters):
        equal = [point for point in points if point.parameters == mask.parameters]
        if (is_plain(mask, DEFAULT_CRITERION)
                and any(point.result.arm.method == "lora" for point in equal)):
            others = tuple(point for point in equal if is_plain(point, CONTROL)
                           or point.result.arm.method in ("lora", "pissa"))
            order = mask.result.orders[-1]
            return Matched(mask, others, tuple(
                paired_change(mask.result, other.result, order, column) for other in others))
    return None


@dataclass(frozen=True, eq=False)
class Histograms:
    """A number of every graph, before and after, in the same bins.

    Attributes:
        edges: of the bins, increasing, [b + 1].
        before: graphs in each bin, [b] int64.
        after: the same after.
        means: of the number before and after.
    """

    edges: np.ndarray
    before: np.ndarray
    after: np.ndarray
    means: tuple[float, float]


def lu_histograms(before: RepairResult, after: RepairResult, order: str) -> Histograms:
    """LU of every graph under one order, before and after."""
    values = [result.of_order(order)["lu"].to_numpy(dtype=np.float64)
              for result in (before, after)]
    both = np.concatenate(values)
    num_bins = int(np.clip(2 * np.sqrt(len(values[0])), *_NUM_BINS))
    edges = np.linspace(0.0, float(both.max()) * 1.0001 or 1.0, num_bins + 1)
    counts = [np.histogram(one, edges)[0] for one in values]
    return Histograms(edges, counts[0], counts[1], (float(values[0].mean()),
                                                    float(values[1].mean())))


@dataclass(frozen=True)
class Change:
    """A measure under an order, before and after.

    Attributes:
        order: name of the strategy.
        measure: key of `RepairResult.estimates`.
        before: its estimate before.
        after: and after.
        paired: mean change graph by graph with its interval, for measures that graphs have.
    """

    order: str
    measure: str
    before: Estimate
    after: Estimate
    paired: Estimate | None


_PAIRED = {"lu": "lu", "nll_per_graph": "nll_mean"}


def changes(before: RepairResult, after: RepairResult) -> list[Change]:
    """All measures under all orders."""
    found = []
    for order in after.orders:
        for measure in MEASURES:
            column = _PAIRED.get(measure)
            found.append(Change(
                order, measure, before.estimates[order][measure], after.estimates[order][measure],
                None if column is None else paired_change(after, before, order, column)))
    return found


def common_types(before: RepairResult, after: RepairResult) -> tuple[TokenType, ...]:
    """Token types that both results have."""
    return tuple(of for of in before.token_types if of in after.token_types)


def result_table(results: Mapping[str, RepairResult]) -> pd.DataFrame:
    """A row per arm: what was trained, and every measure under every order with its interval."""
    return pd.DataFrame([_row(name, result) for name, result in results.items()])


def _row(name: str, result: RepairResult) -> dict[str, object]:
    arm = result.arm
    row: dict[str, object] = {
        "arm": name, "method": arm.method, "criterion": arm.criterion, "scope": arm.scope,
        "selection": None if arm.method != "sparse" else (
            "dynamic" if arm.is_dynamic else "static"),
        "parameters": result.num_parameters, "share": result.share,
        "learning rate": result.settings.get("learning_rate"),
    }
    for order, measures in result.estimates.items():
        for measure, estimate in measures.items():
            row |= estimate.columns(f"{measure} {order}", sep=" ")
    return row | {"graphs": result.settings.get("test", {}).get("graphs"),
                  "wall_s": result.wall_s}
