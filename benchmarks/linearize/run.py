"""How fast molecules are linearized, and in how much memory.

    python -m benchmarks.linearize.run --source qm9.csv --moses FOLDER

Every figure is measured in this one run: each strategy with a torch generator and with a
`GraphSeed`, *cold* (padding, counting automorphisms, walking, writing tokens) and *warm* (from a
ready-made batch); and, as the base of the speed-ups, the plain-Python walk and writer that the
tests use as an oracle, one graph at a time (written to be obvious, not fast; it computes no log q).
Molecules of MOSES have other lengths than those of QM9, with their hydrogens: the two are compared
by tokens a second.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from core.data import find_dataset, load_qm9_graphs
from core.graph import Graph
from core.records import RunRecord
from core.sent import (
    QM9_VOCABULARY,
    STRATEGIES,
    GraphBatch,
    GraphSeed,
    Strategy,
    TrailBatch,
    Vocabulary,
    sample_trails,
)
from tests.golden.reader import golden_molecules
from tests.oracles.sent_walk import draw_order
from tests.oracles.sequence_enumeration import write

PERMUTATIONS = 32
GENERATORS: dict[str, Callable[[int], torch.Generator | GraphSeed]] = {
    "torch.Generator": lambda seed: torch.Generator().manual_seed(seed),
    "GraphSeed": GraphSeed,
}
COLUMNS = [f"{name} {start}" for name in GENERATORS for start in ("cold", "warm")]
CHUNK_SIZES = (4_096, 32_768)


def main() -> None:
    """Measure, print a table and write the record."""
    options = read_options()
    torch.set_num_threads(options.threads)
    graphs = load_graphs(options.source, options.molecules)
    result = {
        "machine": describe_machine(options.device, options.threads),
        **measure_set(graphs, QM9_VOCABULARY, options),
        "automorphisms_per_s": measure_automorphisms(graphs, options.repeats),
        "memory": [measure_memory(options, chunk_size) for chunk_size in CHUNK_SIZES],
    }
    if options.moses:
        part = find_dataset("moses").load("test", source=options.moses).first(options.molecules)
        result["moses"] = measure_set(part.graphs(), part.vocabulary, options)
    config = {
        "permutations": PERMUTATIONS,
        "repeats": options.repeats,
        "source": options.source.name if options.source else "tests/golden",
    }
    record = RunRecord("benchmarks.linearize", config, result, options.seed, options.device)
    record.write(options.output)
    print_table(result)
    print(f"Wrote {options.output}.")


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure linearizations per second.")
    parser.add_argument("--source", type=Path, help="QM9 as CSV; default: 200 golden molecules")
    parser.add_argument("--moses", type=Path,
                        help="MOSES, a folder of its CSV files; default: without it")
    parser.add_argument("--molecules", type=int, default=4_096, help="test molecules to take")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads of torch")
    parser.add_argument("--repeats", type=int, default=5, help="timed runs; the median is kept")
    parser.add_argument("--reference-seconds", type=float, default=2.0,
                        help="time for the plain-Python base, per strategy")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("record.json"))
    return parser.parse_args()


def load_graphs(source: Path | None, count: int) -> list[Graph]:
    """The first test molecules of QM9, or the golden ones."""
    if source is None:
        return [Graph.from_json(row) for row in golden_molecules()][:count]
    return load_qm9_graphs(source, "test")[:count]


def measure_set(
    graphs: list[Graph], vocabulary: Vocabulary, options: argparse.Namespace
) -> dict[str, Any]:
    """What is measured of the graphs of one data set."""
    return {
        "molecules": len(graphs),
        "mean_nodes": statistics.mean(graph.num_nodes for graph in graphs),
        "strategies": {
            name: measure_strategy(graphs, vocabulary, strategy, options)
            for name, strategy in STRATEGIES.items()
        },
    }


def measure_strategy(
    graphs: list[Graph], vocabulary: Vocabulary, strategy: Strategy, options: argparse.Namespace
) -> dict[str, Any]:
    """Linearizations per second of our sampler and of the plain-Python base."""
    reference = measure_reference(graphs, vocabulary, strategy, options)
    lengths = sample_trails(graphs, vocabulary, strategy, permutations=1,
                            generator=GraphSeed(options.seed), device=options.device).lengths
    mean_tokens = lengths.double().mean().item()
    measured: dict[str, Any] = {"mean_tokens": mean_tokens, "plain Python": asdict(reference)}
    batch = GraphBatch.from_graphs(graphs, with_automorphisms=True, device=options.device)
    for name, make_generator in GENERATORS.items():
        for start in ("cold", "warm"):
            rates = []
            for repeat in range(options.repeats + 1):  # the first warms up and is dropped
                given = without_caches(graphs) if start == "cold" else batch
                generator = make_generator(options.seed + repeat)
                rates.append(measure_rate(given, vocabulary, strategy, generator, options.device))
            middle = Rate(statistics.median(rate.per_s for rate in rates[1:]),
                          statistics.median(rate.per_cpu_s for rate in rates[1:]))
            measured[f"{name} {start}"] = {
                **asdict(middle),
                "tokens_per_s": middle.per_s * mean_tokens,
                "slowest_per_s": min(rate.per_s for rate in rates[1:]),
                "fastest_per_s": max(rate.per_s for rate in rates[1:]),
                "speed_up": middle.per_s / reference.per_s,
                "speed_up_per_cpu_s": middle.per_cpu_s / reference.per_cpu_s,
            }
    return measured


@dataclass(frozen=True)
class Rate:
    """Linearizations per second on the wall, and per second of all threads' work.

    The second tells what the code costs even where other programs keep the machine busy.
    """

    per_s: float
    per_cpu_s: float


class Stopwatch:
    """Wall and processor time since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    @property
    def wall_s(self) -> float:
        """Seconds on the wall."""
        return time.perf_counter() - self._wall

    def rate(self, count: int) -> Rate:
        """So many linearizations were made."""
        return Rate(count / self.wall_s, count / (time.process_time() - self._cpu))


