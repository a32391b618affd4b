"""How fast training is, beside a plain loop of `transformers` on the same batches.

    python -m benchmarks.train.run [--steps 6] [--batch-size 64]

The plain loop is what one writes first: `LlamaForCausalLM` with labels, the whole batch padded to
its longest sequence, PyTorch's AdamW. `train` does the same steps with AdamW and with Muon, its
default, which the loop has no counterpart to. They take turns, step by step, on the same tokens:
those that `train` draws, which are made beforehand for the loop. Molecules are the valid ones of
the shipped samples. Times are processor time on one thread; ratios are taken step by step. Writes
`record.json`.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor
from transformers import LlamaForCausalLM

from benchmarks.rounds import ends, has_bf16, ratios, sampled_molecules
from core.model.card import ModelCard
from core.model.checkpoints import load_checkpoint
from core.model.epochs import ShuffledEpochs
from core.model.training import TrainingConfig, TrainingPrecision, tokens_of_step, train
from core.model.transformer import build_model
from core.records import RunRecord
from core.sent.vocabulary import PAD, Vocabulary

MODELS = ("qm9-random_order", "moses-random_order")
NUMBER = 1024
WARM_UP = 2
AIMS = {"times_the_loop": 1.5, "share_of_drawing": 0.05}

Result = TypeVar("Result")


def main() -> None:
    """Measure and write the record."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--micro-batch", type=int, default=16)
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("record.json"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    names = arguments.models.split(",")
    result = {name: _measure(load_checkpoint(name).card, arguments) for name in names}
    RunRecord(
        "benchmark train",
        {"models": names, "preset": "small", "batch_size": arguments.batch_size,
         "micro_batch": arguments.micro_batch, "steps": arguments.steps,
         "precision": _precision(), "threads": 1, "aims": AIMS},
        result, seed=0, device="cpu",
    ).write(arguments.output)


def _measure(card: ModelCard, arguments: argparse.Namespace) -> dict[str, Any]:
    graphs = sampled_molecules(card, NUMBER)
    configs = {f"train, {optimizer}": TrainingConfig(
        card.strategy.name, steps=arguments.steps + WARM_UP, batch_size=arguments.batch_size,
        micro_batch=arguments.micro_batch, optimizer=optimizer, precision=_precision())
        for optimizer in ("adamw", "muon")}
    config, epochs = configs["train, adamw"], ShuffledEpochs(len(graphs), seed=0)
    loop = _PlainLoop(config, card.vocabulary)
    seconds: dict[str, list[float]] = {way: [] for way in ("drawing", "loop", *configs)}
    with tempfile.TemporaryDirectory() as folder:
        runs = {way: train(one, graphs, card.vocabulary, run_folder=Path(folder) / way,
                           save_every_s=1e9) for way, one in configs.items()}
        for step in range(config.steps):
            tokens, drawing = _timed(lambda step=step: tokens_of_step(
                config, step, graphs, card.vocabulary, epochs=epochs))
            loss, looping = _timed(lambda tokens=tokens: loop.step(tokens))
            taken = {"drawing": drawing, "loop": looping}
            for way, run in runs.items():
                state, taken[way] = _timed(lambda run=run: next(run))
                if step == 0 and _precision() == "fp32":  # the same work, or times say nothing
                    torch.testing.assert_close(state.loss, loss, atol=0, rtol=1e-4)
            if step >= WARM_UP:
                for way, one in taken.items():
                    seconds[way].append(one)
        for run in runs.values():
            run.close()
    rows = {way: _row(way, seconds, arguments.batch_size) for way in seconds}
    for way, row in rows.items():
        print(card.name, way, row)
    return rows


class _PlainLoop:
    def __init__(self, config: TrainingConfig, vocabulary: Vocabulary) -> None:
        model = build_model(vocabulary, config.preset,
                            generator=torch.Generator().manual_seed(config.seed))
        self._model = LlamaForCausalLM(model.config).train()  # with the attention of its choice
        self._model.load_state_dict(model.state_dict())
        self._optimizer = torch.optim.AdamW(
            self._model.parameters(), lr=config.learning_rate / config.warmup_steps,
            weight_decay=config.weight_decay)
        self._precision, self._clip_norm = config.precision, config.clip_norm

    def step(self, tokens: Tensor) -> float:
        """Learn from a batch [B, L]; its loss before, nats per token."""
        labels = tokens.masked_fill(tokens == PAD, -100)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._precision == "bf16"):
            loss = self._model(input_ids=tokens, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), self._clip_norm)
        self._optimizer.step()
        self._optimizer.zero_grad()
        return float(loss.detach())


def _precision() -> TrainingPrecision:
    return "bf16" if has_bf16() else "fp32"


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    begun = time.process_time()
    return work(), time.process_time() - begun


def _row(way: str, seconds: dict[str, list[float]], batch_size: int) -> dict[str, Any]:
    own = seconds[way]
    row: dict[str, Any] = {"step_cpu_s": ends(own)}
    if way == "drawing":
        return row
    row["molecules_a_second"] = round(batch_size / statistics.median(own), 1)
    if way == "loop":
        return row
    return {**row, "times_the_loop": ends(ratios(seconds["loop"], own)),
            "share_of_drawing": ends(ratios(seconds["drawing"], own))}


if __name__ == "__main__":
    main()
