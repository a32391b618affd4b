"""Which low LUs come from a high NLL: LU is relative to the NLL, so it also falls as that grows.

A model that is equally bad at every order has a low LU. It is told by another model that differs
from it in both ways beyond a 95% interval: higher in LU, and yet lower in what LU is made of, the
standard deviation of the NLL in nats. Between the two the lower LU can then only come from the
higher NLL, not from orders being more alike. Where LU and nats agree on which model is the better
one, or where the data do not tell, nothing is marked.

Of a single graph the intervals come from its linearizations.

The one rule for pages, commands and documents; definition: docs/definitions.md, Likelihood.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from core.stats.estimates import Estimate

if TYPE_CHECKING:
    import pandas as pd

MARK = "†"
"""Behind a low LU that comes from a high NLL."""

EXPLANATION = (
    f"{MARK} A low LU that comes from a high NLL, not from orders being more alike: between orders "
    "the NLL varies by more nats than that of another with a higher LU (of arms: one with no more "
    "trained parameters).")
"""What the mark says, under a table."""

_NORMAL_95 = 1.96
"""Half a 95% interval in standard errors; models are compared on hundreds of graphs."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class LowLu(Generic[Key]):
    """Why a low LU must not be read as little dependence on the order.

    Attributes:
        shown_by: of the models with a higher LU and yet less spread, the one with the least spread.
        spread_nats: standard deviation of the NLL over linearizations, mean over graphs.
        its_spread_nats: the same of the model that shows it.
    """

    shown_by: Key
    spread_nats: float
    its_spread_nats: float


def low_lu_from_high_nll(
    tables: Mapping[Key, pd.DataFrame], *, may_show: Callable[[Key, Key], bool] | None = None
) -> dict[Key, LowLu[Key]]:
    """The models, or a model's orders, whose low LU comes from a high NLL.

    Args:
        tables: of each, a row per graph: `id`, `lu`, `nll_mean` (nats). Those on the same graphs
            are compared graph by graph, others by their means.
        may_show: whether the low LU of the first may be shown by the second; by default any may.

    Returns:
        What shows it, for those that are marked.
    """
    keys, columns = list(tables), list(tables.values())
    shows = owes_lu_to_nll([table["lu"].to_numpy(np.float64) for table in columns],
                           [nll_std(table) for table in columns],
                           [tuple(table["id"]) for table in columns])
    means, found = [float(nll_std(table).mean()) for table in columns], {}
    for row, key in enumerate(keys):
        others = [place for place in np.flatnonzero(shows[row]).tolist()
                  if may_show is None or may_show(key, keys[place])]
        if others:
            best = min(others, key=means.__getitem__)
            found[key] = LowLu(keys[best], means[row], means[best])
    return found


def owes_lu_to_nll(
    lu: Sequence[np.ndarray], spread: Sequence[np.ndarray], ids: Sequence[Hashable] | None = None
) -> np.ndarray:
    """Whether a model has a clearly lower LU than another and yet clearly more spread.

    Never true both ways, nor of a model and itself.

    Args:
        lu: of M models, the LU of every graph, [graphs] each.
        spread: standard deviation of every graph's NLL in nats, likewise.
        ids: what graphs each was measured on; equal ones are compared graph by graph. By default
            all are on the same.

    Returns:
        [M, M] bool; row: the model, column: the other.
    """
    names = list(ids) if ids is not None else [None] * len(lu)
    return _is_clearly_lower(lu, names) & _is_clearly_lower(spread, names).T


