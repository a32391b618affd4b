"""Intervals from influences."""

import math

import numpy as np
import pytest
from scipy.stats import t

from core.stats.influence import MIN_MEMBERS, influence_estimate


def test_of_a_mean_it_is_students_interval():
    values = np.random.default_rng(0).normal(3, 2, size=40)
    found = influence_estimate(float(values.mean()), values)
    low, high = t.interval(0.95, 39, values.mean(), values.std(ddof=1) / math.sqrt(40))
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high))
    shifted = influence_estimate(float(values.mean()), values - 100)
    assert shifted.interval.low == pytest.approx(low)


def test_ends_stay_where_the_statistic_can_be():
    influences = np.array([0.0, 1.0] * 10)
    found = influence_estimate(0.99, influences, low=0.0, high=1.0).interval
    assert found.high == 1
    assert influence_estimate(0.01, influences, low=0.0).interval.low == 0


@pytest.mark.parametrize(("number", "words"), [(1, "here is 1"), (15, "here are 15")])
def test_few_members_give_none_and_say_so(number, words):
    found = influence_estimate(0.5, np.zeros(number))
    assert found.interval is None
    assert words in found.reason
    assert influence_estimate(0.5, np.zeros(MIN_MEMBERS)).interval is not None
