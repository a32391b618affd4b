"""The hindsight mask: the weights that training all of them changed most.

It is a reference for the criteria and none of them, as nobody can use it beforehand: the run that
would be spared has to be over.
"""

from __future__ import annotations

from core.salience.criteria import HINDSIGHT
from core.salience.language_model import LanguageModel
from core.salience.matrices import SalienceError, same_matrices, weights_of
from core.salience.salience import Salience


def hindsight_scores(before: LanguageModel, after: LanguageModel) -> Salience:
    """abs(ΔW) of every entry, as scores of the model before.

    Args:
        before: the model as it was.
        after: what a run that trained all of its weights made of it.

    Raises:
        SalienceError: if the two have not the same matrices, or all their weights are equal.
    """
    if not same_matrices(before.matrices, after.matrices):
        raise SalienceError(f"The matrices of {after.name} are not those of {before.name}; give a "
                            f"model that was fine-tuned from {before.name}.")
    old, new = (weights_of(one.model, before.matrices) for one in (before, after))
    scores = {name: (new[name].detach().float().cpu() - weight.detach().float().cpu()).abs()
              for name, weight in old.items()}
    if not any(bool(score.any()) for score in scores.values()):
        raise SalienceError(f"{after.name} has the weights of {before.name}, so none changed; give "
                            f"a model that was fine-tuned from {before.name}.")
    return Salience(
        scores, before.matrices, HINDSIGHT, is_signed=False, model=before.name,
        weights_sha256=before.weights_sha256,
        options={"after": after.name, "after_weights": after.weights_sha256})
