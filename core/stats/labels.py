"""A label that is good or not, and scores beside it: checks that all rankings share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from core.errors import InputError


class RankingError(InputError):
    """Molecules that cannot be ranked or compared; the message says why and what would help."""


@dataclass(frozen=True)
class LabelNames:
    """How sentences call the two classes and the molecules they are in.

    Attributes:
        good: an adjective for the positive class.
        bad: an adjective for the negative class.
        molecules: what is ranked, in the plural.
        one: one of them, without an adjective.
    """

    good: str = "good"
    bad: str = "bad"
    molecules: str = "molecules"
    one: str = "molecule"

    @property
    def many(self) -> str:
        """`one` in the plural."""
        return f"{self.one}s"


GOOD_OR_BAD = LabelNames()
"""Names where none are given."""


def checked_label(good: ArrayLike) -> np.ndarray:
    """A label as [n] bool.

    Raises:
        ValueError: for anything that is not one truth value per molecule.
    """
    label = np.asarray(good)
    if label.ndim != 1 or (label.dtype != bool and label.size):
        raise ValueError(f"good must be [molecules] of booleans, got {label.dtype} of shape "
                         f"{label.shape}.")
    return label.astype(bool)


def checked_score(score: ArrayLike, number: int, name: str = "score") -> np.ndarray:
    """A score as [n] float64.

    Raises:
        ValueError: naming the score if it is not one finite number per molecule.
    """
    values = np.asarray(score, dtype=np.float64)
    if values.shape != (number,):
        raise ValueError(f"{name} must have one number per molecule, {number}, got shape "
                         f"{values.shape}.")
    if not np.isfinite(values).all():
        raise ValueError(f"Every {name} must be finite; leave molecules without it out.")
    return values
