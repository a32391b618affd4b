"""Empirical Fisher: squared per-example gradients, summed without ever looping over examples.

The gradient of example i at a linear map y = W x is Σ_t δ_t x_tᵀ over its positions, with δ the
gradient at the output (Goodfellow, arXiv 1510.01799). Hooks collect x and δ of all examples of a
slice in one backward pass, which itself makes no weight gradients; a batched matrix product makes
the gradients of as many examples as fit into a fixed memory, which are squared and summed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from core.salience.examples import TokenSequences
from core.salience.gradients import (
    DEFAULT_TOKEN_BUDGET,
    Progress,
    check_finite,
    example_losses,
)
from core.salience.language_model import LanguageModel
from core.salience.matrices import SalienceError, WeightMatrix
from core.salience.shadow import shadow_of

_CHUNK_BYTES = 16 * 2**20
"""Per-example gradients of one matrix held at a time."""


@torch.enable_grad()
def empirical_fisher(
    model: LanguageModel,
    examples: TokenSequences,
    *,
    token_budget: int = DEFAULT_TOKEN_BUDGET,
    progress: Progress | None = None,
) -> dict[str, Tensor]:
    """mean_i (∇_W L_i)², the diagonal of the empirical Fisher (FishMask, arXiv 2111.09839).

    Args:
        model: stays untouched.
        examples: sequences to average over.
        token_budget: most tokens, padding included, in one pass.
        progress: called after each pass; may raise to cancel.

    Returns:
        Name of the matrix → float32 of its stored shape, on the model's device.

    Raises:
        SalienceError: if a gradient is not finite; for a model that applies a linear map more or
            less than once per pass, or not to [examples, positions, features].
    """
    shadow = shadow_of(model.model, trainable=())
    found = {matrix.name: torch.zeros(matrix.shape, device=model.device)
             for matrix in model.matrices}
    for part in examples.slices(token_budget):
        with _collecting(shadow, model.matrices, found, len(part)) as applied:
            loss = example_losses(shadow, part).sum()
            for matrix in model.matrices:
                if matrix.name not in applied:
                    raise _refusal(matrix.name, "does not apply")
            loss.backward()
        if progress is not None:
            progress(len(part))
    for total in found.values():
        total /= len(examples)
    check_finite(found, "squared gradient")
    return found


@contextmanager
def _collecting(
    model: nn.Module, matrices: tuple[WeightMatrix, ...], found: dict[str, Tensor], size: int
) -> Iterator[set[str]]:
    """Add squared gradients of `size` examples to `found` during a backward pass.

    Yields the names of the matrices that the forward pass has applied so far.
    """
    applied: set[str] = set()

    def watch(matrix: WeightMatrix) -> Any:
        def forward_hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            if matrix.name in applied:
                raise _refusal(matrix.name, "applies more than once")
            if output.dim() != 3 or len(output) != size:
                raise _refusal(matrix.name, "mixes the examples before it applies")
            applied.add(matrix.name)
            x = inputs[0].detach()
            if not output.requires_grad:
                output.requires_grad_()  # the first map: nothing before it is trainable

            def backward_hook(delta: Tensor) -> None:
                left, right = (x, delta) if matrix.is_transposed else (delta, x)
                _add_squares(found[matrix.name], left, right)

            output.register_hook(backward_hook)

        return forward_hook

    by_weight = {id(model.get_parameter(matrix.name)): matrix for matrix in matrices}
    handles = [module.register_forward_hook(watch(by_weight[id(module.weight)]))
               for module in model.modules() if id(getattr(module, "weight", None)) in by_weight]
    try:
        yield applied
    finally:
        for handle in handles:
            handle.remove()


def _add_squares(total: Tensor, left: Tensor, right: Tensor) -> None:
    """total += Σ_i (left_iᵀ right_i)², with left [n, T, rows] and right [n, T, columns]."""
    chunk = max(1, _CHUNK_BYTES // (4 * total.numel()))
    for first in range(0, len(left), chunk):
        part = slice(first, first + chunk)
        gradients = torch.bmm(left[part].transpose(1, 2), right[part])
        total += gradients.square_().sum(0)


def _refusal(name: str, what: str) -> SalienceError:
    return SalienceError(f"Squared gradients per example cannot be told apart: this model {what} "
                         f"{name} in a pass; use `gradient` or `snip` instead of `fisher`.")
