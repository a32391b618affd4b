"""A model that shares another's weights: whatever is done to it, the other stays as it was.

Requires-grad flags, evaluation mode, hooks and replaced modules live in the shadow, so nothing has
to be put back, not even after an exception, and two threads may work on one model at a time.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection

from torch import Tensor, nn
from transformers import PreTrainedModel


def shadow_of(
    model: PreTrainedModel,
    *,
    trainable: Collection[str],
    transform: Callable[[str, Tensor], Tensor] | None = None,
) -> PreTrainedModel:
    """A copy of the modules, not of the weights, in evaluation mode with eager attention.

    Args:
        model: stays untouched.
        trainable: names of the parameters that gradients are wanted of; all others are frozen.
        transform: makes the value of each parameter from its name and value; must not write into
            it. By default the memory is shared.
    """
    memo: dict[int, object] = {id(buffer): buffer for buffer in model.buffers()}
    for name, parameter in model.named_parameters():
        value = parameter.detach()
        memo[id(parameter)] = nn.Parameter(
            transform(name, value) if transform else value, requires_grad=name in trainable)
    shadow = copy.deepcopy(model, memo)
    # Double backward is implemented for eager attention only.
    shadow.set_attn_implementation("eager")
    return shadow.eval()
