"""How fast files of molecules are scored into a folder, where the time goes, and what memory holds.

    python -m benchmarks.score.run [--molecules 256] [--memory-rows 100000]

- A file of that many shipped samples, all different, is scored from its first byte to the finished
  folder at K = 32, in fp32 and in bf16: molecules a second, and the share of the processor time
  that the model's forward passes take. So for a model of QM9 and one of MOSES.
- QM9's by one and by two workers of Ray, with one thread each; their start is not counted.
- 1,000 rows and `--memory-rows` rows of the same 500 molecules, by a process of their own each:
  peak of its resident memory. Distinct molecules cost hours, rows do not.

Writes `record.json`; `--molecules 0` and `--memory-rows 0` leave a part out and keep its record.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import torch

from benchmarks.memory import peak_rss_mib
from core.library.engine import Engine, LocalEngine
from core.library.ray_engine import RayEngine
from core.library.run import Reading, ScoringState, score_files
from core.library.settings import ScoringSettings
from core.likelihood.scoring import Precision
from core.model.card import ModelCard
from core.model.checkpoints import Checkpoint, load_checkpoint
from core.records import RunRecord
from core.triage.samples import Samples, shipped_samples

MODEL = "qm9-random_order"
MODELS = (MODEL, "moses-min_degree_first")
PERMUTATIONS = 32
DISTINCT = 500
RECORD = Path(__file__).with_name("record.json")


def main() -> None:
    """Measure and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--molecules", type=int, default=256)
    parser.add_argument("--memory-rows", type=int, default=100_000)
    parser.add_argument("--memory-of", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory_of is not None:
        _score_in_little(arguments.memory_of)
        return
    result = json.loads(RECORD.read_text())["result"] if RECORD.exists() else {}
    if arguments.molecules:
        result |= _speeds(arguments.molecules)
    if arguments.memory_rows:
        result["peak_rss_mib"] = {str(rows): _peak(rows)
                                  for rows in (1_000, arguments.memory_rows)}
    print(json.dumps(result, indent=2))
    RunRecord(
        "benchmark score", {"models": MODELS, "permutations": PERMUTATIONS,
                            "threads": torch.get_num_threads()}, result,
        seed=0, device="cpu",
    ).write(RECORD)


def _molecules(model: str, number: int) -> list[str]:
    """SMILES of a model's valid shipped samples, all different."""
    table = Samples.load(shipped_samples()[model]).table
    return table.loc[table["unique"].fillna(False), "smiles"].head(number).tolist()


@dataclass
class _Spent:
    """Processor time of the forward passes, seconds, all threads."""

    forward_s: float = 0.0


@contextmanager
def _timed(checkpoint: Checkpoint) -> Iterator[_Spent]:
    spent, begun = _Spent(), [0.0]
    before = checkpoint.network.register_forward_pre_hook(
        lambda *_: begun.__setitem__(0, time.process_time()))

    def stop(*_: Any) -> None:
        spent.forward_s += time.process_time() - begun[0]

    after = checkpoint.network.register_forward_hook(stop)
    try:
        yield spent
    finally:
        before.remove()
        after.remove()


def _speeds(number: int) -> dict[str, Any]:
    result: dict[str, Any] = {"molecules": number}
    for model in MODELS:
        with TemporaryDirectory() as folder:
            result[model] = _local_speeds(model, number, Path(folder))
    checkpoint = load_checkpoint(MODEL)
    settings = _settings(checkpoint, "bf16")
    with TemporaryDirectory() as folder:
        source = _write_molecules(Path(folder), MODEL, number)
        wall = {workers: _score_by_ray(source, Path(folder) / f"ray-{workers}", checkpoint,
                                       settings, workers) for workers in (1, 2)}
    result["ray_two_workers_ratio"] = round(wall[1] / wall[2], 2)
    return result


def _local_speeds(model: str, number: int, folder: Path) -> dict[str, Any]:
    """By precision, and how long the molecules are."""
    checkpoint = load_checkpoint(model)
    source = _write_molecules(folder, model, number)
    result: dict[str, Any] = {}
    for precision in ("fp32", "bf16"):
        settings = _settings(checkpoint, precision)
        with _timed(checkpoint) as spent:
            wall_s, used_s = _score(source, folder / precision, checkpoint.card, settings, lambda
                                    settings=settings: LocalEngine(checkpoint, settings))
        result[precision] = {
            "molecules_a_second": round(number / wall_s, 2),
            "forward_share": round(spent.forward_s / used_s, 3)}
        print(model, precision, result[precision])
    return {**result, "weights_sha256": checkpoint.card.weights_sha256}


def _settings(
    checkpoint: Checkpoint, precision: Precision, permutations: int = PERMUTATIONS
) -> ScoringSettings:
    return ScoringSettings.of(checkpoint.card, checkpoint.card.strategy,
                              permutations=permutations, precision=precision)


def _write_molecules(folder: Path, model: str, number: int) -> Path:
    source = folder / "molecules.smi"
    source.write_text("\n".join(_molecules(model, number)) + "\n")
    return source


def _score(
    source: Path, folder: Path, card: ModelCard, settings: ScoringSettings,
    engine: Callable[[], Engine],
    heard: Callable[[ScoringState], None] | None = None, part_rows: int = 16,
) -> tuple[float, float]:
    """Seconds on the clock and of the processor."""
    wall_s, used_s = time.perf_counter(), time.process_time()
    score_files([source], folder, card, settings, engine,
                reading=Reading(part_rows=part_rows), progress=heard)
    return time.perf_counter() - wall_s, time.process_time() - used_s


def _score_by_ray(
    source: Path, folder: Path, checkpoint: Checkpoint, settings: ScoringSettings, workers: int
) -> float:
    """Seconds from the first finished parts, one of each worker, to the last."""
    times: list[tuple[int, float]] = []
    _score(source, folder, checkpoint.card, settings,
           lambda: RayEngine(checkpoint.card.path, settings, workers=workers, threads=1),
           lambda state: times.append((state.done, time.perf_counter())))
    first = next(at for done, at in times if done >= 16 * workers)
    rows = times[-1][0] - next(done for done, at in times if done >= 16 * workers)
    return (times[-1][1] - first) / rows


def _peak(rows: int) -> int:
    """MiB that a process holds at most while it scores so many rows of few molecules."""
    with TemporaryDirectory() as folder:
        names = _molecules(MODEL, DISTINCT)
        source = Path(folder) / "molecules.csv"
        with source.open("w") as file:
            file.write("smiles,id,property\n")
            file.writelines(f"{names[row % DISTINCT]},molecule {row},{row / 7}\n"
                            for row in range(rows))
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.score.run", "--memory-of", str(source)],
            check=True, capture_output=True, text=True)
        print(rows, done.stdout.strip())
        return int(done.stdout.split()[-1])


def _score_in_little(source: Path) -> None:
    """Score a file in this process at K = 2 and print the peak of its memory."""
    checkpoint = load_checkpoint(MODEL)
    settings = _settings(checkpoint, "bf16", permutations=2)
    _score(source, source.parent / "set", checkpoint.card, settings,
           lambda: LocalEngine(checkpoint, settings), part_rows=500)
    print(pd.read_parquet(source.parent / "set", columns=["row"]).shape[0],
          peak_rss_mib())


if __name__ == "__main__":
    main()
