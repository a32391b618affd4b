"""W + α ΔW: a fine-tuned model taken part of the way from where it started, or beyond.

ΔW is all that a run changed, whatever its method: the merged weights minus those before. α = 0 is
the model before, α = 1 the fine-tuned one, and nothing is trained in between.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import torch

from core.model.checkpoints import Checkpoint
from core.salience.language_model import sha256_of_weights
from core.salience.matrices import SalienceError

MAX_ALPHA = 1.5
"""Up to here α is asked for: half as far again as the run went."""


def scaled_checkpoint(
    before: Checkpoint, after: Checkpoint, alpha: float, *, name: str
) -> Checkpoint:
    """The model W + α ΔW.

    Weights are rounded as they are stored (fp16), so that what is measured is what is shipped.

    Args:
        before: W.
        after: W + ΔW, fine-tuned from it.
        alpha: α, in [0, `MAX_ALPHA`].
        name: of the model.

    Raises:
        SalienceError: for another α, and as `check_scalable`.
    """
    if not 0 <= alpha <= MAX_ALPHA:
        raise SalienceError(f"α lies between 0 and {MAX_ALPHA:g}, got {alpha:g}.")
    check_scalable(before, after)
    model = deepcopy(before.model).requires_grad_(False)
    target = dict(after.model.named_parameters())
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            # In float64, as then α = 0 and α = 1 give the two models themselves.
            start, end = parameter.double(), target[key].to(parameter.device).double()
            parameter.copy_((start + alpha * (end - start)).half().float())
    card = replace(before.card, name=name, weights_sha256=sha256_of_weights(model), training={
        **after.card.training, "scaling": {
            "alpha": alpha, "before": _identity(before), "after": _identity(after)}})
    return Checkpoint.of(model, card, is_compiled=before.is_compiled)


def check_scalable(before: Checkpoint, after: Checkpoint) -> None:
    """Refuse two models that have no difference ΔW.

    Raises:
        SalienceError: if they are not of one shape and vocabulary, or if the card of the second
            says that it was fine-tuned from other weights.
    """
    shapes = [{name: parameter.shape for name, parameter in one.model.named_parameters()}
              for one in (before, after)]
    if shapes[0] != shapes[1] or before.vocabulary != after.vocabulary:
        raise SalienceError(
            f"{after.card.name} and {before.card.name} are not of one shape and vocabulary; give "
            f"a model that was fine-tuned from {before.card.name}.")
    parent = after.card.training.get("fine_tuning", {}).get("from", {})
    if parent and parent["weights_sha256"] != before.card.weights_sha256:
        raise SalienceError(
            f"{after.card.name} was fine-tuned from {parent['model']}, whose weights are not those "
            f"of {before.card.name}; give the model that it was fine-tuned from.")


def _identity(checkpoint: Checkpoint) -> dict[str, str]:
    return {"model": checkpoint.card.name, "weights_sha256": checkpoint.card.weights_sha256}
