"""Mixtures: their share, and that only the chosen permutations change."""

import math

import pytest
import torch
from scipy.stats import binomtest

from core.chemistry import from_smiles
from core.sent import (
    MIN_DEGREE_FIRST,
    QM9_VOCABULARY,
    RANDOM_ORDER,
    GraphBatch,
    GraphSeed,
    sample_trails,
)
from core.study import DiversityError, Mixture


def graphs(*smiles):
    return [from_smiles(text).graph for text in smiles]


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_share_is_as_asked(share):
    batch = GraphBatch.from_graphs(graphs("CCO", "CCN"), with_automorphisms=True)
    chosen = Mixture(MIN_DEGREE_FIRST, share).is_random(batch, permutations=5000, seed=3)
    assert binomtest(int(chosen.sum()), chosen.numel(), share).pvalue > 1e-3


@pytest.mark.parametrize(("share", "strategy"), [(0, MIN_DEGREE_FIRST), (1, RANDOM_ORDER)])
def test_ends_are_the_strategies_themselves(share, strategy):
    given = graphs("CCO", "C")
    tokens, lengths = Mixture(MIN_DEGREE_FIRST, share).draw(given, QM9_VOCABULARY,
                                                            permutations=6, seed=1)
    trails = sample_trails(given, QM9_VOCABULARY, strategy, permutations=6,
                           generator=GraphSeed(1))
    assert torch.equal(lengths, trails.lengths)
    width = trails.tokens.shape[-1]
    assert torch.equal(tokens[..., :width], trails.tokens)


def test_spelling_does_not_matter():
    mixture = Mixture(MIN_DEGREE_FIRST, 0.5)
    one, other = (mixture.draw(graphs(text), QM9_VOCABULARY, permutations=20, seed=0)[0]
                  for text in ("CCO", "OCC"))
    assert torch.equal(one, other)


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan])
def test_refuses_a_share_outside(share):
    with pytest.raises(DiversityError, match=r"^A share of random_order lies in \[0, 1\], got"):
        Mixture(MIN_DEGREE_FIRST, share)


def test_methanol_has_18_sequences():
    (methanol,) = graphs("CO")
    assert Mixture(RANDOM_ORDER).count_sequences(methanol, QM9_VOCABULARY, limit=100) == 18
    assert Mixture(MIN_DEGREE_FIRST, 0.1).count_sequences(methanol, QM9_VOCABULARY,
                                                          limit=100) == 18
    assert Mixture(RANDOM_ORDER).count_sequences(methanol, QM9_VOCABULARY, limit=17) is None
