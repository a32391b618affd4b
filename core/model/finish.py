"""From a finished training run to a checkpoint folder with its training record."""

from __future__ import annotations

import platform
from dataclasses import asdict
from pathlib import Path

from core.model.checkpoints import ModelCard, save_checkpoint
from core.model.run_state import read_progress
from core.model.training import TrainingConfig, TrainingError, trained_model
from core.model.transformer import num_parameters
from core.records import package_versions
from core.sent.strategies import Strategy
from core.sent.vocabulary import Vocabulary


def write_trained_checkpoint(
    config: TrainingConfig,
    vocabulary: Vocabulary,
    run_folder: Path,
    output: Path,
    *,
    name: str,
    num_graphs: int,
) -> ModelCard:
    """Write the folder of a run whose steps are all done.

    Raises:
        TrainingError: if steps are left.
    """
    progress = read_progress(run_folder)
    if progress["step"] < config.steps:
        raise TrainingError(f"{run_folder} is at step {progress['step']} of {config.steps}; run "
                            "the same command again to resume it.")
    model = trained_model(config, vocabulary, run_folder)
    card = ModelCard(
        name=name,
        vocabulary=vocabulary,
        strategy=Strategy.from_name(config.strategy),
        preset=config.preset,
        data={"name": "QM9", "split": "train", "graphs": num_graphs},
        training={
            "config": asdict(config),
            "parameters": num_parameters(model),
            "graphs_seen": config.steps * config.batch_size,
            "wall_s": round(progress["wall_s"]),
            "device": progress["device"],
            "processor": platform.processor() or platform.machine(),
            "loss_nats_per_token": progress["history"],
            "versions": package_versions(),
        },
    )
    return save_checkpoint(output, model, card)
