"""Freed memory is used again instead of being mapped anew."""

import os
import platform
import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys, torch
from core.memory import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
def work():
    for width in range(1, 9):
        wide = torch.ones(width << 18)
        (wide * 2 + wide).sigmoid()

work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(kept, **environment):
    settings = {name: value for name, value in os.environ.items()
                if not name.startswith("MALLOC_")}
    done = subprocess.run([sys.executable, "-c", SCRIPT, kept], env=settings | environment,
                          capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries decide themselves")
def test_blocks_of_megabytes_are_cleared_once():
    usual = faults("usual")
    assert usual > 1_000
    assert faults("kept") < usual / 4
    assert faults("kept", MALLOC_TRIM_THRESHOLD_="131072") > usual / 2  # as its user wants it
