"""Density maps equal loops; histograms hold every entry once, on either side of the cut."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.salience import select
from core.salience.matrix_views import density_map, half_lies_in, mean_scores, score_histogram
from tests.oracles.masks import block_shares
from tests.unit.core.salience.made_up import MATRICES, NUM_ENTRIES, made_up_salience


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 6), st.integers(0, 99))
def test_density_maps_equal_loops(rows, columns, bins, seed):
    entries = torch.rand(rows, columns, generator=torch.Generator().manual_seed(seed)) < 0.4
    found = density_map(entries, max_bins=bins)
    assert found.shares.shape == (min(rows, bins), min(columns, bins))
    assert found.row_edges.tolist()[-1] == rows
    assert found.column_edges.tolist()[-1] == columns
    assert max(np.diff(found.row_edges)) - min(np.diff(found.row_edges)) <= 1
    expected = block_shares(entries.tolist(), found.row_edges.tolist(),
                            found.column_edges.tolist())
    assert found.shares.tolist() == pytest.approx(np.array(expected))


@pytest.mark.parametrize(("entries", "expected"), [
    ([[1, 1, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]], (1, 2)), ([[1, 0], [0, 1], [1, 1]], (1, 1)),
    ([[0, 1]], (1, 1)), ([[1] * 4] * 5, (3, 2))])
def test_half_of_a_mask_lies_in_the_fullest_rows_and_columns(entries, expected):
    assert half_lies_in(torch.tensor(entries, dtype=torch.bool)) == expected


def test_mean_scores_are_of_every_matrix():
    found = mean_scores(made_up_salience(range(NUM_ENTRIES)))
    assert list(found.values()) == [5.5, 16.5, 29.5]


@given(st.lists(st.floats(-(2.0**60), 2.0**60, width=32), min_size=NUM_ENTRIES,
                max_size=NUM_ENTRIES).filter(lambda values: len(set(values)) > 1),
       st.integers(3, NUM_ENTRIES))
def test_histograms_hold_every_entry_once(values, count):
    salience = made_up_salience(values, is_signed=True)
    mask = select(salience, count=count)
    for matrix in MATRICES:
        found = score_histogram(salience, mask, matrix, bins=7)
        assert found.selected.sum() == mask.entries[matrix.name].sum()
        assert found.selected.sum() + found.rest.sum() == matrix.numel
        assert (np.diff(found.edges) > 0).all()
        if found.cut is not None:
            chosen = salience.scores[matrix.name][mask.entries[matrix.name]]
            assert found.cut == float(chosen.min())


def test_the_axis_is_logarithmic_with_a_sign():
    scores = [1e-9, 0, -1e-9, 1e-3, -1e-3, 1.0, *[0.1] * (NUM_ENTRIES - 6)]
    salience = made_up_salience(scores, is_signed=True)
    found = score_histogram(salience, select(salience, count=4), MATRICES[0])
    assert found.floor == pytest.approx(1e-6)
    assert [found.place(score) for score in (1.0, 1e-3, 1e-7, 0.0, -1e-3)] == pytest.approx(
        [6, 3, 0, 0, -3])
    assert [found.score_at(place) for place in (6.0, 3.0, 0.0, -3.0)] == pytest.approx(
        [1.0, 1e-3, 0.0, -1e-3])
    assert found.edges[0] == pytest.approx(-3, abs=1e-4)
    assert found.edges[-1] == pytest.approx(6)


def test_equal_scores_have_a_histogram():
    salience = made_up_salience([*[0.0] * (NUM_ENTRIES - 1), 1.0])
    found = score_histogram(salience, select(salience, count=1), MATRICES[1])
    assert found.cut is None
    assert found.rest.sum() == MATRICES[1].numel
    assert found.score_at(1.0) == 0
