"""Linearization uncertainty (LU): how much a graph's likelihood depends on the order of its nodes.

LU is the coefficient of variation of the NLL over linearizations of one graph (Fredsgaard et al.,
"Same Graph, Different Likelihoods", arXiv 2604.05613): LU = std / mean, ddof 0. It is estimated
from K sequences, so it never stands alone: K, the seed, a 95% interval and a verdict on K go with
it. The input is NLLs; models live elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.likelihood.order_marginal import PROBABILITY_TOLERANCE, order_marginal
from core.stats.bootstrap import MAX_FACTOR, bootstrap_t_intervals
from core.stats.estimates import Estimate, Interval
from core.units import named_with_units

MIN_PERMUTATIONS_FOR_INTERVAL = 16
"""Below, bootstrap intervals do not cover what they promise."""

TARGET_HALF_WIDTH = 0.10
"""Relative half-width of the interval at which there are enough permutations."""

_SAME = 1e-6  # relative spread that single precision leaves between equal sequences


@dataclass(frozen=True)
class Uncertainty:
    """LU of one graph, estimated from K linearizations under one strategy.

    Attributes:
        lu: `nll_std / nll_mean`, without unit, at least 0.
        interval: confidence interval of LU; (0, 0) if exact, None where `interval_reason` says why.
        nll_mean: mean NLL of a sequence, nats.
        nll_std: its standard deviation (ddof 0), nats.
        k: number of linearizations.
        seed: of the bootstrap; by convention also the seed that drew the linearizations.
        confidence: nominal coverage of the interval.
        is_exact: the strategy has a single sequence for the graph, so LU is exactly 0.
        marginal_nll: order-marginal NLL in nats (docs/definitions.md, Likelihood); None where
            `marginal_reason` says why.
        effective_sample_size: how many equally weighted sequences `marginal_nll` is worth, 1 to K.
        interval_reason: one sentence on why there is no interval, or None.
        marginal_reason: one sentence on why there is no order-marginal NLL, or None.
    """

    lu: float
    interval: Interval | None
    nll_mean: float
    nll_std: float
    k: int
    seed: int
    confidence: float
    is_exact: bool
    marginal_nll: float | None
    effective_sample_size: float | None
    interval_reason: str | None
    marginal_reason: str | None

    def columns(self) -> dict[str, float | int | None]:
        """The numbers as columns of a table, with units; None where there is none."""
        return named_with_units({
            "permutations": self.k, "nll_mean": self.nll_mean, "nll_std": self.nll_std,
            **Estimate(self.lu, self.interval).columns("lu"), "nll_marginal": self.marginal_nll,
            "effective_sample_size": self.effective_sample_size,
        })

    @property
    def relative_half_width(self) -> float | None:
        """Half the length of the interval as a share of LU; 0 if exact, None without interval."""
        if self.is_exact:
            return 0.0
        if self.interval is None:
            return None
        return (self.interval.high - self.interval.low) / (2 * self.lu)

    @property
    def permutations_for_10_percent(self) -> int | None:
        """The K that a relative half-width of 10% needs, rounded up to two digits.

        Half-widths shrink as the standard error does, with 1 / sqrt(K). Those of small samples
        shrink faster, so the number is on the safe side: typically twice too large at K = 16, a
        quarter at K = 32. None without interval, 1 if exact.
        """
        if self.relative_half_width is None:
            return None
        ratio = self.relative_half_width / TARGET_HALF_WIDTH
        needed = _round_up(self.k * ratio**2)
        return min(needed, self.k) if ratio <= 1 else needed


@dataclass(frozen=True)
class Verdict:
    """The answer to "enough permutations?".

    Attributes:
        enough: whether the relative half-width is at most 10%.
        half_width: relative half-width of the interval; None without interval.
        permutations_needed: K to draw in all for a half-width of 10% where the interval tells,
            otherwise for having an interval at all; None if no number can be named.
        sentence: the verdict in words.
    """

    enough: bool
    half_width: float | None
    permutations_needed: int | None
    sentence: str


def linearization_uncertainty(
    nll: ArrayLike,
    log_q: ArrayLike,
    *,
    seed: int,
    confidence: float = 0.95,
    resamples: int = 2000,
) -> tuple[Uncertainty, ...]:
    """Estimate LU and the order-marginal NLL of G graphs from K linearizations each.

    Args:
        nll: NLL of every sequence in nats, [G, K], finite and not negative, K ≥ 2.
        log_q: log probability of every sequence under the strategy, [G, K], at most 0; NaN where
            it is not known (`TrailBatch.log_q`).
        seed: of the bootstrap; a graph's result does not depend on its batch.
        confidence: nominal coverage of the intervals, in (0, 1).
        resamples: bootstrap resamples, at least 100.

    Returns:
        One `Uncertainty` per graph. Intervals are bootstrap-t on log LU
        (`core.stats.bootstrap`), for K ≥ 16.

    Raises:
        ValueError: naming the argument that does not fit.
    """
    nll, log_q = np.asarray(nll, dtype=np.float64), np.asarray(log_q, dtype=np.float64)
    _check(nll, confidence, resamples)
    marginal = order_marginal(nll, log_q)
    num_graphs, k = nll.shape
    mean = nll.mean(axis=1)
    is_exact = (np.abs(log_q) <= PROBABILITY_TOLERANCE).all(axis=1)
    is_constant = is_exact | (np.ptp(nll, axis=1) <= _SAME * mean)
    std = np.where(is_constant, 0.0, nll.std(axis=1))
    lu = np.divide(std, mean, out=np.zeros(num_graphs), where=mean > 0)
    ends = np.where(is_exact[:, None], 0.0, np.full((num_graphs, 2), np.nan))
    if k >= MIN_PERMUTATIONS_FOR_INTERVAL:
        ends[~is_constant] = bootstrap_t_intervals(
            nll[~is_constant], seed=seed, confidence=confidence, resamples=resamples
        )
    return tuple(
        Uncertainty(
            lu=float(lu[g]),
            interval=None if np.isnan(ends[g]).any() else Interval(*ends[g].tolist()),
            nll_mean=float(mean[g]),
            nll_std=float(std[g]),
            k=k,
            seed=seed,
            confidence=confidence,
            is_exact=bool(is_exact[g]),
            marginal_nll=_known(marginal.nll[g]),
            effective_sample_size=_known(marginal.effective_sample_size[g]),
            interval_reason=_no_interval(k, is_constant[g]) if np.isnan(ends[g]).any() else None,
            marginal_reason=_NO_MARGINAL if np.isnan(marginal.nll[g]) else None,
        )
        for g in range(num_graphs)
    )


def lu_convergence(
    nll: ArrayLike,
    log_q: ArrayLike | None = None,
    *,
    seed: int,
    confidence: float = 0.95,
    resamples: int = 2000,
) -> tuple[Uncertainty, ...]:
    """LU of one graph from its first 2, 3, 4, 6, 8, 12, … permutations up to all K.

    Args:
        nll: NLL of every sequence in nats, [K], K ≥ 2.
        log_q: as in `linearization_uncertainty`, [K]; without it there is no order-marginal NLL.
        seed: of the bootstrap; the last entry equals the result for all K permutations.
        confidence: nominal coverage of the intervals.
        resamples: bootstrap resamples, at least 100.

    Returns:
        One `Uncertainty` per prefix, `k` increasing: the points of a convergence curve.
    """
    nll = np.asarray(nll, dtype=np.float64)
    if nll.ndim != 1:
        raise ValueError(f"nll must be [permutations] of one graph, got shape {nll.shape}.")
    log_q = np.asarray(np.full_like(nll, np.nan) if log_q is None else log_q, dtype=np.float64)
    if log_q.shape != nll.shape:
        raise ValueError(f"log_q must have one number per nll, got {log_q.shape} and {nll.shape}.")
    return tuple(
        linearization_uncertainty(
            nll[None, :k], log_q[None, :k], seed=seed, confidence=confidence, resamples=resamples
        )[0]
        for k in prefix_sizes(len(nll))
    )


def prefix_sizes(k: int) -> tuple[int, ...]:
    """Powers of two and the numbers half-way between, from 2 to `k`, and `k` itself.

    >>> prefix_sizes(40)
    (2, 3, 4, 6, 8, 12, 16, 24, 32, 40)
    """
    powers = [2**exponent for exponent in range(1, k.bit_length())]
    between = [3 * power // 2 for power in powers]
    return tuple(sorted({size for size in (*powers, *between) if size < k} | {k}))


def judge_permutations(uncertainty: Uncertainty) -> Verdict:
    """Say whether K permutations pin LU down to ±10%, and which K would."""
    k, half_width = uncertainty.k, uncertainty.relative_half_width
    needed = uncertainty.permutations_for_10_percent
    if uncertainty.is_exact:
        return Verdict(True, 0.0, needed, "LU is exactly 0: the strategy writes this graph in "
                                          "only one way, so one permutation is enough.")
    if half_width is None or needed is None:
        if k < MIN_PERMUTATIONS_FOR_INTERVAL:
            needed = MIN_PERMUTATIONS_FOR_INTERVAL
        return Verdict(False, None, needed, uncertainty.interval_reason or "")
    width = f"the {uncertainty.confidence:.0%} interval of LU has a half-width of {half_width:.1%}"
    if half_width <= TARGET_HALF_WIDTH:
        return Verdict(True, half_width, needed, f"{k:,} permutations are enough: {width}.")
    return Verdict(False, half_width, needed,
                   f"{k:,} permutations tell this LU from one that differs by more than "
                   f"{half_width:.0%}; about {needed:,} would do so for {TARGET_HALF_WIDTH:.0%}.")


_NO_MARGINAL = ("The order-marginal NLL needs the probability of every sequence, which is not "
                "known here; break ties at random, not by lowest index.")


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _no_interval(k: int, is_constant: bool) -> str:
    if k < MIN_PERMUTATIONS_FOR_INTERVAL:
        return (f"{k} permutations are too few for an interval; draw at least "
                f"{MIN_PERMUTATIONS_FOR_INTERVAL}.")
    if is_constant:
        return (f"All {k:,} permutations have the same NLL, so they cannot tell how far LU is from "
                "0; draw more, or list all sequences if the graph is small.")
    return (f"The spread rests on so few of the {k:,} permutations that LU could be more than "
            f"{MAX_FACTOR:.0f} times larger; draw more, or list all sequences if the graph is "
            "small.")


def _check(nll: np.ndarray, confidence: float, resamples: int) -> None:
    if nll.ndim != 2 or nll.shape[1] < 2:
        raise ValueError("nll must be [graphs, permutations] with at least 2 permutations, got "
                         f"shape {nll.shape}.")
    if not (np.isfinite(nll) & (nll >= 0)).all():
        row, column = np.argwhere(~(np.isfinite(nll) & (nll >= 0)))[0]
        raise ValueError(f"Every nll must be finite and not negative, got {nll[row, column]} for "
                         f"graph {row}, permutation {column}.")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence}.")
    if resamples < 100:
        raise ValueError(f"resamples must be at least 100, got {resamples}.")


def _round_up(number: float) -> int:
    """Up to two significant digits; exact below 100."""
    step = 10 ** max(0, math.ceil(math.log10(max(number, 1))) - 2)
    return max(1, math.ceil(number / step) * step)
