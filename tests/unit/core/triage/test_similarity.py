"""Similarities by blocks equal those of RDKit, whatever the size of a block."""

import numpy as np
import pytest
from rdkit import DataStructs

from core.triage import similarity
from core.triage.similarity import mean_similarities, nearest_similarities


@pytest.fixture
def bits():
    return (np.random.default_rng(0).random((23, 64)) < 0.3).astype(np.uint8)


def literal_similarities(first, second):
    def vector(row):
        return DataStructs.CreateFromBitString("".join(map(str, row)))

    return np.array([[DataStructs.TanimotoSimilarity(vector(one), vector(other))
                      for other in second] for one in first])


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_blocks_change_nothing(bits, monkeypatch, block):
    monkeypatch.setattr(similarity, "_ROWS", block)
    monkeypatch.setattr(similarity, "_COLUMNS", block + 2)
    packed, heard = np.packbits(bits, axis=1), []
    nearest = nearest_similarities(packed[:9], packed[9:],
                                   progress=lambda *report: heard.append(report))
    np.testing.assert_allclose(
        nearest, literal_similarities(bits[:9], bits[9:]).max(axis=1), rtol=1e-6)
    assert heard[-1] == (14, 14)
    for power in (1, 2, 3):
        np.testing.assert_allclose(
            mean_similarities(packed, power),
            (literal_similarities(bits, bits) ** power).mean(axis=1), rtol=1e-6)


def test_nothing_is_similar_to_nothing():
    empty = np.zeros((0, 8), dtype=np.uint8)
    assert len(mean_similarities(empty)) == 0
    assert len(nearest_similarities(empty, np.ones((1, 8), dtype=np.uint8))) == 0
