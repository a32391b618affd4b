"""Names of strategies, and what they stand for."""

import itertools

import pytest

from core.sent import RANDOM_ORDER, STRATEGIES, Bias, Strategy


def test_the_four_named_strategies():
    assert {name: (s.start, s.jump, s.neighbour) for name, s in STRATEGIES.items()} == {
        "random_order": ("random", "random", "random"),
        "max_degree_first": ("max_degree", "max_degree", "max_degree"),
        "min_degree_first": ("min_degree", "min_degree", "min_degree"),
        "anchor_expansion": ("max_degree", "max_degree", "min_degree"),
    }


@pytest.mark.parametrize("triple", itertools.product(Bias, repeat=3))
def test_names_lead_back_to_their_strategy(triple):
    strategy = Strategy(*triple)
    assert Strategy.from_name(strategy.name) == strategy
    assert Strategy.from_name("/".join(triple)) == strategy


def test_named_triples_go_by_their_name():
    assert Strategy.from_name("random/random/random").name == "random_order"
    assert Strategy(Bias.RANDOM, Bias.MAX_DEGREE, Bias.MIN_DEGREE).name == (
        "random/max_degree/min_degree"
    )


@pytest.mark.parametrize("name", ["", "bfs", "random/random", "random/random/degree",
                                  "random/random/random/random", "RANDOM_ORDER"])
def test_unknown_names_are_answered_with_the_known_ones(name):
    with pytest.raises(ValueError, match=r"Use one of random_order, max_degree_first, .* or three "
                                         r"biases start/jump/neighbour out of random, max_degree"):
        Strategy.from_name(name)


def test_lowest_index_decides_everything_only_without_random_choices():
    deterministic = [s for t in itertools.product(Bias, repeat=3)
                     if (s := Strategy(*t)).is_deterministic_with_lowest_index]
    assert len(deterministic) == 8
    assert RANDOM_ORDER not in deterministic
