"""What a step of sparse fine-tuning costs beside one of all weights and one of LoRA.

    python -m benchmarks.finetune.run

Every method does the same steps on the molecules of the golden data, in turns, so that whatever
else the machine does meets all of them; ratios are of medians of CPU time. Peak memory is that of a
process of its own per method, above what it held before the first step. Writes `record.json`.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import torch

from core.finetune import FinetuneConfig, FinetuneRun, GraphStream
from core.finetune.low_rank import lora_parameters
from core.finetune.run import optimizer_bytes
from core.graph.graph import Graph
from core.model.transformer import num_parameters
from core.records import RunRecord
from core.salience import open_language_model
from core.sent.batch import GraphBatch
from core.sent.strategies import RANDOM_ORDER
from tests.golden.reader import golden_molecules

METHODS: dict[str, dict[str, Any]] = {
    "full": {"method": "full"},
    "sparse, 0.1%": {"method": "sparse", "criterion": "magnitude"},
    "sparse, as rank 1": {"method": "sparse", "criterion": "magnitude", "rank": 1},
    "sparse, as rank 13": {"method": "sparse", "criterion": "magnitude", "rank": 13},
    "lora, rank 1": {"method": "lora", "rank": 1},
    "lora, rank 13": {"method": "lora", "rank": 13},
    "pissa, rank 1": {"method": "pissa", "rank": 1},
}
MIB = 2**20


def main() -> None:
    """Measure and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="qm9-min_degree_first")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--memory-of", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.memory_of:
        print(json.dumps(_peak_memory(arguments)))
        return
    result = _times(arguments)
    for name, row in result.items():
        command = [sys.executable, "-m", "benchmarks.finetune.run", "--memory-of", name,
                   "--model", arguments.model, "--batch-size", str(arguments.batch_size)]
        row |= json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        print(name, row)
    model = open_language_model(arguments.model)
    RunRecord(
        "benchmark finetune",
        {"model": model.name, "steps": arguments.steps, "batch_size": arguments.batch_size,
         "precision": "fp32", "threads": 1, "weights": num_parameters(model.model)},
        result, seed=0, device="cpu", weights_sha256=model.weights_sha256,
    ).write(Path(__file__).with_name("record.json"))


def _start(name: str, arguments: argparse.Namespace, folder: Path) -> FinetuneRun:
    model = open_language_model(arguments.model)
    assert model.checkpoint is not None
    graphs = GraphBatch.from_graphs([Graph.from_json(row) for row in golden_molecules()],
                                    with_automorphisms=False)
    settings = dict(METHODS[name])
    if settings["method"] == "sparse":
        rank = settings.pop("rank", None)
        settings["count"] = lora_parameters(model.matrices, rank) if rank else 3_539
    return FinetuneRun(
        model, GraphStream(graphs, model.checkpoint.vocabulary, RANDOM_ORDER, seed=0),
        FinetuneConfig(**settings, steps=arguments.steps + 2, batch_size=arguments.batch_size,
                       learning_rate=1e-4, precision="fp32"),
        run_folder=folder)


def _times(arguments: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """CPU seconds of a step by method, and what each keeps beside the weights."""
    seconds: dict[str, list[float]] = {name: [] for name in METHODS}
    result = {}
    with tempfile.TemporaryDirectory() as folder:
        runs = {name: _start(name, arguments, Path(folder) / name) for name in METHODS}
        steps = {name: run.steps(save_every_s=1e9) for name, run in runs.items()}
        for _ in range(2):  # the first steps allocate the optimizer's moments
            for each in steps.values():
                next(each)
        for _ in range(arguments.steps):
            for name, each in steps.items():
                started = time.process_time()
                next(each)
                seconds[name].append(time.process_time() - started)
        for name, run in runs.items():
            kept = optimizer_bytes(run.optimizer) + sum(
                parameter.numel() * parameter.element_size()
                for parameter in run.tuning.parameters)
            result[name] = {
                "parameters": run.num_parameters,
                "step_cpu_s": round(median(seconds[name]), 4),
                "step_ratio_to_full": round(median(seconds[name]) / median(seconds["full"]), 3),
                "values_and_moments_bytes": kept,
            }
    return result


def _peak_memory(arguments: argparse.Namespace) -> dict[str, float]:
    """Most memory of this process above what it held before the first step, MiB."""
    arguments.steps = 3
    with tempfile.TemporaryDirectory() as folder:
        run = _start(arguments.memory_of, arguments, Path(folder))
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget earlier peaks
        before = _peak_resident_bytes()
        for _ in run.steps(save_every_s=1e9):
            pass
    return {"peak_memory_mib": round((_peak_resident_bytes() - before) / MIB, 1)}


def _peak_resident_bytes() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
