"""Work on many molecules: in pieces, by all cores, with no more in memory than a few pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from core.data.splits import Progress

PIECE_ROWS = 5_000
"""Molecules that one process works on at a time."""

SMALL_ROWS = 20_000
"""Of fewer molecules this process does the work alone: starting others takes seconds."""

S = TypeVar("S")
T = TypeVar("T")


def in_pieces(rows: Iterable[T]) -> Iterator[list[T]]:
    """Rows in lists of `PIECE_ROWS`, the last of which may be shorter."""
    remaining = iter(rows)
    while piece := list(islice(remaining, PIECE_ROWS)):
        yield piece


def on_all_cores(
    function: Callable[[S], T], pieces: Iterable[S], *, total: int, progress: Progress | None = None
) -> Iterator[T]:
    """What a function says of every piece, in order; many pieces are shared out to all cores.

    Args:
        function: of a piece; other processes import the module that it is in, so a light one.
        pieces: of `PIECE_ROWS` molecules, the last may be smaller. Made when they are needed, and
            sent to other processes: arrays and text, as molecules of RDKit are slow to send.
        total: number of all molecules.
        progress: told how many are done, before the first piece and after each.
    """
    from joblib import Parallel, delayed

    if progress is not None:
        progress(0, total)
    # Pieces are made while others are at work; joblib asks for few more than it has workers.
    pool = Parallel(n_jobs=-1 if total > SMALL_ROWS else 1, return_as="generator",
                    pre_dispatch="2*n_jobs")
    for place, found in enumerate(pool(delayed(function)(piece) for piece in pieces), start=1):
        yield found
        if progress is not None:
            progress(min(place * PIECE_ROWS, total), total)
