"""Estimates as columns of a table, and as JSON."""

import pytest

from core.stats.estimates import Estimate, Interval, interval_columns

KNOWN = Estimate(0.2, Interval(0.1, 0.4))
UNKNOWN = Estimate(0.2, reason="too few")


def test_columns_are_value_low_and_high():
    assert KNOWN.columns("lu") == {"lu": 0.2, "lu_low": 0.1, "lu_high": 0.4}


def test_the_ends_of_a_missing_interval_are_none():
    assert UNKNOWN.columns("lu") == {"lu": 0.2, "lu_low": None, "lu_high": None}
    assert interval_columns("lu", None) == {"lu_low": None, "lu_high": None}


@pytest.mark.parametrize("estimate", [KNOWN, UNKNOWN])
def test_json_is_read_back(estimate):
    assert Estimate.from_json(estimate.to_json()) == estimate