def measure_rate(
    graphs: list[Graph] | GraphBatch,
    vocabulary: Vocabulary,
    strategy: Strategy,
    generator: torch.Generator | GraphSeed,
    device: str,
) -> Rate:
    """Speed of one call."""
    watch = Stopwatch()
    sample_trails(graphs, vocabulary, strategy, permutations=PERMUTATIONS,
                  generator=generator, device=device)
    if device == "cuda":
        torch.cuda.synchronize()
    return watch.rate(len(graphs) * PERMUTATIONS)


def without_caches(graphs: list[Graph]) -> list[Graph]:
    """Equal graphs that remember nothing computed before, automorphisms above all."""
    return [Graph(g.num_nodes, g.edges, g.node_labels, g.edge_labels) for g in graphs]


def measure_reference(
    graphs: list[Graph], vocabulary: Vocabulary, strategy: Strategy, options: argparse.Namespace
) -> Rate:
    """Speed of the plain-Python walk and writer."""
    generator = random.Random(options.seed)
    graphs = without_caches(graphs)
    done, watch = 0, Stopwatch()
    while watch.wall_s < options.reference_seconds:
        graph = graphs[done // PERMUTATIONS % len(graphs)]  # K in a row, as ours
        write(graph, draw_order(graph, strategy, generator=generator), vocabulary)
        done += 1
    return watch.rate(done)


def measure_automorphisms(graphs: list[Graph], repeats: int) -> float:
    """Graphs per second whose symmetries are counted, median."""
    rates = []
    for _ in range(repeats):
        fresh = without_caches(graphs)
        start = time.perf_counter()
        for graph in fresh:
            graph.log_automorphisms  # noqa: B018
        rates.append(len(fresh) / (time.perf_counter() - start))
    return statistics.median(rates)


def measure_memory(options: argparse.Namespace, chunk_size: int) -> dict[str, Any]:
    """Peak memory of one call in a process of its own, in MB above what stood there before."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak_memory, (options, chunk_size))


def _peak_memory(options: argparse.Namespace, chunk_size: int) -> dict[str, Any]:
    torch.set_num_threads(options.threads)
    graphs = load_graphs(options.source, options.molecules)
    batch = GraphBatch.from_graphs(graphs, with_automorphisms=True, device=options.device)

    def linearize(given: GraphBatch) -> TrailBatch:
        return sample_trails(
            given, QM9_VOCABULARY, STRATEGIES["anchor_expansion"], permutations=PERMUTATIONS,
            generator=GraphSeed(options.seed), chunk_size=chunk_size,
        )

    linearize(batch[:1])  # fills lookup tables
    meter = _GpuMemory() if options.device == "cuda" else _ResidentMemory()
    trails = linearize(batch)
    held = (trails.tokens, trails.lengths, trails.orders, trails.log_q)
    return {
        "chunk_size": chunk_size,
        "peak_mb": meter.peak_mb(),
        "result_mb": sum(tensor.nbytes for tensor in held) / 1e6,
    }


class _GpuMemory:
    """Peak of torch's memory on the GPU above what it held when this was made."""

    def __init__(self) -> None:
        torch.cuda.reset_peak_memory_stats()
        self._before = torch.cuda.memory_allocated()

    def peak_mb(self) -> float:
        return (torch.cuda.max_memory_allocated() - self._before) / 1e6


class _ResidentMemory:
    """Peak of the process's resident memory above what it was when this was made (Linux)."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")  # forget earlier peaks
        self._before = self._peak_kb()

    def peak_mb(self) -> float:
        return (self._peak_kb() - self._before) * 1024 / 1e6

    @staticmethod
    def _peak_kb() -> int:
        status = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def describe_machine(device: str, threads: int) -> dict[str, Any]:
    """What the figures depend on besides the code."""
    described: dict[str, Any] = {"cpu": _cpu_name(), "cores": os.cpu_count(), "threads": threads}
    if device == "cuda":
        described["gpu"] = torch.cuda.get_device_name()
    return described


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def print_table(result: dict[str, Any]) -> None:
    """Linearizations per second, speed-up in brackets; of MOSES also its tokens beside QM9's."""
    print_set(result["strategies"])
    for row in result["memory"]:
        print(f"chunk of {row['chunk_size']:,} trails: peak {row['peak_mb']:.0f} MB, of which the "
              f"result holds {row['result_mb']:.0f} MB")
    if "moses" in result:
        print("MOSES:")
        print_set(result["moses"]["strategies"])
        for name, row in result["moses"]["strategies"].items():
            base = result["strategies"][name]
            ratios = [row[key]["tokens_per_s"] / base[key]["tokens_per_s"] for key in COLUMNS]
            print(f"{name}: {min(ratios):.2f} to {max(ratios):.2f} × QM9's tokens a second")


def print_set(strategies: dict[str, Any]) -> None:
    """One line per strategy."""
    print(f"{'':18}{'plain Python':>14}" + "".join(f"{column:>24}" for column in COLUMNS))
    for name, row in strategies.items():
        cells = [f"{row[column]['per_s']:,.0f} ({row[column]['speed_up']:.0f}×)"
                 for column in COLUMNS]
        print(f"{name:18}{row['plain Python']['per_s']:>14,.0f}"
              + "".join(f"{cell:>24}" for cell in cells))


if __name__ == "__main__":
    main()
