"""From a finished run to files: adapter, mask, and a plain checkpoint that anything can open.

A sparse adapter is one safetensors file, a low-rank adapter a folder of `peft`. The merged model is
a TrailScope checkpoint folder if it was one before, else what `save_pretrained` writes.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import torch

from core.finetune.low_rank import LowRankTuning
from core.finetune.run import FinetuneRun
from core.finetune.sparse import SparseTuning
from core.finetune.sparse_adapter import SparseAdapter
from core.model.checkpoints import Checkpoint, save_checkpoint
from core.model.transformer import to_device
from core.records import RunRecord, package_versions
from core.salience.language_model import sha256_of_weights
from core.salience.matrices import SalienceError

MASK_FILE = "mask.safetensors"
SPARSE_ADAPTER_FILE = "sparse_adapter.safetensors"
LOW_RANK_FOLDER = "adapter"


def write_adapter(run: FinetuneRun, folder: Path) -> Path:
    """Write what was trained, and the mask it was trained in; call it before merging.

    Returns:
        The sparse adapter's file, or the folder of a `peft` adapter.

    Raises:
        SalienceError: for a run of all weights, which has no adapter.
    """
    tuning = run.tuning
    if isinstance(tuning, SparseTuning):
        path = folder / SPARSE_ADAPTER_FILE
        SparseAdapter(tuning.changed_entries(), run.base.name, run.base.weights_sha256,
                      {**run.config.to_json(), "stream": run.stream.source}).save(path)
        if run.mask is not None:
            run.mask.save(folder / MASK_FILE)
        return path
    if isinstance(tuning, LowRankTuning):
        tuning.save_adapter(folder / LOW_RANK_FOLDER)
        return folder / LOW_RANK_FOLDER
    raise SalienceError("A run of all weights has no adapter; keep its merged checkpoint.")


def merged_checkpoint(run: FinetuneRun, *, name: str) -> Checkpoint:
    """The plain model that came of a run on a TrailScope checkpoint, ready for scoring.

    Weights are rounded as they are stored (fp16), so that what is measured is what is shipped.

    Raises:
        SalienceError: if the run started from another model.
    """
    checkpoint = run.base.checkpoint
    if checkpoint is None:
        raise SalienceError(f"{run.base.name} is no TrailScope checkpoint; use `write_model`.")
    model = deepcopy(run.tuning.merged()).requires_grad_(False)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.half().float())
    card = replace(checkpoint.card, name=name, weights_sha256=sha256_of_weights(model), training={
        **checkpoint.card.training, "fine_tuning": {
            "from": {"model": run.base.name, "weights_sha256": run.base.weights_sha256},
            "config": run.config.to_json(), "stream": run.stream.source,
            "parameters": run.num_parameters, "steps": run.step, "wall_s": round(run.wall_s, 1),
            "device": str(run.base.device), "versions": package_versions(),
        }})
    placed = to_device(model, run.base.device)  # type: ignore[arg-type]
    return Checkpoint.of(placed, card, is_compiled=run.config.compile)


def write_model(run: FinetuneRun, folder: Path, *, name: str) -> Path:
    """Write the merged model as a checkpoint folder, weights in fp16 if it is one of ours."""
    if run.base.checkpoint is None:
        run.tuning.merged().save_pretrained(folder)
        return folder
    merged = merged_checkpoint(run, name=name)
    return save_checkpoint(folder, merged.model, merged.card).path


def record_of(run: FinetuneRun) -> RunRecord:
    """Settings, provenance and losses of a finished run."""
    config = {"model": run.base.name, "stream": run.stream.source, **run.config.to_json(),
              "mask": None if run.mask is None else {
                  "sha256": run.mask.digest, "cut_for": run.mask.model,
                  "model_digest": run.mask.weights_sha256, "origin": run.mask.origin}}
    return RunRecord(
        "finetune", config,
        {"method": run.config.method, "parameters": run.num_parameters, "steps": run.step,
         "wall_s": round(run.wall_s, 1), "first_loss": run.history[0][1],
         "last_loss": run.history[-1][1],
         "loss_nats_per_token": [list(entry) for entry in run.history]},
        run.config.seed, str(run.base.device), run.base.weights_sha256)
