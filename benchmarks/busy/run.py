"""Wall time of commands beside two busy processes, against the same machine without them.

    python -m benchmarks.busy.run [--commands score,generate]

Aim: no command takes more than 3 times as long. For `generate` also with the settings that made it
slow, two threads that wait by spinning. The record holds the load of the machine before: what was
measured on a machine with a load of its own says less. Writes `record.json`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory
from typing import Any

from core.records import RunRecord

AIM = 3.0
BUSY_PROCESSES = 2
COMMANDS = {
    "linearize": ("linearize", "CC(=O)Nc1ccccc1O", "--permutations", "256"),
    "score": ("score", "OCC1CC(O)CN1"),
    "generate": ("generate", "--number", "5"),
    "triage": ("triage", "--number", "16", "--permutations", "8", "--output", "samples"),
    "salience": ("salience", "--criterion", "gradient,fisher", "--number", "64", "--output",
                 "scores"),
    "finetune": ("finetune", "--model", "planar-random_order", "--steps", "3", "--number", "64",
                 "--calibration", "32", "--output", "tuned"),
}


def main() -> None:
    """Measure and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", default=",".join(COMMANDS))
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("record.json"))
    arguments = parser.parse_args()
    names = arguments.commands.split(",")
    load_before = os.getloadavg()[0]
    alone = {name: _measure(name) for name in names}
    with _busy(BUSY_PROCESSES):
        beside = {name: _measure(name) for name in names}
        spinning = _measure("generate", {"OMP_WAIT_POLICY": "ACTIVE"})
    rows: dict[str, Any] = {
        name: {"alone": alone[name], "beside": beside[name],
               "ratio": round(beside[name]["wall_s"] / alone[name]["wall_s"], 2)}
        for name in names}
    for name, row in rows.items():
        print(name, row, "" if row["ratio"] <= AIM else f"MORE THAN {AIM}")
    RunRecord(
        "benchmark busy",
        {"busy_processes": BUSY_PROCESSES, "cores": os.cpu_count(), "aim_ratio": AIM,
         "load_before": round(load_before, 2)},
        {**rows, "generate, spinning": spinning}, seed=0, device="cpu",
    ).write(arguments.output)


def _measure(name: str, variables: dict[str, str] | None = None) -> dict[str, float]:
    """Seconds by the clock and of the processors, of a command in a folder of its own."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("OMP_")}
    root = str(Path(__file__).parents[2])
    with TemporaryDirectory() as folder:
        before, start = getrusage(RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([sys.executable, "-m", "core", *COMMANDS[name]], cwd=folder, check=True,
                       env={**environment, "PYTHONPATH": root, **(variables or {})},
                       stdout=subprocess.DEVNULL)
        wall, after = time.perf_counter() - start, getrusage(RUSAGE_CHILDREN)
    return {"wall_s": round(wall, 2), "processor_s": round(
        after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2)}


@contextmanager
def _busy(number: int) -> Iterator[None]:
    """So many processes that do nothing but count."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
                 for _ in range(number)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
