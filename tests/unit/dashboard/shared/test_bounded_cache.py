"""What is kept between reruns, and what is forgotten."""

from threading import Lock
from weakref import WeakSet

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dashboard.shared import bounded_cache
from dashboard.shared.bounded_cache import BoundedCache, kept, kept_bytes, size_of


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


@pytest.fixture
def megabyte(monkeypatch):
    """A limit of 1 MB over all caches, and no caches of other tests."""
    monkeypatch.setenv("TRAILSCOPE_CACHE_MB", "1")
    monkeypatch.setattr(bounded_cache, "_caches", WeakSet())


def test_the_latest_of_all_caches_are_kept_within_their_bytes(megabyte):
    one: BoundedCache[int] = BoundedCache(capacity=10)
    other: BoundedCache[int] = BoundedCache(capacity=10)
    one.keep("a", 1, 600_000)
    other.keep("b", 2, 400_000)
    assert one.find("a") == 1
    one.keep("c", 3, 400_000)  # b was used least lately
    assert (one.find("a"), other.find("b"), one.find("c")) == (1, None, 3)
    assert kept_bytes() == 1_000_000
    other.keep("d", 4, 99_000_000)
    assert (one.values(), other.values()) == ([], [4])


def test_a_cache_that_is_gone_gives_its_bytes_back(megabyte):
    cache: BoundedCache[int] = BoundedCache(capacity=10)
    cache.keep("a", 1, 600_000)
    other: BoundedCache[int] = BoundedCache(capacity=10)
    other.keep("b", 2, 400_000)
    other.clear()
    assert kept_bytes() == 600_000
    del cache
    assert kept_bytes() == 0


@given(kept=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 700_000)),
                     max_size=30))
def test_bytes_never_exceed_the_limit(kept):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRAILSCOPE_CACHE_MB", "1")
        patch.setattr(bounded_cache, "_caches", WeakSet())
        caches: list[BoundedCache[int]] = [BoundedCache(capacity=5) for _ in range(4)]
        for number, key, size in kept:
            caches[number].keep(key, size, size)
            assert caches[number].find(key) == size
            assert kept_bytes() == sum(sum(cache.values()) for cache in caches) <= 1_000_000
            assert all(len(cache.values()) <= 5 for cache in caches)


def test_the_size_of_a_value_is_that_of_its_pickle():
    array = np.zeros(1000)
    assert 8000 < size_of([array, "text"]) < 8300
    assert 4000 < size_of(torch.zeros(1000)) < 6000
    assert size_of(Lock()) == 1 << 20  # cannot be pickled


def test_a_function_is_called_once_for_its_arguments():
    calls = []

    @kept(2, key=lambda value, *, name: (len(value), name))
    def find(value, *, name):
        calls.append(value)
        return value

    assert find([1], name="a") == find([2], name="a") == [1]
    assert find([1], name="b") == [1]
    assert calls == [[1], [1]]


def test_a_value_that_is_kept_again_is_replaced():
    cache: BoundedCache[int] = BoundedCache(capacity=10)
    cache.keep("a", 1, 6)
    cache.keep("b", 2, 4)
    cache.keep("a", 3, 5)
    assert cache.values() == [2, 3]
    assert cache.num_bytes == 9


def test_a_cancelled_computation_leaves_nothing_behind():
    cache: BoundedCache[int] = BoundedCache(capacity=2)

    def cancelled():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.get("a", cancelled)
    assert cache.find("a") is None
    assert cache.get("a", lambda: 1) == 1
