"""Names of columns as they leave, the same in files, in what commands print and in Python.

Within the project an NLL is called without its unit; filters and addresses take it either way, and
so do readers of folders.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

IN_NATS = frozenset({"nll", "nll_mean", "nll_std", "nll_per_token", "nll_per_graph", "nll_marginal",
                     "self_nll", "prefix_nll", "token_nll"})
"""Columns whose numbers are nats; LU and its interval have no unit."""

_NATS = "_nats"
_ENDS = ("_low", "_high")  # of an interval


def with_unit(column: str) -> str:
    """What one of our columns is called where it leaves.

    >>> with_unit("nll_mean"), with_unit("nll_std_low"), with_unit("lu")
    ('nll_mean_nats', 'nll_std_nats_low', 'lu')
    """
    end = next((end for end in _ENDS if column.endswith(end)), "")
    name = column.removesuffix(end)
    return f"{name}{_NATS}{end}" if name in IN_NATS else column


def without_unit(column: str) -> str:
    """What a column that left is called within, in any case of its letters.

    >>> without_unit("NLL_mean_nats"), without_unit("mine_nats")
    ('nll_mean', 'mine_nats')
    """
    name = column.lower().removesuffix(_NATS)
    return name if name in IN_NATS and column.lower().endswith(_NATS) else column


def named_with_units(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a table with its columns as they leave."""
    return {with_unit(column): value for column, value in row.items()}
