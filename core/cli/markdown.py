"""Markdown tables of estimates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.stats.estimates import Estimate


def cell(estimate: Estimate, digits: int) -> str:
    """An estimate with its 95% interval, if it has one."""
    ends = estimate.interval
    interval = "" if ends is None else f" [{ends.low:.{digits}f}, {ends.high:.{digits}f}]"
    return f"{estimate.value:.{digits}f}{interval}"


def head(*names: str) -> Sequence[str]:
    """The two lines that open a table."""
    return row(*names), row(*("---" for _ in names))


def row(*cells: str) -> str:
    """A line of a table.

    >>> row("model", "LU")
    '| model | LU |'
    """
    return f"| {' | '.join(cells)} |"
