"""Which learning rate to start with, by method and number of trained entries.

The rates are those of lowest validation NLL in the shipped repair experiment (150 steps of 32
molecules, `learning-rates.json` beside its results): few trained entries need a higher rate.
"""

from __future__ import annotations

from core.finetune.methods import Method

_FEW_ENTRIES = 0.003
"""Share between 0.1%, where 0.1 was best, and LoRA rank 1's 0.7%, where 0.01 was."""

_SMALL_RANK = 2
"""Largest rank that uses the rate of rank 1; rank 4 and above use that of rank 4."""


def default_learning_rate(
    method: Method, *, share: float | None = None, rank: int | None = None
) -> float:
    """The rate for a run whose settings say none.

    Args:
        method: how it trains.
        share: of all matrix entries that a sparse run trains, in (0, 1].
        rank: of LoRA and PiSSA.

    >>> default_learning_rate("sparse", share=0.001), default_learning_rate("lora", rank=4)
    (0.1, 0.01)
    """
    if method == "full":
        return 0.001
    if method == "sparse":
        return 0.1 if share is not None and share <= _FEW_ENTRIES else 0.01
    return 0.03 if rank is not None and rank <= _SMALL_RANK else 0.01
