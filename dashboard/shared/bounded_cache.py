"""Values kept between reruns, shared by all visitors, the least recently used forgotten first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")


class BoundedCache(Generic[Value]):
    """Least recently used values. Unlike `st.cache_resource` it lets a computation draw progress
    on the page, and a computation that is cancelled leaves nothing behind.

    Args:
        capacity: how many values are kept, or their sizes together where `keep` is told sizes.
    """

    def __init__(self, capacity: int) -> None:
        self._values: OrderedDict[object, tuple[Value, int]] = OrderedDict()
        self._capacity = capacity
        self._lock = Lock()

    def get(self, key: object, compute: Callable[[], Value]) -> Value:
        """A value that is kept, or else a computed one, of size 1, that is kept from now on."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key][0]
        value = compute()
        self.keep(key, value)
        return value

    def find(self, key: object) -> Value | None:
        """A value that is kept, or None."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key][0]

    def keep(self, key: object, value: Value, size: int = 1) -> None:
        """Keep a value; the last one is kept whatever its size."""
        with self._lock:
            self._values[key] = value, size
            self._values.move_to_end(key)
            while (len(self._values) > 1
                   and sum(size for _, size in self._values.values()) > self._capacity):
                self._values.popitem(last=False)

    def values(self) -> list[Value]:
        """All values that are kept."""
        with self._lock:
            return [value for value, _ in self._values.values()]
