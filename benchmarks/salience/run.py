"""What each salience criterion costs, in forward-backward passes of the same examples.

    python -m benchmarks.salience.run

A plain forward-backward pass, all gradients of a training step, is timed right before every
criterion, on the molecules that ship; a criterion without data is compared with the pass of a
single example of median length. Ratios are of processor time, which other programs on the machine
disturb less than time on the wall; the median over repeats is kept. Memory is that of a process
for each criterion, above what stood there with model and examples loaded, beside that of the plain
pass. Fine-tuning steps are measured in `benchmarks/finetune`. Writes `record.json`.
"""

from __future__ import annotations

import argparse
import ctypes
import multiprocessing
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from benchmarks.linearize.run import describe_machine
from core.records import RunRecord
from core.salience import (
    CRITERIA,
    LanguageModel,
    TokenSequences,
    compute_salience,
    open_language_model,
)
from core.salience.examples import draw_examples, shipped_graphs
from core.salience.gradients import DEFAULT_TOKEN_BUDGET
from core.salience.matrices import num_entries

LIMITS = {"gradient": 1.15, "snip": 1.15, "force": 1.15, "taylor": 1.15, "id3": 1.15,
          "fisher": 2.5, "grasp": 5.0, "synflow": 1.0}
"""Most that a criterion may cost, in plain passes."""

PLAIN = "forward-backward"


def main() -> None:
    """Measure, print a table and write the record."""
    options = read_options()
    torch.set_num_threads(options.threads)
    model, examples = load(options)
    memory = measure_memory(model, examples, options)
    weights = num_entries(model.matrices)
    result = {
        "machine": describe_machine(options.device, options.threads),
        "examples": len(examples),
        "tokens": int(examples.lengths.sum()),
        "weights": weights,
        "weights_mb": weights * 4 / 1e6,
        "clock": clock_of(options.device)[0],
        "criteria": measure_costs(model, examples, options),
    }
    result["plain_peak_mb"] = memory[PLAIN]
    for name, row in result["criteria"].items():
        row["peak_mb"] = memory[name]
    config = {name: getattr(options, name) for name in ("model", "examples", "repeats",
                                                        "token_budget")}
    record = RunRecord("benchmarks.salience", config, result, options.seed, options.device,
                       weights_sha256=model.weights_sha256)
    record.write(options.output)
    print_table(result)
    print(f"Wrote {options.output}.")


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure what salience criteria cost.")
    parser.add_argument("--model", default="qm9-min_degree_first")
    parser.add_argument("--examples", type=int, default=64, help="molecules to draw examples from")
    parser.add_argument("--repeats", type=int, default=5, help="timed runs; the median is kept")
    parser.add_argument("--token-budget", type=int, default=DEFAULT_TOKEN_BUDGET)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("record.json"))
    return parser.parse_args()


def load(options: argparse.Namespace) -> tuple[LanguageModel, TokenSequences]:
    """The model, and shipped molecules in its own order."""
    model = open_language_model(options.model, device=options.device)
    checkpoint = model.checkpoint
    if checkpoint is None:
        raise SystemExit(f"{options.model} is no model of molecules or graphs.")
    examples = draw_examples(shipped_graphs(checkpoint.card), checkpoint.vocabulary,
                             checkpoint.card.strategy, number=options.examples, seed=options.seed)
    return model, examples


def forward_backward(model: LanguageModel, examples: TokenSequences, token_budget: int) -> None:
    """One plain pass over the examples: loss, and gradients of all parameters."""
    for part in examples.slices(token_budget):
        tokens = part.tokens.to(model.device)
        is_target = part.is_target.to(model.device)
        logits = model.model(input_ids=tokens[:, :-1], use_cache=False).logits
        targets = tokens[:, 1:].masked_fill(~is_target, -100)
        torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets).backward()
    model.model.zero_grad()


