"""Values kept between reruns, the least recently used forgotten first: in a cache by their number,
over all caches of the process by their bytes.

The bytes are those of `core.quotas` (`TRAILSCOPE_CACHE_MB`). Values that visitors' choices make, in
numbers without end, are kept here; what ships (models, cards, results) is bounded by what there is
and is kept by `st.cache_resource`.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from itertools import count
from threading import RLock
from typing import Any, Generic, ParamSpec, TypeVar
from weakref import WeakSet

import streamlit as st

from core.quotas import quotas

Value = TypeVar("Value")
Arguments = ParamSpec("Arguments")

_UNKNOWN_BYTES = 1 << 20
"""Of a value that cannot be measured."""

_lock = RLock()
_caches: WeakSet[BoundedCache[Any]] = WeakSet()
_ticks = count()


class BoundedCache(Generic[Value]):
    """Least recently used values. Unlike `st.cache_resource` it lets a computation draw progress
    on the page, and a computation that is cancelled leaves nothing behind.

    Args:
        capacity: how many values are kept at most.
    """

    def __init__(self, capacity: int) -> None:
        self._values: OrderedDict[object, _Kept[Value]] = OrderedDict()
        self._capacity = capacity
        self._num_bytes = 0
        with _lock:
            _caches.add(self)

    def get(self, key: object, compute: Callable[[], Value]) -> Value:
        """A value that is kept, or else a computed one that is kept from now on."""
        with _lock:
            if key in self._values:
                return self._touched(key)
        value = compute()
        self.keep(key, value)
        return value

    def find(self, key: object) -> Value | None:
        """A value that is kept, or None."""
        with _lock:
            return self._touched(key) if key in self._values else None

    def keep(self, key: object, value: Value, num_bytes: int | None = None) -> None:
        """Keep a value, the last one whatever its size.

        Args:
            key: of the value.
            value: to be kept.
            num_bytes: its size; without it that of its pickle.
        """
        size = size_of(value) if num_bytes is None else num_bytes
        with _lock:
            self._drop(key)
            self._values[key] = _Kept(value, size)
            self._num_bytes += size
            while len(self._values) > self._capacity:
                self._drop(next(iter(self._values)))
            _shrink(quotas().cache_mb * 1_000_000, spare=self._values[key])

    def values(self) -> list[Value]:
        """All values that are kept."""
        with _lock:
            return [kept.value for kept in self._values.values()]

    def clear(self) -> None:
        """Forget all values."""
        with _lock:
            self._values.clear()
            self._num_bytes = 0

    @property
    def num_bytes(self) -> int:
        """Bytes of all values."""
        return self._num_bytes

    def _touched(self, key: object) -> Value:
        self._values.move_to_end(key)
        kept = self._values[key]
        kept.tick = next(_ticks)
        return kept.value

    def _drop(self, key: object) -> None:
        kept = self._values.pop(key, None)
        if kept is not None:
            self._num_bytes -= kept.num_bytes

    def _oldest(self) -> _Kept[Value] | None:
        return next(iter(self._values.values()), None)


class _Kept(Generic[Value]):
    """A value, its bytes, and when it was used last."""

    def __init__(self, value: Value, num_bytes: int) -> None:
        self.value, self.num_bytes, self.tick = value, num_bytes, next(_ticks)


def kept_bytes() -> int:
    """Bytes of all values in all caches."""
    with _lock:
        return sum(cache.num_bytes for cache in _caches)


def _shrink(limit: int, *, spare: _Kept[Any]) -> None:
    """Forget what was used longest ago, in whichever cache, until the rest is within a limit."""
    total = kept_bytes()
    while total > limit:
        oldest = [(first.tick, cache) for cache in _caches
                  if (first := cache._oldest()) is not None and first is not spare]
        if not oldest:
            return
        _, cache = min(oldest, key=lambda one: one[0])
        before = cache.num_bytes
        cache._drop(next(iter(cache._values)))
        total -= before - cache.num_bytes


def kept(
    capacity: int, *, spinner: str | None = None, key: Callable[..., object] | None = None
) -> Callable[[Callable[Arguments, Value]], Callable[Arguments, Value]]:
    """A function whose values are kept by what it is called with, in a cache of its own.

    Args:
        capacity: how many values are kept at most.
        spinner: what is said while one is computed.
        key: of the arguments, where they cannot be hashed themselves.
    """

    def decorate(function: Callable[Arguments, Value]) -> Callable[Arguments, Value]:
        name = f"{function.__module__}.{function.__qualname__}"

        @wraps(function)
        def find(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Value:
            def compute() -> Value:
                if spinner is None:
                    return function(*args, **kwargs)
                with st.spinner(spinner):
                    return function(*args, **kwargs)

            asked = (args, tuple(sorted(kwargs.items()))) if key is None else key(*args, **kwargs)
            return cache_of(name, capacity).get(asked, compute)

        return find

    return decorate


def cache_of(name: str, capacity: int) -> BoundedCache[Any]:
    """A cache by name: that of all who visit, or of a visitor alone who is kept apart.

    Args:
        name: that no other cache has.
        capacity: how many values are kept at most.
    """
    from dashboard.shared.visitors import visitor_apart  # which keep their values in caches

    apart = visitor_apart()
    return _shared_cache(name, capacity) if apart is None else apart.cache(name, capacity)


@st.cache_resource(show_spinner=False)
def _shared_cache(name: str, capacity: int) -> BoundedCache[Any]:
    return BoundedCache(capacity)


def size_of(value: object) -> int:
    """Bytes of a value's pickle, which is measured without being kept."""
    sink = _Sink()
    try:
        pickle.Pickler(sink, protocol=5, buffer_callback=sink.add).dump(value)
    except Exception:  # whatever a value that cannot be pickled raises
        return max(sink.num_bytes, _UNKNOWN_BYTES)
    return sink.num_bytes


class _Sink:
    """Counts what is written to it."""

    def __init__(self) -> None:
        self.num_bytes = 0

    def write(self, data: bytes) -> int:
        self.num_bytes += len(data)
        return len(data)

    def add(self, buffer: pickle.PickleBuffer) -> bool:
        self.num_bytes += buffer.raw().nbytes
        return False  # out of band: not written
