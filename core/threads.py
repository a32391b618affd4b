"""How many threads a forward pass is worth, so that small ones do not wait for each other.

Threads meet after every operation. Beside other busy processes each meeting costs a turn of the
system's scheduler, some milliseconds, which small operations never earn back: sampling five
molecules took 95 s instead of 13 s.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

WORTH_A_THREAD = 1 << 28
"""Multiplications of a pass: on two idle cores a second thread pays from twice as many (1.4 × as
fast and more), and beside two busy processes it costs nothing."""
_SPINS = 2000
"""Turns for which a thread waits awake, some microseconds. Threads that sleep at once take as long
to wake as a pass of sampling gains by the second one (79 molecules a second instead of 122); those
that spin on take each other's processor beside busy processes (20 instead of 43 to 51)."""


def let_threads_sleep() -> None:
    """Have waiting threads of OpenMP sleep, after a moment; call it before torch is imported.

    What the environment says already stays.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
        os.environ.setdefault("GOMP_SPINCOUNT", str(_SPINS))


def worthwhile_threads(multiplications: int, available: int) -> int:
    """A thread for every `WORTH_A_THREAD`, at least one, at most those that there are.

    >>> [worthwhile_threads(n * WORTH_A_THREAD, 4) for n in (0, 1, 3, 1000)]
    [1, 1, 3, 4]
    """
    return max(1, min(available, multiplications // WORTH_A_THREAD))


@contextmanager
def threads_for(model: nn.Module, num_tokens: int) -> Iterator[None]:
    """While it lasts, operations of this thread use as many threads as the passes are worth.

    Args:
        model: whose passes they are; on a GPU nothing changes.
        num_tokens: of one pass, padding included.
    """
    import torch

    parameters = list(model.parameters())
    if not parameters or parameters[0].device.type != "cpu":
        yield
        return
    available = _available()
    torch.set_num_threads(worthwhile_threads(
        num_tokens * sum(parameter.numel() for parameter in parameters), available))
    try:
        yield
    finally:
        # Not what it was before: another thread may have been inside of this at that moment.
        torch.set_num_threads(available)


@cache
def _available() -> int:
    """Threads that this process was given, by whoever started it."""
    import torch

    return torch.get_num_threads()
