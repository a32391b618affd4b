"""Conformal p-values and Benjamini and Hochberg's procedure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.stats.conformal import benjamini_hochberg, conformal_p_values
from tests.oracles import ranking as literal


@settings(max_examples=80)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=60), st.integers(1, 99))
def test_benjamini_hochberg_equals_the_literal_loop(ranks, percent):
    p_values = np.array(ranks) / 200
    fdr = percent / 100 + 1e-6  # off the lattice: scipy divides, the loop multiplies
    expected = literal.benjamini_hochberg(p_values.tolist(), fdr)
    assert benjamini_hochberg(p_values, fdr).tolist() == expected


def test_a_bound_that_is_met_exactly_counts_in_spite_of_rounding():
    """3 of 30 at 1 / 10 each: 0.1 = 1 · 3 / 30 up to the last digit."""
    for number in range(1, 200):
        p_values = np.ones(number * 10)
        p_values[:number] = 0.3 / 10
        assert benjamini_hochberg(p_values, 0.3).sum() == number


def test_the_promise_would_break_if_p_values_were_a_little_too_small():
    """Fails if the simulation could not tell: without the "1 +", and with ties in favour."""
    rng = np.random.default_rng(0)
    false = []
    for _ in range(1000):
        bad, candidates = np.split(np.round(rng.normal(size=80)), 2)  # all are bad
        p_values = np.array([(bad < score).sum() for score in candidates]) / 40
        false.append(benjamini_hochberg(p_values, 0.1).any())
    assert np.mean(false) > 0.2


def test_p_values_are_those_of_the_whole_set_in_turn():
    """Each bad one against all others: ranks over c + 1, uniform by exchangeability."""
    scores = np.random.default_rng(0).normal(size=40)
    p_values = [conformal_p_values(scores[i:i + 1], np.delete(scores, i))[0] for i in range(40)]
    assert sorted(p_values) == pytest.approx((np.arange(40) + 1) / 40)
