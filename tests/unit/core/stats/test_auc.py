"""AUCs of resamples and their intervals: oracles, extremes, coverage on simulated scores."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

from core.stats import auc as module
from core.stats.auc import auc_interval, difference_interval, resample_aucs, widest_interval
from core.stats.estimates import Interval
from tests.oracles import ranking as literal

SCORES = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=4, max_size=14).filter(
    lambda rows: 2 <= sum(good for good, _ in rows) <= len(rows) - 2)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def as_arrays(rows):
    good, quantity = zip(*rows, strict=True)
    return np.array(good), np.array(quantity, dtype=float)


def drawn(good, seed, resamples):
    """Rows of the data in each resample: what `resample_aucs` draws from the seed."""
    streams = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2)]
    sides = [np.flatnonzero(good), np.flatnonzero(~good)]
    return [side[stream.integers(0, len(side), (resamples, len(side)))]
            for side, stream in zip(sides, streams, strict=True)]


@settings(max_examples=60)
@given(SCORES, st.integers(0, 9))
def test_aucs_and_errors_equal_loops_over_pairs(rows, seed):
    good, quantity = as_arrays(rows)
    sample = resample_aucs(good, quantity[None], seed=seed, resamples=5)
    cases = [(quantity[good], quantity[~good], sample.auc[0], sample.error[0])]
    cases += [
        (quantity[positives], quantity[negatives], auc, error)
        for positives, negatives, auc, error in zip(
            *drawn(good, seed, 5), sample.resampled[:, 0], sample.resampled_error[:, 0],
            strict=True)
    ]
    for positives, negatives, auc, error in cases:
        one, other = positives.tolist(), negatives.tolist()
        assert auc == pytest.approx(literal.auc(one, other), abs=1e-12)
        assert error == pytest.approx(literal.delong_error(one, other), abs=1e-7)


def test_resamples_equal_scikit_learn_with_weights(rng):
    good = rng.random(300) < 0.8
    quantities = np.stack([rng.normal(size=300) - good, np.rint(2 * rng.normal(size=300) - good)])
    sample = resample_aucs(good, quantities, seed=3, resamples=20)
    for row, molecules in enumerate(np.concatenate(drawn(good, 3, 20), axis=1)):
        weight = np.bincount(molecules, minlength=300)
        for score in (0, 1):
            expected = roc_auc_score(good, -quantities[score], sample_weight=weight)
            assert sample.resampled[row, score] == pytest.approx(expected, abs=1e-12)


def test_known_numbers():
    """Placements 4, 3.5 and 1 of 4 of the positives; 1.5, 2, 2 and 3 of 3 of the negatives."""
    good = np.array([True, True, True, False, False, False, False])
    sample = resample_aucs(good, np.array([[1.0, 2.0, 3.0, 2.0, 2.5, 2.7, 9.0]]), seed=0)
    assert sample.auc[0] == pytest.approx(8.5 / 12)
    assert sample.error[0] == pytest.approx(0.254588, abs=1e-6)  # sqrt(0.16146 / 3 + 0.04398 / 4)
    assert (sample.positives, sample.negatives) == (3, 4)
    assert sample.resampled.shape == sample.resampled_error.shape == (1000, 1)


@settings(max_examples=30)
@given(SCORES, st.integers(0, 9))
def test_interval_equals_the_literal_loop(rows, seed):
    good, quantity = as_arrays(rows)
    sample = resample_aucs(good, quantity[None], seed=seed, resamples=100)
    auc, interval = sample.auc[0], auc_interval(sample, 0, confidence=0.8)
    low, high = widest_interval(auc, sample.positives, sample.negatives, 0.8)
    assert low <= interval.low <= auc <= interval.high <= high
    if 0 < auc < 1:
        pairs = zip(sample.resampled[:, 0].tolist(), sample.resampled_error[:, 0].tolist(),
                    strict=True)
        ends = literal.bootstrap_t(float(auc), float(sample.error[0]), list(pairs), 0.1)
        assert interval.low == pytest.approx(min(max(low, ends[0]), auc), abs=1e-6)
        assert interval.high == pytest.approx(max(min(high, ends[1]), auc), abs=1e-6)


def test_a_perfect_score_has_the_interval_of_as_many_successes():
    good = np.arange(20) < 10
    sample = resample_aucs(good, np.arange(20.0)[None], seed=0)
    exact = binomtest(5, 5).proportion_ci(0.95)  # 1 / (1 / 10 + 1 / 10) trials
    assert auc_interval(sample, 0) == Interval(pytest.approx(exact.low), 1.0)
    reversed_ = resample_aucs(good, -np.arange(20.0)[None], seed=0)
    assert auc_interval(reversed_, 0) == Interval(0.0, pytest.approx(1 - exact.low))


def test_widest_interval_is_that_of_a_binomial_share():
    exact = binomtest(9, 12).proportion_ci(0.9)
    assert widest_interval(0.75, 24, 24, 0.9) == pytest.approx((exact.low, exact.high))


def test_a_single_negative_tells_little():
    good = np.arange(50) < 49
    quantity = np.arange(50.0)
    quantity[-1] = 30.5
    interval = auc_interval(resample_aucs(good, quantity[None], seed=0), 0)
    assert interval.low < 0.05
    assert interval.high > 0.97


def test_results_do_not_depend_on_chunks_or_on_the_other_scores(rng, monkeypatch):
    good = rng.random(150) < 0.7
    quantities = rng.normal(size=(3, 150)) - good
    whole = resample_aucs(good, quantities, seed=4, resamples=101)
    alone = resample_aucs(good, quantities[1:2], seed=4, resamples=101)
    monkeypatch.setattr(module, "_CHUNK", 1000)
    pieces = resample_aucs(good, quantities, seed=4, resamples=101)
    np.testing.assert_array_equal(whole.resampled, pieces.resampled)
    np.testing.assert_array_equal(whole.resampled_error, pieces.resampled_error)
    np.testing.assert_array_equal(whole.resampled[:, 1], alone.resampled[:, 0])
    other = resample_aucs(good, quantities, seed=5, resamples=101)
    assert (other.resampled != whole.resampled).any()


def test_difference_of_paired_scores(rng):
    """Zou's formula, written out; pairing makes the interval much shorter."""
    good = rng.random(600) < 0.8
    first = rng.normal(size=600) - good
    quantities = np.stack([first, first + rng.normal(size=600) / 5, rng.normal(size=600) - good])
    sample = resample_aucs(good, quantities, seed=0)
    a, b, c = (auc_interval(sample, number) for number in range(3))
    close = difference_interval(sample, 0, 1, (a, b))
    [[_, r], _] = np.corrcoef(sample.resampled[:, :2].T)
    d = sample.auc[0] - sample.auc[1]
    below, above = sample.auc[0] - a.low, b.high - sample.auc[1]
    assert close.low == pytest.approx(
        d - np.sqrt(below**2 + above**2 - 2 * r * below * above), abs=1e-9)
    below, above = a.high - sample.auc[0], sample.auc[1] - b.low
    assert close.high == pytest.approx(
        d + np.sqrt(below**2 + above**2 - 2 * r * below * above), abs=1e-9)
    apart = difference_interval(sample, 0, 2, (a, c))
    assert close.high - close.low < (apart.high - apart.low) / 2
    back = difference_interval(sample, 1, 0, (b, a))
    assert (back.low, back.high) == pytest.approx((-close.high, -close.low))


