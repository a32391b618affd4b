"""Sets of nodes as bits of int32 words, many sets at a time, on any torch device.

A walk asks two things of a set: which of its members are best, and which is its r-th member.
With one bit per node both are a handful of element-wise operations on [B, W] words, which is what
makes the sampler fast; a boolean [B, N] array would move eight to thirty times as much memory.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

WORD_BITS = 32


def num_words(num_nodes: int) -> int:
    """Words that hold `num_nodes` bits."""
    return -(-num_nodes // WORD_BITS)


def single_bits(num_nodes: int, device: torch.device) -> Tensor:
    """The one-element set of every node, [N, W] int32."""
    members = torch.eye(num_nodes, dtype=torch.bool, device=device)
    return pack(members)


def pack(members: Tensor) -> Tensor:
    """Boolean membership [..., N] as words [..., W] int32; node n is bit n % 32 of word n // 32."""
    width = num_words(members.shape[-1]) * WORD_BITS
    padded = torch.nn.functional.pad(members, (0, width - members.shape[-1]))
    bits = padded.unflatten(-1, (-1, 8)).to(torch.uint8)
    place = torch.tensor([1 << bit for bit in range(8)], dtype=torch.uint8, device=bits.device)
    return (bits * place).sum(-1, dtype=torch.uint8).view(torch.int32)


def is_empty(sets: Tensor) -> Tensor:
    """Whether each set [..., W] is empty, [..., 1]."""
    return (sets == 0).all(-1, keepdim=True) if sets.shape[-1] > 1 else sets == 0


def count_and_choose(sets: Tensor, choice: Tensor, choice_bits: int) -> tuple[Tensor, Tensor]:
    """Size of each set, and its member of rank `choice * size >> choice_bits`.

    Args:
        sets: [B, W] int32.
        choice: uniform integers below `2 ** choice_bits`, [B] int64; 0 takes the lowest member.

    Returns:
        (size [B] int64, member [B] int64); the member of an empty set is meaningless.
    """
    octets = sets.view(torch.uint8).long()  # [B, 4 W]
    popcount, nth_bit = _tables(octets.device)
    counts = popcount[octets]
    upto = counts.cumsum(-1)
    size = upto[:, -1]
    rank = (choice * size) >> choice_bits
    octet = (upto <= rank[:, None]).sum(-1).clamp_max(octets.shape[-1] - 1)
    at = octet[:, None]
    rank_inside = rank - (upto.gather(1, at) - counts.gather(1, at)).squeeze(1)
    member = octet * 8 + nth_bit[octets.gather(1, at).squeeze(1) * 8 + rank_inside.clamp(0, 7)]
    return size, member


@cache
def _tables(device: torch.device) -> tuple[Tensor, Tensor]:
    """Number of set bits of a byte [256], and position of its n-th set bit [256 * 8]."""
    places = [[bit for bit in range(8) if value >> bit & 1] for value in range(256)]
    popcount = torch.tensor([len(bits) for bits in places], device=device)
    nth_bit = torch.tensor([(bits + [0] * 8)[:8] for bits in places], device=device)
    return popcount, nth_bit.flatten()
