"""What the Fine-tune page shows of repairs: points of a plot, its front, histograms, tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.calibration.token_types import TokenType
from core.repair.arms import Arm
from core.repair.result import RepairResult
from core.salience.criteria import CONTROL, DEFAULT_CRITERION
from core.stats.estimates import Estimate, Interval

LIVE = "your run"
FAMILIES = (f"sparse, {DEFAULT_CRITERION}", "sparse, another criterion",
            f"sparse, {CONTROL} (control)", "LoRA", "PiSSA", "all weights")
"""What points are coloured by; the place is that in the palette's series."""

_NUM_BINS = (8, 30)


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
        return arm.kind
    if arm.criterion == DEFAULT_CRITERION:
        return FAMILIES[0]
    return FAMILIES[2] if arm.criterion == CONTROL else FAMILIES[1]


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


def in_order(points: Iterable[RepairPoint]) -> list[RepairPoint]:
    """By family, number of parameters and name."""
    return sorted(points, key=lambda point: (FAMILIES.index(point.family), point.parameters,
                                             point.key))


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
            ends = estimate.interval or Interval(float("nan"), float("nan"))
            row |= {f"{measure} {order}": estimate.value, f"{measure} {order} low": ends.low,
                    f"{measure} {order} high": ends.high}
    return row | {"graphs": result.settings.get("test", {}).get("graphs"),
                  "wall_s": result.wall_s}
