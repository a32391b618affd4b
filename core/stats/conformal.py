"""Conformal p-values against a reference set, and which of them a false-discovery rate allows."""

from __future__ import annotations

import numpy as np
from scipy.stats import false_discovery_control

ROUNDING = 1e-12
"""Relative; α k / n may miss a p-value that it equals by the last digit."""


def conformal_p_values(scores: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """p-values [n] of scores [n] against the scores of bad molecules of a reference set [c].

    p = (1 + number of bad ones with a score at most this one's) / (c + 1): low where it scores
    lower (better) than bad ones do; a tie counts against it (Bates et al., arXiv 2104.08279).

    >>> conformal_p_values(np.array([0.1, 0.2, 0.9]), np.array([0.2, 0.3, 0.4])).tolist()
    [0.25, 0.5, 1.0]
    """
    lower_or_equal = np.searchsorted(np.sort(bad), scores, side="right")
    return (1 + lower_or_equal) / (len(bad) + 1)


def benjamini_hochberg(p_values: np.ndarray, fdr: float) -> np.ndarray:
    """Which of n hypotheses the step-up procedure rejects at a false-discovery rate, [n] bool.

    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, 0.9]), 0.06).tolist()
    [True, True, True, False]
    """
    return false_discovery_control(p_values) <= fdr * (1 + ROUNDING)
