"""How the cost of an analysis grows with molecules, with K and with atoms: time and peak memory.

    python -m benchmarks.cost.run [--rounds 3]

`analyse` draws and scores K linearizations of graphs, one thread, fp32, each setting in a process
of its own: processor seconds after a first, uncounted analysis, and the peak of resident memory
above what the process held before. Molecules and K double from row to row while the rest stays; a
row of atoms holds shipped samples of just so many. The slope of a series is that of a straight line
through the logarithms of both: 1 is in proportion. Other work on the machine counts for nothing in
processor time but for the caches that it takes. Writes `record.json`; `plot.py` draws it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from benchmarks.memory import peak_rss_mib
from core.chemistry.molecules import from_smiles
from core.graph.graph import Graph
from core.likelihood.analysis import analyse
from core.model.checkpoints import load_checkpoint
from core.records import RunRecord
from core.triage.samples import shipped_samples

MODEL = "qm9-random_order"
MOLECULES, PERMUTATIONS, ATOMS = 8, 16, None
SERIES: dict[str, tuple[dict[str, Any], ...]] = {
    "molecules": tuple({"molecules": number} for number in (4, 8, 16, 32, 64)),
    "permutations": tuple({"permutations": number} for number in (4, 8, 16, 32, 64, 128)),
    "atoms": tuple({"atoms": number} for number in (9, 12, 15, 18, 21, 24)),
}
AIMS = {"molecules": (0.95, 1.05), "permutations": (0.95, 1.05)}


def main() -> None:
    """Measure and write the record."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("record.json"))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        print(json.dumps(_measure(**json.loads(arguments.one))))
        return
    result: dict[str, Any] = {}
    for name, settings in SERIES.items():
        rows = [_in_process({**setting, "rounds": arguments.rounds}) for setting in settings]
        slope = _slope([row[name] for row in rows], [row["processor_s"] for row in rows])
        result[name] = {"rows": rows, "slope": round(slope, 3),
                        **({"aim": AIMS[name]} if name in AIMS else {})}
        print(name, "slope", result[name]["slope"])
    RunRecord(
        "benchmark cost",
        {"model": MODEL, "molecules": MOLECULES, "permutations": PERMUTATIONS,
         "rounds": arguments.rounds, "threads": 1},
        result, seed=0, device="cpu",
    ).write(arguments.output)


def _in_process(setting: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.cost.run", "--one", json.dumps(setting)],
        check=True, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    row: dict[str, Any] = json.loads(done.stdout)
    print(row)
    return row


def _measure(
    rounds: int, molecules: int = MOLECULES, permutations: int = PERMUTATIONS,
    atoms: int | None = ATOMS,
) -> dict[str, Any]:
    torch.set_num_threads(1)
    checkpoint = load_checkpoint(MODEL)
    graphs = _graphs(molecules, atoms)

    def work(seed: int) -> None:
        analyse(checkpoint, graphs, checkpoint.card.strategy, permutations=permutations, seed=seed)

    analyse(checkpoint, graphs[:1], checkpoint.card.strategy, permutations=2, seed=0)
    held, seconds = peak_rss_mib(), []
    for seed in range(rounds):
        begun = time.process_time()
        work(seed)
        seconds.append(time.process_time() - begun)
    return {"molecules": molecules, "permutations": permutations,
            "atoms": round(float(np.mean([graph.num_nodes for graph in graphs])), 1),
            "processor_s": round(statistics.median(seconds), 3),
            "least_s": round(min(seconds), 3), "most_s": round(max(seconds), 3),
            "peak_mib": peak_rss_mib() - held}


def _graphs(number: int, atoms: int | None) -> list[Graph]:
    """Distinct valid shipped samples, evenly over all or of so many atoms."""
    table = pd.read_parquet(shipped_samples()[MODEL] / "samples.parquet",
                            columns=["smiles", "unique", "num_nodes", "fragments"])
    table = table[table["unique"].fillna(False) & (table["fragments"] == 1)]
    if atoms is not None:
        table = table[table["num_nodes"] == atoms]
    # Of any number the same mix of sizes: every so many of those that are sorted by size.
    table = table.sort_values(["num_nodes", "smiles"])
    places = (np.arange(number) + 0.5) * len(table) / number
    chosen = table["smiles"].iloc[places.astype(int)]
    checkpoint = load_checkpoint(MODEL)
    assert checkpoint.card.chemistry is not None
    return [from_smiles(smiles, checkpoint.card.chemistry).graph for smiles in chosen]


def _slope(amounts: list[float], costs: list[float]) -> float:
    return float(np.polyfit(np.log(amounts), np.log(costs), 1)[0])


if __name__ == "__main__":
    main()
