"""How far masks agree, beside what masks of their densities would share by chance.

See docs/definitions.md, Salience.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch

from core.salience.masks import Mask, Scope, select
from core.salience.matrices import SalienceError, WeightMatrix, same_matrices
from core.salience.salience import Salience

NEAR_CHANCE = 1.25
"""Multiples of chance up to which agreement is called no more than chance."""


@dataclass(frozen=True)
class Agreement:
    """What two masks share of the same entries.

    Attributes:
        both: entries that both select.
        first: entries that the first selects.
        second: entries that the second selects.
        entries: all entries, selected or not.
    """

    both: int
    first: int
    second: int
    entries: int

    @property
    def jaccard(self) -> float:
        """Shared part of what either selects, in [0, 1]; NaN if neither selects anything."""
        return _divide(self.both, self.first + self.second - self.both)

    @property
    def chance(self) -> float:
        """Jaccard index of independent masks of these densities, d₁d₂ / (d₁ + d₂ − d₁d₂)."""
        first, second = self.first / self.entries, self.second / self.entries
        return _divide(first * second, first + second - first * second)

    @property
    def ratio(self) -> float:
        """Jaccard index in multiples of chance; NaN where a mask selects nothing."""
        return _divide(self.jaccard, self.chance)

    @property
    def only_first(self) -> int:
        """Entries that the first selects and the second does not."""
        return self.first - self.both

    @property
    def only_second(self) -> int:
        """Entries that the second selects and the first does not."""
        return self.second - self.both

    @property
    def density_difference(self) -> float:
        """Density of the first less that of the second."""
        return (self.first - self.second) / self.entries

    @property
    def is_near_chance(self) -> bool:
        """Whether masks share about what independent ones would, or less."""
        return self.ratio <= NEAR_CHANCE

    @property
    def closeness(self) -> float:
        """0 at chance or below, 1 where masks are as alike as their sizes allow; in between, the
        Jaccard index on a logarithmic scale. NaN where a mask selects nothing."""
        if math.isnan(self.ratio):
            return math.nan
        low, high = sorted((self.first, self.second))
        most = (low / high) / self.chance
        if self.ratio <= 1 or most <= 1:
            return float(most <= 1)
        return min(1.0, math.log(self.ratio) / math.log(most))

    def columns(self) -> dict[str, float]:
        """Columns of a table: Jaccard index, chance and counts."""
        return {"jaccard": self.jaccard, "chance": self.chance, "both": self.both,
                "only_first": self.only_first, "only_second": self.only_second,
                "entries": self.entries}

    def __add__(self, other: Agreement) -> Agreement:
        """Agreement over the entries of both, which are different ones."""
        return Agreement(self.both + other.both, self.first + other.first,
                         self.second + other.second, self.entries + other.entries)


def agreement_by_matrix(first: Mask, second: Mask) -> dict[str, Agreement]:
    """Agreement inside every matrix, each with its own densities.

    Raises:
        SalienceError: for masks of different models.
    """
    _check_comparable(first, second)
    return {matrix.name: _agreement_in(first, second, matrix) for matrix in first.matrices}


def agreement_by_layer(first: Mask, second: Mask) -> dict[int, Agreement]:
    """Agreement inside every decoder block, each with its own densities.

    Raises:
        SalienceError: for masks of different models.
    """
    by_matrix = agreement_by_matrix(first, second)
    found: dict[int, Agreement] = {}
    for matrix in first.matrices:
        here = by_matrix[matrix.name]
        found[matrix.layer] = found[matrix.layer] + here if matrix.layer in found else here
    return found


def agreement(first: Mask, second: Mask) -> Agreement:
    """Agreement over all entries.

    Raises:
        SalienceError: for masks of different models.
    """
    return _total(agreement_by_matrix(first, second))


def agreement_table(masks: Mapping[str, Mask]) -> dict[tuple[str, str], Agreement]:
    """Agreement of every pair of masks, in the given order; (a, b) is there and (b, a) is not.

    Raises:
        SalienceError: for masks of different models.
    """
    for first, second in combinations(masks.values(), 2):
        _check_comparable(first, second)
    # Eight entries a byte: a hundred pairs of masks of millions are counted in a blink.
    bits = {name: _packed(mask, next(iter(masks.values()))) for name, mask in masks.items()}
    counts = {name: int(np.bitwise_count(packed).sum()) for name, packed in bits.items()}
    return {(first, second): Agreement(
        both=int(np.bitwise_count(bits[first] & bits[second]).sum()), first=counts[first],
        second=counts[second], entries=masks[first].num_entries)
        for first, second in combinations(masks, 2)}


@dataclass(frozen=True)
class Stability:
    """How much of a mask is due to which examples were drawn, and how many.

    Attributes:
        criterion: what entries were scored by.
        scope: `global` or `local`.
        density: of every mask.
        sizes: numbers of examples, increasing.
        seeds: each draws other examples.
        across_seeds: number of examples → agreement of every pair of seeds.
        to_largest: number of examples → for every seed, agreement with the mask of the largest
            number drawn with the same seed; the largest itself is left out.
    """

    criterion: str
    scope: Scope
    density: float
    sizes: tuple[int, ...]
    seeds: tuple[int, ...]
    across_seeds: dict[int, tuple[Agreement, ...]]
    to_largest: dict[int, tuple[Agreement, ...]]

    def mean_jaccard(self, size: int) -> float:
        """Mean Jaccard index over pairs of seeds."""
        found = [pair.jaccard for pair in self.across_seeds[size]]
        return sum(found) / len(found)

    @property
    def chance(self) -> float:
        """Jaccard index of independent masks; all masks select as many entries."""
        return self.across_seeds[self.sizes[-1]][0].chance


def mask_stability(
    score: Callable[[int, int], Salience],
    *,
    sizes: Sequence[int],
    seeds: Sequence[int],
    density: float,
    scope: Scope = "global",
    progress: Callable[[int, int], None] | None = None,
) -> Stability:
    """Compare the masks of one criterion between draws of examples.

    Args:
        score: scores from a number of examples drawn with a seed, `score(size, seed)`.
        sizes: numbers of examples, at least one.
        seeds: at least two different ones.
        density: of every mask.
        scope: of every mask.
        progress: hears of draws done and in all, and may raise to cancel.

    Raises:
        SalienceError: for fewer than two seeds, no size, or a density that selects nothing.
    """
    sizes, seeds = tuple(sorted(set(sizes))), tuple(dict.fromkeys(seeds))
    if not sizes or len(seeds) < 2:
        raise SalienceError("Stability compares masks between draws of examples; give at least "
                            "one number of examples and two seeds.")
    masks: dict[tuple[int, int], Mask] = {}
    for done, (size, seed) in enumerate(_draws(sizes, seeds)):
        if progress is not None:
            progress(done, len(sizes) * len(seeds))
        masks[size, seed] = select(score(size, seed), density=density, scope=scope)
    largest = sizes[-1]
    return Stability(
        criterion=next(iter(masks.values())).criterion, scope=scope, density=density,
        sizes=sizes, seeds=seeds,
        across_seeds={size: tuple(agreement(masks[size, first], masks[size, second])
                                  for first, second in combinations(seeds, 2))
                      for size in sizes},
        to_largest={size: tuple(agreement(masks[size, seed], masks[largest, seed])
                                for seed in seeds)
                    for size in sizes[:-1]},
    )


def _draws(sizes: Sequence[int], seeds: Sequence[int]) -> Iterator[tuple[int, int]]:
    return ((size, seed) for size in sizes for seed in seeds)


def _agreement_in(first: Mask, second: Mask, matrix: WeightMatrix) -> Agreement:
    one, other = first.entries[matrix.name], second.entries[matrix.name]
    return Agreement(both=_count(one & other), first=_count(one), second=_count(other),
                     entries=matrix.numel)


def _count(entries: torch.Tensor) -> int:
    return int(torch.count_nonzero(entries))


def _packed(mask: Mask, like: Mask) -> np.ndarray:
    """All entries, eight a byte, matrices in the order of another mask's."""
    return np.packbits(torch.cat([mask.entries[matrix.name].reshape(-1)
                                  for matrix in like.matrices]).numpy())


def _total(parts: Mapping[str, Agreement]) -> Agreement:
    found = Agreement(0, 0, 0, 0)
    for part in parts.values():
        found = found + part
    return found


def _check_comparable(first: Mask, second: Mask) -> None:
    if not same_matrices(first.matrices, second.matrices):
        raise SalienceError(
            f"A mask of {first.model} and one of {second.model} cannot be compared, because their "
            "matrices differ; compare masks of one model or of one architecture.")


def _divide(part: float, whole: float) -> float:
    """A share; NaN of nothing."""
    return part / whole if whole else math.nan
