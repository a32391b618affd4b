"""What bf16 costs in accuracy and saves in time when scoring, against fp32 in the same run.

    python -m benchmarks.precision.run

Scores the molecules of the golden data, K = 8 each. Writes `record.json`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from core.graph.graph import Graph
from core.likelihood.scoring import score_trails
from core.likelihood.uncertainty import linearization_uncertainty
from core.model.checkpoints import load_checkpoint
from core.records import RunRecord
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails
from tests.golden.reader import golden_molecules


def main() -> None:
    """Measure and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="qm9-random_order")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    checkpoint = load_checkpoint(arguments.model, device=arguments.device)
    graphs = [Graph.from_json(row) for row in golden_molecules()]
    trails = sample_trails(graphs, checkpoint.vocabulary, checkpoint.card.strategy,
                           permutations=8, generator=GraphSeed(0))
    nll, lu, seconds = {}, {}, {}
    for precision in ("fp32", "bf16"):
        score_trails(checkpoint, trails, precision=precision)  # warm up
        started = time.perf_counter()
        likelihoods = score_trails(checkpoint, trails, precision=precision)
        seconds[precision] = time.perf_counter() - started
        nll[precision] = likelihoods.nll
        found = linearization_uncertainty(nll[precision].numpy(), trails.log_q.numpy(), seed=0)
        lu[precision] = torch.tensor([row.lu for row in found])
    nll_error = (nll["bf16"] - nll["fp32"]).abs()
    lu_error = (lu["bf16"] - lu["fp32"]).abs()
    result = {
        "sequences": nll_error.numel(),
        "mean_nll_nats": round(float(nll["fp32"].mean()), 3),
        "nll_error_mean_nats": round(float(nll_error.mean()), 4),
        "nll_error_max_nats": round(float(nll_error.max()), 4),
        "lu_error_mean": round(float(lu_error.mean()), 5),
        "lu_error_max": round(float(lu_error.max()), 5),
        "speed_ratio": round(seconds["fp32"] / seconds["bf16"], 2),
    }
    print(result)
    RunRecord(
        "benchmark precision", {"model": arguments.model, "threads": arguments.threads}, result,
        seed=0, device=arguments.device, weights_sha256=checkpoint.card.weights_sha256,
    ).write(Path(__file__).with_name("record.json"))


if __name__ == "__main__":
    main()
