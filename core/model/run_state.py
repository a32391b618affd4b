"""The state of a training run on disk, from which it resumes as if it had never stopped.

The folder is that of `core.runs.save_state`: weights and optimizer state, and beside them settings,
step and loss history, for people and for the training record.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.runs import load_state, save_state


def save_run(
    folder: Path,
    model: torch.nn.Module,
    optimizers: Sequence[torch.optim.Optimizer],
    progress: dict[str, Any],
) -> None:
    """Write weights and optimizer state, then `progress`, which must name its `step`."""
    tensors = {f"model/{name}": tensor for name, tensor in model.state_dict().items()}
    for name, parameter in model.named_parameters():
        for key, value in _state_of(parameter, optimizers).items():
            tensors[f"optimizer/{key}/{name}"] = torch.as_tensor(value)
    save_state(folder, tensors, progress)


def restore_run(
    folder: Path, model: torch.nn.Module, optimizers: Sequence[torch.optim.Optimizer]
) -> int:
    """Put weights and optimizer state back.

    Returns:
        Steps done.

    Raises:
        RunFolderError: if the state is damaged.
    """
    parameters = dict(model.named_parameters())
    tensors, step = load_state(folder, device=str(next(iter(parameters.values())).device))
    model.load_state_dict(_weights(tensors))
    for name, tensor in tensors.items():
        if name.startswith("optimizer/"):
            _, key, parameter = name.split("/", 2)
            _state_of(parameters[parameter], optimizers)[key] = tensor
    return step


def restore_weights(folder: Path, model: torch.nn.Module) -> None:
    """Put the weights back."""
    model.load_state_dict(_weights(load_state(folder)[0]))


def _weights(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix("model/"): tensor for name, tensor in tensors.items()
            if name.startswith("model/")}


def _state_of(
    parameter: torch.nn.Parameter, optimizers: Sequence[torch.optim.Optimizer]
) -> dict[str, Tensor]:
    """State of a parameter, empty before the first step, in the optimizer that owns it."""
    for optimizer in optimizers:
        if any(parameter is p for group in optimizer.param_groups for p in group["params"]):
            return optimizer.state[parameter]
    raise KeyError("a parameter that no optimizer trains")
