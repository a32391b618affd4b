"""Intervals that resample molecules, never tokens: tokens of one molecule are not independent.

All statistics of an evaluation are functions of sums over molecules. A resample is a row of
weights, so the sums of all resamples are one matrix product, whatever the number of tokens.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from core.stats.bootstrap import resample_weights, tail_probability
from core.stats.estimates import Estimate, Interval

RESAMPLES = 1000
"""Resamples behind every interval, unless said otherwise."""

MIN_GRAPHS_FOR_INTERVAL = 16
"""Below, intervals do not cover what they promise."""

CONFIDENCE = 0.95


class MoleculeBootstrap:
    """Resamples of M graphs, drawn once and shared by all that is estimated from them.

    Attributes:
        num_graphs: M.
        seed: of the resamples.
        weights: share of every graph in every resample, [R, M] float64; None below
            `MIN_GRAPHS_FOR_INTERVAL` graphs.
        tail: quantile level of the lower end of a percentile interval, a little below 2.5% as
            small samples need (`core.stats.bootstrap`).
        reason: why there are no intervals, or None.
    """

    def __init__(self, num_graphs: int, *, seed: int, resamples: int | None = None) -> None:
        self.num_graphs = num_graphs
        self.seed = seed
        self.weights: np.ndarray | None = None
        self.tail: float | None = None
        self.reason: str | None = None
        if num_graphs < MIN_GRAPHS_FOR_INTERVAL:
            self.reason = (f"An interval resamples graphs, and {num_graphs:,} "
                           f"{'is' if num_graphs == 1 else 'are'} too few for that; give at "
                           f"least {MIN_GRAPHS_FOR_INTERVAL}.")
        else:
            self.weights = resample_weights(num_graphs, resamples or RESAMPLES, seed=seed)
            self.tail = tail_probability(num_graphs, CONFIDENCE)

    def means(self, values: np.ndarray) -> np.ndarray | None:
        """Mean over graphs of values [M, J] in every resample, [R, J]; None if there are none."""
        return None if self.weights is None else self.weights @ values

    def interval(self, resampled: np.ndarray | None) -> Interval | None:
        """Percentile interval of a statistic from its values in all resamples, [R]."""
        if resampled is None or self.tail is None:
            return None
        low, high = np.quantile(resampled, [self.tail, 1 - self.tail]).tolist()
        return Interval(low, high)

    def ratio(self, numerator: ArrayLike, denominator: ArrayLike | None = None) -> Estimate:
        """Sum over graphs of [M] divided by another, by default the mean of the first."""
        above = np.asarray(numerator, dtype=np.float64)
        below = np.ones_like(above) if denominator is None else np.asarray(denominator, np.float64)
        found = self.means(np.stack([above, below], axis=1))
        return Estimate(
            float(above.sum() / below.sum()),
            None if found is None else self.interval(found[:, 0] / found[:, 1]),
            self.reason,
        )


@lru_cache(maxsize=1)
def shared_bootstrap(num_graphs: int, seed: int) -> MoleculeBootstrap:
    """The resamples of the latest results again: those that are compared have as many graphs."""
    return MoleculeBootstrap(num_graphs, seed=seed)
