"""Which repairs are spurious: LU is relative to the NLL, so it also falls when a model gets worse.

A model that is equally bad at every order has a low LU. It is told by another model that differs
from it in both ways beyond a paired 95% interval over graphs: higher in LU, and yet lower in what
LU is made of, the standard deviation of the NLL in nats. Then the lower LU comes from a higher NLL,
not from orders being more alike. Any two models on the same graphs can be compared so
(`has_spurious_lu`); an arm is compared with those that train as many numbers or fewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from core.repair.result import RepairResult
from core.salience.matrices import SalienceError

_NORMAL_95 = 1.96
"""Half a 95% interval in standard errors; models are compared on hundreds of graphs."""


@dataclass(frozen=True)
class SpuriousRepair:
    """An arm that owes a low LU to a high NLL.

    Attributes:
        result: of the arm.
        shown_by: the arm with the least spread of those that show it.
        spreads_nats: of both, under the new order: standard deviation of the NLL over
            linearizations, mean over graphs.
    """

    result: RepairResult
    shown_by: RepairResult
    spreads_nats: tuple[float, float]


def spurious_repairs(
    results: Sequence[RepairResult], measure: str = "lu"
) -> dict[RepairResult, SpuriousRepair]:
    """Arms whose low LU must not be read as a repair.

    Args:
        results: arms; they are compared with those that were measured on the same graphs.
        measure: what is judged by; nothing but `lu` can be owed to a high NLL.
    """
    return {one.result: one for one in _compared(tuple(results))} if measure == "lu" else {}


def has_spurious_lu(graphs: pd.DataFrame, others: pd.DataFrame) -> bool:
    """Whether a model has a lower LU than another only because its NLL is higher.

    Args:
        graphs: of the model, a row each: `id`, `lu`, `nll_mean` (nats), as in
            `RepairResult.of_order` and `Evaluation.graphs`.
        others: the same graphs' rows of the other model.

    Raises:
        SalienceError: if the graphs are not the same.
    """
    if list(graphs["id"]) != list(others["id"]):
        raise SalienceError("The two models were measured on different graphs, so their LU cannot "
                            "be compared graph by graph.")
    return bool(_owes_lu_to_nll(*_lu_and_spread([graphs, others]))[0, 1])


@lru_cache(maxsize=16)
def _compared(results: tuple[RepairResult, ...]) -> tuple[SpuriousRepair, ...]:
    """Kept, as a page asks several times in every rerun, of the same objects in all."""
    alike: dict[tuple[object, ...], list[RepairResult]] = {}
    for result in results:
        alike.setdefault(tuple(_graphs(result)["id"]), []).append(result)
    found = {one.result: one for of_alike in alike.values() for one in _among(of_alike)}
    return tuple(found[result] for result in results if result in found)


def _among(results: Sequence[RepairResult]) -> list[SpuriousRepair]:
    """The same for results on the same graphs."""
    lu, spread = _lu_and_spread([_graphs(result) for result in results])
    parameters = np.array([result.num_parameters for result in results])
    shows = _owes_lu_to_nll(lu, spread) & (parameters[None, :] <= parameters[:, None])
    means, found = spread.mean(1), []
    for row in np.flatnonzero(shows.any(1)).tolist():
        other = min(np.flatnonzero(shows[row]).tolist(), key=means.__getitem__)
        found.append(SpuriousRepair(results[row], results[other],
                                    (float(means[row]), float(means[other]))))
    return found


def _lu_and_spread(tables: Sequence[pd.DataFrame]) -> tuple[np.ndarray, np.ndarray]:
    """LU, and the standard deviation of the NLL in nats, each [models, graphs]."""
    lu, nll = (np.stack([table[column].to_numpy(np.float64) for table in tables])
               for column in ("lu", "nll_mean"))
    return lu, lu * nll


def _owes_lu_to_nll(lu: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Of values [models, graphs], whether a row has a lower LU than a column, yet more spread."""
    return _is_clearly_lower(lu) & _is_clearly_lower(spread).T


def _is_clearly_lower(values: np.ndarray) -> np.ndarray:
    """Of values [models, graphs], whether the mean of a row is lower than of a column.

    By the 95% interval of their differences graph by graph, [models, models].
    """
    differences = values[:, None] - values[None, :]
    standard_error = differences.std(-1) / np.sqrt(values.shape[1])
    return differences.mean(-1) + _NORMAL_95 * standard_error < 0


def _graphs(result: RepairResult) -> pd.DataFrame:
    return result.of_order(result.orders[-1])
