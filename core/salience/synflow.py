"""Synaptic flow: what a weight carries from input to output, no data needed (Tanaka 2020).

The network is made linear and positive: every parameter by its absolute value, biases zero,
activations and softmax the identity; norms stay. It runs in float64 on one all-ones embedding of
length 1, and R is the sum of its logits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from transformers import activations

from core.salience.language_model import LanguageModel
from core.salience.matrices import weights_of
from core.salience.shadow import shadow_of

_ACTIVATION_MODULES = tuple(
    kind for source in (activations, nn.modules.activation) for kind in vars(source).values()
    if isinstance(kind, type) and issubclass(kind, nn.Module)
    and kind is not nn.MultiheadAttention and kind.__module__ == source.__name__)

_FUNCTION_NAMES = ("celu", "elu", "gelu", "glu", "hardsigmoid", "hardswish", "leaky_relu",
                   "logsigmoid", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "softmax",
                   "softplus", "softsign", "tanh")


@torch.enable_grad()
def synaptic_flow(model: LanguageModel) -> dict[str, Tensor]:
    """abs(W) ⊙ ∂R/∂abs(W) of every matrix, signed: a norm's derivative can be negative.

    Attention and MLP are products of linear maps here, so within a block the sum over all entries
    is the same for q, k, v and o, and for gate, up and down.

    Returns:
        Name of the matrix → float32 of its stored shape, on the model's device.
    """
    def positive(name: str, value: Tensor) -> Tensor:
        is_bias = name.rsplit(".", 1)[-1] == "bias"
        value = value.to(torch.double, copy=True)
        return value.zero_() if is_bias else value.abs_()

    shadow = shadow_of(model.model, trainable={matrix.name for matrix in model.matrices},
                       transform=positive)
    _replace_activations(shadow)
    found = {matrix.name: torch.zeros(matrix.shape, device=model.device)
             for matrix in model.matrices}
    for name, weight in weights_of(shadow, model.matrices).items():
        weight.register_post_accumulate_grad_hook(_keep_flow(found, name))
    width = int(cast(Tensor, shadow.get_input_embeddings().weight).shape[1])
    ones = torch.ones(1, 1, width, dtype=torch.double, device=model.device)
    with _LinearFloat64():
        logits = shadow(inputs_embeds=ones, use_cache=False).logits
    logits.sum().backward()
    return found


def _keep_flow(found: dict[str, Tensor], name: str) -> Callable[[Tensor], None]:
    def keep(weight: Tensor) -> None:
        assert weight.grad is not None
        found[name] = weight.grad.mul_(weight.detach()).float()
        weight.grad = None  # so that there is one float64 gradient at a time

    return keep


class _LinearFloat64(TorchFunctionMode):
    """While it lasts, activation functions are the identity, and float64 stays float64."""

    _identities = frozenset(
        getattr(source, name) for name in _FUNCTION_NAMES
        for source in (torch, nn.functional, Tensor) if hasattr(source, name))
    _casts = frozenset({Tensor.to, Tensor.type, Tensor.float})

    def __torch_function__(
        self, function: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if function in self._identities:
            return args[0] if args else kwargs["input"]
        if function in self._casts and args[0].dtype == torch.double:
            return args[0]
        return function(*args, **kwargs)


def _replace_activations(model: nn.Module) -> None:
    """Those written as formulas, such as GPT-2's, are no single function to intercept."""
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, _ACTIVATION_MODULES):
                setattr(module, name, nn.Identity())
