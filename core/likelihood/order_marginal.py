"""The likelihood of a graph itself: its sequences' probabilities summed over the orders.

With s_k ~ q(· | G), the weights w_k = p(s_k) / q(s_k | G) average to an unbiased estimate of
p_S(G) = Σ p(s) over all sequences s that the strategy S can write (importance weighting, Burda et
al. 2016, arXiv 1509.00519, equation 8; docs/definitions.md, Likelihood). The order-marginal NLL is
-log of that average: biased upwards by Jensen's inequality, less as K grows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

PROBABILITY_TOLERANCE = 1e-9
"""How far rounding may take a log probability above 0, or a sum of probabilities from 1."""


@dataclass(frozen=True, eq=False)
class OrderMarginal:
    """Importance-weighted estimates for G graphs.

    Attributes:
        nll: -log(1/K Σ_k p(s_k) / q(s_k | G)) in nats, [G] float64; NaN where some log q is not
            known.
        effective_sample_size: (Σ w)² / Σ w², [G] float64, in [1, K]; NaN likewise. Near 1, a single
            sequence carries the estimate.
    """

    nll: np.ndarray
    effective_sample_size: np.ndarray


@dataclass(frozen=True)
class ExactUncertainty:
    """What sampling estimates, computed from all S sequences of a graph.

    Attributes:
        lu: std / mean of the NLL of a sequence drawn by the strategy.
        nll_mean: Σ q(s) NLL(s), nats.
        nll_std: sqrt(Σ q(s) (NLL(s) - mean)²), nats.
        marginal_nll: -log p_S(G), nats.
        num_sequences: S.
    """

    lu: float
    nll_mean: float
    nll_std: float
    marginal_nll: float
    num_sequences: int


def order_marginal(nll: ArrayLike, log_q: ArrayLike) -> OrderMarginal:
    """Estimate -log p_S(G) from K sequences of each graph.

    Args:
        nll: -log p(s_k) in nats, [G, K], finite.
        log_q: log q(s_k | G) of the sequence, [G, K], at most 0; NaN where it is not known, as with
            lowest-index ties.

    Raises:
        ValueError: for shapes that differ, or a log q above 0.
    """
    nll, log_q = np.asarray(nll, dtype=np.float64), np.asarray(log_q, dtype=np.float64)
    if nll.ndim != 2 or nll.shape != log_q.shape:
        raise ValueError(f"nll and log_q must both be [graphs, permutations], got {nll.shape} and "
                         f"{log_q.shape}.")
    if (log_q > PROBABILITY_TOLERANCE).any():
        raise ValueError(f"log_q must not be above 0, got {np.nanmax(log_q):.3g}.")
    log_weights = -nll - log_q
    log_sum = logsumexp(log_weights, axis=1)
    log_sum_of_squares = logsumexp(2 * log_weights, axis=1)
    return OrderMarginal(
        nll=math.log(nll.shape[1]) - log_sum,
        effective_sample_size=np.exp(2 * log_sum - log_sum_of_squares),
    )


def exact_uncertainty(nll: ArrayLike, probabilities: ArrayLike) -> ExactUncertainty:
    """LU and the order-marginal NLL from an enumeration of all sequences of one graph.

    Args:
        nll: -log p(s) of each sequence in nats, [S], finite and not negative.
        probabilities: q(s | G), [S], positive, sum 1 (`SequenceDistribution.probabilities`).

    Raises:
        ValueError: for shapes that differ, or probabilities that do not sum to 1.
    """
    nll = np.asarray(nll, dtype=np.float64)
    probabilities = np.asarray(probabilities, dtype=np.float64)
    if nll.ndim != 1 or nll.shape != probabilities.shape or nll.size == 0:
        raise ValueError("nll and probabilities must hold one number per sequence, got shapes "
                         f"{nll.shape} and {probabilities.shape}.")
    if not (np.isfinite(nll) & (nll >= 0)).all():
        raise ValueError("Every nll must be finite and not negative.")
    if not (probabilities > 0).all() or abs(probabilities.sum() - 1) > PROBABILITY_TOLERANCE:
        raise ValueError("The probabilities of all sequences must be positive and sum to 1, got "
                         f"{probabilities.sum():.6g}.")
    mean = float(probabilities @ nll)
    std = math.sqrt(float(probabilities @ (nll - mean) ** 2)) if len(nll) > 1 else 0.0
    return ExactUncertainty(
        lu=std / mean if std > 0 else 0.0,
        nll_mean=mean,
        nll_std=std,
        marginal_nll=float(-logsumexp(-nll)),
        num_sequences=len(nll),
    )
