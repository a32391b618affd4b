"""What data-driven criteria are made of: mean gradient, empirical Fisher, Hessian times gradient.

L_i is `nll_per_token` of example i, and the loss is the mean of L_i over examples: a
long example counts as much as a short one. Gradients are those of the weight matrices alone; all
else is frozen, so the backward pass does not pay for it. Examples go through slice by slice, and
what is kept between slices has the size of the matrices.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from core.salience.examples import TokenSequences
from core.salience.language_model import LanguageModel
from core.salience.matrices import SalienceError, weights_of
from core.salience.shadow import shadow_of

DEFAULT_TOKEN_BUDGET = 2_048
"""Tokens per pass; larger slices are no faster on CPUs and hold more activations."""

Progress = Callable[[int], None]
"""Called with the number of examples that just went through."""


@torch.enable_grad()
def mean_gradient(
    model: LanguageModel,
    examples: TokenSequences,
    *,
    temperature: float = 1.0,
    token_budget: int = DEFAULT_TOKEN_BUDGET,
    progress: Progress | None = None,
) -> dict[str, Tensor]:
    """G, the gradient of mean_i L_i with respect to every matrix.

    Args:
        model: stays untouched.
        examples: sequences to average over.
        temperature: divides the logits.
        token_budget: most tokens, padding included, in one pass.
        progress: called after each pass; may raise to cancel.

    Returns:
        Name of the matrix → float32 of its stored shape, on the model's device.

    Raises:
        SalienceError: if a gradient is not finite.
    """
    shadow, weights = _prepare(model)
    found = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    for part in examples.slices(token_budget):
        loss = example_losses(shadow, part, temperature).sum() / len(examples)
        _accumulate(found, torch.autograd.grad(loss, list(weights.values()), allow_unused=True))
        if progress is not None:
            progress(len(part))
    check_finite(found)
    return found


@torch.enable_grad()
def hessian_gradient_product(
    model: LanguageModel,
    examples: TokenSequences,
    gradient: dict[str, Tensor],
    *,
    temperature: float = 1.0,
    token_budget: int = DEFAULT_TOKEN_BUDGET,
    progress: Progress | None = None,
) -> dict[str, Tensor]:
    """H·G, with H the Hessian of mean_i L_i over all matrices together, by double backward.

    H·G is linear in H, hence in the examples, once G is that of all of them.

    Args:
        model: stays untouched.
        examples: sequences to average over.
        gradient: G, or any other direction, of the matrices' shapes.
        temperature: divides the logits.
        token_budget: four times the tokens, padding included, in one pass: the graph of the
            backward pass is held as well.
        progress: called after each pass; may raise to cancel.

    Returns:
        Name of the matrix → float32 of its stored shape, on the model's device.

    Raises:
        SalienceError: if an entry is not finite.
    """
    shadow, weights = _prepare(model)
    wanted = list(weights.values())
    found = {name: torch.zeros_like(weight) for name, weight in weights.items()}
    for part in examples.slices(token_budget // 4):
        loss = example_losses(shadow, part, temperature).sum() / len(examples)
        first = torch.autograd.grad(loss, wanted, create_graph=True, allow_unused=True)
        pairs = [(grad, gradient[name]) for name, grad in zip(found, first, strict=True)
                 if grad is not None]
        _accumulate(found, torch.autograd.grad(
            [grad for grad, _ in pairs], wanted, [direction for _, direction in pairs],
            allow_unused=True))
        if progress is not None:
            progress(len(part))
    check_finite(found, "Hessian-gradient product")
    return found


@torch.enable_grad()
def example_losses(
    model: PreTrainedModel, examples: TokenSequences, temperature: float = 1.0
) -> Tensor:
    """L_i, `nll_per_token` of every example, [n], in nats, with its graph."""
    device = next(model.parameters()).device
    # What stands behind an end need not be a token; attention is causal, so it reaches nothing.
    tokens = examples.tokens.where(examples.is_real, 0).to(device)
    is_target = examples.is_target.to(device)
    logits = model(input_ids=tokens[:, :-1], use_cache=False).logits.float()
    if temperature != 1:
        logits = logits / temperature
    token_nll = nn.functional.cross_entropy(logits.transpose(1, 2), tokens[:, 1:],
                                            reduction="none")
    return (token_nll * is_target).sum(1) / is_target.sum(1)


def check_finite(
    found: dict[str, Tensor], what: str = "gradient",
    remedy: str = "examples on which its loss is finite, or a criterion that needs no data",
) -> None:
    """Refuse numbers that have no order.

    Raises:
        SalienceError: naming the first matrix with an entry that is not finite.
    """
    for name, values in found.items():
        if not bool(values.sum(dtype=torch.double).isfinite()):  # of float32 cannot overflow
            raise SalienceError(f"The {what} of {name} is not finite; use a model with finite "
                                f"weights, and {remedy}.")


def _prepare(model: LanguageModel) -> tuple[PreTrainedModel, dict[str, nn.Parameter]]:
    shadow = shadow_of(model.model, trainable={matrix.name for matrix in model.matrices})
    return shadow, weights_of(shadow, model.matrices)


def _accumulate(found: dict[str, Tensor], parts: tuple[Tensor | None, ...]) -> None:
    for total, part in zip(found.values(), parts, strict=True):
        if part is not None:  # None where the examples never reach, as in an unused expert
            total += part.detach()