def low_lu_of_one_graph(nlls: Mapping[Key, np.ndarray]) -> dict[Key, LowLu[Key]]:
    """The same of one graph, told by its linearizations instead of by many graphs.

    The jackknife's pseudo-values, one per linearization, stand for the graphs: their mean is the
    estimate and their spread that of the estimate (Efron and Tibshirani 1993, chapter 11).

    Args:
        nlls: NLL of every linearization under each model, nats, [K] each, drawn by each anew.

    Returns:
        What shows it, for those that are marked; nothing of models with fewer than three.
    """
    able = {key: np.asarray(nll, np.float64) for key, nll in nlls.items() if len(nll) > 2}
    keys = list(able)
    if not keys:
        return {}
    lu = [_pseudo_values(nll, relative=True) for nll in able.values()]
    spread = [_pseudo_values(nll, relative=False) for nll in able.values()]
    shows = owes_lu_to_nll(lu, spread, keys)
    stds, found = [float(nll.std()) for nll in able.values()], {}
    for row, key in enumerate(keys):
        others = np.flatnonzero(shows[row]).tolist()
        if others:
            best = min(others, key=stds.__getitem__)
            found[key] = LowLu(keys[best], stds[row], stds[best])
    return found


def low_lu_of_estimates(
    found: Mapping[Key, tuple[Estimate, Estimate]]
) -> dict[Key, LowLu[Key]]:
    """The same where only means over graphs and their intervals are known.

    They are compared as if they were of different graphs, so fewer are marked.

    Args:
        found: LU and standard deviation of the NLL of each; those without intervals are left out.
    """
    able = {key: both for key, both in found.items()
            if all(one.interval is not None for one in both)}
    keys, spread = list(able), [both[1] for both in able.values()]
    shows = _is_lower_estimate([both[0] for both in able.values()]) & _is_lower_estimate(spread).T
    marked = {}
    for row, key in enumerate(keys):
        others = np.flatnonzero(shows[row]).tolist()
        if others:
            best = min(others, key=lambda place: spread[place].value)
            marked[key] = LowLu(keys[best], spread[row].value, spread[best].value)
    return marked


def _is_lower_estimate(found: Sequence[Estimate]) -> np.ndarray:
    """As `_is_lower`, by the widths of intervals, [M, M] bool."""
    widths = np.array([one.interval.high - one.interval.low for one in found
                       if one.interval is not None])
    variances = (widths / (2 * _NORMAL_95)) ** 2
    return _is_lower(np.array([one.value for one in found]),
                     variances[:, None] + variances[None, :])


def _pseudo_values(nll: np.ndarray, *, relative: bool) -> np.ndarray:
    """Of the standard deviation, or of LU if relative: K × all − (K − 1) × all but one, [K]."""
    count = len(nll)
    centred = nll - nll.mean()  # variances of large, equal numbers would otherwise cancel
    means = -centred / (count - 1)  # of all but one; all centred ones sum to zero
    variances = (np.sum(centred**2) - centred**2) / (count - 1) - means**2
    left, all_of_it = np.sqrt(np.maximum(variances, 0.0)), nll.std()
    if relative:
        left, all_of_it = left / (nll.mean() + means), all_of_it / nll.mean()
    return count * all_of_it - (count - 1) * left


def nll_std(graphs: pd.DataFrame) -> np.ndarray:
    """Standard deviation of every graph's NLL over its linearizations, in nats, [graphs].

    By LU's definition it is LU times the mean NLL, so results that do not store it have it, too.
    """
    return graphs["lu"].to_numpy(np.float64) * graphs["nll_mean"].to_numpy(np.float64)


def _is_clearly_lower(values: Sequence[np.ndarray], ids: Sequence[Hashable]) -> np.ndarray:
    """Whether the mean of a row is lower than of a column by the 95% interval of the difference."""
    means = np.array([of_model.mean() for of_model in values])
    variances = np.array([of_model.var() / len(of_model) for of_model in values])
    variance = variances[:, None] + variances[None, :]
    for name in set(ids):
        places = [place for place, other in enumerate(ids) if other == name]
        of_alike = np.stack([values[place] for place in places])
        differences = of_alike[:, None] - of_alike[None, :]
        variance[np.ix_(places, places)] = differences.var(-1) / of_alike.shape[1]
    return _is_lower(means, variance)


def _is_lower(means: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Whether a mean of [M] is clearly lower than another, by [M, M] variances of differences."""
    return means[:, None] - means[None, :] + _NORMAL_95 * np.sqrt(variance) < 0
