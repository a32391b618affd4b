"""The axes of a plotly figure: from values to places and ticks, without a browser."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_ROOM = 0.06  # beyond the outermost values, as a share of their range
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
COUNTS = ",d"
"""Format of an axis of whole numbers."""

_PERCENT = re.compile(r"\.(\d)(~?)%")


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        low, high: values at its two ends, the exponent of 10 on a logarithmic axis; `low` is the
            larger one if it is reversed.
        is_log: whether it is logarithmic.
        categories: names at 0, 1, 2, …; empty if values are numbers.
        ticks: (value as on the axis, text).
        title: what is measured.
        is_visible: whether it has ticks at all.
        has_grid: whether lines go across the figure at its ticks.
    """

    low: float
    high: float
    is_log: bool
    categories: tuple[str, ...]
    ticks: tuple[tuple[float, str], ...]
    title: str
    is_visible: bool
    has_grid: bool

    def share(self, value: Any) -> float | None:
        """Where a value stands between the two ends, 0 to 1; None for none."""
        place = self._place(value)
        return None if place is None else (place - self.low) / (self.high - self.low)

    def _place(self, value: Any) -> float | None:
        if isinstance(value, str):
            return float(self.categories.index(value)) if value in self.categories else None
        if value is None or not math.isfinite(value) or (self.is_log and value <= 0):
            return None
        return math.log10(value) if self.is_log else float(value)


def axis(given: Any, values: Sequence[Any], *, most_ticks: int) -> Axis:
    """Settle what plotly leaves to the browser.

    Args:
        given: `figure.layout.xaxis` or `yaxis`.
        values: all that is drawn along it; words make it an axis of categories.
        most_ticks: how many have room.
    """
    categories = tuple(dict.fromkeys(value for value in values if isinstance(value, str)))
    is_log = given.type == "log"
    low, high = _ends(given, values, categories, is_log)
    ticks = tuple(_ticks(given, low, high, categories, is_log, most_ticks))
    return Axis(low, high, is_log, categories, ticks, given.title.text or "",
                given.visible is not False, given.showgrid is not False and not categories)


def _ends(
    given: Any, values: Sequence[Any], categories: Sequence[str], is_log: bool
) -> tuple[float, float]:
    if given.range is not None:
        return float(given.range[0]), float(given.range[1])
    if categories:
        low, high = -0.5, len(categories) - 0.5
    else:
        known = [float(value) for value in values
                 if value is not None and math.isfinite(value) and (value > 0 or not is_log)]
        if is_log:
            known = [math.log10(value) for value in known]
        low, high = (min(known), max(known)) if known else (0.0, 1.0)
        if high - low < 1e-9 * max(abs(high), 1.0):
            low, high = low - 0.5, high + 0.5
        room = _ROOM * (high - low)
        low, high = low - room, high + room
        if given.rangemode == "tozero" and not is_log:
            low, high = min(low, 0.0) if low + room < 0 else 0.0, max(high, 0.0)
    return (high, low) if given.autorange == "reversed" else (low, high)


def _ticks(
    given: Any, low: float, high: float, categories: Sequence[str], is_log: bool, most: int
) -> Iterator[tuple[float, str]]:
    first, last = min(low, high), max(low, high)
    if given.tickvals is not None:
        texts = given.ticktext if given.ticktext is not None else given.tickvals
        for value, text in zip(given.tickvals, texts, strict=True):
            yield (math.log10(value) if is_log else float(value)), str(text)
    elif categories:
        yield from ((float(place), name) for place, name in enumerate(categories))
    elif is_log:
        for power in range(math.floor(first), math.ceil(last) + 1):
            for digit in (1, 2, 5):
                if first <= (place := power + math.log10(digit)) <= last:
                    yield place, f"{digit * 10.0**power:,g}"
    else:
        step = float(given.dtick) if given.dtick is not None else tick_step(last - first, most)
        if given.tickformat == COUNTS:
            step = max(step, 1.0)
        for count in range(math.ceil(first / step - 1e-9), math.floor(last / step + 1e-9) + 1):
            yield count * step, tick_text(count * step, step, given.tickformat)


def tick_step(length: float, most: int) -> float:
    """A round step with at most so many ticks.

    >>> tick_step(1.0, 6), tick_step(7.3, 5), tick_step(1234, 8)
    (0.2, 2.0, 200.0)
    """
    least = length / max(most, 1)
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in _STEPS if step * power >= least * (1 - 1e-9))


def tick_text(value: float, step: float, form: str | None = None) -> str:
    """A tick's number: no more decimals than its step needs; percent where the axis says so.

    >>> tick_text(0.25, 0.25, ".0%"), tick_text(0.985, 0.005, ".1~%"), tick_text(-1.5, 0.5)
    ('25%', '98.5%', '−1.5')
    """
    percent = _PERCENT.fullmatch(form or "")
    if percent is not None:
        text = f"{100 * value:.{percent[1]}f}"
        return (text.rstrip("0").rstrip(".") if percent[2] and "." in text else text) + "%"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if abs(step * 10**decimals - round(step * 10**decimals)) > 1e-6:
        decimals += 1
    return f"{value:,.{decimals}f}".replace("-", "−")
