"""What the shipped models are worth: native NLL per token and the quality of their samples.

    python -m benchmarks.quality.run --source qm9.csv

writes `record.json` beside this file and prints the README's table.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import torch

from core.graph.datasets import load_qm9_graphs
from core.graph.molecules import to_smiles
from core.likelihood.quality import sample_quality
from core.likelihood.scoring import score_trails
from core.model.checkpoints import load_checkpoint, shipped_models
from core.model.generation import generate
from core.records import RunRecord
from core.sent.batch import GraphBatch
from core.sent.randomness import GraphSeed
from core.sent.sampler import sample_trails


def main() -> None:
    """Measure every shipped QM9 model."""
    arguments = _arguments()
    graphs = load_qm9_graphs(arguments.source, "test")[: arguments.molecules]
    batch = GraphBatch.from_graphs(graphs, with_automorphisms=False)
    training = {to_smiles(graph) for graph in load_qm9_graphs(arguments.source, "train")}
    rows = []
    for card in shipped_models():
        checkpoint = load_checkpoint(card.path)
        trails = sample_trails(batch, card.vocabulary, card.strategy, permutations=1,
                               generator=GraphSeed(arguments.seed))
        generator = torch.Generator().manual_seed(arguments.seed)
        samples = [sample for part in generate(checkpoint, arguments.number, generator=generator)
                   for sample in part]
        quality = sample_quality([sample.graph for sample in samples], training)
        rows.append({
            "model": card.name, "weights_sha256": card.weights_sha256,
            "nll_per_token": score_trails(checkpoint, trails).nll_per_token, **asdict(quality),
        })
        print(json.dumps(rows[-1]), flush=True)
    RunRecord(
        "benchmark quality",
        {"test_molecules": len(graphs), "sampled_per_model": arguments.number},
        {"models": rows}, seed=arguments.seed, device="cpu",
    ).write(Path(__file__).with_name("record.json"))
    print(_table(rows))


def _table(rows: list[dict]) -> str:
    lines = ["| model | NLL/token (nats) | valid | unique | novel | molecules stable |",
             "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        shares = (row["valid"], row["unique"], row["novel"], row["stable_molecules"])
        cells = " | ".join("–" if share is None else f"{share:.1%}" for share in shares)
        lines.append(f"| `{row['model']}` | {row['nll_per_token']:.3f} | {cells} |")
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, help="QM9 as CSV or SDF; downloaded if left out")
    parser.add_argument("--molecules", type=int, default=2000, help="test molecules scored")
    parser.add_argument("--number", type=int, default=1000, help="molecules sampled per model")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
