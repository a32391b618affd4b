"""LU of made-up NLLs: literal values, properties, verdicts."""

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.likelihood.uncertainty import (
    Uncertainty,
    judge_permutations,
    linearization_uncertainty,
    lu_convergence,
    prefix_sizes,
)
from core.stats.bootstrap import bootstrap_t_intervals, resample_weights, tail_probability
from core.stats.estimates import Interval
from tests.oracles import linearization_uncertainty as literal


def estimate(nll, log_q=-5.0, seed=0) -> Uncertainty:
    nll = np.asarray(nll, dtype=float)
    [result] = linearization_uncertainty(nll[None], np.full((1, len(nll)), log_q), seed=seed)
    return result


def gamma_nll(*shape, seed=0):
    return np.random.default_rng(seed).gamma(25.0, 1.6, shape)  # mean 40 nats, CV 0.2


def test_lu_is_the_population_coefficient_of_variation():
    result = estimate([10.0, 20.0, 30.0])
    assert result.nll_mean == 20
    assert result.nll_std == pytest.approx(8.164965809, abs=1e-9)  # sqrt(200 / 3), ddof 0
    assert result.lu == pytest.approx(0.408248290, abs=1e-9)
    assert (result.k, result.seed, result.confidence) == (3, 0, 0.95)
    assert not result.is_exact


def test_interval_of_known_numbers():
    nll = np.arange(30.0, 62.0)
    [result] = linearization_uncertainty(nll[None], nll[None] * 0 - 5, seed=0, resamples=400)
    counts = np.rint(32 * resample_weights(32, 400, seed=0)).astype(int).tolist()
    low, high = literal.bootstrap_t(nll.tolist(), counts, tail_probability(32, 0.95))
    assert result.interval.low == pytest.approx(low, rel=1e-4)
    assert result.interval.high == pytest.approx(high, rel=1e-4)


@settings(max_examples=15)
@given(st.lists(st.integers(1, 40), min_size=16, max_size=20), st.integers(0, 99))
def test_interval_equals_the_literal_loop(values, seed):
    assume(len(set(values)) > 4)
    counts = np.rint(len(values) * resample_weights(len(values), 100, seed=seed)).astype(int)
    low, high = literal.bootstrap_t(list(map(float, values)), counts.tolist(),
                                    tail_probability(len(values), 0.9))
    [ends] = bootstrap_t_intervals(np.array([values], dtype=float), seed=seed, confidence=0.9,
                                   resamples=100)
    if np.isnan(ends).any():
        assert high > 9.9 * np.std(values) / np.mean(values)
    else:
        assert ends.tolist() == pytest.approx([low, high], rel=1e-3, abs=1e-12)


def test_levels_of_the_tails():
    """Φ(-sqrt(32/31) 2.0395) = 0.0191: a little further out than 0.025, less so for large K."""
    assert tail_probability(32, 0.95) == pytest.approx(0.01913, abs=1e-5)
    assert tail_probability(10_000, 0.95) == pytest.approx(0.025, abs=1e-4)


@settings(max_examples=25)
@given(scale=st.floats(1e-3, 1e3), seed=st.integers(0, 1000))
def test_lu_and_interval_do_not_depend_on_the_unit(scale, seed):
    nll = gamma_nll(20, seed=seed)
    nats, other = estimate(nll), estimate(scale * nll)
    assert other.lu == pytest.approx(nats.lu)
    assert other.interval.low == pytest.approx(nats.interval.low)
    assert other.interval.high == pytest.approx(nats.interval.high)
    assert other.nll_std == pytest.approx(scale * nats.nll_std)


@given(value=st.floats(0, 1e4), k=st.integers(2, 40))
def test_equal_nlls_give_lu_zero(value, k):
    result = estimate([value] * k)
    assert result.lu == result.nll_std == 0
    assert result.interval is None


def test_rounding_noise_is_no_spread():
    """Equal sequences score equal only up to single precision, as batches are padded."""
    result = estimate(40 + np.linspace(0, 2e-5, 32))
    assert result.lu == 0
    assert "have the same NLL" in result.interval_reason
    assert estimate(40 + np.linspace(0, 2e-4, 32)).lu > 0


@settings(max_examples=20)
@given(num_graphs=st.integers(1, 6), k=st.sampled_from([2, 15, 16, 33]), seed=st.integers(0, 99))
def test_a_batch_equals_one_at_a_time(num_graphs, k, seed):
    nll = gamma_nll(num_graphs, k, seed=seed)
    nll[0] = nll[0, 0]
    log_q = -np.random.default_rng(seed).exponential(9.0, nll.shape)
    batch = linearization_uncertainty(nll, log_q, seed=seed)
    for g in range(num_graphs):
        [alone] = linearization_uncertainty(nll[g : g + 1], log_q[g : g + 1], seed=seed)
        assert_same(alone, batch[g])


def test_a_batch_of_several_chunks_equals_one_at_a_time():
    nll = gamma_nll(600, 16)
    batch = linearization_uncertainty(nll, np.full(nll.shape, -5.0), seed=3)
    for g in (0, 249, 250, 599):
        assert_same(estimate(nll[g], seed=3), batch[g])


def assert_same(a: Uncertainty, b: Uncertainty):
    left, right = dataclasses.asdict(a), dataclasses.asdict(b)
    assert left.pop("interval") == pytest.approx(right.pop("interval"))
    assert left == pytest.approx(right)


def test_no_interval_below_16_permutations():
    assert estimate(gamma_nll(15)).interval is None
    assert "draw at least 16" in estimate(gamma_nll(15)).interval_reason
    assert estimate(gamma_nll(16)).interval is not None


