"""`ScaledChange`: what W + α ΔW does under each order, at some values of α.

α = 0 is the model as it was and α = 1 the arm, so the curve of one measure against another shows
what a smaller or a larger step in the same direction would have cost and repaired.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from core.stats.estimates import Estimate, Interval

MEASURES = ("nll_per_token", "lu", "nll_std", "ece")
"""What is kept at every α; units as in `core.evaluation.measures`."""


@dataclass(frozen=True)
class ScaledChange:
    """One arm's change of weights at several scales.

    Attributes:
        graphs: test graphs that it was measured on, the first ones.
        estimates: α, increasing → order → measure (`MEASURES`) → estimate with its 95% interval
            over graphs. The orders are those of the arm's result.
    """

    graphs: int
    estimates: Mapping[float, Mapping[str, Mapping[str, Estimate]]]

    @property
    def alphas(self) -> tuple[float, ...]:
        """Scales that were measured, increasing."""
        return tuple(self.estimates)

    def nearest(self, alpha: float) -> float:
        """The measured α that is closest to one.

        >>> ScaledChange(1, {0.0: {}, 0.5: {}, 1.0: {}}).nearest(0.7)
        0.5
        """
        return min(self.alphas, key=lambda known: abs(known - alpha))

    def curve(self, order: str, measure: str) -> list[Estimate]:
        """A measure under an order, at every α."""
        return [of[order][measure] for of in self.estimates.values()]

    def to_table(self) -> pd.DataFrame:
        """A row per α, order and measure: value, ends of the interval or why there is none."""
        return pd.DataFrame([
            {"alpha": alpha, "order": order, "measure": measure, **found.columns("value"),
             "reason": found.reason, "graphs": self.graphs}
            for alpha, of_alpha in self.estimates.items()
            for order, of_order in of_alpha.items() for measure, found in of_order.items()
        ]).astype({"value_low": float, "value_high": float, "reason": object})

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> ScaledChange:
        """Read what `to_table` wrote.

        Raises:
            KeyError: for a table without its columns.
            ValueError: for an empty one.
        """
        if table.empty:
            raise ValueError("no row")
        found: dict[float, dict[str, dict[str, Estimate]]] = {}
        for row in table.sort_values("alpha", kind="stable").to_dict("records"):
            ends = (None if pd.isna(row["value_low"])
                    else Interval(row["value_low"], row["value_high"]))
            reason = row["reason"] if isinstance(row["reason"], str) else None
            found.setdefault(row["alpha"], {}).setdefault(row["order"], {})[row["measure"]] = (
                Estimate(row["value"], ends, reason))
        return cls(int(table["graphs"].iloc[0]), found)