def test_scores_that_rank_alike_have_no_interval_of_their_difference(rng):
    good = rng.random(80) < 0.5
    first = rng.normal(size=80) - good
    sample = resample_aucs(good, np.stack([first, np.exp(first)]), seed=0)
    intervals = auc_interval(sample, 0), auc_interval(sample, 1)
    assert intervals[0] == intervals[1]
    assert difference_interval(sample, 0, 1, intervals) is None


def test_two_perfect_scores_may_differ():
    good = np.arange(20) < 10
    sample = resample_aucs(good, np.stack([np.arange(20.0), np.arange(20.0) ** 3]), seed=0)
    interval = auc_interval(sample, 0)
    difference = difference_interval(sample, 0, 1, (interval, interval))
    assert difference.high == pytest.approx(1 - interval.low)
    assert difference.low == pytest.approx(interval.low - 1)


@cache
def simulate(shape, auc, data_sets=200, number=100, bad=30):
    """Share of intervals, percentile intervals and differences that hold the true value."""
    rng = np.random.default_rng(7)
    hits = np.zeros(3)
    aucs = auc, (1 + auc) / 2
    for seed in range(data_sets):
        good = rng.permutation(number) >= rng.binomial(number, bad / number)
        noise = rng.normal(size=number)
        scores = [noise, 0.8 * noise + 0.6 * rng.normal(size=number)]
        far = rng.random(number)
        quantities = np.stack([shape(e, good, far, a) for e, a in zip(scores, aucs, strict=True)])
        sample = resample_aucs(good, quantities, seed=seed, resamples=200)
        first, second = auc_interval(sample, 0), auc_interval(sample, 1)
        percentile = np.quantile(sample.resampled[:, 0], [0.025, 0.975])
        difference = difference_interval(sample, 0, 1, (first, second))
        hits += [first.low <= auc <= first.high, percentile[0] <= auc <= percentile[1],
                 difference.low <= auc - aucs[1] <= difference.high]
    return hits / data_sets


