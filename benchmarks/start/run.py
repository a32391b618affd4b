"""What a cold start takes: processor seconds beside those of `import torch` alone.

    python -m benchmarks.start.run [--rounds 5]

Every round, one after the other: `import torch`; `trailscope --help`; `trailscope score CCO`; a
server from its start to the first Explore page with numbers, and then every other page once, each
in a session of its own. Of the rounds the record holds medians, and of their ratios to the round's
own `import torch` the median and both ends. The aims are those of docs/speed.md. matplotlib, which
igraph imports wherever it is installed and TrailScope does not need, is hidden from all of them.
Writes `record.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from benchmarks.load.client import Visitor
from benchmarks.load.server import processor_s, serve
from core.errors import InputError
from core.records import RunRecord, package_versions

TORCH = "import torch"
AIMS = {"--help": 0.5, "score CCO": 2.0, "Explore": 4.0}
OTHER_PAGES = ("models", "calibration", "triage", "library", "score", "salience", "finetune",
               "training", "glossary")
OTHER_PAGES_AIM = 1.5
_HIDDEN = "import sys; sys.modules['matplotlib'] = None; "
_COMMAND = _HIDDEN + "from core.cli import main; main(sys.argv[1:])"
_SERVER = (_HIDDEN + "from streamlit.web.cli import main; "
           "sys.argv = ['streamlit', 'run', 'dashboard/app.py', '--server.port', {port!r}]; main()")


def main() -> None:
    """Measure and write the record."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--port", type=int, default=8767)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("record.json"))
    arguments = parser.parse_args()
    load_before = os.getloadavg()[0]
    rounds = []
    for number in range(1, arguments.rounds + 1):
        rounds.append(_round(arguments.port))
        print(f"round {number}:", {name: round(value, 2) for name, value in rounds[-1].items()})
    rows = {name: _row(rounds, name) for name in rounds[0]}
    for name, row in rows.items():
        print(f"{name}: {row}")
    RunRecord(
        "benchmark start",
        {"rounds": arguments.rounds, "cores": os.cpu_count(), "load_before": round(load_before, 2)},
        rows, seed=0, device="cpu", versions=package_versions(),
    ).write(arguments.output)


def _round(port: int) -> dict[str, float]:
    found = {TORCH: _processor_s("-c", TORCH),
             "--help": _processor_s("-c", _COMMAND, "--help"),
             "score CCO": _processor_s("-c", _COMMAND, "score", "CCO")}
    with serve(port, ("-c", _SERVER.format(port=str(port)))) as server:
        before = 0.0
        for page in ("Explore", *OTHER_PAGES):
            asyncio.run(_open(port, "" if page == "Explore" else page))
            now = processor_s(server)
            found[page] = now - before
            before = now
    return found


async def _open(port: int, page: str) -> None:
    visitor = Visitor(port, timeout_s=120, awaited="" if page else "metric")
    view = await visitor.open({}, page)
    await visitor.leave()
    if view.fault:
        raise InputError(f"The page {page or 'Explore'} does not open: {view.fault}.")


def _processor_s(*arguments: str) -> float:
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _row(rounds: Sequence[dict[str, float]], name: str) -> dict[str, float | list[float]]:
    ratios = sorted(of_round[name] / of_round[TORCH] for of_round in rounds)
    row: dict[str, float | list[float]] = {
        "processor_s": round(statistics.median(of_round[name] for of_round in rounds), 2),
        "ratio": round(statistics.median(ratios), 2),
        "ratio_range": [round(ratios[0], 2), round(ratios[-1], 2)]}
    aim = AIMS.get(name, OTHER_PAGES_AIM if name in OTHER_PAGES else None)
    return row if aim is None else {**row, "aim_ratio": aim}


if __name__ == "__main__":
    main()
