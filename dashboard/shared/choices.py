"""What several pages let a visitor choose."""

from __future__ import annotations

from typing import get_args

from core.likelihood.scoring import Precision
from core.sent.strategies import STRATEGIES

DEFAULT_SMILES = "CC(N)C(=O)O"
DEFAULT_MODEL = "qm9-random_order"
OWN_ORDER = "own"
"""Strategy choice that means: the one the model was trained under."""

STRATEGY_OPTIONS = (OWN_ORDER, *STRATEGIES)
MAX_SEED = 2**31 - 1
PRECISIONS: tuple[Precision, ...] = get_args(Precision)

_STEPS = (1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8)
DENSITIES: dict[str, float] = {
    f"{step * 10**power:.3g}%": float(f"{step * 10**power:.3g}") / 100
    for power in range(-2, 2) for step in _STEPS
} | {"100%": 1.0}
"""Densities of the slider, ten to a power of ten, as they are labelled."""


def resolved_order(option: str, own: str) -> str:
    """The registered name that an order choice means."""
    return option if option in STRATEGIES else own