def measure_costs(
    model: LanguageModel, examples: TokenSequences, options: argparse.Namespace
) -> dict[str, dict[str, Any]]:
    """Seconds and ratio to the plain pass of every criterion, medians over repeats."""
    middle = examples.lengths.argsort()[len(examples) // 2].reshape(1)
    single = TokenSequences(examples.tokens[middle], examples.lengths[middle])
    budget = options.token_budget
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in CRITERIA}
    for name in CRITERIA:
        compute_salience(model, name, single)  # warms up
    for _ in range(options.repeats):
        for name, criterion in CRITERIA.items():
            base = examples if criterion.needs_examples else single
            pair = []
            for run in (lambda base=base: forward_backward(model, base, budget),
                        lambda name=name: compute_salience(model, name, examples,
                                                           token_budget=budget)):
                # What takes milliseconds is run several times.
                pair.append(time_of(run, 1 if criterion.needs_examples else 9, options.device))
            seconds[name].append((pair[0], pair[1]))
    return {name: {
        "seconds": statistics.median(own for _, own in rows),
        "plain_seconds": statistics.median(plain for plain, _ in rows),
        "ratio": statistics.median(own / plain for plain, own in rows),
        "highest_ratio": max(own / plain for plain, own in rows),
        "compared_with": "all examples" if CRITERIA[name].needs_examples else "one example",
        "limit": LIMITS.get(name),
    } for name, rows in seconds.items()}


def time_of(run: Callable[[], Any], times: int, device: str) -> float:
    """Median seconds of one run."""
    _, clock = clock_of(device)
    rows = []
    for _ in range(times):
        started = clock()
        run()
        rows.append(clock() - started)
    return statistics.median(rows)


def clock_of(device: str) -> tuple[str, Callable[[], float]]:
    """Processor time on a CPU; on a GPU time on the wall, when it has finished."""
    if device == "cpu":
        return "processor", time.process_time

    def wall() -> float:
        torch.cuda.synchronize()
        return time.perf_counter()

    return "wall", wall


def measure_memory(
    model: LanguageModel, examples: TokenSequences, options: argparse.Namespace
) -> dict[str, float]:
    """Peak memory of the plain pass and of every criterion, in MB above model and examples."""
    found = {}
    for name in (PLAIN, *CRITERIA):
        def run(given: TokenSequences, name: str = name) -> None:
            if name == PLAIN:
                forward_backward(model, given, options.token_budget)
            else:
                compute_salience(model, name, given, token_budget=options.token_budget)

        measure = _peak_in_child if options.device == "cpu" else _peak_on_gpu
        found[name] = measure(run, examples)
    return found


def _peak_on_gpu(run: Callable[[TokenSequences], None], examples: TokenSequences) -> float:
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    run(examples)
    return (torch.cuda.max_memory_allocated() - before) / 1e6


def _peak_in_child(run: Callable[[TokenSequences], None], examples: TokenSequences) -> float:
    """In a process of its own, which finds no memory that an earlier one has left."""
    receiver, sender = multiprocessing.Pipe()

    def measure() -> None:
        run(TokenSequences(examples.tokens[:1], examples.lengths[:1]))  # loads libraries
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget earlier peaks
        before = _peak_resident_kb()
        run(examples)
        sender.send((_peak_resident_kb() - before) * 1024 / 1e6)

    child = multiprocessing.get_context("fork").Process(target=measure)
    child.start()
    child.join()
    if child.exitcode:
        raise SystemExit("A process that measures memory has failed.")
    return receiver.recv()


def _peak_resident_kb() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def print_table(result: dict[str, Any]) -> None:
    """Cost of every criterion beside its limit."""
    print(f"{result['examples']} examples, {result['tokens']:,} tokens; matrices of "
          f"{result['weights_mb']:.1f} MB; plain pass: peak {result['plain_peak_mb']:.0f} MB")
    print(f"{'criterion':12}{'seconds':>9}{'ratio':>8}{'highest':>9}{'limit':>7}{'peak MB':>9}")
    for name, row in result["criteria"].items():
        print(f"{name:12}{row['seconds']:>9.3f}{row['ratio']:>8.2f}{row['highest_ratio']:>9.2f}"
              f"{row['limit'] or '—':>7}{row['peak_mb']:>9.0f}  of {row['compared_with']}")


if __name__ == "__main__":
    main()
