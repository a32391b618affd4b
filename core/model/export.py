"""From a training run to a checkpoint folder with its training record."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.chemistry.chemistry import Chemistry
from core.model.card import ModelCard
from core.model.checkpoints import save_checkpoint
from core.model.training import TrainingConfig, TrainingError, trained_model
from core.model.transformer import num_parameters
from core.records import package_versions
from core.runs import read_progress
from core.sent.strategies import Strategy
from core.sent.vocabulary import Vocabulary


def write_trained_checkpoint(
    config: TrainingConfig,
    vocabulary: Vocabulary,
    run_folder: Path,
    output: Path,
    *,
    name: str,
    data: Mapping[str, Any],
    chemistry: Chemistry | None = None,
    unfinished: bool = False,
    validation: Sequence[Mapping[str, Any]] = (),
) -> ModelCard:
    """Write the checkpoint folder of a run.

    Args:
        config: the run's settings.
        vocabulary: what its model writes.
        run_folder: where `train` saved it.
        output: the folder to write.
        name: of the model.
        data: what it was trained on: name of the data set, split, number of graphs.
        chemistry: what its labels mean; None for QM9's and for graphs without labels.
        unfinished: write what the run knows after the steps that it has done, a milestone.
        validation: rows of `core.study.validation` that were measured on the way.

    Raises:
        TrainingError: if steps are left, unless `unfinished`.
    """
    progress = read_progress(run_folder)
    if progress["step"] < config.steps and not unfinished:
        raise TrainingError(f"{run_folder} is at step {progress['step']} of {config.steps}; run "
                            "the same command again to resume it.")
    model = trained_model(config, vocabulary, run_folder)
    card = ModelCard(
        name=name,
        vocabulary=vocabulary,
        chemistry=chemistry,
        strategy=Strategy.from_name(config.strategy),
        preset=config.preset,
        data=dict(data),
        training={
            "config": asdict(config),
            "parameters": num_parameters(model),
            "steps": progress["step"],
            "graphs_seen": progress["step"] * config.batch_size,
            "wall_s": round(progress["wall_s"]),
            "device": progress["device"],
            "processor": platform.processor() or platform.machine(),
            "loss_nats_per_token": progress["history"],
            "versions": package_versions(),
            **({"validation": list(validation)} if validation else {}),
        },
    )
    return save_checkpoint(output, model, card)
