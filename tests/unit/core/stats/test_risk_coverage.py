"""Risk–coverage: oracles, ties, bands on simulated data, extremes."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from scipy.stats import t as student

from core.stats import risk_coverage as module
from core.stats.labels import LabelNames, RankingError
from core.stats.risk_coverage import MAX_POINTS, risk_coverage
from tests.oracles import ranking as literal

STABLE = LabelNames("stable", "unstable", "valid generated molecules")
ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=6)


def as_arrays(rows):
    good, score = zip(*rows, strict=True)
    return np.array(good), np.array(score, dtype=float)


@settings(max_examples=40)
@given(ROWS)
def test_accuracy_is_the_mean_over_all_orders_of_ties(rows):
    good, score = as_arrays(rows)
    curve = risk_coverage(good, score, seed=0, resamples=100)
    expected = literal.accuracies(good.tolist(), score.tolist())
    assert curve.kept.tolist() == list(range(1, len(rows) + 1))
    assert curve.accuracy.tolist() == pytest.approx(expected)
    assert curve.aurc.value == pytest.approx(1 - sum(expected) / len(expected))


@settings(max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 50)), min_size=1, max_size=400))
def test_properties_of_every_curve(rows):
    good, score = as_arrays(rows)
    curve = risk_coverage(good, score, seed=0, resamples=100)
    assert curve.accuracy[-1] == pytest.approx(good.mean())
    assert curve.base_rate.value == good.mean()
    assert curve.perfect[-1] == pytest.approx(good.mean())
    assert (curve.accuracy <= curve.perfect + 1e-9).all()
    assert curve.aurc.value >= curve.perfect_aurc - 1e-9
    assert (curve.band_low <= curve.accuracy).all()
    assert (curve.accuracy <= curve.band_high).all()
    assert (np.diff(curve.threshold) >= 0).all()
    assert len(curve.kept) <= MAX_POINTS
    assert (curve.kept[0], curve.kept[-1]) == (1, len(rows))
    assert curve.coverage.tolist() == (curve.kept / len(rows)).tolist()


def test_known_numbers():
    good = np.array([True, True, False, True, False])
    curve = risk_coverage(good, np.array([5.0, 1.0, 3.0, 2.0, 4.0]), seed=0, quantity="lu",
                          name="LU", labels=STABLE)
    assert curve.accuracy.tolist() == pytest.approx([1, 1, 2 / 3, 1 / 2, 3 / 5])
    assert curve.perfect.tolist() == pytest.approx([1, 1, 1, 3 / 4, 3 / 5])
    assert curve.threshold.tolist() == [1, 2, 3, 4, 5]
    assert curve.aurc.value == pytest.approx((1 / 3 + 1 / 2 + 2 / 5) / 5)
    assert curve.perfect_aurc == pytest.approx((1 / 4 + 2 / 5) / 5)
    assert curve.sentence == ("Share of stable molecules among those kept, lowest LU first, of 5 "
                              "valid generated molecules (3 stable, 2 unstable).")
    assert (curve.quantity, curve.number) == ("lu", 5)


def test_a_score_that_is_always_the_same_ranks_like_chance():
    good = np.arange(100) < 70
    curve = risk_coverage(good, np.zeros(100), seed=0)
    assert curve.accuracy == pytest.approx(0.7)
    assert curve.aurc.value == pytest.approx(0.3)
    assert curve.band_high[0] - curve.band_low[0] == pytest.approx(
        curve.band_high[-1] - curve.band_low[-1])


def test_resamples_equal_the_literal_curve():
    rng = np.random.default_rng(1)
    good, score = rng.random(6) < 0.5, rng.integers(0, 3, 6).astype(float)
    _, rank = np.unique(score, return_inverse=True)
    accuracies, risks = module._resampled(good, rank, np.arange(1, 7), 3, 20)
    drawn = np.random.default_rng(3).integers(0, 6, (20, 6))
    for molecules, accuracy, risk in zip(drawn, accuracies, risks, strict=True):
        expected = literal.accuracies(good[molecules].tolist(), score[molecules].tolist())
        assert accuracy.tolist() == pytest.approx(expected)
        assert risk == pytest.approx(1 - sum(expected) / 6)


def test_the_band_is_that_of_a_plain_share_where_all_molecules_are_kept():
    """At full coverage there is no order: Agresti and Coull for 80 of 100."""
    good = np.arange(100) < 80
    curve = risk_coverage(good, np.random.default_rng(0).random(100), seed=0, resamples=4000)
    n, centre = 100 + 1.96**2, (80 + 1.96**2 / 2) / (100 + 1.96**2)
    half = 1.96 * np.sqrt(centre * (1 - centre) / n)
    assert curve.base_rate.interval.low == pytest.approx(centre - half, abs=3e-3)
    assert curve.base_rate.interval.high == pytest.approx(centre + half, abs=3e-3)
    assert curve.base_rate.interval.low == curve.band_low[-1]


def test_ten_good_molecules_do_not_prove_a_hundred_percent():
    good = np.arange(100) < 50
    curve = risk_coverage(good, np.arange(100.0), seed=0)
    assert curve.accuracy[9] == 1
    assert 0.6 < curve.band_low[9] < 0.8
    assert curve.band_high[9] == 1


def test_tied_molecules_all_count():
    """The best 10 are tied with 30 more and all are good: 40 of 40."""
    good, score = np.arange(100) < 50, np.maximum(np.arange(100.0), 39)
    curve = risk_coverage(good, score, seed=0)
    assert curve.band_low[0] == curve.band_low[9] == curve.band_low[39]
    assert curve.band_low[39] > risk_coverage(good, np.arange(100.0), seed=0).band_low[9]


def test_interval_of_the_area_is_students_on_the_logit_scale():
    rng = np.random.default_rng(0)
    good = np.arange(40) < 35
    score = rng.permutation(40).astype(float)
    area = risk_coverage(good, score, seed=7, resamples=300, confidence=0.9).aurc
    _, risks = module._resampled(good, score.astype(int), np.array([1]), 7, 300)
    half = student.ppf(0.95, df=4) * risks.std() / (area.value * (1 - area.value))
    centre = math.log(area.value / (1 - area.value))
    assert area.interval.low == pytest.approx(1 / (1 + math.exp(half - centre)))
    assert area.interval.high == pytest.approx(1 / (1 + math.exp(-half - centre)))


def test_results_do_not_depend_on_chunks(monkeypatch):
    rng = np.random.default_rng(0)
    good, score = rng.random(50) < 0.8, rng.random(50)
    whole = risk_coverage(good, score, seed=1, resamples=101)
    monkeypatch.setattr(module, "_CHUNK", 333)
    pieces = risk_coverage(good, score, seed=1, resamples=101)
    np.testing.assert_array_equal(whole.band_low, pieces.band_low)
    assert whole.aurc == pieces.aurc
    assert whole.aurc != risk_coverage(good, score, seed=2, resamples=101).aurc


def true_accuracy(coverage, base, shift):
    """Accuracy at a coverage if good scores are normal, and bad ones normal around `shift`."""
    grid = np.linspace(-8, 12, 40_001)
    good, bad = base * norm.cdf(grid), (1 - base) * norm.cdf(grid - shift)
    return np.interp(coverage, good + bad, good / (good + bad))


@pytest.mark.parametrize(("base", "shift"), [(0.93, 1.0), (0.93, 2.5), (0.6, 1.0), (0.6, 0.0)])
def test_coverage_of_bands_and_of_the_area(base, shift):
    rng = np.random.default_rng(5)
    inside, areas, percentiles = [], [], []
    points = np.arange(1, 20_001) / 20_000
    area = 1 - true_accuracy(points, base, shift).mean()
    truth = true_accuracy(np.arange(1, 201) / 200, base, shift)
    for seed in range(150):
        good = rng.random(200) < base
        score = np.where(good, 0, shift) + rng.normal(size=200)
        curve = risk_coverage(good, score, seed=seed, resamples=100)
        inside.append((curve.band_low <= truth) & (truth <= curve.band_high))
        areas.append(curve.aurc.interval.low <= area <= curve.aurc.interval.high)
        rank = np.argsort(np.argsort(score))
        resampled, _ = module._resampled(good, rank, np.array([20]), seed, 100)
        low, high = np.quantile(resampled, [0.025, 0.975])
        percentiles.append(low <= truth[19] <= high)
    pointwise = np.mean(inside, axis=0)
    assert pointwise[5:].min() >= 0.89
    assert 0.935 <= pointwise[5:].mean() <= 0.995
    assert 0.90 <= np.mean(areas) <= 0.985
    if base > 0.9:  # the simulation tells a bad band from a good one
        assert np.mean(percentiles) < 0.6


@pytest.mark.parametrize(("good", "reason"), [
    ([True] * 3, "No unstable molecule among 3 valid generated molecules: too few for an interval "
                 "of the area."),
    ([False], "No stable molecule among 1 valid generated molecules: too few for an interval of "
              "the area."),
    ([True, False, True], "1 unstable molecule among 3 valid generated molecules: too few for an "
                          "interval of the area."),
])
def test_too_few_of_a_class_for_an_area(good, reason):
    curve = risk_coverage(good, np.arange(len(good)), seed=0, labels=STABLE)
    assert curve.aurc.interval is None
    assert curve.aurc.reason == reason
    assert curve.base_rate.interval.low < curve.base_rate.interval.high


def test_no_molecules():
    with pytest.raises(RankingError, match="There are no dyes, so there is nothing to rank"):
        risk_coverage([], [], seed=0, labels=LabelNames("fast", "fading", "dyes"))


@pytest.mark.parametrize(("arguments", "message"), [
    ({"score": [1.0]}, "one number per molecule, 2"),
    ({"score": [1.0, np.nan]}, "finite"),
    ({"good": [0.0, 1.0]}, "booleans"),
    ({"resamples": 10}, "at least 100"),
    ({"confidence": 0.0}, "between 0 and 1"),
])
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        risk_coverage(**({"good": [True, False], "score": [1.0, 2.0], "seed": 0} | arguments))


def test_ten_thousand_molecules_keep_every_part_of_the_curve():
    rng = np.random.default_rng(0)
    good, score = rng.random(10_000) < 0.9, rng.random(10_000)
    curve = risk_coverage(good, score, seed=0, resamples=100)
    ranked = good[np.argsort(score)]
    expected = [ranked[:kept].mean() for kept in curve.kept.tolist()]
    assert len(curve.kept) <= MAX_POINTS
    assert curve.accuracy.tolist() == pytest.approx(expected)
