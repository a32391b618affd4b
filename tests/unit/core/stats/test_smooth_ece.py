"""Smooth ECE against its definition, and against the library of its authors where that is exact."""

import numpy as np
import pytest
from relplot.metrics import smECE, smECE_sigma

from core.stats.molecule_bootstrap import MoleculeBootstrap
from core.stats.smooth_ece import (
    SMOOTH_RESAMPLES,
    ConfidenceGrid,
    error_at_width,
    grid_weights,
    smooth_ece,
    smoothing_width,
)
from tests.oracles import token_calibration as literal

ONE = np.ones((1, 1))


def events(number, seed=0, ends=(0.02, 0.98), shift=0.1):
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(*ends, number)
    return confidence, rng.random(number) < np.clip(confidence - shift, 0, 1)


def gaps_of(confidence, correct, multiplicity=None):
    multiplicity = np.ones(len(confidence), int) if multiplicity is None else multiplicity
    grid = ConfidenceGrid.from_events(np.zeros(len(confidence), int), confidence, correct,
                                      multiplicity, weights=ONE)
    return grid.gaps[0] / grid.num_events[0]


@pytest.mark.parametrize(("number", "shift"), [(500, 0.0), (5000, 0.0), (5000, 0.1), (300, 0.4)])
def test_agrees_with_relplot_on_raw_events_away_from_the_ends(number, shift):
    confidence, correct = events(number, shift=shift)
    theirs, width = smECE(confidence, correct.astype(float), return_width=True)
    gaps = gaps_of(confidence, correct)
    assert smoothing_width(gaps) == pytest.approx(width, abs=1 / 1024)
    assert error_at_width(gaps, width) == pytest.approx(theirs, abs=1e-4)
    assert smooth_ece_of(confidence, correct).value == pytest.approx(theirs, abs=1e-3)


def smooth_ece_of(confidence, correct):
    weights = grid_weights(MoleculeBootstrap(1, seed=0))
    grid = ConfidenceGrid.from_events(
        np.zeros(len(confidence), int), confidence, correct, np.ones(len(confidence), int),
        weights=weights)
    return smooth_ece(grid, MoleculeBootstrap(1, seed=0))


@pytest.mark.parametrize("width", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("ends", [(0.02, 0.98), (0.99, 1.0)])
def test_agrees_with_the_definition(width, ends):
    confidence, correct = events(200, ends=ends)
    expected = literal.smooth_error(confidence, correct, width)
    assert error_at_width(gaps_of(confidence, correct), width) == pytest.approx(
        expected, rel=2e-3, abs=1e-5)


def test_sure_events_count_whole_where_relplot_counts_half():
    """Half of all events are sure and right, the others at 0.5 are never right: 0.25 in all."""
    confidence = np.repeat([1.0, 0.5], 1000)
    correct = confidence == 1.0
    assert error_at_width(gaps_of(confidence, correct), 0.05) == pytest.approx(0.25, abs=1e-6)
    theirs = smECE_sigma(confidence, correct.astype(float), 0.05)
    assert theirs == pytest.approx(0.25 / 0.75, rel=0.02)


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_errors_at_the_very_end_stay_inside(end):
    """Half of the events are wrong about being sure: smoothing must not lose any of that."""
    correct = np.arange(100) % 2 == 0
    for width in (0.01, 0.1):
        assert error_at_width(gaps_of(np.full(100, end), correct), width) == pytest.approx(0.5)


def test_smoothing_never_makes_the_error_larger():
    confidence, correct = events(1000, ends=(0.5, 1.0))
    gaps = gaps_of(confidence, correct)
    errors = [error_at_width(gaps, width) for width in (0.01, 0.03, 0.1, 0.3, 1.0)]
    assert (np.diff(errors) <= 1e-12).all()
    assert errors[-1] == pytest.approx(abs((correct - confidence).mean()), rel=1e-2)


def test_an_event_drawn_twice_counts_twice():
    confidence, correct = events(100)
    multiplicity = np.arange(100) % 3 + 1
    repeated = gaps_of(np.repeat(confidence, multiplicity), np.repeat(correct, multiplicity))
    np.testing.assert_allclose(gaps_of(confidence, correct, multiplicity), repeated, atol=1e-12)


def test_resamples_are_of_graphs():
    confidence, correct = events(2000)
    graph = np.arange(2000) % 40
    bootstrap = MoleculeBootstrap(40, seed=1)
    weights = grid_weights(bootstrap)
    assert weights.shape == (1 + SMOOTH_RESAMPLES, 40)
    ones = np.ones(2000, int)
    grid = ConfidenceGrid.from_events(graph, confidence, correct, ones, weights=weights)
    drawn = np.rint(weights[7] * 40).astype(int)[graph]  # how often resample 7 has each event
    expected = gaps_of(np.repeat(confidence, drawn), np.repeat(correct, drawn))
    np.testing.assert_allclose(grid.gaps[7] / grid.num_events[7], expected, atol=1e-12)
    first, second = (
        ConfidenceGrid.from_events(graph[part], confidence[part], correct[part], ones[part],
                                   weights=weights) for part in (slice(900), slice(900, None)))
    np.testing.assert_allclose((first + second).gaps, grid.gaps, atol=1e-12)
    found = smooth_ece(grid, bootstrap)
    assert found.interval.low <= found.value <= found.interval.high
    assert found.interval.low > 0.03  # confidence is 0.1 too high


def test_a_calibrated_model_may_have_no_error():
    confidence, correct = events(2000, shift=0.0)
    bootstrap = MoleculeBootstrap(40, seed=1)
    grid = ConfidenceGrid.from_events(np.arange(2000) % 40, confidence, correct,
                                      np.ones(2000, int), weights=grid_weights(bootstrap))
    assert smooth_ece(grid, bootstrap).interval.low == 0


def test_one_graph_has_no_interval():
    found = smooth_ece_of(*events(100))
    assert found.interval is None
    assert "1 is too few" in found.reason
