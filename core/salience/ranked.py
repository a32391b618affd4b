"""`RankedScores`: scores sorted once, so that a mask of any density is a comparison away.

`select` finds one cut in scores; whoever moves a density slider asks for many cuts in the same
scores. Sorting takes a second for a few million entries, each mask after that a millisecond.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.salience.masks import Mask, Scope, check_scores, counts_to_select, mask_of
from core.salience.salience import Salience


@dataclass(frozen=True, eq=False)
class RankedScores:
    """Places of all entries, highest score first.

    Attributes:
        salience: the scores.
        scope: `global`: places among the entries of all matrices; `local`: in each matrix.
        ranks: name of the matrix → int32, of its stored shape; 0 is the highest. Of equal scores
            the first in the model's order of matrices, row by row, comes first.
    """

    salience: Salience
    scope: Scope
    ranks: dict[str, Tensor]

    def mask(self, *, density: float | None = None, count: int | None = None) -> Mask:
        """The same as `select(salience, density=…, count=…, scope=scope)`.

        Raises:
            SalienceError: for a share or number that selects nothing, or more than there is.
        """
        counts = counts_to_select(self.salience, density=density, count=count, scope=self.scope)
        return mask_of(self.salience, self.scope,
                       {name: ranks < counts[name] for name, ranks in self.ranks.items()})


def rank_scores(salience: Salience, scope: Scope = "global") -> RankedScores:
    """Sort scores, all together or matrix by matrix.

    Raises:
        SalienceError: for an unknown scope, and for scores that are not finite.
    """
    check_scores(salience, scope)
    scores = [salience.scores[matrix.name].reshape(-1) for matrix in salience.matrices]
    if scope == "global":
        ranked = _ranks(torch.cat(scores)).split([len(score) for score in scores])
    else:
        ranked = tuple(_ranks(score) for score in scores)
    return RankedScores(salience, scope, {
        matrix.name: ranks.view(matrix.shape)
        for matrix, ranks in zip(salience.matrices, ranked, strict=True)
    })


def _ranks(scores: Tensor) -> Tensor:
    order = np.argsort(-scores.numpy(), kind="stable")
    ranks = np.empty(len(order), dtype=np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    return torch.from_numpy(ranks)
