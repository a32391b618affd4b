"""Does every graph come back? All of QM9 under the four strategies, and many planar graphs.

    python -m benchmarks.roundtrip --source qm9.csv

Each graph is linearized once per strategy, its tokens are read by the strict decoder, and the
result must equal the graph renumbered by visit order, which proves it isomorphic; every 50th is
also given to the isomorphism test. The exit status is 0 only if all came back.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track

from core.data import load_qm9
from core.graph import Graph, is_isomorphic, planar_stream
from core.sent import (
    PLANAR_VOCABULARY,
    QM9_VOCABULARY,
    STRATEGIES,
    DecodeError,
    GraphBatch,
    GraphSeed,
    Strategy,
    Vocabulary,
    decode,
    sample_trails,
)

CHUNK = 2_048
ISOMORPHISM_EVERY = 50
messages = Console(stderr=True)


def main() -> int:
    """Check everything, print counts and failures; 1 if there is any failure."""
    options = read_options()
    torch.set_num_threads(options.threads)
    molecules = load_qm9(options.source)[: options.molecules]
    planar = [p.graph for p in islice(planar_stream("test", seed=options.seed), options.planar)]
    num_failed = 0
    for what, graphs, vocabulary in (("QM9 molecules", molecules, QM9_VOCABULARY),
                                     ("planar graphs", planar, PLANAR_VOCABULARY)):
        start = time.perf_counter()
        failures = list(check_all(graphs, vocabulary, options.seed, what))
        for failure in failures:
            print(failure)
        num_failed += len(failures)
        num_checked = len(graphs) * len(STRATEGIES)
        print(f"{len(graphs):,} {what} × {len(STRATEGIES)} strategies: "
              f"{num_checked - len(failures):,} of {num_checked:,} round trips exact "
              f"({time.perf_counter() - start:.0f} s).")
    return 1 if num_failed else 0


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Check decode(linearize(g)) on whole data sets.")
    parser.add_argument("--source", type=Path, help="QM9 as CSV or SDF; default: download")
    parser.add_argument("--molecules", type=int, help="only the first so many molecules")
    parser.add_argument("--planar", type=int, default=1_000, help="planar graphs of 64 nodes")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def check_all(
    graphs: Sequence[Graph], vocabulary: Vocabulary, seed: int, what: str
) -> Iterator[str]:
    """One sentence for every graph and strategy that does not come back."""
    for first in track(range(0, len(graphs), CHUNK), f"Checking {what}", console=messages,
                       transient=True):
        chunk = graphs[first : first + CHUNK]
        batch = GraphBatch.from_graphs(chunk, with_automorphisms=False)
        for strategy in STRATEGIES.values():
            trails = sample_trails(batch, vocabulary, strategy, permutations=1,
                                   generator=GraphSeed(seed))
            for row, graph in enumerate(chunk):
                thorough = (first + row) % ISOMORPHISM_EVERY == 0
                failure = check(graph, trails.sequence(row, 0), trails.order(row, 0), vocabulary,
                                thorough=thorough)
                if failure is not None:
                    yield describe(graph, strategy, failure)


def check(
    graph: Graph, tokens: list[int], order: list[int], vocabulary: Vocabulary, *, thorough: bool
) -> str | None:
    """What went wrong with one round trip, if anything did."""
    try:
        decoded = decode(tokens, vocabulary)
    except DecodeError as error:
        return str(error)
    if decoded != graph.relabel(order):
        return "The decoded graph is not the graph renumbered by visit order."
    if thorough and not is_isomorphic(decoded, graph):
        return "The decoded graph is not isomorphic to the graph."
    return None


def describe(graph: Graph, strategy: Strategy, failure: str) -> str:
    """The failure with its graph and strategy."""
    return f"{graph.name}, {strategy.name}: {failure}"


if __name__ == "__main__":
    sys.exit(main())
