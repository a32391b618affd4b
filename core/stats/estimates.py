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
