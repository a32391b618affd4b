"""Sets as bits against Python sets."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.sent.bitsets import count_and_choose, is_empty, num_words, pack, single_bits


@pytest.mark.parametrize("num_nodes", [1, 8, 31, 32, 33, 64, 65, 200])
@settings(max_examples=25)
@given(data=st.data())
def test_each_member_is_chosen_by_its_rank(num_nodes, data):
    members = sorted(data.draw(st.sets(st.integers(0, num_nodes - 1), min_size=1)))
    is_member = torch.zeros(num_nodes, dtype=torch.bool)
    is_member[members] = True
    sets = pack(is_member).expand(len(members), -1).contiguous()
    choice = (torch.arange(len(members)) * 2**31 + len(members) - 1) // len(members)
    size, chosen = count_and_choose(sets, choice, 31)
    assert size.tolist() == [len(members)] * len(members)
    assert chosen.tolist() == members


@pytest.mark.parametrize("num_nodes", [5, 32, 70])
def test_largest_and_smallest_choice_are_the_ends(num_nodes):
    everyone = pack(torch.ones(2, num_nodes, dtype=torch.bool))
    _, ends = count_and_choose(everyone, torch.tensor([0, 2**31 - 1]), 31)
    assert ends.tolist() == [0, num_nodes - 1]


@pytest.mark.parametrize("num_nodes", [3, 32, 40, 64, 100])
def test_single_bits_are_disjoint_and_complete(num_nodes):
    bits = single_bits(num_nodes, torch.device("cpu"))
    assert bits.shape == (num_nodes, num_words(num_nodes))
    everyone = pack(torch.ones(num_nodes, dtype=torch.bool))
    left = everyone.clone()
    for bit in bits:
        assert not is_empty(left[None] & bit).item()
        left &= ~bit
    assert is_empty(left[None]).item()
    assert not is_empty(everyone[None]).item()
