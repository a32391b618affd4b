"""A number with its interval, or with the reason why it has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Interval:
    """A closed interval; `low` ≤ `high`."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value lies in it, ends included."""
        return self.low <= value <= self.high


def interval_columns(
    name: str, interval: Interval | None, *, sep: str = "_"
) -> dict[str, float | None]:
    """Both ends of an interval as columns of a table, None where there is none.

    >>> interval_columns("lu", Interval(0.1, 0.2))
    {'lu_low': 0.1, 'lu_high': 0.2}
    """
    return {f"{name}{sep}low": None if interval is None else interval.low,
            f"{name}{sep}high": None if interval is None else interval.high}


@dataclass(frozen=True)
class Estimate:
    """An estimate from a sample.

    Attributes:
        value: the estimate itself.
        interval: its 95% interval; None where `reason` says why.
        reason: one sentence on why there is no interval, or None.
    """

    value: float
    interval: Interval | None = None
    reason: str | None = None

    def columns(self, name: str) -> dict[str, float | None]:
        """Value and interval as columns of a table; the ends are None where there is no interval.

        Args:
            name: of the column of values.
        """
        return {name: self.value, **interval_columns(name, self.interval)}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; `from_json` reads it back."""
        ends = None if self.interval is None else [self.interval.low, self.interval.high]
        return {"value": self.value, "interval": ends, "reason": self.reason}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Estimate:
        """Read what `to_json` wrote."""
        ends = row["interval"]
        interval = None if ends is None else Interval(float(ends[0]), float(ends[1]))
        return cls(float(row["value"]), interval, row["reason"])
