"""Visitors of the hosted dashboard: how long a view takes them, and what it takes of the server.

    python -m benchmarks.load.run [--one 60] [--eight 90] [--fifty 90]

serves the dashboard (hosted, one thread for torch) on this machine alone and opens links to it over
WebSockets, every one to another molecule of the shipped samples at K = 32: one visitor, who opens
one after the other; eight, who think for 5 s between two; fifty, who think for 60 s. Each has a
server of its own. The options are seconds; 0 leaves a row out. A view lasts from before the
handshake until the page's script has finished. The record holds what other work took of the machine
before and meanwhile: what was measured beside it says less. Writes `record.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
from rdkit import Chem

from benchmarks.load.client import View, Visitor
from benchmarks.load.server import (
    is_alive,
    others_processor_s,
    processor_s,
    rss_mib,
    serve,
)
from core.errors import InputError
from core.records import RunRecord, package_versions
from core.triage.samples import shipped_samples

PERMUTATIONS = 32
WARM_UP = ("CCO", "CCN", "CCC")
MAX_SECONDS = 3600


@dataclass(frozen=True)
class Scenario:
    """Visitors at the same time.

    Attributes:
        visitors: how many.
        think_s: mean of the exponential times between a visitor's views, and before the first.
    """

    visitors: int
    think_s: float


SCENARIOS = {"one": Scenario(1, 0), "eight": Scenario(8, 5), "fifty": Scenario(50, 60)}
SECONDS = {"one": 60, "eight": 90, "fifty": 90}


@dataclass
class Load:
    """What was seen while visitors came.

    Attributes:
        views: in the order in which they ended.
        processor_s: of the server, from the first to the last.
        rss_mib: of the server, twice a second; the first before the first view.
        others_cores: how many processors other work of the machine took meanwhile, on average.
    """

    views: list[View] = field(default_factory=list)
    processor_s: float = 0.0
    rss_mib: list[float] = field(default_factory=list)
    others_cores: float = 0.0

    def row(self) -> dict[str, Any]:
        """The numbers of the record; times are of views without a fault."""
        seconds = [view.wall_s for view in self.views if not view.fault]
        return {
            "views": len(self.views), "p50_s": percentile(seconds, 50),
            "p95_s": percentile(seconds, 95), "max_s": percentile(seconds, 100),
            "processor_s_per_view": round(self.processor_s / len(self.views), 3)
            if self.views else None,
            "rss_mib": {"start": round(self.rss_mib[0]), "peak": round(max(self.rss_mib)),
                        "end": round(self.rss_mib[-1])},
            "others_cores": round(self.others_cores, 2),
            "errors": dict(Counter(view.fault for view in self.views if view.fault)),
        }


def main() -> None:
    """Measure and write the record."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, scenario in SCENARIOS.items():
        parser.add_argument(
            f"--{name}", type=_seconds, default=SECONDS[name], metavar="SECONDS",
            help=f"{scenario.visitors} at a time, thinking {scenario.think_s} s")
    parser.add_argument("--port", type=int, default=8766)
    parser.add_argument("--seed", type=int, default=0, help="of molecules and thinking times")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("record.json"))
    arguments = parser.parse_args()
    # Also one who ends this process by a signal ends the server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended."))
    load_before = os.getloadavg()[0]
    smiles = molecules(arguments.seed)
    durations = {name: seconds for name in SCENARIOS if (seconds := getattr(arguments, name))}
    rows = {}
    for name, seconds in durations.items():
        with serve(arguments.port) as server:
            load = asyncio.run(measure(
                SCENARIOS[name], arguments.port, server, smiles, seconds, arguments.seed))
        rows[name] = load.row()
        print(name, rows[name])
    RunRecord(
        "benchmark load",
        {"permutations": PERMUTATIONS, "cores": os.cpu_count(),
         "load_before": round(load_before, 2),
         "scenarios": {name: {"visitors": SCENARIOS[name].visitors,
                              "think_s": SCENARIOS[name].think_s, "seconds": seconds}
                       for name, seconds in durations.items()}},
        rows, seed=arguments.seed, device="cpu",
        versions={**package_versions(),
                  **{name: version(name) for name in ("streamlit", "starlette", "websockets")}},
    ).write(arguments.output)


async def measure(
    scenario: Scenario, port: int, server: psutil.Process, smiles: Iterator[str], seconds: float,
    seed: int,
) -> Load:
    """Let visitors come for so many seconds; views that have begun by then end in peace.

    Raises:
        InputError: if the server fails before the first of them, or ends.
    """
    visitor = Visitor(port)
    for warm_up in WARM_UP:
        view = await visitor.open(address(warm_up))
        if view.fault:
            raise InputError(f"The dashboard does not answer a first visitor: {view.fault}.")
    await visitor.leave()
    load = Load(rss_mib=[rss_mib(server)])
    before, others = processor_s(server), others_processor_s(server)
    start = time.monotonic()
    end = start + seconds
    watch = asyncio.create_task(_watch(server, load))
    await asyncio.gather(*(
        _visit(Visitor(port), scenario.think_s, smiles, end, load, random.Random(f"{seed}/{own}"))
        for own in range(scenario.visitors)))
    watch.cancel()
    if not is_alive(server):
        raise InputError(f"The dashboard ended by itself under load, within {len(load.views)} "
                         "views.")
    load.rss_mib.append(rss_mib(server))
    load.processor_s = processor_s(server) - before
    load.others_cores = (others_processor_s(server) - others) / (time.monotonic() - start)
    return load


async def _visit(
    visitor: Visitor, think_s: float, smiles: Iterator[str], end: float, load: Load,
    random_times: random.Random,
) -> None:
    while True:
        pause = random_times.expovariate(1 / think_s) if think_s else 0.0
        if time.monotonic() + pause >= end:
            await asyncio.sleep(max(0.0, end - time.monotonic()))
            return await visitor.leave()
        await asyncio.sleep(pause)
        load.views.append(await visitor.open(address(next(smiles))))
        if load.views[-1].fault:
            await asyncio.sleep(1)


async def _watch(server: psutil.Process, load: Load) -> None:
    while True:
        await asyncio.sleep(0.5)
        load.rss_mib.append(rss_mib(server))


def address(smiles: str) -> dict[str, object]:
    """The parameters of a link to a molecule on the Explore page."""
    return {"smiles": smiles, "k": PERMUTATIONS}


def molecules(seed: int) -> Iterator[str]:
    """SMILES of stable molecules among the shipped samples, shuffled, none twice."""
    tables = [pd.read_parquet(folder / "samples.parquet", columns=["smiles", "stable", "fragments"])
              for name, folder in sorted(shipped_samples().items()) if name.startswith("qm9")]
    table = pd.concat(tables)
    found = sorted(set(table.smiles[table.stable & (table.fragments == 1)]))
    random.Random(seed).shuffle(found)
    seen = {Chem.CanonSmiles(smiles) for smiles in WARM_UP}
    for smiles in found:
        shortest = Chem.CanonSmiles(smiles)
        if shortest not in seen:
            seen.add(shortest)
            yield shortest


def percentile(seconds: Sequence[float], percent: float) -> float | None:
    """Seconds that so many per cent of the views took at most; None without any."""
    return round(float(np.percentile(seconds, percent)), 3) if seconds else None


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"from 0 to {MAX_SECONDS} seconds, not {text}")
    return value


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(str(error))
