"""Freed memory stays with the process for a while, so that passes do not wait for the system.

glibc gives large blocks and the free end of a heap back to the system at once. A forward pass frees
and asks again for megabytes after each operation, so that the system clears them anew every time:
35,000 page faults a molecule of QM9, a fifth of the time that scoring takes on a CPU.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # malloc.h

MAPPED_FROM = 32 << 20
"""Bytes of the smallest block that is still mapped by itself; glibc allows no more."""
KEPT = 256 << 20
"""Bytes that are kept at most at the end of a heap: what a pass takes, and no visitor misses."""
ASKED_FOR = 64 << 20
"""Bytes that are asked for at a time; only what is used counts as taken."""


@cache
def keep_freed_memory() -> None:
    """Let glibc keep what is freed; whatever the environment says of `malloc` stays."""
    if any(name.startswith("MALLOC_") for name in os.environ):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, which has its own ways
        return
    for parameter, value in ((_M_MMAP_THRESHOLD, MAPPED_FROM), (_M_TRIM_THRESHOLD, KEPT),
                             (_M_TOP_PAD, ASKED_FOR)):
        mallopt(parameter, value)
