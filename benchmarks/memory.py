"""The most memory that a process held."""

from __future__ import annotations

from pathlib import Path


def peak_rss_mib() -> int:
    """Of this process since it started its program, MiB.

    What `resource.getrusage` tells may be of the process that started it.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) >> 10
    raise OSError("The system does not tell the peak of a process's memory.")