def normal(noise, good, far, auc):
    return np.where(good, noise, noise + np.sqrt(2) * ndtri(auc))


def wide(noise, good, far, auc):
    """The bad ones spread three times as far."""
    return np.where(good, noise, 3 * noise + np.sqrt(10) * ndtri(auc))


def some_far(noise, good, far, auc):
    """A share of the bad ones is far off, the others are like the good ones."""
    return noise + 20 * (~good & (far < 2 * auc - 1))


@pytest.mark.parametrize(("shape", "auc"), [
    (normal, 0.5), (normal, 0.75), (normal, 0.95), (wide, 0.95), (some_far, 0.75), (some_far, 0.9),
])
def test_coverage_with_30_negatives(shape, auc):
    covered, _, difference = simulate(shape, auc)
    assert 0.90 <= covered <= 0.98
    assert difference >= 0.90


def test_percentile_intervals_would_cover_too_little():
    """Fails if the simulation could not tell a bad interval from a good one."""
    assert simulate(wide, 0.95)[1] < 0.87


def test_ten_thousand_molecules_in_chunks(rng):
    good = rng.random(10_000) < 0.93
    quantities = rng.normal(size=(4, 10_000)) - good
    sample = resample_aucs(good, quantities, seed=0, resamples=60)
    assert sample.resampled.shape == (60, 4)
    assert sample.auc == pytest.approx([roc_auc_score(good, -quantity) for quantity in quantities])


def test_strata_are_resampled_one_by_one(rng):
    good, quantity = rng.random(60) < 0.6, rng.random((1, 60))
    whole = resample_aucs(good, quantity, seed=3, resamples=50)
    for strata in (np.zeros(60), np.full(60, "one")):
        same = resample_aucs(good, quantity, seed=3, resamples=50, strata=strata)
        assert np.array_equal(same.resampled, whole.resampled)
    alone = resample_aucs(good, quantity, seed=3, resamples=50, strata=np.arange(60))
    assert (alone.resampled == alone.auc).all()  # a molecule of its own is always drawn
    # Two strata that never overlap within a class: nothing moves but how often each is drawn.
    good, strata = np.tile([True, False], 20), np.repeat([0, 1], 20)
    apart = np.where(strata == 0, np.where(good, 0.0, 2.0), np.where(good, 1.0, 3.0))[None]
    apart[0, 0] = 2.5
    by_stratum = resample_aucs(good, apart, seed=3, resamples=200, strata=strata)
    assert by_stratum.resampled.std() < resample_aucs(good, apart, seed=3,
                                                      resamples=200).resampled.std()
