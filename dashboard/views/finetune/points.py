"""Arms as points of the plot: what tells them apart, colours them and filters them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.likelihood.low_lu import LowLu, low_lu_of_estimates
from core.repair.arms import Arm
from core.repair.result import RepairResult
from core.repair.scaled_change import ScaledChange
from core.salience.criteria import CONTROL, DEFAULT_CRITERION, HINDSIGHT
from core.stats.estimates import Estimate

LIVE = "your run"
FAMILIES = (f"sparse, {DEFAULT_CRITERION}", "sparse, another criterion",
            f"sparse, {CONTROL} (control)", "LoRA", "PiSSA", "all weights",
            f"sparse, {HINDSIGHT} (reference)")
"""What points are coloured by; the place is that in the palette's series."""


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


@dataclass(frozen=True)
class ScaledArm:
    """An arm whose change was measured at other scales.

    Attributes:
        label: of the arm.
        orders: that it was measured under, the model's own first and the new one last.
        scaled: what was measured.
    """

    label: str
    orders: tuple[str, ...]
    scaled: ScaledChange

    def at(self, alpha: float, measure: str, *, native: bool) -> Estimate:
        """A measure at the measured α that is closest to one."""
        return self.scaled.estimates[self.scaled.nearest(alpha)][self._order(native)][measure]

    def curve(self, measure: str, *, native: bool) -> list[Estimate]:
        """A measure at every α."""
        return self.scaled.curve(self._order(native), measure)

    @cached_property
    def low_lu(self) -> dict[float, LowLu[float]]:
        """Values of α at which a low LU under the new order comes from a high NLL."""
        of_alpha = {alpha: of[self._order(native=False)]
                    for alpha, of in self.scaled.estimates.items()}
        return low_lu_of_estimates({alpha: (of["lu"], of["nll_std"])
                                    for alpha, of in of_alpha.items()})

    def _order(self, native: bool) -> str:
        return self.orders[0 if native else -1]


def family_of(arm: Arm) -> str:
    """What an arm is coloured by."""
    if arm.method != "sparse":
        return arm.kind
    places = {DEFAULT_CRITERION: 0, CONTROL: 2, HINDSIGHT: -1}
    return FAMILIES[places.get(arm.criterion or "", 1)]


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
