"""Does every graph come back? From its tokens under the four strategies, and from its SMILES.

    python -m benchmarks.roundtrip --data qm9.csv
    python -m benchmarks.roundtrip --dataset moses --split test --number 100000 --data FOLDER

- Tokens: each graph is linearized once per strategy, its tokens are read by the strict decoder, and
  the result must equal the graph renumbered by visit order, which proves it isomorphic; every 50th
  is also given to the isomorphism test.
- SMILES: each molecule is written and read again under the data set's chemistry, and must be the
  same graph up to the numbering of its atoms.

The exit status is 0 only if all came back.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress

from core.chemistry import Chemistry, from_smiles, to_smiles
from core.data import DATASETS, DataPart, find_dataset
from core.errors import InputError
from core.graph import Graph, is_isomorphic, planar_stream
from core.sent import (
    PLANAR_VOCABULARY,
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

Check = Callable[[Sequence[Graph], int], Iterator[str]]
"""Sentences on what of some graphs does not come back; told how many graphs stand before them."""


def main() -> int:
    """Check everything, print counts and failures; 1 if there is any failure."""
    options = read_options()
    torch.set_num_threads(options.threads)
    part = load(options)
    planar = (p.graph for p in islice(planar_stream("test", seed=options.seed), options.planar))
    num_failed = 0
    if "tokens" in options.check:
        num_failed += report(part.unpacked(), len(part), f"graphs of {part.title}", "tokens",
                             by_tokens(part.vocabulary, options.seed), len(STRATEGIES))
        num_failed += report(planar, options.planar, "planar graphs", "tokens",
                             by_tokens(PLANAR_VOCABULARY, options.seed), len(STRATEGIES))
    if "smiles" in options.check and part.chemistry is not None:
        num_failed += report(part.unpacked(), len(part), f"graphs of {part.title}", "SMILES",
                             by_smiles(part.chemistry), 1)
    return 1 if num_failed else 0


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Check that whole data sets can be read back.")
    parser.add_argument("--dataset", default="qm9", help=f"{', '.join(DATASETS)}; default: qm9")
    parser.add_argument("--data", "--source", type=Path, help="local file or folder")
    parser.add_argument("--split", help="default: all of the file that the training part lies in")
    parser.add_argument("--number", "--molecules", type=int, help="only the first so many graphs")
    parser.add_argument("--planar", type=int, default=1_000, help="planar graphs of 64 nodes")
    parser.add_argument("--check", nargs="+", choices=("tokens", "smiles"),
                        default=("tokens", "smiles"), help="default: both")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def load(options: argparse.Namespace) -> DataPart:
    """The graphs to check."""
    with Progress(console=messages, transient=True) as bar:
        task = bar.add_task(f"Reading {options.dataset}", total=None)
        part = find_dataset(options.dataset).load(
            options.split or "train", source=options.data,
            progress=lambda done, total: bar.update(task, completed=done, total=total))
    if options.split is None:
        part = replace(part, rows=np.arange(len(part.packed)))
    return part.first(options.number)


def report(
    graphs: Iterator[Graph], number: int, what: str, written: str, check: Check, times: int
) -> int:
    """Check all graphs, print failures and their count; returns the count."""
    start = time.perf_counter()
    num_failed = 0
    with Progress(console=messages, transient=True) as bar:
        task = bar.add_task(f"Checking {what}", total=number)
        for first in range(0, number, CHUNK):
            chunk = list(islice(graphs, CHUNK))
            for failure in check(chunk, first):
                print(failure)
                num_failed += 1
            bar.advance(task, len(chunk))
    of = f"{number:,} {what}" + (f" × {times} strategies" if times > 1 else "")
    print(f"{of}, by {written}: {number * times - num_failed:,} of {number * times:,} round trips "
          f"exact, {num_failed:,} failures ({time.perf_counter() - start:.0f} s).", flush=True)
    return num_failed


def by_smiles(chemistry: Chemistry) -> Check:
    """Graph → SMILES → graph under a chemistry."""

    def check(chunk: Sequence[Graph], first: int) -> Iterator[str]:
        for graph in chunk:
            smiles = to_smiles(graph, chemistry)
            if smiles is None:
                yield f"{graph.name}: It is no valid molecule."
                continue
            try:
                again = from_smiles(smiles, chemistry).graph
            except InputError as error:
                yield f"{graph.name}, {smiles}: {error}"
                continue
            if not is_isomorphic(again, graph):
                yield f"{graph.name}, {smiles}: The graph that is read is another one."

    return check


def by_tokens(vocabulary: Vocabulary, seed: int) -> Check:
    """Graph → tokens → graph under all strategies."""

    def check(chunk: Sequence[Graph], first: int) -> Iterator[str]:
        batch = GraphBatch.from_graphs(chunk, with_automorphisms=True)
        for strategy in STRATEGIES.values():
            trails = sample_trails(batch, vocabulary, strategy, permutations=1,
                                   generator=GraphSeed(seed))
            for row, graph in enumerate(chunk):
                thorough = (first + row) % ISOMORPHISM_EVERY == 0
                failure = why_not(graph, trails.sequence(row, 0), trails.order(row, 0), vocabulary,
                                  thorough=thorough)
                if failure is not None:
                    yield describe(graph, strategy, failure)

    return check


def why_not(
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
