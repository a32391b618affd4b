"""Molecules sampled per second, against `transformers`' own `generate` in the same run.

    python -m benchmarks.generate.run [--models qm9-random_order,moses-min_degree_first]

Each model is measured against its own base. The reference masks with the same grammar in a logits
processor. Writes `record.json`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import LogitsProcessor

from core.chemistry.molecules import is_valid
from core.model.checkpoints import Checkpoint, load_checkpoint
from core.model.generation import SamplingConfig, sample_tokens
from core.records import RunRecord
from core.sent.decoder import DecodeError, decode
from core.sent.grammar import Grammar
from core.sent.vocabulary import EOS, SOS


class _GrammarProcessor(LogitsProcessor):
    def __init__(self, batch_size: int, checkpoint: Checkpoint) -> None:
        self._grammar = Grammar(batch_size, checkpoint.vocabulary)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if input_ids.shape[1] > 1:
            self._grammar.advance(input_ids[:, -1])
        return scores.masked_fill(~self._grammar.allowed(), -torch.inf)


def main() -> None:
    """Measure and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", default="qm9-random_order,moses-min_degree_first")
    parser.add_argument("--number", type=int, default=1024)
    parser.add_argument("--batch-size", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    names = arguments.models.split(",")
    result = {name: _measure_model(name, arguments) for name in names}
    RunRecord(
        "benchmark generate",
        {"models": names, "number": arguments.number, "batch_size": arguments.batch_size,
         "threads": arguments.threads},
        result, seed=0, device=arguments.device,
    ).write(Path(__file__).with_name("record.json"))


def _measure_model(name: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Rates of one model, each with its ratio to `transformers`' own."""
    checkpoint = load_checkpoint(name, device=arguments.device)
    number, batch = arguments.number, arguments.batch_size
    rows: dict[str, Any] = {
        "transformers_generate": _measure(lambda: _reference(checkpoint, batch), number, batch,
                                          checkpoint),
    }
    for precision in ("fp32", "bf16"):
        config = SamplingConfig(batch_size=batch, precision=precision)  # type: ignore[arg-type]
        generator = torch.Generator().manual_seed(0)
        rows[precision] = _measure(
            lambda config=config, generator=generator: sample_tokens(
                checkpoint, batch, generator=generator, config=config)[0],
            number, batch, checkpoint,
        )
    base = rows["transformers_generate"]["molecules_per_s"]
    for way, row in rows.items():
        row["ratio"] = round(row["molecules_per_s"] / base, 2)
        print(name, way, row)
    return {**rows, "weights_sha256": checkpoint.card.weights_sha256}


def _measure(
    sample: Callable[[], torch.Tensor], number: int, batch: int, checkpoint: Checkpoint
) -> dict:
    chemistry = checkpoint.card.chemistry
    assert chemistry is not None, "The benchmark counts valid molecules; give models of molecules."
    sample()  # warm up
    started = time.perf_counter()
    sequences = [row for _ in range(number // batch) for row in sample().tolist()]
    seconds = time.perf_counter() - started
    graphs = []
    for row in sequences:
        try:
            graphs.append(decode(row[: row.index(EOS) + 1] if EOS in row else row,
                                 checkpoint.vocabulary))
        except DecodeError:
            continue
    return {
        "molecules_per_s": round(len(sequences) / seconds, 1),
        "valid": round(sum(is_valid(graph, chemistry) for graph in graphs) / len(sequences), 3),
    }


@torch.inference_mode()
def _reference(checkpoint: Checkpoint, batch: int) -> torch.Tensor:
    start = torch.full((batch, 1), SOS, device=checkpoint.device)
    return checkpoint.model.generate(
        start, attention_mask=torch.ones_like(start), do_sample=True, top_k=10, max_length=500,
        logits_processor=[_GrammarProcessor(batch, checkpoint)],
    )


if __name__ == "__main__":
    main()
