"""Which repairs are spurious: arms whose low LU comes from a high NLL.

The rule is that of `core.likelihood.low_lu`. An arm is compared with those that were measured on
the same graphs and train as many numbers or fewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from core.likelihood.low_lu import LowLu, low_lu_from_high_nll
from core.repair.result import RepairResult


def spurious_repairs(
    results: Sequence[RepairResult], measure: str = "lu", *, order: str | None = None
) -> dict[RepairResult, LowLu[RepairResult]]:
    """Arms whose low LU must not be read as a repair, and what shows it.

    Args:
        results: arms; they are compared with those that were measured on the same graphs.
        measure: what is judged by; nothing but `lu` can be owed to a high NLL.
        order: under which; by default the new one.
    """
    return _compared(tuple(results), order) if measure == "lu" else {}


@lru_cache(maxsize=32)
def _compared(
    results: tuple[RepairResult, ...], order: str | None
) -> dict[RepairResult, LowLu[RepairResult]]:
    """Kept, as a page asks several times in every rerun, of the same objects in all."""
    graphs = {result: result.of_order(order or result.orders[-1]) for result in results}

    def may_show(result: RepairResult, other: RepairResult) -> bool:
        return (other.num_parameters <= result.num_parameters
                and list(graphs[result]["id"]) == list(graphs[other]["id"]))

    return low_lu_from_high_nll(graphs, may_show=may_show)
