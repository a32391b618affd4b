"""Linearization strategies: where a walk starts, jumps and goes (LU, section 3).

See docs/definitions.md, Linearizations.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.errors import InputError


class Bias(StrEnum):
    """Which candidates a choice keeps: all, those of highest or those of lowest degree."""

    RANDOM = "random"
    MAX_DEGREE = "max_degree"
    MIN_DEGREE = "min_degree"


class TieBreak(StrEnum):
    """How one of several best candidates is taken.

    `LOWEST_INDEX` makes biased choices deterministic; a `Bias.RANDOM` choice stays random.
    """

    RANDOM = "random"
    LOWEST_INDEX = "lowest_index"


@dataclass(frozen=True)
class Strategy:
    """A bias for each of the three choices of a walk.

    Attributes:
        start: bias of the first node, among all nodes.
        jump: bias of the node jumped to, among all unvisited nodes.
        neighbour: bias of the node walked to, among the unvisited neighbours.
    """

    start: Bias
    jump: Bias
    neighbour: Bias

    def __post_init__(self) -> None:
        for choice in ("start", "jump", "neighbour"):
            object.__setattr__(self, choice, Bias(getattr(self, choice)))  # plain strings are fine

    @property
    def name(self) -> str:
        """Registered name, or `start/jump/neighbour` for a custom triple; `from_name` reads it."""
        for name, strategy in STRATEGIES.items():
            if strategy == self:
                return name
        return f"{self.start}/{self.jump}/{self.neighbour}"

    @classmethod
    def from_name(cls, name: str) -> Strategy:
        """Read a registered name or a triple such as `max_degree/random/min_degree`.

        Raises:
            InputError: listing what would be right.
        """
        if name in STRATEGIES:
            return STRATEGIES[name]
        biases = name.split("/")
        if len(biases) == 3 and all(bias in tuple(Bias) for bias in biases):
            return cls(*(Bias(bias) for bias in biases))
        raise InputError(
            f"Unknown strategy {name!r}. Use one of {', '.join(STRATEGIES)}, or three biases "
            f"start/jump/neighbour out of {', '.join(Bias)}."
        )

    @property
    def is_deterministic_with_lowest_index(self) -> bool:
        """Whether `TieBreak.LOWEST_INDEX` leaves a single sequence: no choice is random."""
        return Bias.RANDOM not in (self.start, self.jump, self.neighbour)


RANDOM_ORDER = Strategy(Bias.RANDOM, Bias.RANDOM, Bias.RANDOM)
MAX_DEGREE_FIRST = Strategy(Bias.MAX_DEGREE, Bias.MAX_DEGREE, Bias.MAX_DEGREE)
MIN_DEGREE_FIRST = Strategy(Bias.MIN_DEGREE, Bias.MIN_DEGREE, Bias.MIN_DEGREE)
ANCHOR_EXPANSION = Strategy(Bias.MAX_DEGREE, Bias.MAX_DEGREE, Bias.MIN_DEGREE)

STRATEGIES: dict[str, Strategy] = {
    "random_order": RANDOM_ORDER,
    "max_degree_first": MAX_DEGREE_FIRST,
    "min_degree_first": MIN_DEGREE_FIRST,
    "anchor_expansion": ANCHOR_EXPANSION,
}
"""The four named strategies of the LU paper, the only list of their names."""


def check_share(share: float, error: type[InputError]) -> None:
    """Refuse what is no share of `RANDOM_ORDER` among the linearizations of another strategy.

    Raises:
        InputError: as `error`, naming it; for NaN as well.
    """
    if not 0 <= share <= 1:
        raise error(f"A share of random_order lies in [0, 1], got {share}.")
