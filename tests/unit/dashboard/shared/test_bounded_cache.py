"""What is kept between reruns, and what is forgotten."""

import pytest

from dashboard.shared.bounded_cache import BoundedCache


def test_a_value_is_computed_once():
    cache: BoundedCache[object] = BoundedCache(capacity=2)
    made = cache.get("a", object)
    assert cache.get("a", object) is made
    assert cache.find("a") is made
    assert cache.find("b") is None


def test_nothing_is_a_value_too():
    cache: BoundedCache[None] = BoundedCache(capacity=2)
    cache.get("a", lambda: None)
    cache.get("a", lambda: pytest.fail("computed again"))


def test_the_least_recently_used_is_forgotten():
    cache: BoundedCache[int] = BoundedCache(capacity=2)
    cache.get("a", lambda: 1)
    cache.get("b", lambda: 2)
    cache.get("a", lambda: pytest.fail("computed again"))
    cache.keep("c", 3)
    assert (cache.find("a"), cache.find("b"), cache.find("c")) == (1, None, 3)
    assert cache.values() == [1, 3]


def test_the_latest_are_kept_within_their_sizes():
    cache: BoundedCache[int] = BoundedCache(capacity=10)
    cache.keep("a", 1, 6)
    cache.keep("b", 2, 4)
    assert cache.find("a") == 1
    cache.keep("c", 3, 4)  # b was used least lately
    assert (cache.find("a"), cache.find("b"), cache.find("c")) == (1, None, 3)
    cache.keep("d", 4, 99)
    assert (cache.find("a"), cache.find("d")) == (None, 4)


def test_a_value_that_is_kept_again_is_replaced():
    cache: BoundedCache[int] = BoundedCache(capacity=10)
    cache.keep("a", 1, 6)
    cache.keep("b", 2, 4)
    cache.keep("a", 3, 5)
    assert cache.values() == [2, 3]


def test_a_cancelled_computation_leaves_nothing_behind():
    cache: BoundedCache[int] = BoundedCache(capacity=2)

    def cancelled():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.get("a", cancelled)
    assert cache.find("a") is None
    assert cache.get("a", lambda: 1) == 1
