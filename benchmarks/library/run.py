"""How fast a library of a million rows answers, and what memory that takes.

    python -m benchmarks.library.run [--rows 1000000]

Made-up numbers lie in parts as `trailscope score` writes them, on a local disk; every question is
asked by a process that has just started, once before it is timed and then three times, of which the
median counts. Writes `record.json`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.memory import peak_rss_mib
from core.library.selection import Selection
from core.library.settings import rows_per_part
from core.library.store import Library
from core.records import RunRecord
from tests.made_up_library import made_up_table, save_library

FILTER = "lu <= 0.05; nll_mean >= 20; valid = yes"


def main() -> None:
    """Make the rows here, ask in a process of its own, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--of", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.of is not None:
        print(json.dumps(_answers(arguments.of)))
        return
    rows = arguments.rows
    with TemporaryDirectory() as root:
        folder = save_library(Path(root) / "set", made_up_table(rows),
                              part_rows=rows_per_part(rows))
        done = subprocess.run([sys.executable, "-m", "benchmarks.library.run", "--of", folder],
                              check=True, capture_output=True, text=True)
    result = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps(result, indent=2))
    RunRecord("benchmark library", {"rows": rows, "filter": FILTER}, result, seed=0,
              device="cpu").write(Path(__file__).with_name("record.json"))


def _answers(folder: Path) -> dict[str, Any]:
    opened, library = _timed(lambda: Library.open(folder))
    selection = Selection.from_text(FILTER)
    chosen = library.count(selection)
    questions: dict[str, Callable[[], Any]] = {
        "count": lambda: library.count(selection),
        "page of 50, sorted by LU": lambda: library.page(
            Selection(selection.ranges, selection.flags, sort="lu"), min(5_000, chosen // 2), 50),
        "text anywhere": lambda: library.count(Selection.from_text("id ~ 99")),
        "histogram": lambda: library.histogram("lu", selection),
        "scatter, binned": lambda: library.scatter("nll_mean", "lu", Selection()),
        "scatter, zoomed in": lambda: library.scatter(
            "nll_mean", "lu", selection, view=(29.9, 30.1, 0.0, 0.05)),
        "lasso": lambda: library.rows_in(
            "nll_mean", "lu", [(25, 0.01), (30, 0.06), (35, 0.01)], selection, most=100_000),
    }
    return {"open_s": round(opened, 3), "chosen": chosen,
            "seconds": {name: _median_s(ask) for name, ask in questions.items()},
            "peak_rss_mib": peak_rss_mib()}


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


def _median_s(ask: Callable[[], Any]) -> float:
    ask()
    return round(median(_timed(ask)[0] for _ in range(3)), 3)


if __name__ == "__main__":
    main()
