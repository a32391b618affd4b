"""An endless, reproducible order of a data set's rows: shuffled epoch after shuffled epoch."""

from __future__ import annotations

import torch


class ShuffledEpochs:
    """Row numbers of an endless stream; position p lies in epoch p // size.

    What stands at a position depends on `size` and `seed` alone, so that a stream can be entered
    anywhere.

    >>> rows = ShuffledEpochs(3, seed=0)
    >>> sorted(rows[position] for position in range(3, 6))
    [0, 1, 2]
    """

    def __init__(self, size: int, *, seed: int) -> None:
        self._size = size
        self._seed = seed
        self._epoch = -1
        self._order: list[int] = []

    def __getitem__(self, position: int) -> int:
        epoch, place = divmod(position, self._size)
        if self._epoch != epoch:
            generator = torch.Generator().manual_seed(self._seed * 7_919 + epoch)
            self._epoch = epoch
            self._order = torch.randperm(self._size, generator=generator).tolist()
        return self._order[place]

    def batch(self, number: int, size: int) -> list[int]:
        """Rows of the number-th batch of `size`, from 0."""
        return [self[number * size + i] for i in range(size)]
