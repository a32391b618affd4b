"""Agreement of masks equals sets; chance equals what independent masks share."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.salience import SalienceError, select
from core.salience.agreement import (
    Agreement,
    agreement,
    agreement_by_layer,
    agreement_by_matrix,
    agreement_table,
    mask_stability,
)
from core.salience.masks import mask_of
from tests.oracles.masks import chance, jaccard
from tests.unit.core.salience.made_up import MATRICES, NUM_ENTRIES, as_set, made_up_salience

BITS = st.lists(st.booleans(), min_size=NUM_ENTRIES, max_size=NUM_ENTRIES)


def mask(bits):
    salience = made_up_salience(range(NUM_ENTRIES))
    parts = torch.tensor(bits).split([matrix.numel for matrix in MATRICES])
    return mask_of(salience, "global", dict(zip(salience.scores, parts, strict=True)))


def inside(entries: set, names: set) -> set:
    return {entry for entry in entries if entry[0] in names}


@given(BITS, BITS)
def test_agreement_equals_sets(first, second):
    one, other = mask(first), mask(second)
    sets = as_set(one.entries), as_set(other.entries)
    regions = [({m.name for m in MATRICES}, NUM_ENTRIES, agreement(one, other))]
    regions += [({m.name}, m.numel, agreement_by_matrix(one, other)[m.name]) for m in MATRICES]
    regions += [({m.name for m in MATRICES if m.layer == layer},
                 sum(m.numel for m in MATRICES if m.layer == layer), found)
                for layer, found in agreement_by_layer(one, other).items()]
    assert len(regions) == 1 + 3 + 2
    for names, entries, found in regions:
        a, b = (inside(entry, names) for entry in sets)
        assert (found.only_first, found.only_second, found.entries) == (
            len(a - b), len(b - a), entries)
        assert found.density_difference == pytest.approx((len(a) - len(b)) / entries)
        if a and b:
            assert found.jaccard == pytest.approx(jaccard(a, b))
            assert found.chance == pytest.approx(chance(a, b, entries))
            assert found.ratio == pytest.approx(found.jaccard / found.chance)
        elif not a and not b:
            assert math.isnan(found.jaccard)
            assert math.isnan(found.chance)
        else:
            assert (found.jaccard, found.chance) == (0, 0)
            assert math.isnan(found.ratio)


def test_independent_masks_agree_as_chance_says():
    generator = torch.Generator().manual_seed(0)
    n = 200_000
    first, second = (torch.rand(n, generator=generator) < d for d in (0.3, 0.1))
    found = Agreement(int((first & second).sum()), int(first.sum()), int(second.sum()), n)
    assert found.jaccard == pytest.approx(found.chance, abs=0.003)
    assert found.chance == pytest.approx(0.3 * 0.1 / (0.3 + 0.1 - 0.03), abs=0.003)


def test_closeness_goes_from_chance_to_identity():
    same, subset, apart = (Agreement(both, first, second, 1000) for both, first, second in (
        (50, 50, 50), (50, 50, 100), (0, 50, 50)))
    assert (same.closeness, subset.closeness, apart.closeness) == (1, 1, 0)
    assert Agreement(3, 50, 50, 1000).is_near_chance  # 2.5 are expected
    between = Agreement(20, 50, 50, 1000)
    assert not between.is_near_chance
    assert between.closeness == pytest.approx(
        math.log((20 / 80) / between.chance) / math.log(1 / between.chance))
    assert math.isnan(Agreement(0, 0, 50, 1000).closeness)
    assert between.columns() == {"jaccard": 0.25, "chance": between.chance, "both": 20,
                                 "only_first": 30, "only_second": 30, "entries": 1000}


def test_a_table_has_every_pair_once():
    masks = {name: select(made_up_salience(range(NUM_ENTRIES)), count=count)
             for name, count in (("a", 5), ("b", 10), ("c", 38))}
    table = agreement_table(masks)
    assert table == {(a, b): agreement(masks[a], masks[b]) for a, b in table}
    assert list(table) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert table["a", "b"].jaccard == 0.5
    assert table["b", "c"].jaccard == pytest.approx(10 / 38)
    assert table["b", "c"].ratio == 1  # nobody can miss a mask of everything


def test_masks_of_different_models_are_not_compared():
    one = select(made_up_salience(range(NUM_ENTRIES)), density=0.5)
    few = MATRICES[:1]
    other = select(made_up_salience(range(NUM_ENTRIES), matrices=few, model="smaller",
                                    scores={m.name: torch.eye(*m.shape) for m in few}),
                   density=0.5)
    with pytest.raises(SalienceError, match="made-up and one of smaller cannot be compared"):
        agreement(one, other)


def noisy(size, seed):
    """More examples, less noise."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(NUM_ENTRIES, generator=generator) * NUM_ENTRIES / size
    return made_up_salience((torch.arange(NUM_ENTRIES) + noise).tolist())


def test_stability_compares_all_draws():
    asked, heard = [], []

    def score(size, seed):
        asked.append((size, seed))
        return noisy(size, seed)

    found = mask_stability(score, sizes=[1000, 1], seeds=[0, 1, 2], density=0.5,
                           progress=lambda done, total: heard.append((done, total)))
    assert asked == [(size, seed) for size in (1, 1000) for seed in (0, 1, 2)]
    assert heard == [(done, 6) for done in range(6)]
    assert found.sizes == (1, 1000)
    expected = [agreement(select(noisy(1, a), density=0.5), select(noisy(1, b), density=0.5))
                for a, b in ((0, 1), (0, 2), (1, 2))]
    assert list(found.across_seeds[1]) == expected
    assert found.mean_jaccard(1) == pytest.approx(sum(pair.jaccard for pair in expected) / 3)
    assert found.mean_jaccard(1000) > 0.9 > found.mean_jaccard(1)
    assert found.chance == pytest.approx(1 / 3)  # of halves
    assert list(found.to_largest) == [1]
    assert found.to_largest[1][2] == agreement(select(noisy(1, 2), density=0.5),
                                               select(noisy(1000, 2), density=0.5))


@pytest.mark.parametrize("asked", [{"sizes": [], "seeds": [0, 1]}, {"sizes": [4], "seeds": [1, 1]}])
def test_stability_needs_draws_to_compare(asked):
    with pytest.raises(SalienceError, match="at least one number of examples and two seeds"):
        mask_stability(noisy, density=0.5, **asked)
