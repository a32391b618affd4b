"""Wilson's interval against its formula, its literal numbers and simulation."""

import math

import numpy as np
import pytest

from core.stats.proportions import wilson_ends, wilson_interval


@pytest.mark.parametrize(("part", "whole"), [(0, 10), (1, 10), (5, 10), (10, 10), (9470, 10_000)])
def test_interval_is_wilsons_formula(part, whole):
    z, share = 1.959963984540054, part / whole
    centre = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * math.sqrt(
        share * (1 - share) / whole + z * z / (4 * whole * whole))
    found = wilson_interval(part, whole)
    assert found.low == pytest.approx(max(0, centre - half), abs=1e-12)
    assert found.high == pytest.approx(min(1, centre + half), abs=1e-12)


def test_interval_covers():
    drawn, times = np.unique(np.random.default_rng(0).binomial(400, 0.95, 2000),
                             return_counts=True)
    intervals = [wilson_interval(int(part), 400) for part in drawn]
    covers = [interval.low <= 0.95 <= interval.high for interval in intervals]
    assert 0.93 <= np.average(covers, weights=times) <= 0.97


@pytest.mark.parametrize(("part", "whole"), [(1, 0), (3, 2), (-1, 2)])
def test_impossible_counts_are_refused(part, whole):
    with pytest.raises(ValueError, match=r"k |n "):
        wilson_interval(part, whole)


def test_shares_of_few_cases_get_a_wider_interval():
    low, high = wilson_ends(np.array([0.9, 0.9]), np.array([10, 1_000_000]))
    few, many = wilson_interval(9, 10), wilson_interval(900_000, 1_000_000)
    assert low[0] == pytest.approx(0.5437, abs=1e-4)
    assert high[0] == pytest.approx(0.9855, abs=1e-4)
    assert low[0] < few.low
    assert few.high < high[0]
    assert (low[1], high[1]) == (pytest.approx(many.low), pytest.approx(many.high))
