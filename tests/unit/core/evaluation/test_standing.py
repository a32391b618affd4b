"""Where a molecule stands among the test molecules, at their number of permutations."""

from types import SimpleNamespace

import numpy as np
import torch

from core.evaluation import standing


def scored(nll):
    return SimpleNamespace(likelihoods=SimpleNamespace(nll=nll[None], nll_per_token=0.5))


def test_a_molecule_stands_among_the_test_molecules_at_their_k():
    nll = torch.tensor([10.0, 12.0, 20.0, 20.0, 99.0])
    tested = standing.Tested(2, lu=np.array([0.0, 0.02, 0.05, 0.2]),
                    nll_mean=np.array([10.0, 32.0, 33.0, 40.0]),
                    nll_per_token=np.array([0.4, 0.5, 0.6, 0.7]))
    mine = scored(nll)  # LUs of the pairs: 1 / 11 and 0; 0.5 nats per token
    assert tested.standings(mine) == (0.5, 0.5, 0.25)
    assert tested.standings(scored(nll[:1]))[0] is None
