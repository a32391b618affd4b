"""What moves the weights: Muon or AdamW, and the learning rate of every step."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, overload

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

OptimizerName = Literal["muon", "adamw"]


class Muon(torch.optim.Muon):
    """`torch.optim.Muon`, with matrices of one shape made orthogonal together, in a chosen type.

    The published one multiplies in bf16. A processor that has no bf16 emulates it, and then spends
    as much time here as on the forward and backward passes.

    Args:
        params: matrices.
        lr, weight_decay, momentum: as of `torch.optim.Muon`; the step's size is matched to AdamW's
            (Liu et al. 2025, arXiv 2502.16982), so that both can share a rate.
        dtype: of the products that make an update orthogonal.
    """

    def __init__(self, params: Iterable[nn.Parameter], *, lr: float, weight_decay: float,
                 momentum: float, dtype: torch.dtype) -> None:
        super().__init__(params, lr=lr, weight_decay=weight_decay, momentum=momentum,
                         adjust_lr_fn="match_rms_adamw")
        self.dtype = dtype

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Move every matrix that has a gradient; returns the loss of a closure."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            alike: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
            for matrix in group["params"]:
                if matrix.grad is not None:
                    alike[matrix.shape].append(matrix)
            for shape, matrices in alike.items():
                updates = torch.stack([self._momentum(matrix, group) for matrix in matrices])
                updates = orthogonalized(updates.to(self.dtype), group["ns_coefficients"],
                                         steps=group["ns_steps"], eps=group["eps"])
                size = 0.2 * max(shape) ** 0.5
                for matrix, update in zip(matrices, updates, strict=True):
                    matrix.mul_(1 - group["lr"] * group["weight_decay"])
                    matrix.add_(update, alpha=-group["lr"] * size)
        return loss

    def _momentum(self, matrix: nn.Parameter, group: dict[str, Any]) -> Tensor:
        state, gradient, momentum = self.state[matrix], matrix.grad, group["momentum"]
        assert gradient is not None
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        state["momentum_buffer"].lerp_(gradient, 1 - momentum)
        return gradient.lerp(state["momentum_buffer"], momentum)


def orthogonalized(
    matrices: Tensor, coefficients: tuple[float, float, float], *, steps: int, eps: float
) -> Tensor:
    """The nearest orthogonal matrices, roughly: singular values end between 0.7 and 1.2.

    Newton and Schulz's iteration, with a quintic polynomial that is steep at zero (Jordan et al.
    2024).

    Args:
        matrices: [n, rows, columns].
        coefficients: of the first, third and fifth power.
        steps: iterations.
        eps: least norm, which a matrix of zeros is divided by.
    """
    first, third, fifth = coefficients
    if is_tall := matrices.shape[1] > matrices.shape[2]:
        matrices = matrices.mT
    matrices = matrices / matrices.norm(dim=(1, 2), keepdim=True).clamp(min=eps)
    for _ in range(steps):
        gram = matrices @ matrices.mT
        polynomial = torch.baddbmm(gram, gram, gram, beta=third, alpha=fifth)
        matrices = torch.baddbmm(matrices, polynomial, matrices, beta=first)
    return matrices.mT if is_tall else matrices


def build_optimizers(
    model: LlamaForCausalLM,
    name: OptimizerName,
    *,
    learning_rate: float,
    weight_decay: float,
    dtype: torch.dtype = torch.float32,
) -> list[torch.optim.Optimizer]:
    """Muon for the blocks' matrices if asked for; AdamW for the rest, norms without decay."""
    blocks = [p for p in model.model.layers.parameters() if p.ndim == 2]
    ends = [model.model.embed_tokens.weight, model.lm_head.weight]
    norms = [p for p in model.parameters() if p.ndim < 2]
    decayed = [*blocks, *ends] if name == "adamw" else ends
    adamw = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": weight_decay},
         {"params": norms, "weight_decay": 0.0}],
        lr=learning_rate, betas=(0.9, 0.95), fused=True,
    )
    if name == "adamw":
        return [adamw]
    muon = Muon(blocks, lr=learning_rate, weight_decay=weight_decay, momentum=0.95, dtype=dtype)
    return [muon, adamw]


def learning_rate_at(step: int, *, peak: float, warmup_steps: int, steps: int) -> float:
    """Rate of a step, from 0: linear warm-up, then linear decay to zero behind the last step.

    >>> [learning_rate_at(step, peak=1.0, warmup_steps=2, steps=6) for step in range(6)]
    [0.5, 1.0, 1.0, 0.75, 0.5, 0.25]
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    return peak * (steps - step) / max(1, steps - warmup_steps)
