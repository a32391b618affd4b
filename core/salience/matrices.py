"""Which weights salience is about: the matrices of the linear maps inside the decoder blocks.

Embeddings, norms, biases and the head stay out (docs/definitions.md, Salience). Blocks are the list
of `num_hidden_layers` modules inside what `get_decoder` gives, so that any causal LM of
`transformers` will do, also one beside a vision tower or an encoder of as many layers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from core.errors import InputError


class SalienceError(InputError):
    """Salience, a mask or a fine-tuning run that cannot be; the message says why and what can."""


@dataclass(frozen=True)
class WeightMatrix:
    """One weight matrix of a decoder block.

    Attributes:
        name: of the parameter, such as `model.layers.0.self_attn.q_proj.weight`.
        layer: number of the block, from 0.
        module: name inside the block, such as `self_attn.q_proj`.
        shape: as stored; [out, in] for `nn.Linear`.
        is_transposed: stored [in, out], as GPT-2's `Conv1D` does.
    """

    name: str
    layer: int
    module: str
    shape: tuple[int, int]
    is_transposed: bool = False

    @property
    def numel(self) -> int:
        """Number of entries."""
        return self.shape[0] * self.shape[1]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of all fields."""
        return {"name": self.name, "layer": self.layer, "module": self.module,
                "shape": list(self.shape), "is_transposed": self.is_transposed}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> WeightMatrix:
        """Read what `to_json` wrote."""
        return cls(**{**row, "shape": tuple(row["shape"])})


def find_matrices(model: PreTrainedModel) -> tuple[WeightMatrix, ...]:
    """Matrices of all decoder blocks, block by block, in the model's own order.

    Raises:
        SalienceError: if the model has no decoder blocks, if none of them holds a linear map, or
            if they hold experts fused into one tensor, which would be left out.
    """
    blocks_name, blocks = decoder_blocks(model)
    _refuse_fused(model, blocks)
    found = []
    seen: set[int] = set()  # of parameters, which blocks may share
    for layer, block in enumerate(blocks):
        for module_name, module in block.named_modules():
            if isinstance(module, nn.Linear | Conv1D) and id(module.weight) not in seen:
                seen.add(id(module.weight))
                name = f"{blocks_name}.{layer}.{module_name}.weight"
                rows, columns = module.weight.shape
                found.append(WeightMatrix(name, layer, module_name, (rows, columns),
                                          isinstance(module, Conv1D)))
    if not found:
        raise SalienceError(f"The {len(blocks)} blocks of this {type(model).__name__} hold no "
                            "linear map; give a causal LM whose blocks are made of nn.Linear or "
                            "Conv1D.")
    return tuple(found)


def weights_of(
    model: nn.Module, matrices: tuple[WeightMatrix, ...]
) -> dict[str, nn.Parameter]:
    """The parameters themselves, by name, in the given order."""
    parameters = dict(model.named_parameters())
    return {matrix.name: parameters[matrix.name] for matrix in matrices}


def num_entries(matrices: tuple[WeightMatrix, ...]) -> int:
    """n, the entries of all matrices together."""
    return sum(matrix.numel for matrix in matrices)


def same_matrices(
    first: tuple[WeightMatrix, ...], second: tuple[WeightMatrix, ...]
) -> bool:
    """Whether names and shapes agree, in whatever order."""
    def outline(matrices: tuple[WeightMatrix, ...]) -> set[tuple[str, tuple[int, int]]]:
        return {(matrix.name, matrix.shape) for matrix in matrices}

    return outline(first) == outline(second)


def short_module_name(module: str) -> str:
    """What a chart's axis says of a module: `q`, `gate`, `c_attn`.

    >>> short_module_name("self_attn.q_proj"), short_module_name("mlp.c_fc")
    ('q', 'mlp.c_fc')
    """
    last = module.rsplit(".", 1)[-1]
    match = re.fullmatch(r"(q|k|v|o|gate|up|down)_proj", last)
    return match.group(1) if match else module


def decoder_blocks(model: PreTrainedModel) -> tuple[str, nn.ModuleList]:
    """The list of decoder blocks and its name, such as `model.layers`.

    Raises:
        SalienceError: if there is none, or more than one that it could be.
    """
    decoder = model.get_decoder()
    prefix = next((name for name, module in model.named_modules() if module is decoder), "")
    layers = getattr(model.config.get_text_config(decoder=True), "num_hidden_layers", None)
    lists = {f"{prefix}.{name}".strip("."): module for name, module in decoder.named_modules()
             if isinstance(module, nn.ModuleList) and len(module) == layers and layers}
    depth = min((name.count(".") for name in lists), default=0)
    found = {name: module for name, module in lists.items() if name.count(".") == depth}
    if len(found) > 1:  # norms or the like in a list of their own
        found = {name: module for name, module in found.items()
                 if any(isinstance(part, nn.Linear | Conv1D) for part in module.modules())}
    if len(found) == 1:
        return next(iter(found.items()))
    raise SalienceError(
        f"{type(model).__name__} has {'more than one' if found else 'no'} list of {layers} decoder "
        "blocks; give a causal LM such as Llama, GPT-2 or Qwen2.")


def _refuse_fused(model: PreTrainedModel, blocks: nn.ModuleList) -> None:
    """Refuse experts that are stored as one tensor of three axes: no matrix, yet most weights."""
    for module in blocks.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if parameter.ndim > 2 and not isinstance(module, nn.modules.conv._ConvNd):
                raise SalienceError(
                    f"The blocks of this {type(model).__name__} hold {name} of shape "
                    f"{list(parameter.shape)}, experts fused into one tensor, which salience would "
                    "leave out; give a model without a mixture of experts.")
