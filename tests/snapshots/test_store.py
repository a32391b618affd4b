"""What snapshots take for equal, and what not."""

import pytest

from tests.snapshots.store import agree


@pytest.mark.parametrize(("expected", "found"), [
    ("LU 0.078", "LU 0.079"), ("24.79 nats", "24.78 nats"), ("1.5e-05", "1.5001e-05"),
    ("1,024.51 nats", "1,024.52 nats"),
])
def test_the_last_digit_may_differ(expected, found):
    assert agree(expected, found)


@pytest.mark.parametrize(("expected", "found"), [
    ("LU 0.078", "LU 0.081"), ("12 graphs", "13 graphs"), ("LU 0.078", "lu 0.078"),
    ("95.8%", "95.8"), ("1.5e-05", "1.5e-04"), ("0.1 0.2", "0.1"), ("-0.5", "0.5"),
    ("0.5", "0.55"),
])
def test_all_else_must_be_equal(expected, found):
    assert not agree(expected, found)
