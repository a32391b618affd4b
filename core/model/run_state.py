"""The state of a training run on disk, from which it resumes as if it had never stopped.

A run folder holds `state.safetensors` (weights and optimizer state) and `progress.json` (settings,
step and loss history, for people and for the training record).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from core.errors import InputError
from core.records import write_json

_STATE = "state.safetensors"
_PROGRESS = "progress.json"


class RunFolderError(InputError):
    """A run folder that cannot be read; the message says why."""


def holds_run(folder: Path) -> bool:
    """Whether a run was saved here."""
    return (folder / _PROGRESS).is_file()


def save_run(
    folder: Path,
    model: torch.nn.Module,
    optimizers: Sequence[torch.optim.Optimizer],
    progress: dict[str, Any],
) -> None:
    """Write weights and optimizer state, then `progress`, which must name its `step`."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"model/{name}": tensor for name, tensor in model.state_dict().items()}
    for name, parameter in model.named_parameters():
        for key, value in _state_of(parameter, optimizers).items():
            tensors[f"optimizer/{key}/{name}"] = torch.as_tensor(value)
    partial = folder / ".state.partial"
    save_file({name: t.contiguous() for name, t in tensors.items()}, partial,
              metadata={"step": str(progress["step"])})
    partial.replace(folder / _STATE)
    write_json(folder / _PROGRESS, progress)


def restore_run(
    folder: Path, model: torch.nn.Module, optimizers: Sequence[torch.optim.Optimizer]
) -> int:
    """Put weights and optimizer state back.

    Returns:
        Steps done. A kill between the two writes of `save_run` leaves `progress.json` behind, so
        it is the weights' file that tells.
    """
    restore_weights(folder, model)
    parameters = dict(model.named_parameters())
    device = str(next(iter(parameters.values())).device)
    for name, tensor in load_file(folder / _STATE, device=device).items():
        if name.startswith("optimizer/"):
            _, key, parameter = name.split("/", 2)
            _state_of(parameters[parameter], optimizers)[key] = tensor
    with safe_open(folder / _STATE, framework="pt") as state:
        return int(state.metadata()["step"])


def restore_weights(folder: Path, model: torch.nn.Module) -> None:
    """Put the weights back."""
    tensors = load_file(folder / _STATE)
    model.load_state_dict({name.removeprefix("model/"): tensor for name, tensor in tensors.items()
                           if name.startswith("model/")})


def read_progress(folder: Path) -> dict[str, Any]:
    """What `progress.json` says.

    Raises:
        RunFolderError: if there is none, or it is damaged.
    """
    try:
        return json.loads((folder / _PROGRESS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(f"{folder} holds no readable run: {error}.") from error


def _state_of(
    parameter: torch.nn.Parameter, optimizers: Sequence[torch.optim.Optimizer]
) -> dict[str, Tensor]:
    """State of a parameter, empty before the first step, in the optimizer that owns it."""
    for optimizer in optimizers:
        if any(parameter is p for group in optimizer.param_groups for p in group["params"]):
            return optimizer.state[parameter]
    raise KeyError("a parameter that no optimizer trains")
