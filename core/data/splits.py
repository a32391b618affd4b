"""What all data sets share: parts by a seeded shuffle, and the folder of downloads and caches."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from core.errors import InputError

TRAIN_SHARE = 100_000 / 133_885
"""Share of the rows that train, by default that of QM9."""

_SPLIT_SEED = 42

SplitName = Literal["train", "validation", "test"]
Progress = Callable[[int, int], None]
"""Called as `progress(done, total)`, now and then and at the end."""


class DatasetError(InputError):
    """A data set that cannot be used as asked; the message says why and what would be right."""


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers of the three parts of a data set, each int64, in shuffled order."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    def rows(self, name: SplitName) -> np.ndarray:
        """Row numbers of the part with this name.

        Raises:
            DatasetError: for another name.
        """
        if name not in get_args(SplitName):
            raise DatasetError(f"Unknown split {name!r}; use {', '.join(get_args(SplitName))}.")
        return getattr(self, name)


def split_rows(
    num_rows: int,
    *,
    train_size: int | None = None,
    test_size: int | None = None,
    seed: int = _SPLIT_SEED,
) -> Split:
    """Shuffle the rows, take the first for training, the last for testing, the rest to validate.

    The shuffle is that of `pandas.Series(range(n)).sample(frac=1, random_state=seed)`, which is
    the LU paper's. On QM9 the sizes are 100,000, 20,497 and 13,388.

    Args:
        num_rows: n ≥ 0.
        train_size: by default the same share as on QM9.
        test_size: by default a tenth, rounded down.
        seed: of the shuffle.

    Raises:
        DatasetError: if the parts ask for more rows than there are.
    """
    train_size = round(num_rows * TRAIN_SHARE) if train_size is None else train_size
    test_size = num_rows // 10 if test_size is None else test_size
    if min(train_size, test_size) < 0 or train_size + test_size > num_rows:
        raise DatasetError(f"{num_rows:,} rows cannot give {train_size:,} to train and "
                           f"{test_size:,} to test; ask for at most {num_rows:,} in all.")
    shuffled = np.random.RandomState(seed).permutation(num_rows).astype(np.int64)
    end_of_validation = num_rows - test_size
    return Split(
        train=shuffled[:train_size],
        validation=shuffled[train_size:end_of_validation],
        test=shuffled[end_of_validation:],
    )


def data_folder() -> Path:
    """Where downloads and caches live: `TRAILSCOPE_DATA`, or `~/.cache/trailscope`."""
    return Path(os.environ.get("TRAILSCOPE_DATA") or Path.home() / ".cache" / "trailscope")
