"""Arms beside each other, against slow obvious ways to compare them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.repair.arms import Arm
from core.repair.comparison import changes, gradient_mask_and_equals, pareto_front
from core.repair.result import MEASURES
from tests.repairs import GRADIENT, LORA, MADE_UP_ORDERS, RANDOM, made_up

NONE = made_up(Arm("none"), 0, 0.4, seed=9)


@given(some.lists(some.tuples(some.integers(0, 6), some.integers(0, 6)), max_size=12))
def test_the_front_is_what_nothing_beats(points):
    def is_beaten(one):
        return any(other != one and other[0] <= one[0] and other[1] <= one[1]
                   for other in points)

    slow = [place for place, point in enumerate(points) if not is_beaten(point)]
    front = pareto_front(points)
    assert sorted(front) == slow
    assert [points[place] for place in front] == sorted(points[place] for place in slow)


def test_the_gradient_mask_is_compared_where_it_meets_lora():
    mask, other, lora = (made_up(GRADIENT, 40, 0.12, seed=1), made_up(RANDOM, 40, 0.14, seed=2),
                         made_up(LORA, 40, 0.10, seed=3))
    larger = made_up(Arm("sparse", "gradient", "global", count=80), 80, 0.1)
    local = made_up(Arm("sparse", "random", "local", count=40), 40, 0.1)
    results = [larger, lora, local, other, mask]
    found = gradient_mask_and_equals(results, "lu")
    assert found.mask is mask
    assert list(found.others) == [lora, other]
    for difference, other_result in zip(found.differences, (lora, other), strict=True):
        expected = np.mean(mask.of_order("random_order")["lu"]
                           - other_result.of_order("random_order")["lu"])
        assert difference.value == pytest.approx(expected)
    without = [result for result in results if result is not lora]
    assert gradient_mask_and_equals(without, "lu") is None


def test_changes_are_paired_where_graphs_have_the_number():
    after = made_up(LORA, 40, 0.1, seed=4)
    found = {(one.order, one.measure): one for one in changes(NONE, after)}
    assert set(found) == {(order, measure) for order in MADE_UP_ORDERS for measure in MEASURES}
    lu = found["random_order", "lu"]
    assert lu.paired.value == pytest.approx(np.mean(
        after.of_order("random_order")["lu"] - NONE.of_order("random_order")["lu"]))
    assert lu.paired.interval.high < 0
    assert found["random_order", "ece"].paired is None
