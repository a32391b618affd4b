"""How fast scoring is, beside the published way and beside matrix products of the same shapes.

    python -m benchmarks.forward.run [--molecules 64] [--rounds 5] [--compile]

The published way (the code of arXiv 2604.05613) scores one graph at a time: its K linearizations in
batches of 16 through `transformers`, logits to the CPU, NLL of each token there. `score_trails`
scores the same sequences. Between the two of every round stand the matrix products alone that
scoring takes, on slices of the same tokens, so that a machine that is shared slows all three. Of
the rounds the record holds medians and ends: of seconds, of `score_trails`' speed over the loop's,
and of its share of the products' rate. bf16 is measured where the processor computes in it,
compiled passes with --compile. Writes `record.json`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, linear
from transformers import LlamaForCausalLM

from benchmarks.rounds import ends, has_bf16, ratios, sampled_molecules
from core.likelihood.scoring import default_token_budget, score_trails, slices_by_length
from core.model.card import ModelCard
from core.model.checkpoints import Checkpoint, Precision, load_checkpoint
from core.records import RunRecord
from core.sent.sampler import sample_trails
from core.sent.trails import TrailBatch
from core.sent.vocabulary import PAD

MODELS = ("qm9-random_order", "moses-min_degree_first")
PERMUTATIONS = 32
BATCH = 16
AIMS = {"fp32": {"times_the_loop": 1.3, "share_of_products": 0.75},
        "bf16": {"times_the_loop": 3.0, "share_of_products": 0.45},
        "fp32 compiled": {"times_the_loop": 1.3, "share_of_products": 0.85},
        "bf16 compiled": {"times_the_loop": 4.0, "share_of_products": 0.60}}


def main() -> None:
    """Measure and write the record."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--molecules", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("record.json"))
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    load_before = os.getloadavg()[0]
    names = arguments.models.split(",")
    result = {name: _measure_model(name, arguments.molecules, arguments.rounds,
                                   compile=arguments.compile) for name in names}
    RunRecord(
        "benchmark forward",
        {"models": names, "molecules": arguments.molecules, "permutations": PERMUTATIONS,
         "batch": BATCH, "rounds": arguments.rounds, "threads": arguments.threads,
         "load_before": round(load_before, 2)},
        result, seed=0, device="cpu",
    ).write(arguments.output)


def _measure_model(name: str, number: int, rounds: int, *, compile: bool) -> dict[str, Any]:
    checkpoint = load_checkpoint(name)
    trails = _trails(checkpoint.card, number)
    model = checkpoint.model
    ways: dict[str, Callable[[], object]] = {"loop": lambda: published(model, trails)}
    compiled = load_checkpoint(name, compile=True) if compile else None
    for precision in _precisions():
        ways[f"products {precision}"] = _products(checkpoint, trails, precision)
        ways[precision] = lambda precision=precision: score_trails(
            checkpoint, trails, precision=precision)
        if compiled is not None:
            ways[f"{precision} compiled"] = lambda precision=precision: score_trails(
                compiled, trails, precision=precision)
    _check(published(model, trails), score_trails(checkpoint, trails).nll)
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for number_of_round in range(rounds + 1):
        for way, work in ways.items():
            begun = time.perf_counter()
            work()
            if number_of_round:  # the first one warms up
                seconds[way].append(time.perf_counter() - begun)
    tokens = int((trails.tokens[..., 1:] != checkpoint.vocabulary.pad).sum())
    rows = {way: _row(way, seconds, tokens) for way in ways}
    for way, row in rows.items():
        print(name, way, row)
    return {**rows, "tokens": tokens, "weights_sha256": checkpoint.card.weights_sha256}


def _trails(card: ModelCard, number: int) -> TrailBatch:
    """K linearizations, under the model's own order, of its first valid shipped samples."""
    return sample_trails(sampled_molecules(card, number), card.vocabulary, card.strategy,
                         permutations=PERMUTATIONS, generator=torch.Generator().manual_seed(0))


def _precisions() -> tuple[Precision, ...]:
    return ("fp32", "bf16") if has_bf16() else ("fp32",)


@torch.inference_mode()
def published(model: LlamaForCausalLM, trails: TrailBatch) -> Tensor:
    """NLL of every sequence, [G, K] float64, nats, graph by graph."""
    found = []
    for of_graph in trails.tokens.long():
        for part in of_graph.split(BATCH):
            part = part[:, :int((part != PAD).sum(1).max())]
            logits = model(input_ids=part[:, :-1], use_cache=False).logits.float().cpu()
            nll = cross_entropy(logits.transpose(1, 2), part[:, 1:], ignore_index=PAD,
                                reduction="none")
            found.append(nll.double().sum(1))
    return torch.cat(found).view(trails.tokens.shape[:2])


def _check(expected: Tensor, found: Tensor) -> None:
    """The two ways say the same, or their times say nothing."""
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-5)


def _products(
    checkpoint: Checkpoint, trails: TrailBatch, precision: Precision
) -> Callable[[], object]:
    """Only the matrix products of scoring, on as many tokens at once as its slices hold."""
    sequences = torch.unique(trails.tokens.flatten(0, 1), dim=0)
    lengths = (sequences != checkpoint.vocabulary.pad).sum(1)
    sizes = [len(rows) * (int(lengths[rows].max()) - 1)
             for rows in slices_by_length(lengths, default_token_budget(checkpoint))]
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    weights = [weight.to(dtype) for name, weight in checkpoint.network.named_parameters()
               if weight.ndim == 2 and "embed" not in name]
    inputs = {width: torch.randn(max(sizes), width, dtype=dtype)
              for width in {weight.shape[1] for weight in weights}}

    @torch.inference_mode()
    def work() -> None:
        for size in sizes:
            for weight in weights:
                linear(inputs[weight.shape[1]][:size], weight)

    return work


def _row(way: str, seconds: dict[str, list[float]], tokens: int) -> dict[str, Any]:
    own = seconds[way]
    row: dict[str, Any] = {"seconds": ends(own),
                           "tokens_a_second": round(tokens / statistics.median(own))}
    if way == "loop" or way.startswith("products"):
        return row
    products = seconds[f"products {way.removesuffix(' compiled')}"]
    return {**row, "times_the_loop": ends(ratios(seconds["loop"], own)),
            "share_of_products": ends(ratios(products, own)), "aims": AIMS[way]}


if __name__ == "__main__":
    main()
