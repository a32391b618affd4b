"""The state of a fine-tuning run on disk, from which it resumes as if it had never stopped.

A run folder holds `state.safetensors` (what is trained and the optimizer's moments; never the whole
model unless all of it is trained) and `progress.json` (settings, step and loss history).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from core.finetune.methods import Tuning
from core.records import write_json
from core.salience.matrices import SalienceError

_STATE = "state.safetensors"
_PROGRESS = "progress.json"


def holds_run(folder: Path) -> bool:
    """Whether a run was saved here."""
    return (folder / _PROGRESS).is_file()


def save_run(
    folder: Path, tuning: Tuning, optimizer: torch.optim.Optimizer, progress: dict[str, Any]
) -> None:
    """Write what is trained and the optimizer's state, then `progress`, which names its `step`."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"tuning/{name}": tensor for name, tensor in tuning.state().items()}
    for index, parameter in enumerate(tuning.parameters):
        for key, value in optimizer.state[parameter].items():
            tensors[f"optimizer/{key}/{index}"] = torch.as_tensor(value)
    partial = folder / ".state.partial"
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()},
              partial, metadata={"step": str(progress["step"])})
    partial.replace(folder / _STATE)
    write_json(folder / _PROGRESS, progress)


def restore_run(folder: Path, tuning: Tuning, optimizer: torch.optim.Optimizer) -> int:
    """Put what is trained and the optimizer's state back.

    Returns:
        Steps done. A kill between the two writes of `save_run` leaves `progress.json` behind, so
        it is the tensors' file that tells.

    Raises:
        SalienceError: if the file is damaged.
    """
    try:
        tensors = load_file(folder / _STATE)
        tuning.restore({name.removeprefix("tuning/"): tensor for name, tensor in tensors.items()
                        if name.startswith("tuning/")})
        parameters = tuning.parameters
        for name, tensor in tensors.items():
            if name.startswith("optimizer/"):
                _, key, index = name.split("/")
                parameter = parameters[int(index)]
                # Step counters stay on the CPU, where the optimizer reads them.
                place = tensor.to(parameter.device) if tensor.ndim else tensor
                optimizer.state[parameter][key] = place
        with safe_open(folder / _STATE, framework="pt") as state:
            return int(state.metadata()["step"])
    except Exception as error:  # of any of the libraries that read a file which may be damaged
        raise SalienceError(f"{folder / _STATE} cannot be read ({error}); delete the run folder to "
                            "start over.") from error


def read_progress(folder: Path) -> dict[str, Any]:
    """What `progress.json` says.

    Raises:
        SalienceError: if there is none, or it is damaged.
    """
    try:
        return json.loads((folder / _PROGRESS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SalienceError(f"{folder} holds no readable run ({error}); delete it to start over."
                            ) from error
