"""Diversity of sequences as literal loops."""

import math
import zlib
from collections import Counter


def unique_ratio(sequences: list[list[int]]) -> float:
    """Distinct sequences by all of them."""
    return len({tuple(sequence) for sequence in sequences}) / len(sequences)


def gram_counts(sequences: list[list[int]]) -> Counter:
    """How often each 3-gram stands within a sequence."""
    counts: Counter = Counter()
    for sequence in sequences:
        for start in range(len(sequence) - 2):
            counts[tuple(sequence[start : start + 3])] += 1
    return counts


def gram_entropy_bits(sequences: list[list[int]]) -> float:
    """Entropy of the 3-grams."""
    counts = gram_counts(sequences)
    total = sum(counts.values())
    return -sum(n / total * math.log2(n / total) for n in counts.values())


def compressed_bits_per_token(sequences: list[list[int]]) -> float:
    """zlib at level 9 over two bytes a token, the low one first."""
    data = b"".join(bytes([token % 256, token // 256]) for row in sequences for token in row)
    return 8 * len(zlib.compress(data, 9)) / (len(data) // 2)
