"""How fast a library of a million rows answers, and what memory that takes.

    python -m benchmarks.library.run [--rows 1000000]

Made-up numbers lie in parts as `trailscope score` writes them, on a local disk; every question is
asked by a process that has just started, once before it is timed and then three times, of which the
median counts. Writes `record.json`.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from core.library.selection import Selection
from core.library.settings import rows_per_part
from core.library.store import Library
from core.records import RunRecord
from tests.made_up_library import made_up_table, save_library

FILTER = "lu <= 0.05; nll_mean >= 20; valid = yes"


def main() -> None:
    """Measure and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with TemporaryDirectory() as root:
        folder = save_library(Path(root) / "set", made_up_table(rows),
                              part_rows=rows_per_part(rows))
        made_mib = _peak_mib()
        opened, library = _timed(lambda: Library.open(folder))
        selection = Selection.from_text(FILTER)
        questions: dict[str, Callable[[], Any]] = {
            "count": lambda: library.count(selection),
            "page of 50, sorted by LU": lambda: library.page(
                Selection(selection.ranges, selection.flags, sort="lu"), 5_000, 50),
            "text anywhere": lambda: library.count(Selection.from_text("id ~ 99")),
            "histogram": lambda: library.histogram("lu", selection),
            "scatter, binned": lambda: library.scatter("nll_mean", "lu", Selection()),
            "scatter, zoomed in": lambda: library.scatter(
                "nll_mean", "lu", selection, view=(29.9, 30.1, 0.0, 0.05)),
            "lasso": lambda: library.rows_in(
                "nll_mean", "lu", [(25, 0.01), (30, 0.06), (35, 0.01)], selection, most=100_000),
        }
        seconds = {name: _median_s(ask) for name, ask in questions.items()}
    result = {"open_s": round(opened, 3), "seconds": seconds, "chosen": library.rows,
              "peak_rss_mib": {"making the rows": made_mib, "all": _peak_mib()}}
    print(result)
    RunRecord("benchmark library", {"rows": rows, "filter": FILTER}, result, seed=0,
              device="cpu").write(Path(__file__).with_name("record.json"))


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


def _median_s(ask: Callable[[], Any]) -> float:
    ask()
    return round(median(_timed(ask)[0] for _ in range(3)), 3)


def _peak_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


if __name__ == "__main__":
    main()
