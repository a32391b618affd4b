"""Which repairs are none: LU is relative to the NLL, so it also falls when a model gets worse.

A model that is equally bad at every order has a low LU. Such an arm is told by another one, with as
many trained numbers or fewer, that differs from it in both ways beyond its 95% interval over
graphs: higher in LU, and yet lower in what LU is made of, the standard deviation of the NLL in
nats (SPEC 4). Then the lower LU comes from a higher NLL, not from orders being more alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from core.repair.result import RepairResult
from dashboard.finetune.repairs import RepairPoint

_NORMAL_95 = 1.96
"""Half a 95% interval in standard errors; arms are compared on hundreds of graphs."""


@dataclass(frozen=True)
class SpuriousRepair:
    """An arm that owes a low LU to a high NLL.

    Attributes:
        point: the arm.
        shown_by: the arm with the least spread of those that show it.
        spreads: of both, under the new order: standard deviation of the NLL over linearizations,
            mean over graphs, nats.
    """

    point: RepairPoint
    shown_by: RepairPoint
    spreads: tuple[float, float]


def spurious_repairs(points: Sequence[RepairPoint], measure: str) -> dict[str, SpuriousRepair]:
    """Arms whose LU must not be read as a repair, by key.

    Args:
        points: arms; they are compared with those that were measured on the same graphs.
        measure: what is judged by; nothing but `lu` can be owed to a high NLL.
    """
    if measure != "lu":
        return {}
    found = _compared(tuple(point.result for point in points))
    return {points[row].key: SpuriousRepair(points[row], points[other], spreads)
            for row, other, spreads in found}


def furthest_repair(points: Sequence[RepairPoint], measure: str) -> RepairPoint:
    """The arm with the lowest measure under the new order that is not spurious; of at least one."""
    spurious = spurious_repairs(points, measure)
    # There is one: the arm with the least spread is never spurious.
    return min((point for point in points if point.key not in spurious),
               key=lambda point: point.estimate(measure, native=False).value)


@lru_cache(maxsize=16)
def _compared(
    results: tuple[RepairResult, ...]
) -> tuple[tuple[int, int, tuple[float, float]], ...]:
    """Place of every spurious result, of the one that shows it, and the spreads of both.

    Kept, as a page asks several times in every rerun, and results are the same objects in all.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for place, result in enumerate(results):
        groups.setdefault(tuple(_graphs(result)["id"]), []).append(place)
    found = []
    for places in groups.values():
        among = [results[place] for place in places]
        found += [(places[row], places[other], spreads) for row, other, spreads in _among(among)]
    return tuple(sorted(found))


def _among(results: Sequence[RepairResult]) -> list[tuple[int, int, tuple[float, float]]]:
    """The same for results on the same graphs."""
    lu = np.stack([_graphs(result)["lu"].to_numpy(np.float64) for result in results])
    spread = lu * np.stack([_graphs(result)["nll_mean"].to_numpy(np.float64)
                            for result in results])
    parameters = np.array([result.num_parameters for result in results])
    shows = (_clearly_lower(lu) & _clearly_lower(spread).T
             & (parameters[None, :] <= parameters[:, None]))  # row: spurious, column: shown by
    means, found = spread.mean(1), []
    for row in np.flatnonzero(shows.any(1)).tolist():
        other = min(np.flatnonzero(shows[row]).tolist(), key=means.__getitem__)
        found.append((row, other, (float(means[row]), float(means[other]))))
    return found


def _clearly_lower(values: np.ndarray) -> np.ndarray:
    """Of values [arms, graphs], whether the mean of a row is lower than of a column, [arms, arms].

    By the 95% interval of their differences graph by graph.
    """
    differences = values[:, None] - values[None, :]
    standard_error = differences.std(-1) / np.sqrt(values.shape[1])
    return differences.mean(-1) + _NORMAL_95 * standard_error < 0


def _graphs(result: RepairResult) -> pd.DataFrame:
    return result.of_order(result.orders[-1])