def test_same_seed_same_interval():
    nll = gamma_nll(32)
    assert estimate(nll, seed=7) == estimate(nll, seed=7)
    assert estimate(nll, seed=7).interval != estimate(nll, seed=8).interval


def test_a_single_sequence_is_exact_despite_rounding_noise():
    result = estimate(40 + np.linspace(0, 1e-6, 32), log_q=-1e-16)
    assert result.is_exact
    assert result.lu == 0.0
    assert result.interval == Interval(0.0, 0.0)
    assert result.relative_half_width == 0.0
    assert result.marginal_nll == pytest.approx(40)


def test_one_outlier_gives_no_interval_but_a_reason():
    """Every third resample misses the only value that differs: there is no upper end."""
    result = estimate([40.0] * 31 + [41.0])
    assert result.lu > 0
    assert result.interval is None
    assert "rests on so few" in result.interval_reason


def test_half_width_and_projection():
    result = dataclasses.replace(estimate(gamma_nll(32)), lu=0.2, interval=Interval(0.16, 0.26))
    assert result.relative_half_width == pytest.approx(0.25)
    assert result.permutations_for_10_percent == 200  # 32 * 2.5²
    wider = dataclasses.replace(result, interval=Interval(0.10, 0.35))
    assert wider.permutations_for_10_percent == 1300  # 32 * 6.25² = 1250, rounded up


def test_projection_agrees_with_what_more_permutations_give():
    nll = gamma_nll(40, 1024)
    needed = [u.permutations_for_10_percent
              for u in linearization_uncertainty(nll[:, :32], nll[:, :32] * 0 - 5, seed=0)]
    k = int(np.median(needed))
    widths = [u.relative_half_width
              for u in linearization_uncertainty(nll[:, :k], nll[:, :k] * 0 - 5, seed=0)]
    assert 0.08 < np.median(widths) < 0.105


def test_verdict_enough():
    verdict = judge_permutations(estimate(gamma_nll(512)))
    assert verdict.enough
    assert verdict.half_width <= 0.1
    assert verdict.permutations_needed <= 512
    assert verdict.sentence.startswith("512 permutations are enough: the 95% interval of LU has")


def test_verdict_not_enough_names_a_number():
    verdict = judge_permutations(estimate(gamma_nll(32)))
    assert not verdict.enough
    assert verdict.half_width > 0.1
    assert verdict.permutations_needed > 32
    assert f"about {verdict.permutations_needed:,} would do so for 10%" in verdict.sentence


@pytest.mark.parametrize(("result", "enough", "needed", "words"), [
    (estimate([40.0, 40.0], log_q=0.0), True, 1, "LU is exactly 0"),
    (estimate(gamma_nll(8)), False, 16, "8 permutations are too few"),
    (estimate([40.0] * 32), False, None, "have the same NLL"),
    (estimate([40.0] * 31 + [41.0]), False, None, "more than 10 times larger"),
])
def test_verdict_without_an_interval(result, enough, needed, words):
    verdict = judge_permutations(result)
    assert (verdict.enough, verdict.permutations_needed) == (enough, needed)
    assert verdict.half_width == (0.0 if enough else None)
    assert words in verdict.sentence


def test_convergence_uses_the_first_permutations():
    nll, log_q = gamma_nll(40), np.full(40, -5.0)
    curve = lu_convergence(nll, log_q, seed=4)
    assert tuple(point.k for point in curve) == (2, 3, 4, 6, 8, 12, 16, 24, 32, 40)
    for point in curve:
        [prefix] = linearization_uncertainty(nll[None, : point.k], log_q[None, : point.k], seed=4)
        assert point == prefix
    assert all((point.interval is None) == (point.k < 16) for point in curve)
    assert lu_convergence(nll, seed=4)[-1].marginal_nll is None
    assert lu_convergence(nll, seed=4)[-1].lu == curve[-1].lu


def test_prefix_sizes():
    assert prefix_sizes(2) == (2,)
    assert prefix_sizes(5) == (2, 3, 4, 5)
    assert prefix_sizes(256)[-4:] == (96, 128, 192, 256)


@pytest.mark.parametrize(("arguments", "message"), [
    ({"nll": [[1.0]], "log_q": [[0.0]]}, "at least 2 permutations"),
    ({"nll": [1.0, 2.0], "log_q": [0.0, 0.0]}, "at least 2 permutations"),
    ({"nll": [[1.0, np.nan]], "log_q": [[0.0, 0.0]]}, "nan for graph 0, permutation 1"),
    ({"nll": [[1.0, 2.0], [3.0, -4.0]], "log_q": [[0.0, 0.0]] * 2}, "-4.0 for graph 1"),
    ({"nll": [[1.0, 2.0]], "log_q": [[0.0, 0.5]]}, "must not be above 0"),
    ({"nll": [[1.0, 2.0]], "log_q": [[0.0]]}, "must both be"),
    ({"nll": [[1.0, 2.0]], "log_q": [[0.0, 0.0]], "confidence": 95}, "between 0 and 1"),
    ({"nll": [[1.0, 2.0]], "log_q": [[0.0, 0.0]], "resamples": 10}, "at least 100"),
])
def test_refuses_what_does_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        linearization_uncertainty(**arguments, seed=0)


def test_convergence_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="of one graph"):
        lu_convergence([[1.0, 2.0]], seed=0)
    with pytest.raises(ValueError, match="one number per nll"):
        lu_convergence([1.0, 2.0, 3.0], [-1.0, -1.0], seed=0)
