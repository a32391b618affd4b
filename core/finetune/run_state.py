"""The state of a fine-tuning run on disk, from which it resumes as if it had never stopped.

The folder is that of `core.runs.save_state`: what is trained and the optimizer's moments, never the
whole model unless all of it is trained, and beside them settings, step and loss history.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from core.finetune.methods import Tuning
from core.runs import RunFolderError, load_state, save_state


def save_run(
    folder: Path, tuning: Tuning, optimizer: torch.optim.Optimizer, progress: dict[str, Any]
) -> None:
    """Write what is trained and the optimizer's state, then `progress`, which names its `step`."""
    tensors = {f"tuning/{name}": tensor for name, tensor in tuning.state().items()}
    for index, parameter in enumerate(tuning.parameters):
        for key, value in optimizer.state[parameter].items():
            tensors[f"optimizer/{key}/{index}"] = torch.as_tensor(value)
    save_state(folder, {name: tensor.detach().cpu() for name, tensor in tensors.items()}, progress)


def restore_run(folder: Path, tuning: Tuning, optimizer: torch.optim.Optimizer) -> int:
    """Put what is trained and the optimizer's state back.

    Returns:
        Steps done.

    Raises:
        RunFolderError: if the state is damaged.
    """
    tensors, step = load_state(folder)
    try:
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
    except (KeyError, IndexError, ValueError, RuntimeError) as error:
        raise RunFolderError(f"{folder} holds the state of another run ({error}); delete it to "
                             "start over.") from error
    return step
