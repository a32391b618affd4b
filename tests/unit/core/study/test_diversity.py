"""Diversity against literal loops and numbers by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.study import DiversityError, measure_diversity
from tests.oracles import diversity as literal

SEQUENCES = st.lists(st.lists(st.integers(0, 300), min_size=3, max_size=7), min_size=4, max_size=4)


def padded(graphs):
    width = max(len(row) for rows in graphs for row in rows)
    tokens = np.array([[row + [5] * (width - len(row)) for row in rows] for rows in graphs])
    return tokens, np.array([[len(row) for row in rows] for rows in graphs])


def test_by_hand():
    graph = [[0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 4]]
    found = measure_diversity(*padded([graph]), [1, 2, 3])
    np.testing.assert_allclose(found.unique_ratio, [[1, 1 / 2, 2 / 3]])
    np.testing.assert_array_equal(found.distinct_grams, [[2, 2, 3]])
    # The counts of the three grams are 3, 2 and 1.
    np.testing.assert_allclose(found.gram_entropy_bits, [[1, 1, 1.459147917027245]])


def test_compression_by_hand():
    """Bits of deflate's fixed code, between two bytes of header and four of checksum.

    Three tokens are six bytes: 3 bits open the block, each byte takes 8, the end 7, together 58 or
    8 bytes. Of a second such sequence zlib, which refers to no match at the very first byte, writes
    a byte and a match of length 5 (7 bits) at distance 6 (5 and 1): 79 bits or 10 bytes.
    """
    found = measure_diversity(*padded([[[0, 1, 2], [0, 1, 2]]]), [1, 2])
    np.testing.assert_allclose(found.compressed_bits_per_token,
                               [[8 * (2 + 8 + 4) / 3, 8 * (2 + 10 + 4) / 6]])


@settings(max_examples=40, deadline=None)
@given(st.lists(SEQUENCES, min_size=1, max_size=3))
def test_equals_the_literal_loops(graphs):
    samples = [1, 3, 4]
    found = measure_diversity(*padded(graphs), samples)
    for row, graph in enumerate(graphs):
        for column, k in enumerate(samples):
            first = graph[:k]
            at = (row, column)
            assert found.unique_ratio[at] == pytest.approx(literal.unique_ratio(first))
            assert found.distinct_grams[at] == len(literal.gram_counts(first))
            assert found.gram_entropy_bits[at] == pytest.approx(literal.gram_entropy_bits(first))
            assert found.compressed_bits_per_token[at] == pytest.approx(
                literal.compressed_bits_per_token(first))


def test_refuses_more_graphs_than_its_keys_hold():
    tokens = np.zeros((2**15 + 1, 1, 3), dtype=np.int32)
    with pytest.raises(DiversityError, match=r"^At most 32,768 graphs are measured at once"):
        measure_diversity(tokens, np.full((2**15 + 1, 1), 3), [1])


@pytest.mark.parametrize("samples", [[], [0], [3]])
def test_refuses_samples_that_were_not_drawn(samples):
    with pytest.raises(DiversityError, match=r"lie in \[1, 2\]"):
        measure_diversity(*padded([[[0, 1, 4], [0, 2, 4]]]), samples)
